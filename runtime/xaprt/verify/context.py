"""The function under proof, as its instructions see it."""

from collections.abc import Sequence
from typing import Final, Protocol

from xaprt import abi
from xaprt.verify.copies import byte_pointers
from xaprt.verify.rules import Refusal, Rule
from xaprt.verify.state import ALL, CALL_NUMBER, ENTRY, LINK, NUMBER, PARKED, SIGNED, SLOT, State

_KEPT: Final = (ENTRY, SIGNED, PARKED)
"""Kinds of values that are followed through the stack."""
WORD: Final = 4


Range = tuple[int, int]


class Segment(Protocol):
    """What is mapped: `size` bytes from `address`, relative to the image."""

    @property
    def address(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def bytes_(self) -> bytes: ...
    @property
    def writable(self) -> bool: ...
    @property
    def executable(self) -> bool: ...


class Context:
    """Collects what the instructions of one function do to the stack, and checks addresses."""

    def __init__(self, base: int, segments: Sequence[Segment]) -> None:
        self._base = base
        self._segments = segments
        self.lowest = 0
        """The lowest stack pointer, relative to entry."""
        self.read_above = 0
        """How many bytes from the stack pointer at entry up are accessed: stacked arguments."""
        self.read_above_at = 0
        self.written_above: Range | None = None
        """Of those, the first byte and the one after the last that are written."""
        self.system_calls: dict[int, int | None] = {}
        """Index of each SVC -> number, None if it is not a constant."""
        self.preserved = ALL
        """Registers that hold at every return what they did at entry."""
        self.moved_by_bytes = 0
        """A bit for each register that is moved by a number that is not a multiple of a word."""
        self.odd_accesses: dict[int, tuple[int, int]] = {}
        """Index of an access at a distance from its base that no aligned object has from
        another -> base and width. It is right only where the base itself is odd."""
        self.returns_at: int | None = None
        """The index of one return."""

    def address(self, index: int) -> int:
        return self._base + WORD * index

    def refuse(self, rule: Rule, detail: str, index: int) -> Refusal:
        return Refusal(rule, detail, self.address(index))

    # --- stack pointer --------------------------------------------------------------------

    def sp(self, state: State, index: int) -> int:
        if state.sp is None:
            raise self.refuse(
                Rule.SP_UNKNOWN, "paths with different stack pointers meet before", index
            )
        return state.sp

    def aligned_sp(self, state: State, index: int) -> int:
        sp = self.sp(state, index)
        if sp % abi.STACK_ALIGN:
            raise self.refuse(
                Rule.SP_ALIGNED, f"the stack pointer is entry {sp:+d}, not 16-byte aligned", index
            )
        return sp

    def move_sp(self, state: State, sp: int, index: int) -> None:
        if sp > 0:
            raise self.refuse(
                Rule.SP_UNBALANCED, f"raises the stack pointer {sp} above that at entry", index
            )
        state.sp = sp
        if sp < self.lowest:
            self.lowest = sp

    def returned(self, state: State, index: int, preserved: int = ALL) -> None:
        """By RET, or by a branch to a function that returns and keeps `preserved`."""
        sp = self.sp(state, index)
        if sp != 0:
            raise self.refuse(
                Rule.SP_UNBALANCED, f"leaves the function with the stack pointer {sp:+d}", index
            )
        if state.get(LINK) != (ENTRY, LINK):
            raise self.refuse(
                Rule.RETURN_ADDRESS, "x30 is not proven to be the return address", index
            )
        self.preserved &= state.same() & preserved
        self.returns_at = index

    # --- accesses -------------------------------------------------------------------------

    def access_stack(
        self, state: State, at: int, width: int, size: int, store: bool, index: int
    ) -> None:
        """`size` bytes in elements of `width`, `at` relative to the stack pointer at entry."""
        if at % width:
            raise self.refuse(Rule.MISALIGNED, f"{width} bytes at entry sp {at:+d}", index)
        if state.sp is not None and at < state.sp:
            raise self.refuse(
                Rule.BELOW_SP, f"accesses {state.sp - at} below the stack pointer", index
            )
        if at + size > self.read_above:
            self.read_above, self.read_above_at = at + size, index
        if store:
            self.write_above(at, at + size)

    def write_above(self, first: int, end: int) -> None:
        """What of it lies above the stack pointer at entry, that is in the caller's frame."""
        if end > 0:
            low, high = self.written_above or (end, end)
            self.written_above = min(low, max(first, 0)), max(high, end)

    def access_constant(self, at: int, width: int, size: int, store: bool, index: int) -> None:
        """The same of the image; it may be loaded at any page."""
        if at % width:
            raise self.refuse(Rule.MISALIGNED, f"{width} bytes at {at:#x} of the image", index)
        for segment in self._segments:
            if segment.address <= at and at + size <= segment.address + segment.size:
                if store and not segment.writable:
                    raise self.refuse(Rule.ADDRESS, f"writes {at:#x}, which is read-only", index)
                return
        raise self.refuse(Rule.ADDRESS, f"accesses {at:#x}, outside the image", index)

    def form(self, at: int, index: int) -> None:
        """An address is made; it may be one past the end, as pointers of C are."""
        for segment in self._segments:
            if segment.address <= at <= segment.address + segment.size:
                return
        raise self.refuse(Rule.ADDRESS, f"makes the address {at:#x}, outside the image", index)

    def check_odd_accesses(self, words: Sequence[int]) -> None:
        """`words`: those of the function."""
        pointers = byte_pointers(words, self.moved_by_bytes) if self.moved_by_bytes else 0
        for index, (base, width) in sorted(self.odd_accesses.items()):
            if not pointers >> base & 1:
                whole = min(width, WORD)
                raise self.refuse(
                    Rule.MISALIGNED,
                    f"{width} bytes at an offset that is not a multiple of {whole}",
                    index,
                )


# --- saved registers ------------------------------------------------------------------------


_MOST_SLOTS: Final = 64
"""That are remembered: each register twice. The first ones are: a prologue saves what counts."""


def save(state: State, at: int, registers: Sequence[int], width: int) -> None:
    """A store to the stack: what it overwrites is forgotten, what it saves is remembered."""
    slots = state.slots
    if width != SLOT:
        for slot in range(at & -SLOT, at + width * len(registers), SLOT):
            if slot in slots:
                slots = state.own_slots()
                del slots[slot]
        return
    for register in registers:
        value = state.get(register)
        if value is not None and value[0] not in _KEPT:
            is_call_number = value[0] == NUMBER and register == CALL_NUMBER
            value = (PARKED, value[1]) if is_call_number else None
        if slots.get(at) != value:
            slots = state.own_slots()
            if value is None:
                del slots[at]
            elif at in slots or len(slots) < _MOST_SLOTS:
                slots[at] = value
        at += SLOT


def restore(state: State, at: int, registers: Sequence[int]) -> None:
    """A load of whole registers from the stack."""
    for number, register in enumerate(registers):
        value = state.slots.get(at + number * SLOT)
        if value is not None:
            state.put(register, value)
