"""Where an op comes from, as a person reads it: the user's lines, or the name of a node."""

from __future__ import annotations

import os
from collections.abc import Iterable

from xdsl.dialects.builtin import ArrayAttr, FileLineColLoc, FusedLoc, NameLoc
from xdsl.ir import Attribute

NEIGHBOURS = 3
"""Lines that are no further apart are shown as one range."""


def location_text(location: Attribute) -> str:
    """Where an op comes from: ``file:line`` of the innermost user frames, or the name of its FX node."""
    return ", ".join(dict.fromkeys(_places(location))) or "unknown location"


def place_text(file: str, line: int | None) -> str:
    """``file:line`` of a line of Python."""
    return f"{_short(file)}:{line}"


def _places(location: Attribute) -> Iterable[str]:
    if isinstance(location, FileLineColLoc):
        yield place_text(location.filename.data, location.line.data)
    elif isinstance(location, NameLoc):
        yield location.desc.data
    elif isinstance(location, FusedLoc) and isinstance(location.locations, ArrayAttr):
        files = [text for place in location.locations for text in _places(place)]
        named = [text for text in files if ":" in text]
        yield from _span(named or files)


def _short(file: str) -> str:
    """A path as a person would name it: from the package for an installed file, from here for one below here."""
    _, installed, inside = file.rpartition("site-packages/")
    here = os.path.join(os.getcwd(), "")
    return inside if installed else file.removeprefix(here)


def _span(places: list[str]) -> Iterable[str]:
    """The lines of each file, in the order of the files; neighbouring lines as a range."""
    lines: dict[str, set[int]] = {}
    for place in places:
        file, _, line = place.rpartition(":")
        if not line.isdigit():
            yield place
            continue
        lines.setdefault(file, set()).add(int(line))
    for file, numbers in lines.items():
        yield f"{file}:" + ",".join(_ranges(sorted(numbers)))


def _ranges(numbers: list[int]) -> Iterable[str]:
    start = previous = numbers[0]
    for number in [*numbers[1:], None]:
        if number is None or number > previous + NEIGHBOURS:
            yield str(start) if start == previous else f"{start}-{previous}"
            start = number or start
        previous = number or previous
