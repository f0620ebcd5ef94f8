"""The device's memory: buffers far apart, so that an access beyond one is in none.

A buffer is the caller's own memory, and remembers which of its bytes a kernel wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irfuse.emulate.atomics import Atomic, in_turn
from irfuse.emulate.state import Array

FIRST_ADDRESS, GAP, LINE = 0x7F00_0000_0000, 1 << 32, 16


@dataclass
class Buffer:
    """``bytes`` u8 [size] at ``address``; ``written`` bool [size]; how many bytes lanes ``loaded`` and ``stored``."""

    name: str
    address: int
    bytes: Array
    written: Array
    is_read_only: bool = False
    loaded: int = 0
    stored: int = 0


class AddressError(Exception):
    """An access outside of the buffers: which of the accesses, and where it is."""

    def __init__(self, first: int, place: str) -> None:
        super().__init__(place)
        self.first, self.place = first, place


class Memory:
    """Buffers by address."""

    def __init__(self) -> None:
        self.buffers: list[Buffer] = []
        self._next = FIRST_ADDRESS

    def add(self, name: str, contents: Array, *, is_read_only: bool = False, shift: int = 0) -> int:
        """Take in a buffer, u8 [size], that stays the caller's; return its address, ``shift`` beyond an aligned one.

        A multiple of 2**32 lies within, so that address arithmetic has to carry.
        """
        before = max(len(contents) // 2, LINE) // LINE * LINE if len(contents) >= LINE else 0
        address = self._next + GAP - before + shift % LINE
        self.buffers.append(Buffer(name, address, contents, np.zeros(len(contents), bool), is_read_only))
        self._next += (len(contents) + 4 * GAP - 1) // GAP * GAP
        return address

    def load(self, addresses: Array, size: int) -> Array:
        """Read ``size`` bytes at each of the addresses, u64 [n], as u8 [n, size]. Raises AddressError."""
        result = np.empty((len(addresses), size), np.uint8)
        for buffer, chosen, places in self._located(addresses, size):
            result[chosen] = buffer.bytes[places[:, None] + np.arange(size)]
            buffer.loaded += size * len(places)
        return result

    def store(self, addresses: Array, data: Array) -> None:
        """Write rows of bytes, u8 [n, size], at the addresses, u64 [n]. Raises AddressError."""
        size = data.shape[1]
        for buffer, chosen, places in self._located(addresses, size):
            if buffer.is_read_only:
                raise AddressError(int(np.flatnonzero(chosen)[0]), f"{buffer.name}, which cannot be written")
            where = places[:, None] + np.arange(size)
            buffer.bytes[where] = data[chosen]
            buffer.written[where] = True
            buffer.stored += size * len(places)

    def change(self, addresses: Array, atomic: Atomic, data: Array) -> Array:
        """Change numbers at the addresses, u64 [n], one after another; the bytes that each found. Raises AddressError.

        ``data``: rows of the operands' bytes, u8.
        """
        found = np.empty((len(addresses), atomic.size), np.uint8)
        for buffer, chosen, places in self._located(addresses, atomic.size):
            if buffer.is_read_only:
                raise AddressError(int(np.flatnonzero(chosen)[0]), f"{buffer.name}, which cannot be written")
            numbers = np.flatnonzero(chosen)
            buffer.stored += atomic.size * len(places)
            for turn in in_turn(places):
                where = places[turn][:, None] + np.arange(atomic.size)
                found[numbers[turn]] = buffer.bytes[where]
                buffer.bytes[where] = atomic.apply(buffer.bytes[where], data[numbers[turn]])
                buffer.written[where] = True
        return found

    def _located(self, addresses: Array, size: int) -> list[tuple[Buffer, Array, Array]]:
        """For each buffer that is accessed, which accesses are to it, and at which of its bytes they begin."""
        if not len(addresses):
            return []
        found = []
        number = self._nearest(addresses)
        for i in np.unique(number):
            chosen = number == i
            buffer = self.buffers[int(i)]
            places = (addresses[chosen] - np.uint64(buffer.address)).view(np.int64)
            outside = (places < 0) | (places + size > len(buffer.bytes))
            if outside.any():
                first = int(np.flatnonzero(chosen)[np.flatnonzero(outside)[0]])
                raise self.outside(addresses, first)
            found.append((buffer, chosen, places))
        return found

    def _nearest(self, addresses: Array) -> Array:
        """The number of the buffer that each address is in, or nearest to."""
        bases = np.array([b.address for b in self.buffers], np.uint64)
        return np.maximum(np.searchsorted(bases, addresses + np.uint64(GAP // 2), "right") - 1, 0)

    def outside(self, addresses: Array, first: int = 0) -> AddressError:
        """The error for one of some addresses, which is in no buffer."""
        buffer = self.buffers[int(self._nearest(addresses)[first])]
        place = int(addresses[first]) - buffer.address
        return AddressError(first, f"{buffer.name}{place:+d}, which has {len(buffer.bytes)} bytes")
