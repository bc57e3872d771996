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
SLOT: Final = 8
"""Bytes of a saved register."""

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

    `slots` maps stack addresses to the values saved there. Snapshots have it, too: `own_slots`
    gives one to change.
    """

    __slots__ = ("_lowest", "_shared", "known", "slots", "sp", "values")

    def __init__(
        self, known: int, values: list[Value], sp: int | None, slots: dict[int, Value]
    ) -> None:
        self.known = known
        self.values = values
        self.sp = sp
        self.slots = slots
        self._shared = True
        self._lowest: int | None = None

    @classmethod
    def at_entry(cls) -> "State":
        return cls(_PLANE, [(NUMBER, 0)] * 31, 0, {})

    def copy(self) -> "State":
        return State(self.known, self.values[:], self.sp, self.slots)

    def own_slots(self) -> dict[int, Value]:
        self._lowest = None
        if self._shared:
            self.slots = self.slots.copy()
            self._shared = False
        return self.slots

    def drop_slots(self, first: int, end: int, sp: int) -> None:
        """Forget what lies below `sp`, and what overlaps `first` to `end`."""
        lowest = self._lowest
        if lowest is None:
            lowest = self._lowest = min(self.slots)
        if lowest < sp or first < end:
            self.slots = {
                at: value
                for at, value in self.slots.items()
                if at >= sp and (at >= end or at + SLOT <= first)
            }
            self._lowest = None

    def snapshot(self) -> "Snapshot":
        self._shared = True
        return self.known, self.values[:], self.sp, self.slots

    def restore(self, snapshot: "Snapshot") -> None:
        self.known, values, self.sp, self.slots = snapshot
        self.values = values[:]
        self._shared = True
        self._lowest = None

    def get(self, register: int) -> Value | None:
        """Of x0..x30; nothing is known of the zero register."""
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

    def join(self, before: "Snapshot") -> "Snapshot | None":
        """What both know; None where that is all that was known before."""
        known_before, values, sp, slots = before
        known = self.known & known_before
        if known >> VALUE and self.values != values:
            known &= self._agreement(values, known)
        if slots is not self.slots and slots != self.slots:
            mine = self.slots
            slots = {at: saved for at, saved in slots.items() if mine.get(at) == saved}
        if sp != self.sp:
            sp = None
        if known == known_before and sp == before[2] and len(slots) == len(before[3]):
            return None
        return known, values, sp, slots

    def _agreement(self, values: list[Value], known: int) -> int:
        mask = ALL
        registers = (known >> VALUE | known >> COUNT) & _PLANE
        while registers:
            lowest = registers & -registers
            register = lowest.bit_length() - 1
            if self.values[register] != values[register]:
                mask &= KEEP[register]
            registers ^= lowest
        return mask


Snapshot = tuple[int, list[Value], int | None, dict[int, Value]]
"""A state that does not change any more."""
