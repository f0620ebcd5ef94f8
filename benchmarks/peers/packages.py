"""Modules of a package that is not installed, from a checkout, without what the packages around them import."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def bare_packages(root: Path, *names: str) -> None:
    """Let modules be imported from these packages under ``root`` without running the packages' own code."""
    for name in names:
        folder = root.joinpath(*name.split("."))
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder {folder}")
        put(name).__path__ = [str(folder)]


def put(name: str, **members: object) -> ModuleType:
    """Put a module of these members in the place of one."""
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None, is_package=True)
    vars(module).update(members)
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], last, module)
    return module


def put_if_absent(name: str, **members: object) -> None:
    """The same, where the module cannot be imported: for what a peer imports and does not need here."""
    if name not in sys.modules and find_spec(name) is None:
        put(name, **members)


def module(name: str) -> ModuleType:
    """The module of a name."""
    return importlib.import_module(name)
