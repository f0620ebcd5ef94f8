"""What starting irfuse loads and warns of, what is installed, and the files of kernels that processes share."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
import threading
import tomllib
from importlib.metadata import distribution, entry_points
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import irfuse
from irfuse.errors import CacheNotWritableWarning
from irfuse.runtime import kernel_cache

TEXT = (
    "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> { %y = irfuse.neg %x : tensor<4xf32> return %y : tensor<4xf32> }"
)
LOADED = "import sys; print(sorted(m for m in ('torch', 'triton', 'sympy', 'numpy') if m in sys.modules))"
ALL_PASSES = "['-p', ','.join(__import__('irfuse.passes').passes.NAMES)]"
WARNED = """import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    {code}
print([str(w.message) for w in caught if "/irfuse/" in w.filename and issubclass(w.category, DeprecationWarning)])
"""
KERNEL = 'def add_one(x):\n    """A kernel for the tests."""\n    return x + 1\n'
LOAD = f"from irfuse.runtime.kernel_cache import load_kernel; print(load_kernel('add_one', {KERNEL!r})(1))"


def run(code: str, text: str = "", **environment: str) -> str:
    """The last line that a new process prints."""
    command = [sys.executable, "-c", code]
    environ = os.environ | environment
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, env=environ)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "code", ["import irfuse", f"from irfuse.tool.opt import main; main({ALL_PASSES})", "import irfuse.lower_triton"]
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    """Reads a text on stdin where the code runs the tool."""
    assert run(f"{code}; {LOADED}", TEXT) == "[]"


def test_importing_torch_is_noticed() -> None:
    """The check above can fail."""
    assert "torch" in run(f"import torch; {LOADED}")


def test_the_backend_imports_without_deprecations() -> None:
    """irfuse's own modules use nothing that is deprecated; what torch itself warns of is not counted."""
    assert run(WARNED.format(code="import irfuse.torch_backend.backend, irfuse.api, irfuse.tool.opt")) == "[]"


def test_a_deprecation_is_noticed() -> None:
    """The check above can fail."""
    old = "warnings.warn_explicit('old', DeprecationWarning, '/site-packages/irfuse/torch_backend/backend.py', 1)"
    assert run(WARNED.format(code=old)) == "['old']"


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("xdsl.universe", "irfuse.tool.universe:UNIVERSE"),
        ("torch_dynamo_backends", "irfuse.torch_backend.backend:irfuse_backend"),
        ("console_scripts", "irfuse.tool.opt:main"),
    ],
)
def test_entry_points(group: str, value: str) -> None:
    """What stock tools find irfuse by, and that it can be loaded."""
    (point,) = [point for point in entry_points(group=group) if point.value == value]
    assert point.load() is not None


def test_the_package_holds_every_module() -> None:
    """The wheel is built from packages, so a folder without an ``__init__.py`` would be missing from it."""
    home = Path(irfuse.__file__).parent
    found = {module.name for module in pkgutil.walk_packages([str(home)], "irfuse.")}
    files = {".".join(path.relative_to(home.parent).with_suffix("").parts) for path in home.rglob("*.py")}
    assert found | {"irfuse"} == {name.removesuffix(".__init__") for name in files}
    assert {"irfuse.torch_backend.backend", "irfuse.passes.fold_reshapes", "irfuse.dialect.norm"} <= found


def test_the_metadata_is_that_of_the_project() -> None:
    """Name, version and what it needs, as they stand in pyproject.toml."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    installed = distribution("irfuse")
    assert installed.version == project["version"]
    needed = {str(Requirement(line)) for line in installed.requires or () if "extra ==" not in line}
    assert needed == {str(Requirement(line)) for line in project["dependencies"]}


def test_unknown_names_of_the_package() -> None:
    """The lazy package has its public names and no others."""
    assert irfuse.__all__ == ["Report", "emulate", "explain", "register_op", "reports"]
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = irfuse.nothing


def test_a_kernel_file_is_written_once_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process uses the file that is there, unless it does not hold this kernel's source."""
    monkeypatch.setattr(kernel_cache, "cache_dir", lambda: tmp_path)
    load, path = kernel_cache.load_kernel.__wrapped__, tmp_path / "kernels" / "add_one.py"
    assert load("add_one", KERNEL)(1) == 2
    written = path.stat()
    assert load("add_one", KERNEL)(1) == 2 and path.stat().st_ino == written.st_ino
    path.write_text(KERNEL[:20])
    assert load("add_one", KERNEL)(1) == 2 and path.read_text() == KERNEL
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == ["add_one.py"]


def test_a_kernel_file_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    """A reader beside a writer never sees a part of a text, nor a mixture of two."""
    path, texts = tmp_path / "kernel.py", [letter * 2_000_000 for letter in "ab"]
    kernel_cache.write_atomically(path, texts[0])
    done = threading.Event()
    turns = iter(lambda: done.is_set(), True)
    writer = threading.Thread(
        target=lambda: [kernel_cache.write_atomically(path, texts[i % 2]) for i, _ in enumerate(turns)]
    )
    writer.start()
    seen = {path.read_text() for _ in range(60)}
    while len(seen) == 1:
        seen.add(path.read_text())
    done.set()
    writer.join()
    assert seen == set(texts)
    assert list(tmp_path.iterdir()) == [path]


def test_two_processes_load_one_kernel_at_once(tmp_path: Path) -> None:
    """Both get the kernel, and one file stays."""
    environ = os.environ | {kernel_cache.ENVIRONMENT: str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", LOAD]
    both = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0] for process in both] == ["2\n", "2\n"]
    assert [file.name for file in (tmp_path / "kernels").iterdir()] == ["add_one.py"]


def test_a_cache_that_cannot_be_written_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels go to a temporary folder, and a warning says so and how to mend it."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(kernel_cache.ENVIRONMENT, str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.warns(CacheNotWritableWarning, match="set IRFUSE_CACHE_DIR"):
        used = kernel_cache.cache_dir.__wrapped__()
    kernel_cache.write_atomically(used / "kernel.py", KERNEL)
    assert used.parent == tmp_path and (used / "kernel.py").read_text() == KERNEL
