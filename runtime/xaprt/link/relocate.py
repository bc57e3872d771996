"""Relocations of AArch64 (AAELF64 section 5.7) that LLVM's small code model and assemblers use.

S is the symbol's address, A the addend, P the place. Every result is checked to fit.
"""

import struct
from collections.abc import Callable

from xaprt.link.errors import LinkError
from xaprt.link.model import Relocation, Section

_PAGE = 0xFFF

ABS64, ABS32 = 257, 258
JUMP26, CALL26 = 282, 283


class _FitError(Exception):
    """Becomes a LinkError once the place is known."""


def apply(section: Section, relocation: Relocation, content: bytearray, target: int) -> None:
    """Write S + A = `target` into `content`, which is that of `section` at its address."""
    kind = _KINDS.get(relocation.type)
    if kind is None:
        raise LinkError(f"{_place(section, relocation)}: cannot resolve {_name(relocation.type)}")
    name, write = kind
    if section.is_loaded and relocation.type in (ABS64, ABS32):
        raise LinkError(
            f"{_place(section, relocation)}: {name}: the absolute address of "
            f"{called(relocation)} would need a relocation by the loader"
        )
    try:
        write(content, relocation.offset, target, section.address + relocation.offset)
    except _FitError as problem:
        raise LinkError(
            f"{_place(section, relocation)}: {name} to {called(relocation)}: {problem}"
        ) from None
    except (struct.error, IndexError, OverflowError):
        raise LinkError(f"{_place(section, relocation)}: lies outside its section") from None


def _place(section: Section, relocation: Relocation) -> str:
    return f"{section.name}+{relocation.offset:#x}"


def called(relocation: Relocation) -> str:
    symbol = relocation.symbol
    return symbol.name or (symbol.section.name if symbol.section else "symbol 0")


def _name(type_: int) -> str:
    from elftools.elf.enums import ENUM_RELOC_TYPE_AARCH64

    names = {number: name for name, number in ENUM_RELOC_TYPE_AARCH64.items() if name[0] == "R"}
    return str(names.get(type_, f"relocation type {type_}"))


_Write = Callable[[bytearray, int, int, int], None]


def _require(value: int, low: int, high: int) -> int:
    if not low <= value < high:
        raise _FitError(f"{value:#x} is out of range")
    return value


def _signed(value: int, bits: int) -> int:
    return _require(value, -(1 << bits - 1), 1 << bits - 1)


def _data(size: int, *, relative: bool) -> _Write:
    bits = size * 8

    def write(content: bytearray, at: int, target: int, place: int) -> None:
        low = -(1 << bits - 1)
        high = 1 << (bits - 1 if relative and size == 4 else bits)
        value = _require(target - (place if relative else 0), low, high)
        struct.pack_into("<Q" if size == 8 else "<I", content, at, value & (1 << bits) - 1)

    return write


def _insert(content: bytearray, at: int, mask: int, field: int) -> None:
    if at % 4:
        raise _FitError("the instruction is not aligned")
    (word,) = struct.unpack_from("<I", content, at)
    struct.pack_into("<I", content, at, word & ~mask | field & mask)


def _branch(bits: int, shift: int) -> _Write:
    """A signed distance in words, `bits` wide, at bit `shift`."""

    def write(content: bytearray, at: int, target: int, place: int) -> None:
        distance = target - place
        if distance % 4:
            raise _FitError(f"{target:#x} is not a multiple of 4")
        words = _signed(distance // 4, bits)
        _insert(content, at, (1 << bits) - 1 << shift, words << shift)

    return write


def _adr(content: bytearray, at: int, value: int) -> None:
    """A signed immediate of 21 bits, low two bits at 29, the others at 5."""
    value = _signed(value, 21)
    _insert(content, at, 3 << 29 | 0x7FFFF << 5, (value & 3) << 29 | (value >> 2 & 0x7FFFF) << 5)


def _adr_low(content: bytearray, at: int, target: int, place: int) -> None:
    _adr(content, at, target - place)


def _adr_page(content: bytearray, at: int, target: int, place: int) -> None:
    _adr(content, at, ((target & ~_PAGE) - (place & ~_PAGE)) >> 12)


def _low12(scale: int) -> _Write:
    """The offset in the page, in units of 2**scale bytes, at bit 10."""

    def write(content: bytearray, at: int, target: int, place: int) -> None:
        if target % (1 << scale):
            raise _FitError(f"{target:#x} is not a multiple of {1 << scale}")
        _insert(content, at, 0xFFF << 10, (target & _PAGE) >> scale << 10)

    return write


_KINDS: dict[int, tuple[str, _Write]] = {
    ABS64: ("R_AARCH64_ABS64", _data(8, relative=False)),
    ABS32: ("R_AARCH64_ABS32", _data(4, relative=False)),
    260: ("R_AARCH64_PREL64", _data(8, relative=True)),
    261: ("R_AARCH64_PREL32", _data(4, relative=True)),
    273: ("R_AARCH64_LD_PREL_LO19", _branch(19, 5)),
    274: ("R_AARCH64_ADR_PREL_LO21", _adr_low),
    275: ("R_AARCH64_ADR_PREL_PG_HI21", _adr_page),
    277: ("R_AARCH64_ADD_ABS_LO12_NC", _low12(0)),
    278: ("R_AARCH64_LDST8_ABS_LO12_NC", _low12(0)),
    279: ("R_AARCH64_TSTBR14", _branch(14, 5)),
    280: ("R_AARCH64_CONDBR19", _branch(19, 5)),
    JUMP26: ("R_AARCH64_JUMP26", _branch(26, 0)),
    CALL26: ("R_AARCH64_CALL26", _branch(26, 0)),
    284: ("R_AARCH64_LDST16_ABS_LO12_NC", _low12(1)),
    285: ("R_AARCH64_LDST32_ABS_LO12_NC", _low12(2)),
    286: ("R_AARCH64_LDST64_ABS_LO12_NC", _low12(3)),
    299: ("R_AARCH64_LDST128_ABS_LO12_NC", _low12(4)),
}
