"""The stack bound: the deepest path from the entry point, frame by frame (ABI.md 1.3).

Frames are read from the instructions. LLVM's unwind tables would not do: once the frame pointer
is set up, they describe frames relative to it, and say nothing of the locals allocated after.
LLVM allocates a frame once, in the prologue, so the frame of a function is the sum of what its
instructions take off the stack pointer. Calls are read from the instructions, too: inside one
section an assembler resolves them itself.
"""

import struct
from collections.abc import Container
from dataclasses import dataclass

from xaprt import abi, elf
from xaprt.link.errors import LimitError, LinkError
from xaprt.link.model import Symbol
from xaprt.link.place import Output

_SP = 31


@dataclass(slots=True)
class Function:
    name: str
    address: int
    size: int
    frame: int
    calls: list[int]
    """Addresses of the functions that it calls or branches to."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`path`: the names from the entry point to the end of the deepest path."""

    bytes_: int
    path: tuple[str, ...]


def bound(text: Output, entry: int) -> Bound:
    """LinkError for recursion, indirect calls and frames of no fixed size; LimitError beyond
    64 KiB."""
    functions = {function.address: function for function in _functions(text)}
    depths: dict[int, Bound] = {}
    for address in _callees_first(functions, entry):
        function = functions[address]
        deepest = max(
            (depths[callee] for callee in function.calls),
            key=lambda each: each.bytes_,
            default=Bound(0, ()),
        )
        depths[address] = Bound(function.frame + deepest.bytes_, (function.name, *deepest.path))
    found = depths[entry]
    size = -(-found.bytes_ // abi.STACK_ALIGN) * abi.STACK_ALIGN
    if size > abi.MAX_STACK_BYTES:
        path = " -> ".join(found.path)
        raise LimitError(
            f"the stack needs {size} bytes, the limit is {abi.MAX_STACK_BYTES}: {path}"
        )
    return Bound(size, found.path)


def _callees_first(functions: dict[int, Function], entry: int) -> list[int]:
    """Post-order of the call graph; LinkError names a cycle."""
    order: list[int] = []
    done: set[int] = set()
    path = [entry]
    pending = [iter(functions[entry].calls)]
    while pending:
        callee = next(pending[-1], None)
        if callee is None:
            pending.pop()
            done.add(path[-1])
            order.append(path.pop())
        elif callee in path:
            cycle = [*path[path.index(callee) :], callee]
            names = " -> ".join(functions[each].name for each in cycle)
            raise LinkError(f"recursion, so the stack has no bound: {names}")
        elif callee not in done:
            path.append(callee)
            pending.append(iter(functions[callee].calls))
    return order


# --- from the instructions -------------------------------------------------------------------


def _functions(text: Output) -> list[Function]:
    """LinkError for code that belongs to no function, as nothing would be known of it."""
    named: dict[int, Symbol] = {}
    for part in text.parts:
        for symbol in part.symbols:
            if symbol.type == elf.STT_FUNC:
                named.setdefault(part.address + symbol.value, symbol)
    made, end = [], text.address
    for address, symbol in sorted(named.items()):
        _require_padding(text, end, address)
        end = address + symbol.size
        made.append(_function(text, symbol.name, address, symbol.size, named))
    _require_padding(text, end, text.end)
    return made


def _require_padding(text: Output, begin: int, end: int) -> None:
    if end < begin:
        raise LinkError(f"{text.name}: two functions overlap at {end:#x}")
    if any(text.data[begin - text.address : end - text.address]):
        raise LinkError(f"{text.name}: the code at {begin:#x} belongs to no function")


def _function(text: Output, name: str, address: int, size: int, starts: Container[int]) -> Function:
    made = Function(name, address, size, 0, [])
    start = address - text.address
    if address % 4 or size % 4 or len(text.data) < start + size:
        raise LinkError(f"{name}: is not whole instructions")
    words = struct.unpack_from(f"<{size // 4}I", text.data, start)
    for at, word in zip(range(address, address + size, 4), words, strict=True):
        if (word & 0xFE00_0000) == 0xD600_0000 and (word & 0xFFFF_FC1F) != 0xD65F_0000:
            raise LinkError(f"{name}+{at - address:#x}: an indirect branch")
        target = _branch_target(word, at)
        if target is not None and (_is_call(word) or not 0 <= target - address < size):
            if target not in starts:
                raise LinkError(f"{name}+{at - address:#x}: a branch to no function")
            made.calls.append(target)
        made.frame += _taken(word, f"{name}+{at - address:#x}")
    return made


def _is_call(word: int) -> bool:
    return word >> 26 == 0b100101


def _branch_target(word: int, at: int) -> int | None:
    """Of the direct branches (Arm ARM C4.1.86)."""
    if (word & 0x7C00_0000) == 0x1400_0000:  # B, BL
        return at + 4 * _signed(word, 26)
    if (word & 0xFF00_0000) == 0x5400_0000 or (word & 0x7E00_0000) == 0x3400_0000:  # B.cond, CBZ
        return at + 4 * _signed(word >> 5, 19)
    if (word & 0x7E00_0000) == 0x3600_0000:  # TBZ
        return at + 4 * _signed(word >> 5, 14)
    return None


def _taken(word: int, place: str) -> int:
    """Bytes that the instruction takes off the stack pointer (Arm ARM C4.1.86, C4.1.88)."""
    if (word & 0xFF80_03FF) == 0xD100_03FF:  # SUB sp, sp, #imm
        return (word >> 10 & 0xFFF) << (12 if word & 1 << 22 else 0)
    if (word & 0xFF80_03FF) == 0x9100_03FF:  # ADD sp, sp, #imm
        return 0
    if (word >> 5 & 31) == _SP:
        if (word & 0x3A80_0000) == 0x2880_0000:  # a pair, with writeback
            return max(0, -_signed(word >> 15, 7) * (8 if word >> 31 else 4))
        if (word & 0x3B20_0400) == 0x3800_0400:  # one register, with writeback
            return max(0, -_signed(word >> 12, 9))
    immediate = (word & 0x1F80_0000) == 0x1100_0000 and not word & 1 << 29
    extended = (word & 0x1FE0_0000) == 0x0B20_0000 and not word & 1 << 29
    logical = (word & 0x1F80_0000) == 0x1200_0000 and (word >> 29 & 3) != 3
    if (word & 31) == _SP and (immediate or extended or logical):
        raise LinkError(f"{place}: a stack pointer that is computed")
    return 0


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (value >> bits - 1 << bits)
