"""What is known of the registers and the stack at one place in a function.

A register may hold one of a few values that can be told without running the code. Stack
addresses are relative to the stack pointer at the function's entry, data addresses to the image.
"""

from typing import Final

Value = tuple[int, int]
"""One of the kinds below, and its number."""

NUMBER: Final = 0
"""A 64-bit constant, in the block that made it."""
ADDRESS: Final = 1
"""An address inside the image, made by ADR or by ADRP and an addition."""
PAGE: Final = 2
"""The page that ADRP made; the offset in it is still to be added."""
STACK: Final = 3
"""The stack pointer at entry plus the number."""
ENTRY: Final = 4
"""What the register of that number held at entry."""
SIGNED: Final = 5
"""The return address, signed (PACIASP and the like); the number is key and modifier."""

PARKED: Final = 6
"""A constant of x8 that came through the stack or from another block: the number of a system
call. Nothing is concluded from its use as an address: there may be a test for null between."""

SP: Final = 31
LINK: Final = 30
CALL_NUMBER: Final = 8

# `State.known` has three planes of 31 registers each. Bit r: xr still holds what it did at
# entry. Bit 32 + r: it has a value other than a number, bit 64 + r: a number, in
# `State.values`. At most one of them is set. One AND forgets all that an instruction writes.
VALUE: Final = 32
COUNT: Final = 64
_PLANE: Final = (1 << 31) - 1
_PLANES: Final = 1 | 1 << VALUE | 1 << COUNT
ALL: Final = _PLANE * _PLANES
KEEP: Final = (*(ALL & ~(_PLANES << r) for r in range(31)), ALL)
"""`known &= KEEP[r]` forgets xr; register 31, the zero register, is nothing to forget."""
_ARGUMENTS: Final = (1 << 9) - 1
_BETWEEN_BLOCKS: Final = ALL & ~(_PLANE << COUNT) & ~_ARGUMENTS
"""What is worth knowing from one block to the next. That x0..x8 are untouched is of use only
in the straight lines that outliners make: there a caller keeps its return address in one."""
_NUMBER_IN_X8: Final = 1 << COUNT + CALL_NUMBER

_AT_ENTRY: Final[tuple[Value, ...]] = tuple((ENTRY, r) for r in range(31))


class State:
    """`sp` is relative to entry, None where paths with different ones have met.

    `slots` maps stack addresses to the values saved there; it is replaced, never changed.
    """

    __slots__ = ("known", "slots", "sp", "values")

    def __init__(
        self, known: int, values: list[Value], sp: int | None, slots: dict[int, Value]
    ) -> None:
        self.known = known
        self.values = values
        self.sp = sp
        self.slots = slots

    @classmethod
    def at_entry(cls) -> "State":
        return cls(_PLANE, [(NUMBER, 0)] * 31, 0, {})

    def copy(self) -> "State":
        return State(self.known, self.values[:], self.sp, self.slots)

    def get(self, register: int) -> Value | None:
        """Of x0..x30."""
        known = self.known >> register
        if known & (1 << VALUE | 1 << COUNT):
            return self.values[register]
        return _AT_ENTRY[register] if known & 1 else None

    def put(self, register: int, value: Value | None) -> None:
        """Into x0..x30, or the zero register."""
        if register == SP:
            return
        self.known &= KEEP[register]
        if value is None:
            return
        if value == _AT_ENTRY[register]:
            self.known |= 1 << register
        else:
            self.known |= 1 << (COUNT if value[0] == NUMBER else VALUE) + register
            self.values[register] = value

    def leave_block(self) -> None:
        if self.known & _NUMBER_IN_X8:
            self.put(CALL_NUMBER, (PARKED, self.values[CALL_NUMBER][1]))
        self.known &= _BETWEEN_BLOCKS

    def same(self) -> int:
        """The registers that hold what they did at entry, in all planes of `known`."""
        return (self.known & _PLANE) * _PLANES

    def join(self, other: "State") -> bool:
        """Keep what both know; whether that is less than before."""
        known = self.known & other.known
        if known >> VALUE and self.values != other.values:
            known &= self._agreement(other, known)
        slots = self.slots
        if slots is not other.slots and slots != other.slots:
            slots = {at: saved for at, saved in slots.items() if other.slots.get(at) == saved}
        sp = self.sp if self.sp == other.sp else None
        if known == self.known and sp == self.sp and len(slots) == len(self.slots):
            return False
        self.known, self.sp, self.slots = known, sp, slots
        return True

    def _agreement(self, other: "State", known: int) -> int:
        mask = ALL
        registers = (known >> VALUE | known >> COUNT) & _PLANE
        while registers:
            lowest = registers & -registers
            register = lowest.bit_length() - 1
            if self.values[register] != other.values[register]:
                mask &= KEEP[register]
            registers ^= lowest
        return mask
