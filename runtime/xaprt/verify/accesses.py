"""Loads and stores: what they do to what is known, and what is checked of their addresses."""

from collections.abc import Callable
from typing import ClassVar

from xaprt.verify.context import Context, restore, save
from xaprt.verify.effects import VALUE_OR_NUMBER, Step
from xaprt.verify.rules import Rule
from xaprt.verify.state import ADDRESS, ALL, KEEP, NUMBER, PAGE, SLOT, SP, STACK, State

_64 = (1 << 64) - 1


class Literal(Step):
    """LDR (literal)."""

    __slots__ = ("_keep", "_offset", "_width")

    def __init__(self, target: int, offset: int, width: int) -> None:
        self._keep = KEEP[target]
        self._offset = offset
        self._width = width

    def step(self, context: Context, state: State, index: int) -> bool:
        at = context.address(index) + self._offset
        context.access_constant(at, self._width, self._width, False, index)
        state.known &= self._keep
        return False


class Access(Step):
    """A load or store of one or two general registers, `width` bytes each.

    `before` and `after` are what is added to the base for the access, and to the base register
    for good; `before` is None where a register is added.
    """

    cost: ClassVar[int] = 12
    __slots__ = (
        "_after", "_base", "_before", "_keep", "_registers", "_store", "_tracked", "_width",
    )  # fmt: skip

    def __init__(
        self,
        base: int,
        registers: tuple[int, ...],
        width: int,
        store: bool,
        before: int | None,
        after: int = 0,
    ) -> None:
        self._base = base
        self._registers = registers
        self._width = width
        self._store = store
        self._before = before
        self._after = after
        keep = KEEP[base] if after else KEEP[SP]
        if not store:
            for register in registers:
                keep &= KEEP[register]
        self._keep = keep
        self._tracked = VALUE_OR_NUMBER << base

    def step(self, context: Context, state: State, index: int) -> bool:
        base = self._base
        if base == SP:
            self._stack(context, state, index, context.aligned_sp(state, index))
        elif state.known & self._tracked:
            self._known(context, state, index, *state.values[base])
        else:
            self._anywhere(context, index)
            state.known &= self._keep
        return False

    def _anywhere(self, context: Context, index: int) -> None:
        """The base is not known."""

    def _known(self, context: Context, state: State, index: int, kind: int, number: int) -> None:
        if self._before is None:
            state.known &= self._keep
        elif kind == STACK:
            self._stack(context, state, index, number)
            if self._after:
                state.put(self._base, (STACK, number + self._after))
        elif kind in (ADDRESS, PAGE):
            size = self._width * len(self._registers)
            at = number + self._before
            context.access_constant(at, self._width, size, self._store, index)
            state.known &= self._keep
            if self._after:
                state.put(self._base, (ADDRESS, number + self._after))
        elif kind == NUMBER:
            at = number + self._before & _64
            raise context.refuse(Rule.ADDRESS, f"accesses the absolute address {at:#x}", index)
        else:
            self._anywhere(context, index)
            state.known &= self._keep

    def _stack(self, context: Context, state: State, index: int, number: int) -> None:
        """The base is `number` from the stack pointer at entry."""
        if self._before is None:
            state.known &= self._keep
            return
        at, after = number + self._before, number + self._after
        moves = self._after != 0 and self._base == SP
        if moves and after < number:
            context.move_sp(state, after, index)
        registers, width = self._registers, self._width
        context.access_stack(state, at, width, width * len(registers), self._store, index)
        if self._store:
            save(state, at, registers, width)
            state.known &= self._keep
        else:
            state.known &= self._keep
            if state.slots and width == SLOT:
                restore(state, at, registers)
        if moves and after > number:
            context.move_sp(state, after, index)


class Indexed(Step):
    """With a register added: checked where that holds a constant.

    `option` is the field of that name: 2 UXTW, 3 LSL, 6 SXTW, 7 SXTX.
    """

    cost: ClassVar[int] = 40
    __slots__ = ("_access", "_index", "_option", "_shift")

    def __init__(
        self, access: Callable[[int | None], Access], index: int, option: int, shift: int
    ) -> None:
        """`access`: the one at a distance from the base."""
        self._access = access
        self._index = index
        self._option = option
        self._shift = shift

    def step(self, context: Context, state: State, index: int) -> bool:
        added = state.get(self._index)
        before = None
        if added is not None and added[0] == NUMBER:
            before = self._extended(added[1]) << self._shift
        return self._access(before).step(context, state, index)

    def _extended(self, number: int) -> int:
        bits = 64 if self._option & 1 else 32
        number &= (1 << bits) - 1
        signed = bits == 64 or self._option == _SXTW
        return number - (1 << bits) if signed and number >> bits - 1 else number


_SXTW = 6


class StackAccess(Step):
    """One by the stack pointer, that does not move it."""

    __slots__ = ("_before", "_keep", "_registers", "_size", "_store", "_tracked", "_width")
    cost: ClassVar[int] = 30

    def __init__(self, registers: tuple[int, ...], width: int, store: bool, before: int) -> None:
        self._registers = registers
        self._width = width
        self._size = width * len(registers)
        self._store = store
        self._before = before
        self._keep = ALL
        self._tracked = 0
        for register in registers:
            self._tracked |= ALL & ~KEEP[register]
            if not store:
                self._keep &= KEEP[register]

    def step(self, context: Context, state: State, index: int) -> bool:
        sp = context.aligned_sp(state, index)
        at, width, size = sp + self._before, self._width, self._size
        # Of what there is to check most is seen from here.
        if self._before < 0 or at % width or at + size > 0:
            context.access_stack(state, at, width, size, self._store, index)
        if self._store:
            if state.slots or (width == SLOT and state.known & self._tracked):
                save(state, at, self._registers, width)
            return False
        state.known &= self._keep
        if state.slots and width == SLOT:
            restore(state, at, self._registers)
        return False


class OddAccess(Access):
    """At a distance that is not a multiple of a word, or of the width if that is less."""

    __slots__ = ()

    def step(self, context: Context, state: State, index: int) -> bool:
        if self._after:
            context.moved_by_bytes |= 1 << self._base
        return super().step(context, state, index)

    def _anywhere(self, context: Context, index: int) -> None:
        context.odd_accesses[index] = self._base, self._width
