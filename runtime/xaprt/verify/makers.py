"""Fields of an instruction word to its effect: the right-hand column of `encodings`.

A maker returns a rule where the fields are reserved or CONSTRAINED UNPREDICTABLE.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from xaprt import abi
from xaprt.verify.accesses import Access, Indexed, Literal, OddAccess, StackAccess
from xaprt.verify.context import WORD
from xaprt.verify.effects import (
    AddImmediate,
    AddRegister,
    Branch,
    Call,
    Constant,
    Effect,
    ForgetSp,
    Insert,
    Move,
    OddAddImmediate,
    Padding,
    Relative,
    Return,
    Sign,
    SystemCall,
    Trap,
)
from xaprt.verify.rules import Rule
from xaprt.verify.state import ALL, KEEP, LINK, SP

Made = Effect | Rule
Maker = Callable[[int], Made]


def _signed(field: int, bits: int) -> int:
    return field - (1 << bits) if field >> bits - 1 else field


# --- whole groups ---------------------------------------------------------------------------


def to_d(word: int) -> Made:
    """Rd = something; 31 is the zero register."""
    return KEEP[word & 31]


def nothing(word: int) -> Made:
    """Flags, barriers, hints, system registers: no general register is written."""
    return ALL


def to_17(word: int) -> Made:
    return KEEP[17]


def to_link(word: int) -> Made:
    return KEEP[LINK]


# --- control --------------------------------------------------------------------------------

# Every branch of a text may be another word: signs are extended in place.
_RETURN, _SYSTEM_CALL, _TRAP, _PADDING = Return(), SystemCall(), Trap(), Padding()


def jump(word: int) -> Made:
    return Branch((word & 0x3FF_FFFF ^ 1 << 25) - (1 << 25), False)


def jump_if(word: int) -> Made:
    """B.cond, CBZ, CBNZ: imm19 at bit 5."""
    return Branch((word >> 5 & 0x7_FFFF ^ 1 << 18) - (1 << 18), True)


def jump_if_bit(word: int) -> Made:
    return Branch((word >> 5 & 0x3FFF ^ 1 << 13) - (1 << 13), True)


def call(word: int) -> Made:
    return Call((word & 0x3FF_FFFF ^ 1 << 25) - (1 << 25))


def back(word: int) -> Made:
    return _RETURN


def system_call(word: int) -> Made:
    return _SYSTEM_CALL if word >> 5 & 0xFFFF == 0 else Rule.SVC


_CHECKS: Final = frozenset(abi.BRK_CHECK | reason for reason in abi.Reason)


def trap(word: int) -> Made:
    return _TRAP if word >> 5 & 0xFFFF in _CHECKS else Rule.BRK


def padding(word: int) -> Made:
    return _PADDING


def sign(*, key: int, sp: bool, authenticate: bool) -> Maker:
    made = Sign(key, sp, authenticate)
    return lambda word: made


# --- data processing ------------------------------------------------------------------------


def relative(word: int) -> Made:
    offset = _signed((word >> 3 & 0x1F_FFFC) | (word >> 29 & 3), 21)
    page = word >> 31 == 1
    return Relative(word & 31, offset * (abi.PAGE_SIZE if page else 1), page)


def add_immediate(word: int) -> Made:
    number = word >> 10 & 0xFFF
    if word >> 22 & 1:
        number <<= 12
    if word >> 30 & 1:
        number = -number
    kind = OddAddImmediate if number % WORD else AddImmediate
    return kind(word & 31, word >> 5 & 31, number, wide=word >> 31 == 1)


def add_extended(word: int) -> Made:
    """Only where the stack pointer takes part is it more than a write to Rd."""
    target, source = word & 31, word >> 5 & 31
    if SP not in (target, source):
        return KEEP[target]
    wide, whole = word >> 31 == 1, word >> 13 & 3 == 3  # UXTX, SXTX
    scale = 1 << (word >> 10 & 7) if wide and whole else 0
    return AddRegister(target, source, word >> 16 & 31, -scale if word >> 30 & 1 else scale)


def move_zeroed(word: int) -> Made:
    return _constant(word, (word >> 5 & 0xFFFF) << 16 * (word >> 21 & 3))


def move_inverted(word: int) -> Made:
    return _constant(word, ~((word >> 5 & 0xFFFF) << 16 * (word >> 21 & 3)))


def move_kept(word: int) -> Made:
    target, shift = word & 31, 16 * (word >> 21 & 3)
    if target == SP:
        return ALL
    width = 64 if word >> 31 else 32
    mask = (1 << width) - 1 & ~(0xFFFF << shift)
    return Insert(target, (word >> 5 & 0xFFFF) << shift, mask)


def _constant(word: int, number: int) -> Made:
    target = word & 31
    if target == SP:
        return ALL
    return Constant(target, number & (1 << (64 if word >> 31 else 32)) - 1)


def or_register(word: int) -> Made:
    """ORR (shifted register): MOV where Rn is the zero register and nothing is shifted."""
    target = word & 31
    if target == SP or word & 0x00C0_FFE0 != SP << 5:
        return KEEP[target]
    source = word >> 16 & 31
    if source == SP:
        return Constant(target, 0)
    return Move(target, source, wide=word >> 31 == 1)


def logical_immediate(word: int) -> Made:
    """AND, EOR: Rd may be the stack pointer."""
    if bitmask(word) is None:
        return Rule.UNALLOCATED
    target = word & 31
    return ForgetSp() if target == SP else KEEP[target]


def and_immediate_flags(word: int) -> Made:
    return Rule.UNALLOCATED if bitmask(word) is None else KEEP[word & 31]


def or_immediate(word: int) -> Made:
    number = bitmask(word)
    if number is None or word >> 5 & 31 != SP or word & 31 == SP:
        return logical_immediate(word)
    return Constant(word & 31, number)


def bitmask(word: int) -> int | None:
    """The immediate of a logical instruction, or None where it is reserved.

    `DecodeBitMasks` of the Arm ARM: a run of ones, rotated in an element of 2 to 64 bits.
    """
    wide, n = word >> 31, word >> 22 & 1
    immr, imms = word >> 16 & 63, word >> 10 & 63
    if n and not wide:
        return None
    length = (n << 6 | ~imms & 63).bit_length() - 1
    if length < 1:
        return None
    size = 1 << length
    ones, rotation = (imms & size - 1) + 1, immr & size - 1
    if ones == size:
        return None
    element = (1 << ones) - 1
    element = (element >> rotation | element << size - rotation) & (1 << size) - 1
    width = 64 if wide else 32
    return element * (((1 << width) - 1) // ((1 << size) - 1))


# --- loads and stores -----------------------------------------------------------------------


def literal(width: int) -> Maker:
    return lambda word: Literal(word & 31, _signed(word >> 5 & 0x7_FFFF, 19) * 4, width)


def _access(
    base: int, registers: tuple[int, ...], width: int, store: bool, before: int, after: int = 0
) -> Made:
    if base == SP and not after:
        return StackAccess(registers, width, store, before)
    # Word by word: a pointer to a word next to a doubleword is common, one to an odd byte not.
    # Any access may move its base by bytes, also one of bytes.
    kind = OddAccess if before % min(width, WORD) or after % WORD else Access
    return kind(base, registers, width, store, before, after)


def scaled(width: int, store: bool) -> Maker:
    def make(word: int) -> Made:
        return _access(word >> 5 & 31, (word & 31,), width, store, (word >> 10 & 0xFFF) * width)

    return make


def unscaled(width: int, store: bool) -> Maker:
    def make(word: int) -> Made:
        return _access(word >> 5 & 31, (word & 31,), width, store, _signed(word >> 12 & 511, 9))

    return make


def indexed(width: int, store: bool) -> Maker:
    """Pre- and post-indexed: bit 11 tells."""

    def make(word: int) -> Made:
        base, register = word >> 5 & 31, word & 31
        if base == register != SP:
            return Rule.UNPREDICTABLE
        offset = _signed(word >> 12 & 511, 9)
        return _access(base, (register,), width, store, offset if word >> 11 & 1 else 0, offset)

    return make


def by_register(width: int, store: bool) -> Maker:
    def make(word: int) -> Made:
        base, registers, index = word >> 5 & 31, (word & 31,), word >> 16 & 31
        if index == SP:  # the zero register
            return _access(base, registers, width, store, 0)
        shift = width.bit_length() - 1 if word >> 12 & 1 else 0
        access = partial(Access, base, registers, width, store)
        return Indexed(access, index, word >> 13 & 7, shift)

    return make


def ordered(width: int, store: bool) -> Maker:
    """LDAR, STLR: at the base, nothing added."""

    def make(word: int) -> Made:
        return _access(word >> 5 & 31, (word & 31,), width, store, 0)

    return make


def pair(width: int, store: bool) -> Maker:
    """Bits 24 and 23: no-allocate, post-indexed, offset, pre-indexed."""

    def make(word: int) -> Made:
        base, first, second = word >> 5 & 31, word & 31, word >> 10 & 31
        mode = word >> 23 & 3
        if not store and first == second:
            return Rule.UNPREDICTABLE
        if mode & 1 and base != SP and base in (first, second):
            return Rule.UNPREDICTABLE
        offset = _signed(word >> 15 & 127, 7) * width
        before, after = 0 if mode == 1 else offset, offset if mode & 1 else 0
        return _access(base, (first, second), width, store, before, after)

    return make
