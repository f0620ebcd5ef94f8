"""Loads and stores of vector memory: global, through buffer descriptors, and scratch.

Cache policies change nothing here: there is no cache. Source: AMD, "AMD Instinct MI300 Instruction Set Architecture",
chapters "Vector Memory Operations" and "Flat Memory Instructions"; "RDNA3 Instruction Set Architecture", the same.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.atomics import MEMORY, Atomic
from irfuse.emulate.context import Context, allow_modifiers, unknown_modifier
from irfuse.emulate.errors import OutOfBoundsError, UnknownInstructionError, UnknownModeError
from irfuse.emulate.memory import AddressError
from irfuse.emulate.operands import Operand
from irfuse.emulate.permute import whole
from irfuse.emulate.state import Array
from irfuse.emulate.transfers import LOADS, STORES, Transfer, given, registers_of, taken
from irfuse.emulate.values import Value, read_bits, unknown, word_of

CACHE_POLICIES = ("glc", "slc", "dlc", "sc0", "sc1", "nt", "th", "scope")
CACHE_CONTROL = (
    "buffer_wbinvl1",
    "buffer_wbinvl1_vol",
    "buffer_gl0_inv",
    "buffer_gl1_inv",
    "buffer_inv",
    "buffer_wbl2",
    "global_inv",
    "global_wb",
)
"""Instructions on caches, which do nothing here."""
MASKED = np.uint32(0x80000000)
"""The offset into a buffer of a lane that the kernel's mask excludes."""
_ATOMIC = re.compile(r"(global|buffer)_atomic_(\w+)")
_OPCODE = re.compile(r"(global|buffer|scratch)_(load|store)_(\w+)")


def run(context: Context, ins: Instruction) -> None:
    """Run a load, store or atomic. Raises UnknownInstructionError, OutOfBoundsError and UndefinedUseError."""
    if (change := _ATOMIC.fullmatch(ins.opcode)) and change[2] in MEMORY:
        return _change(context, ins, MEMORY[change[2]])
    found = _OPCODE.fullmatch(ins.opcode)
    table = {"load": LOADS, "store": STORES}[found[2]] if found else {}
    if found is None or found[3] not in table:
        raise UnknownInstructionError(line=ins.line, opcode=ins.opcode, text=ins.text)
    is_store, transfer = found[2] == "store", table[found[3]]
    if found[1] == "scratch":
        return _scratch(context, ins, transfer, is_store)
    is_first = found[1] == "buffer" or not is_store
    data, vector = (ins.operands[0], ins.operands[1]) if is_first else (ins.operands[1], ins.operands[0])
    if data.kind != "v" or data.count != registers_of(transfer):
        raise unknown(ins, data)
    (_store if is_store else _load)(context, ins, transfer, data, *_located(context, ins, transfer.size, vector))


def _located(context: Context, ins: Instruction, size: int, vector: Operand) -> tuple[Array, Array]:
    """The address of each lane, and where an access is made."""
    active = context.waves.active
    if ins.opcode.startswith("buffer"):
        addresses, defined, in_range = _buffer_addresses(context, ins, size)
    else:
        addresses, defined = _global_addresses(context, ins, vector)
        in_range = np.ones_like(active)
    context.require_defined(ins, defined | ~active, "an address")
    return addresses, active & in_range


def _store(context: Context, ins: Instruction, transfer: Transfer, data: Operand, at: Array, where: Array) -> None:
    octets, defined = taken(context, data, transfer, where)
    context.require_defined(ins, defined, "what is stored")
    try:
        context.memory.store(at[where], octets)
    except AddressError as error:
        raise _outside(context, ins, "write", transfer.size, where, error) from None


def _load(context: Context, ins: Instruction, transfer: Transfer, data: Operand, at: Array, where: Array) -> None:
    try:
        loaded = context.memory.load(at[where], transfer.size)
    except AddressError as error:
        raise _outside(context, ins, "read", transfer.size, where, error) from None
    _give(context, data, transfer, where, loaded)


def _give(context: Context, data: Operand, transfer: Transfer, where: Array, loaded: Array) -> None:
    """Write what the lanes ``where`` loaded to their registers, and 0 to those of other lanes that run."""
    everywhere = context.waves.active
    octets = np.zeros((int(everywhere.sum()), transfer.size), np.uint8)
    octets[where[everywhere]] = loaded
    given(context, data, transfer, everywhere, octets, np.ones(octets.shape, bool))


def _outside(
    context: Context, ins: Instruction, access: str, size: int, where: Array, error: AddressError
) -> OutOfBoundsError:
    wave, lane = (int(i) for i in np.argwhere(where)[error.first])
    group = context.group_of(wave)
    return OutOfBoundsError(
        line=ins.line, access=access, size=size, place=error.place, text=ins.text, workgroup=group, lane=lane
    )


def _change(context: Context, ins: Instruction, atomic: Atomic) -> None:
    """An atomic change at the address of each lane, which gives back what was there where the cache policy says so."""
    returns = not {"sc0", "glc"}.isdisjoint(ins.modifiers) or ins.modifiers.get("th") == "TH_ATOMIC_RETURN"
    if "TH_ATOMIC" in str(ins.modifiers.get("th", "")) and not returns:
        raise unknown_modifier(ins, "th", ins.modifiers["th"])
    each = max(atomic.size // 4, 1)
    is_buffer = ins.opcode.startswith("buffer")
    vector, data = ins.operands[1::-1] if is_buffer else ins.operands[returns : returns + 2]
    target = ins.operands[0] if returns and not is_buffer else replace(data, count=each)
    transfer = Transfer(atomic.size * atomic.operands())
    if data.kind != "v" or data.count != registers_of(transfer) or target.kind != "v" or target.count != each:
        raise unknown(ins, data)
    addresses, where = _located(context, ins, atomic.size, vector)
    octets, known = taken(context, data, transfer, where)
    context.require_defined(ins, known, "what is stored")
    try:
        found = context.memory.change(addresses[where], atomic, octets)
    except AddressError as error:
        raise _outside(context, ins, "atomic write", atomic.size, where, error) from None
    if returns:
        _give(context, target, Transfer(atomic.size), where, found)


def _global_addresses(context: Context, ins: Instruction, vector: Operand) -> Value:
    allow_modifiers(ins, ("offset", *CACHE_POLICIES))
    scalar = ins.operands[-1]
    offset = np.uint64(ins.number("offset") % 2**64)
    if scalar.kind == "off":
        address, defined = whole(context, read_bits(context.waves, ins, vector, "u64"))
        return address + offset, defined
    base, base_defined = read_bits(context.waves, ins, scalar, "u64")
    distance, defined = read_bits(context.waves, ins, vector, "u32")
    return whole(context, (base + distance.astype(np.uint64) + offset, defined & base_defined))


def _buffer_addresses(context: Context, ins: Instruction, size: int) -> tuple[Array, Array, Array]:
    """Addresses, what of them is defined, and where they are within the descriptor's range: else 0 is read."""
    allow_modifiers(ins, ("offset", "offen", *CACHE_POLICIES))
    _, vector, descriptor, scalar = ins.operands
    words = _descriptor(context, ins, descriptor)
    distance, defined = np.zeros((1, 1), np.uint32), np.ones((1, 1), bool)
    if "offen" in ins.modifiers:
        distance, defined = read_bits(context.waves, ins, vector, "u32")
    offset = distance.astype(np.uint64) + np.uint64(ins.number("offset"))
    more, more_defined = read_bits(context.waves, ins, scalar, "u32")
    base = words[0].astype(np.uint64) | (words[1].astype(np.uint64) << np.uint64(32))
    _require_no_negative(context, ins, base + offset + more, distance, size)
    end = offset + np.uint64(size)
    limit = words[2].astype(np.uint64)
    in_range, is_clear = end <= limit, (end <= limit) == (offset + more.astype(np.uint64) < limit)
    (address, defined), (in_range, is_clear) = (
        whole(context, (base + offset + more.astype(np.uint64), defined & more_defined)),
        whole(context, (in_range, is_clear)),
    )
    if not (is_clear | ~context.waves.active).all():
        raise UnknownModeError(mode="an access across the end of a buffer descriptor", value=ins.text, known="others")
    return address, defined, in_range


def _descriptor(context: Context, ins: Instruction, descriptor: Operand) -> list[Array]:
    """The four words of a buffer's descriptor, u32 [W, 1]: its address, size and kind. Raises UnknownModeError."""
    read = [word_of(context.waves, descriptor.index + i, "s") for i in range(4)]
    context.require_defined(ins, np.stack([d for _, d in read]), "a buffer descriptor")
    words = [word for word, _ in read]
    if (words[1] >> np.uint32(16) != 0).any():
        raise UnknownModeError(mode="the stride of a buffer", value="not 0", known="raw buffers")
    if (words[3] != np.uint32(context.gpu.raw_buffer)).any():
        value, known = (f"{n:#x}" for n in (int(words[3].max()), context.gpu.raw_buffer))
        raise UnknownModeError(mode="the last word of a buffer descriptor", value=value, known=known)
    return words


def _require_no_negative(context: Context, ins: Instruction, address: Array, distance: Array, size: int) -> None:
    """Raise OutOfBoundsError where an offset is a negative number: hardware would read 0, or write nothing.

    The most negative one says that a lane is masked.
    """
    is_negative = whole(context, (distance > MASKED, distance))[0] & context.waves.active
    if is_negative.any():
        before = np.broadcast_to(address - np.uint64(2**32), is_negative.shape)
        error = context.memory.outside(before[is_negative])
        error.place = f"a negative offset into a buffer, {error.place}"
        raise _outside(context, ins, "access", size, is_negative, error)


def _scratch(context: Context, ins: Instruction, transfer: Transfer, is_store: bool) -> None:
    """Registers that the compiler keeps in memory: words of a wave's own."""
    allow_modifiers(ins, ("offset", *CACHE_POLICIES))
    data, vector = (ins.operands[1], ins.operands[0]) if is_store else ins.operands[:2]
    if transfer.size % 4 or vector.kind != "off" or data.count != registers_of(transfer):
        raise unknown(ins, vector)
    scalar, waves = ins.operands[2], context.waves
    base, defined = (
        (np.zeros((1, 1), np.uint32), np.ones((1, 1), bool))
        if scalar.kind == "off"
        else read_bits(waves, ins, scalar, "u32")
    )
    context.require_defined(ins, defined, "an address")
    place = int(base.flat[0]) + ins.number("offset")
    if (base != base.flat[0]).any() or place % 4 or not 0 <= place <= 4 * len(waves.private) - transfer.size:
        raise UnknownModeError(
            mode="the place in scratch memory", value=place, known="one place within it for all lanes"
        )
    for i in range(transfer.size // 4):
        memory, register = np.s_[place // 4 + i], np.s_[data.index + i]
        for kept, file in ((waves.private, waves.vector), (waves.private_defined, waves.vector_defined)):
            to, source = (kept[memory], file[register]) if is_store else (file[register], kept[memory])
            np.copyto(to, source, where=waves.active)
