"""The device's memory: buffers far apart, so that an access beyond one is in none.

A buffer is the caller's own memory, and remembers which of its bytes a kernel wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irfuse.emulate.state import Array

FIRST_ADDRESS, GAP = 0x7F00_0000_0000, 1 << 32


@dataclass
class Buffer:
    """``bytes`` u8 [size] at ``address``; ``written`` bool [size]."""

    name: str
    address: int
    bytes: Array
    written: Array
    is_read_only: bool = False


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

    def add(self, name: str, contents: Array, *, is_read_only: bool = False) -> int:
        """Take in a buffer, u8 [size], that stays the caller's; return its address."""
        address = self._next
        self.buffers.append(Buffer(name, address, contents, np.zeros(len(contents), bool), is_read_only))
        self._next += (len(contents) + 2 * GAP - 1) // GAP * GAP
        return address

    def load(self, addresses: Array, size: int) -> Array:
        """Read ``size`` bytes at each of the addresses, u64 [n], as u8 [n, size]. Raises AddressError."""
        result = np.empty((len(addresses), size), np.uint8)
        for buffer, chosen, places in self._located(addresses, size):
            result[chosen] = buffer.bytes[places[:, None] + np.arange(size)]
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

    def _located(self, addresses: Array, size: int) -> list[tuple[Buffer, Array, Array]]:
        """For each buffer that is accessed, which accesses are to it, and at which of its bytes they begin."""
        if not len(addresses):
            return []
        bases = np.array([b.address for b in self.buffers], np.uint64)
        number = np.searchsorted(bases, addresses + np.uint64(GAP // 2), "right") - 1
        found = []
        for i in np.unique(number):
            chosen = number == i
            buffer = self.buffers[max(int(i), 0)]
            places = (addresses[chosen] - np.uint64(buffer.address)).view(np.int64)
            outside = (places < 0) | (places + size > len(buffer.bytes))
            if outside.any():
                place = int(places[outside][0])
                first = int(np.flatnonzero(chosen)[np.flatnonzero(outside)[0]])
                raise AddressError(first, f"{buffer.name}{place:+d}, which has {len(buffer.bytes)} bytes")
            found.append((buffer, chosen, places))
        return found
