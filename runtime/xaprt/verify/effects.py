"""What an instruction does to what is known: one small class a kind.

Most instructions only write general registers with values that nobody asks for: their effect
is the mask that `State.known` is ANDed with. The others are a `Step`.
"""

from typing import ClassVar, Final

from xaprt import abi
from xaprt.verify.context import Context
from xaprt.verify.rules import Rule
from xaprt.verify.state import (
    ADDRESS,
    ALL,
    CALL_NUMBER,
    COUNT,
    ENTRY,
    KEEP,
    LINK,
    NUMBER,
    PAGE,
    PARKED,
    SIGNED,
    SP,
    STACK,
    VALUE,
    State,
    Value,
)

_64 = (1 << 64) - 1
_32 = (1 << 32) - 1


class Step:
    """An instruction that the proof looks at. `index` counts words of the text."""

    __slots__ = ()
    cost: ClassVar[int] = 5
    """How long a step takes, in those of an instruction that is a mask."""

    def step(self, context: Context, state: State, index: int) -> bool:
        """Change `state`; whether control does not simply go on to the next word."""
        raise NotImplementedError


Effect = int | Step


# --- control --------------------------------------------------------------------------------


class Transfer(Step):
    """Control goes `offset` words from here: what is there is for who walks the function."""

    __slots__ = ("offset",)
    cost: ClassVar[int] = 20

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def step(self, context: Context, state: State, index: int) -> bool:
        raise NotImplementedError


class Branch(Transfer):
    """B, and the conditional ones, which may also go on."""

    __slots__ = ("conditional",)

    def __init__(self, offset: int, conditional: bool) -> None:
        self.offset = offset
        self.conditional = conditional


class Call(Transfer):
    """BL."""

    __slots__ = ()
    cost: ClassVar[int] = 40


class Return(Step):
    __slots__ = ()

    def step(self, context: Context, state: State, index: int) -> bool:
        context.returned(state, index)
        return True


class Trap(Step):
    """BRK: a fault, which ends the call."""

    __slots__ = ()

    def step(self, context: Context, state: State, index: int) -> bool:
        return True


class Padding(Step):
    """A zero word (UDF #0) between functions, where control never comes."""

    __slots__ = ()

    def step(self, context: Context, state: State, index: int) -> bool:
        raise context.refuse(Rule.FALL_OFF, "control runs into padding", index)


_ENDS: Final = frozenset({abi.Syscall.RETURN.value, abi.Syscall.PANIC.value})
_RESULT = KEEP[0]
_FIVE_RESULTS = KEEP[0] & KEEP[1] & KEEP[2] & KEEP[3] & KEEP[4]


class SystemCall(Step):
    """SVC #0. The hypervisor keeps every register but the results (ABI.md section 3)."""

    __slots__ = ()
    cost: ClassVar[int] = 40  # it is told in the report, once for each function that reaches it

    def step(self, context: Context, state: State, index: int) -> bool:
        value = state.get(CALL_NUMBER)
        number = value[1] if value is not None and value[0] in (NUMBER, PARKED) else None
        context.system_calls[index] = number
        one = number is not None and number != abi.Syscall.CALL_SMC
        state.known &= _RESULT if one else _FIVE_RESULTS
        return number in _ENDS


VALUE_OR_NUMBER: Final = 1 << VALUE | 1 << COUNT
"""Shifted by a register: the bits of `State.known` that say that `State.values` has it."""

# --- values ---------------------------------------------------------------------------------


class Constant(Step):
    """A number into a register: MOVZ, MOVN, MOV of an immediate or of the zero register."""

    __slots__ = ("_bit", "_keep", "_target", "_value")

    def __init__(self, target: int, number: int) -> None:
        self._target = target
        self._value = (NUMBER, number)
        self._keep = KEEP[target]
        self._bit = 1 << COUNT + target

    def step(self, context: Context, state: State, index: int) -> bool:
        state.known = state.known & self._keep | self._bit
        state.values[self._target] = self._value
        return False


class Insert(Step):
    """MOVK."""

    __slots__ = ("_bits", "_mask", "_target")

    def __init__(self, target: int, bits: int, mask: int) -> None:
        self._target = target
        self._bits = bits
        self._mask = mask

    def step(self, context: Context, state: State, index: int) -> bool:
        value = state.get(self._target)
        if value is not None and value[0] == NUMBER:
            state.put(self._target, (NUMBER, value[1] & self._mask | self._bits))
        else:
            state.known &= KEEP[self._target]
        return False


class Move(Step):
    """MOV between registers."""

    __slots__ = ("_keep", "_source", "_target", "_tracked", "_wide")

    def __init__(self, target: int, source: int, wide: bool) -> None:
        self._target = target
        self._source = source
        self._wide = wide
        self._keep = KEEP[target]
        self._tracked = ALL & ~KEEP[source]

    def step(self, context: Context, state: State, index: int) -> bool:
        if not state.known & self._tracked:
            state.known &= self._keep
            return False
        value = state.get(self._source)
        if value is not None and not self._wide:
            value = (NUMBER, value[1] & _32) if value[0] == NUMBER else None
        state.put(self._target, value)
        return False


class Relative(Step):
    """ADR, and ADRP (`page`): an address `offset` bytes from the instruction, or its page."""

    __slots__ = ("_offset", "_page", "_target")

    def __init__(self, target: int, offset: int, page: bool) -> None:
        self._target = target
        self._offset = offset
        self._page = page

    def step(self, context: Context, state: State, index: int) -> bool:
        here = context.address(index)
        if self._page:
            here &= -abi.PAGE_SIZE
        context.form(here + self._offset, index)
        state.put(self._target, (PAGE if self._page else ADDRESS, here + self._offset))
        return False


class AddImmediate(Step):
    """ADD and SUB of an immediate; register 31 is the stack pointer on both sides."""

    __slots__ = ("_number", "_source", "_target", "_tracked", "_wide")

    def __init__(self, target: int, source: int, number: int, wide: bool) -> None:
        self._target = target
        self._source = source
        self._number = number
        self._wide = wide
        self._tracked = VALUE_OR_NUMBER << source

    def step(self, context: Context, state: State, index: int) -> bool:
        source = self._source
        if source != SP and not state.known & self._tracked and self._target != SP:
            state.known &= KEEP[self._target]
            return False
        value = _operand(state, source)
        if value is not None:
            value = self._sum(value)
            if value is not None and value[0] == ADDRESS and self._adds_to_page(state):
                context.form(value[1], index)
        _assign(context, state, self._target, value, index)
        return False

    def _sum(self, value: Value) -> Value | None:
        kind, number = value
        if kind == NUMBER:
            return NUMBER, number + self._number & (_64 if self._wide else _32)
        if not self._wide:
            return None
        if kind == PAGE:
            kind = ADDRESS
        return (kind, number + self._number) if kind in (ADDRESS, STACK) else None

    def _adds_to_page(self, state: State) -> bool:
        return state.values[self._source][0] == PAGE


class OddAddImmediate(AddImmediate):
    """By a number that is not a multiple of a word: a pointer to bytes, perhaps."""

    __slots__ = ()

    def step(self, context: Context, state: State, index: int) -> bool:
        context.moved_by_bytes |= 1 << self._target
        return super().step(context, state, index)


class AddRegister(Step):
    """ADD and SUB (extended register) that read or write the stack pointer.

    `scale` is -1 for SUB, times what the extension shifts by; 0 where the extension does not
    take all 64 bits.
    """

    __slots__ = ("_index", "_scale", "_source", "_target")

    def __init__(self, target: int, source: int, index: int, scale: int) -> None:
        self._target = target
        self._source = source
        self._index = index
        self._scale = scale

    def step(self, context: Context, state: State, index: int) -> bool:
        value = _operand(state, self._source)
        added = (NUMBER, 0) if self._index == SP else state.get(self._index)
        if value is not None and added is not None and self._scale:
            known = value[0] == STACK and added[0] == NUMBER
            value = (STACK, value[1] + _signed(added[1]) * self._scale) if known else None
        else:
            value = None
        _assign(context, state, self._target, value, index)
        return False


class ForgetSp(Step):
    """Something else into the stack pointer."""

    __slots__ = ()

    def step(self, context: Context, state: State, index: int) -> bool:
        _assign(context, state, SP, None, index)
        return False


def _operand(state: State, register: int) -> Value | None:
    if register == SP:
        return None if state.sp is None else (STACK, state.sp)
    return state.get(register)


def _assign(context: Context, state: State, register: int, value: Value | None, index: int) -> None:
    if register != SP:
        state.put(register, value)
    elif value is None or value[0] != STACK:
        raise context.refuse(
            Rule.SP_UNKNOWN, "the stack pointer becomes something that is not proven", index
        )
    else:
        context.move_sp(state, value[1], index)


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


# --- pointer authentication -----------------------------------------------------------------


class Sign(Step):
    """PACIASP and the like, in the hint space: the return address, signed.

    `key` tells the variants apart; those of the stack pointer need the same one to undo.
    """

    __slots__ = ("_authenticate", "_key", "_sp")

    def __init__(self, key: int, sp: bool, authenticate: bool) -> None:
        self._key = key
        self._sp = sp
        self._authenticate = authenticate

    def step(self, context: Context, state: State, index: int) -> bool:
        modifier = context.sp(state, index) if self._sp else 1
        plain, signed = (ENTRY, LINK), (SIGNED, modifier << 1 | self._key)
        before, after = (signed, plain) if self._authenticate else (plain, signed)
        state.put(LINK, after if state.get(LINK) == before else None)
        return False
