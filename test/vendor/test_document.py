"""docs/vendor_ops.md: its table is that of `irfuse.vendor`."""

from __future__ import annotations

from pathlib import Path

from irfuse.vendor import TABLE

PAGE = Path(__file__).parents[2] / "docs" / "vendor_ops.md"


def rows() -> list[str]:
    """The rows of the table, as they must stand in the page."""
    return [
        f"| `{name}`{' asked' if entry.asked else ''} | {reading.says} | {reading.package}, `{reading.source}` |"
        for name, entry in sorted(TABLE.items())
        for reading in entry.readings
    ]


def test_page() -> None:
    """A row for each entry and no other; where it fails, what is printed goes into the page."""
    found = [line for line in PAGE.read_text().splitlines() if line.startswith("| `") and line.count("|") == 4]
    assert found == rows(), "\n".join(rows())
