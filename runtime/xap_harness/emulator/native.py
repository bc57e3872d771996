"""What must be fast: unicorn's hooks as native code, and registers many at a time.

A hook in Python costs a microsecond or two for each block that is executed; these few
instructions, which LLVM compiles for the host when the first processor is made, cost nanoseconds.
"""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from unicorn import UC_HOOK_BLOCK, UC_HOOK_INTR, Uc, UcError
from unicorn.unicorn_py3.unicorn import uclib
from xapc.llvm import compiled_here

_HOOKS = """
%State = type {{ i64, i64, i64, i64, i64, i64, ptr }}

define void @on_block(ptr %uc, i64 %address, i32 %size, ptr %state) {{
  %limit.at = getelementptr %State, ptr %state, i32 0, i32 0
  %covered.at = getelementptr %State, ptr %state, i32 0, i32 1
  %limit = load i64, ptr %limit.at
  %covered = load i64, ptr %covered.at
  %bytes = zext i32 %size to i64
  %count = lshr i64 %bytes, 2
  %sum = add i64 %covered, %count
  %over = icmp sgt i64 %sum, %limit
  %looks.at = getelementptr %State, ptr %state, i32 0, i32 4
  %looks = load i64, ptr %looks.at
  %low = and i64 %address, 3
  %odd = or i64 %low, %looks
  %special = icmp ne i64 %odd, 0
  %ask = or i1 %over, %special
  br i1 %ask, label %slow, label %plain
plain:
  %start.at = getelementptr %State, ptr %state, i32 0, i32 2
  %end.at = getelementptr %State, ptr %state, i32 0, i32 3
  %end = add i64 %address, %bytes
  store i64 %sum, ptr %covered.at
  store i64 %address, ptr %start.at
  store i64 %end, ptr %end.at
  ret void
slow:
  %slow.at = getelementptr %State, ptr %state, i32 0, i32 6
  %function = load ptr, ptr %slow.at
  call void %function(i64 %address, i32 %size)
  ret void
}}

define void @on_interrupt(ptr %uc, i32 %number, ptr %state) {{
  %exception.at = getelementptr %State, ptr %state, i32 0, i32 5
  %wide = zext i32 %number to i64
  store i64 %wide, ptr %exception.at
  %stopped = call i32 inttoptr (i64 {stop} to ptr)(ptr %uc)
  ret void
}}
"""

NO_EXCEPTION = -1

_OnBlock = ctypes.CFUNCTYPE(None, ctypes.c_uint64, ctypes.c_uint32)


class State(ctypes.Structure):
    """What the hooks share with Python; the layout is `%State` above."""

    _fields_ = (
        ("limit", ctypes.c_int64),
        ("covered", ctypes.c_int64),
        ("start", ctypes.c_uint64),
        ("end", ctypes.c_uint64),
        ("asks_always", ctypes.c_int64),
        ("exception", ctypes.c_int64),
        ("_ask", ctypes.c_void_p),
    )
    limit: int
    """Blocks are counted until they would be more instructions than this."""
    covered: int
    """Instructions of all blocks entered, the last one in full."""
    start: int
    end: int
    """Of the last block."""
    asks_always: int
    """1: every block is special."""
    exception: int
    """Number of the one that stopped the run; NO_EXCEPTION: none did."""
    _ask: int | None


@cache
def _compiled() -> tuple[int, int]:
    stop = ctypes.cast(uclib.uc_emu_stop, ctypes.c_void_p).value
    on_block, on_interrupt = compiled_here(_HOOKS.format(stop=stop), ("on_block", "on_interrupt"))
    return on_block, on_interrupt


class Hooks:
    """Counts the blocks that a Uc enters and notes the exceptions that stop it. `ask` is called
    with the address and the size of a block that is special: misaligned, or beyond the limit."""

    def __init__(self, uc: Uc, ask: Callable[[int, int], None]) -> None:
        self.state = State(exception=NO_EXCEPTION)
        self._kept = _OnBlock(ask)
        self.state._ask = ctypes.cast(self._kept, ctypes.c_void_p).value
        on_block, on_interrupt = _compiled()
        self._add(uc, UC_HOOK_BLOCK, on_block)
        self._add(uc, UC_HOOK_INTR, on_interrupt)

    def _add(self, uc: Uc, kind: int, function: int) -> None:
        hook = ctypes.c_size_t()
        state = ctypes.addressof(self.state)
        # The interface of the binding's own hook_add takes Python functions only.
        status = uclib.uc_hook_add(uc._uch, ctypes.byref(hook), kind, function, state, 1, 0)
        if status:
            raise UcError(status)


class RegisterFile:
    """64-bit registers of a Uc, in the order of `numbers`, read and written in one go."""

    def __init__(self, uc: Uc, numbers: Sequence[int]) -> None:
        count = len(numbers)
        self._uch = uc._uch
        self._values = (ctypes.c_uint64 * count)()
        first, size = ctypes.addressof(self._values), ctypes.sizeof(ctypes.c_uint64)
        pointers = (ctypes.c_void_p * count)(*(first + size * n for n in range(count)))
        self._numbers = (ctypes.c_int32 * count)(*numbers)
        # Made once for each place to begin at: ctypes needs half a microsecond for one.
        self._from = [
            (
                ctypes.cast(ctypes.byref(self._numbers, 4 * n), ctypes.POINTER(ctypes.c_int32)),
                ctypes.cast(ctypes.byref(pointers, 8 * n), ctypes.POINTER(ctypes.c_void_p)),
            )
            for n in range(count)
        ]
        self._pointers = pointers

    def read(self, first: int, count: int) -> tuple[int, ...]:
        if uclib.uc_reg_read_batch(self._uch, *self._from[first], count):
            raise UcError(0)
        return tuple(self._values[first : first + count])

    def write(self, first: int, values: Sequence[int]) -> None:
        """Consecutive ones."""
        count = len(values)
        self._values[first : first + count] = [*values]
        if uclib.uc_reg_write_batch(self._uch, *self._from[first], count):
            raise UcError(0)

    def write_all(self, values: Mapping[int, int], first: int) -> None:
        """By number, where `first` has number 0."""
        count = len(values)
        if all(number in values for number in range(count)):
            self.write(first, [values[number] for number in range(count)])
            return
        for number, value in values.items():
            self.write(first + number, (value,))
