"""Generated kernels as files: one per kernel, named by a hash of its source, shared by all processes."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from irfuse.errors import CacheNotWritableWarning

ENVIRONMENT = "IRFUSE_CACHE_DIR"


@cache
def cache_dir() -> Path:
    """The folder of the cache: $IRFUSE_CACHE_DIR, or the user's; a temporary one, with a warning, if not writable."""
    wanted = Path(os.environ.get(ENVIRONMENT) or platformdirs.user_cache_dir("irfuse"))
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError as reason:
        used = Path(tempfile.mkdtemp(prefix="irfuse-"))
        warnings.warn(CacheNotWritableWarning(wanted, reason, used), stacklevel=2)
        return used


def write_atomically(path: Path, text: str) -> None:
    """Write a file that other processes see whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


@cache
def load_kernel(name: str, source: str) -> Any:
    """The ``triton.jit`` function of a generated kernel, from its file in the cache."""
    path = cache_dir() / "kernels" / f"{name}.py"
    if not path.exists() or path.read_text() != source:
        write_atomically(path, source)
    module_name = f"irfuse_kernels.{name}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return getattr(module, name)
