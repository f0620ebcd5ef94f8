# Two commands work on a fresh machine with Python, make and git: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
RUN := PATH="$(BIN):$$PATH" $(BIN)
INPUTS := pyproject.toml constraints.txt

.PHONY: demo test test-versions lint types unit lit models packages packages-here clean

demo: $(VENV)/.demo
	@$(RUN)/python -W ignore examples/qwen3_next.py

test: lint types unit lit

lint: $(VENV)/.test
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: $(VENV)/.test
	$(RUN)/mypy

# A file's tests share what its fixtures compile, so they stay in one of the two processes, each with a thread.
unit: export OMP_NUM_THREADS = 1
unit: $(VENV)/.test
	$(RUN)/python -W error::DeprecationWarning:irfuse -m pytest -n 2 --dist loadfile

lit: $(VENV)/.test
	$(RUN)/lit -v -j2 --order=lexical test/lit

# Not part of `make test`: some hundred models, half an hour.
models: $(VENV)/.demo
	$(RUN)/python -W ignore benchmarks/models.py --markdown docs/models.md

# Not part of `make test`. The packages have a virtual environment of their own: transformers looks for some of them.
packages:
	$(MAKE) VENV=.venv-packages packages-here

packages-here: $(VENV)/.packages
	$(RUN)/python -W ignore benchmarks/packages.py --markdown docs/packages.md

# Not part of `make test`: each version of torch takes gigabytes, and the suite as long as here.
test-versions: $(VENV)/.versions
	$(RUN)/nox --no-error-on-missing-interpreters

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The stamp of an extra says that it is installed, so that a second run needs no network.
$(VENV)/.%: $(VENV)/bin/python $(INPUTS)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$*]"
	@touch $@

clean:
	rm -rf $(VENV) .venv-packages .nox build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
