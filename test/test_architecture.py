"""The rooms of the package, and that the imports between them have no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import irfuse

HOME = Path(irfuse.__file__).parent
MODULES = {
    ".".join(path.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in HOME.rglob("*.py")
}


def imports_of(path: Path) -> Iterator[str]:
    """The modules of irfuse that a file imports, also where it does so late or for types alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield from {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys() or {node.module}
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & MODULES.keys()


def room_of(module: str) -> str:
    """The folder of a module; a file at the top is a room of its own."""
    return ".".join(module.split(".")[:2])


def circle(edges: dict[str, set[str]]) -> list[str]:
    """A circle in a graph; empty where there is none."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


@pytest.mark.parametrize("granularity", ["modules", "rooms"])
def test_no_circle(granularity: str) -> None:
    """Neither modules nor rooms import one another in a circle; the package itself only loads what is asked for."""
    edges: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        for other in imports_of(path):
            pair = (module, other) if granularity == "modules" else (room_of(module), room_of(other))
            if pair[0] != pair[1] and "irfuse" not in pair:
                edges.setdefault(pair[0], set()).add(pair[1])
    assert len(edges) > 10
    assert circle(edges) == []


def test_a_circle_is_found() -> None:
    """The test above can fail."""
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}


def test_every_room_is_described() -> None:
    """docs/architecture.md names each folder and file that lies at the top of the package."""
    text = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text()
    rooms = {f"{path.name}/" for path in HOME.iterdir() if (path / "__init__.py").exists()}
    rooms |= {path.name for path in HOME.glob("*.py")} - {"__init__.py"}
    assert {name for name in rooms if f"`{name}" not in text} == set()
