"""Local data share: the memory of each workgroup, with a shadow that says what was written, and by which wave when.

Two waves race for a byte if one writes it and the other reads it or writes something else, with no barrier between.
That shows a missing barrier whatever order the waves happen to run in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irfuse.emulate.atomics import Atomic, in_turn
from irfuse.emulate.state import JUNK, Array

NOBODY, SEVERAL = -1, -2


@dataclass(frozen=True)
class Race:
    """Which access of a batch races at which byte, and with what: "read" or "write"."""

    access: int
    byte: int
    other: str


class Lds:
    """The bytes of ``groups`` workgroups.

    ``bytes`` u8, ``defined`` bool, and since the group's last barrier ``writer`` and ``reader``, i16, the number of the
    one wave, `NOBODY` or `SEVERAL`, and ``atomic``, bool, whether all that wrote were atomic; all [groups, size].
    """

    def __init__(self, groups: int, size: int) -> None:
        self.bytes = np.full((groups, size), JUNK & 0xFF, np.uint8)
        self.defined = np.zeros((groups, size), bool)
        self.writer = np.full((groups, size), NOBODY, np.int16)
        self.reader = np.full((groups, size), NOBODY, np.int16)
        self.atomic = np.zeros((groups, size), bool)
        self.loaded = self.stored = 0

    @property
    def size(self) -> int:
        """The bytes of one workgroup."""
        return self.bytes.shape[1]

    def load(self, group: Array, wave: Array, places: Array) -> tuple[Array, Array, Race | None]:
        """Read bytes ``places`` [n, size] of groups [n] for waves [n]: u8 and what is defined; and a race, if any."""
        self.loaded += places.size
        where = (group[:, None], places)
        writer, reader = self.writer[where], self.reader[where]
        race = _first_race(places, (writer != NOBODY) & (writer != wave[:, None]), "write")
        self.reader[where] = np.where((reader == NOBODY) | (reader == wave[:, None]), wave[:, None], SEVERAL)
        lost = self.reader[where] != wave[:, None]
        self.reader[np.broadcast_to(group[:, None], places.shape)[lost], places[lost]] = SEVERAL
        return self.bytes[where], self.defined[where], race

    def store(self, group: Array, wave: Array, places: Array, data: Array, defined: Array) -> Race | None:
        """Write bytes [n, size] at ``places`` of groups [n] for waves [n]; return a race, if there is one."""
        self.stored += places.size
        where, mine = (group[:, None], places), wave[:, None]
        writer, reader = self.writer[where], self.reader[where]
        self.atomic[where] = False
        differs = self.bytes[where] != data
        race = _first_race(places, (reader != NOBODY) & (reader != mine) & differs, "read")
        race = race or _first_race(places, (writer != NOBODY) & (writer != mine) & differs, "write")
        self.bytes[where], self.defined[where], self.writer[where] = data, np.broadcast_to(defined, data.shape), mine
        collides = (self.writer[where] != mine) & (self.bytes[where] != data)
        return race or _first_race(places, collides, "write")

    def change(
        self, group: Array, wave: Array, places: Array, atomic: Atomic, data: Array, defined: Array
    ) -> tuple[Array, Array, Race | None]:
        """Change numbers one after another; the bytes [n, size] that each found, what is defined, and a race.

        Atomic changes do not race with each other.
        """
        self.stored += places.size
        where, mine = (group[:, None], places), wave[:, None]
        writer, reader = self.writer[where], self.reader[where]
        others = (writer != NOBODY) & (writer != mine)
        race = _first_race(places, others & ~self.atomic[where], "write")
        race = race or _first_race(places, (reader != NOBODY) & (reader != mine), "read")
        found, known = np.empty(places.shape, np.uint8), np.empty(places.shape, bool)
        for turn in in_turn(group.astype(np.int64) * self.size + places[:, 0]):
            at = (group[turn][:, None], places[turn])
            found[turn], known[turn] = self.bytes[at], self.defined[at]
            self.bytes[at] = atomic.apply(found[turn], data[turn])
            self.defined[at] = known[turn].all(1, keepdims=True) & defined[turn]
            is_others = (self.writer[at] != NOBODY) & (self.writer[at] != mine[turn])
            self.atomic[at] |= self.writer[at] == NOBODY
            self.writer[at] = np.where(is_others, SEVERAL, mine[turn])
        return found, known, race

    def pass_barrier(self, groups: Array) -> None:
        """Forget who accessed what in some groups."""
        self.writer[groups] = NOBODY
        self.reader[groups] = NOBODY
        self.atomic[groups] = False


def _first_race(places: Array, races: Array, other: str) -> Race | None:
    if not races.any():
        return None
    access, column = (int(i) for i in np.argwhere(races)[0])
    return Race(access, int(places[access, column]), other)
