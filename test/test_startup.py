"""What importing irfuse and running irfuse-opt load: no torch and no triton, so that they start at once."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

TEXT = (
    "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> { %y = irfuse.neg %x : tensor<4xf32> return %y : tensor<4xf32> }"
)
LOADED = "import sys; print(sorted(m for m in ('torch', 'triton', 'sympy', 'numpy') if m in sys.modules))"
ALL_PASSES = "['-p', ','.join(__import__('irfuse.passes').passes.NAMES)]"


@pytest.mark.parametrize(
    "code", ["import irfuse", f"from irfuse.opt import main; main({ALL_PASSES})", "import irfuse.lower_triton"]
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    """Reads a text on stdin where the code runs the tool."""
    command = [sys.executable, "-c", f"{code}; {LOADED}"]
    done = subprocess.run(command, input=TEXT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_importing_torch_is_noticed() -> None:
    """The check above can fail."""
    done = subprocess.run([sys.executable, "-c", f"import torch; {LOADED}"], capture_output=True, text=True, check=True)
    assert "torch" in done.stdout


def test_the_backend_imports_without_deprecations() -> None:
    """irfuse's own modules use nothing that is deprecated."""
    command = [sys.executable, "-W", "error::DeprecationWarning:irfuse", "-c", "import irfuse.backend, irfuse.api"]
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("xdsl.universe", "irfuse.universe:UNIVERSE"),
        ("torch_dynamo_backends", "irfuse.backend:irfuse_backend"),
        ("console_scripts", "irfuse.opt:main"),
    ],
)
def test_entry_points(group: str, value: str) -> None:
    """What stock tools find irfuse by."""
    assert value in [point.value for point in entry_points(group=group)]


def test_unknown_names_of_the_package() -> None:
    """The lazy package has its public names and no others."""
    import irfuse

    assert irfuse.__all__ == ["Report", "explain", "reports"]
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = irfuse.nothing
