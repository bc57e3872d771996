"""Instruction counts, exact budgets and late traps: what one hook at each block gives.

Unicorn has no instruction counter, and its `count=` is ignored on blocks that are already
translated. The hook (`native`) sees each block before it runs: it adds up their sizes and stops
before the block that the budget does not cover or that holds an instruction of `traps`. What
remains of that block is then run by count, with the translations thrown away.
"""

from dataclasses import dataclass

from unicorn import Uc

from xap_harness.emulator.native import NO_EXCEPTION, Hooks
from xap_harness.emulator.registers import PC
from xap_harness.emulator.traps import first_trap
from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.syndrome import ExceptionClass

NEVER = 1
"""An address for unicorn's `until` that no program counter reaches: it is misaligned."""


@dataclass(frozen=True, slots=True)
class _Short:
    """The hook stopped before a block: `rest` instructions of it are still to be run."""

    rest: int
    esr: int | None  # of what then raises an exception; None: the limit is reached


class Counter:
    """Counts the instructions that one Uc executes, up to a limit.

    `late_traps`: whether what it executes holds instructions of `xap_harness.emulator.traps`,
    which then end a run.
    """

    def __init__(self, uc: Uc, *, late_traps: bool) -> None:
        self._uc = uc
        self._late_traps = late_traps
        self._short: _Short | None = None
        self._finishing = False
        self._hooks = Hooks(uc, self._on_special_block)
        self._state = self._hooks.state
        self._state.asks_always = late_traps

    def begin(self, limit: int) -> None:
        """Count from zero."""
        state = self._state
        state.limit = limit
        state.covered = state.start = state.end = 0

    @property
    def exception(self) -> int | None:
        """The number, as QEMU's target/arm/cpu.h has it, of the one that ended the last run."""
        number = self._state.exception
        return None if number == NO_EXCEPTION else number

    def spent(self, pc: int) -> int:
        """Instructions executed, the processor having stopped at `pc`."""
        state = self._state
        ahead = state.end - pc if state.start <= pc < state.end else 0
        return state.covered - ahead // 4

    def run(self, pc: int) -> tuple[bool, int | None]:
        """From `pc` until something stops it: whether that was this counter, and then the
        syndrome of the trap, or None for the limit. UcError passes through."""
        self._short = None
        self._state.exception = NO_EXCEPTION
        self._uc.emu_start(pc, NEVER)
        if self._short is None:
            return False, None
        return self._finish(self._short)

    def _finish(self, short: _Short) -> tuple[bool, int | None]:
        pc = self._uc.reg_read(PC)
        end = pc + 4 * short.rest
        if short.rest:
            state = self._state
            state.covered += short.rest
            state.start, state.end = pc, end
            self._uc.ctl_flush_tb()
            limit, state.limit = state.limit, -1
            self._finishing = True
            try:
                self._uc.emu_start(pc, NEVER, count=short.rest)
            finally:
                state.limit, self._finishing = limit, False
        # A memory abort may come first; then that is what stopped the run.
        return (True, short.esr) if self._uc.reg_read(PC) == end else (False, None)

    def _on_special_block(self, address: int, size: int) -> None:
        if self._finishing or self._stops_before(address, size):
            return
        state = self._state
        state.covered += size >> 2
        state.start, state.end = address, address + size

    def _stops_before(self, address: int, size: int) -> bool:
        """Whether the limit, a late trap or misalignment lies in this block; arranges the stop."""
        left = self._state.limit - self._state.covered
        if address & 3:
            short = _Short(0, syndrome.make(ExceptionClass.PC_ALIGNMENT))
        else:
            trap = first_trap(bytes(self._uc.mem_read(address, size))) if self._late_traps else None
            if trap is not None and trap[0] < left:
                short = _Short(*trap)
            elif size >> 2 > left:
                short = _Short(left, None)
            else:
                return False
        self._short = short
        self._state.start = self._state.end = 0
        self._uc.emu_stop()
        return True
