"""Plug-ins: what other packages name in the entry point group ``irfuse.ops`` is loaded once, before the first graph."""

from __future__ import annotations

import hashlib
import sys
import warnings
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from irfuse.errors import PluginWarning

GROUP = "irfuse.ops"
_LOADED: list[tuple[EntryPoint, str]] = []
_DONE: set[str] = set()


def load_plugins() -> None:
    """Import what each entry point names, a module, or a function, which is called; once in a process.

    One that fails gives a PluginWarning, and the others are loaded all the same.
    """
    if GROUP in _DONE:
        return
    _DONE.add(GROUP)
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        failed = ""
        try:
            loaded = point.load()
            if callable(loaded):
                loaded()
        except Exception as reason:
            failed = f"{type(reason).__name__}: {reason}"
            warnings.warn(PluginWarning(point.name, point.value, failed), stacklevel=2)
        _LOADED.append((point, failed))


def plugins_identity() -> list[str | None]:
    """A text for each plug-in that another version of it does not have; None for one that has no files."""
    load_plugins()
    return [_identity(point, failed) for point, failed in _LOADED]


def _identity(point: EntryPoint, failed: str) -> str | None:
    files = files_of(point.module)
    version = "" if point.dist is None else f"{point.dist.name} {point.dist.version}"
    return failed or (None if files is None else f"{point.name} {point.value} {version} {files}")


@cache
def files_of(module: str) -> str | None:
    """A hash of the sources of the package that a module is in, and of which libraries it has; None without files."""
    home = sys.modules.get(module.partition(".")[0])
    folders = [Path(folder) for folder in getattr(home, "__path__", ())]
    single = getattr(home, "__file__", None)
    if not folders and (single is None or not Path(single).is_file()):
        return None
    files = [path for folder in folders for path in folder.rglob("*")] or [Path(str(single))]
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.suffix == ".py":
            digest.update(path.name.encode() + path.read_bytes())
        elif path.suffix in (".so", ".pyd"):
            known = path.stat()
            digest.update(f"{path.name} {known.st_size} {known.st_mtime_ns}".encode())
    return digest.hexdigest()
