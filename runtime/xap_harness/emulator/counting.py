"""Instruction counts, exact budgets and late traps: what one hook at each block gives.

Unicorn has no instruction counter, and its `count=` is ignored on blocks that are already
translated. The hook sees each block before it runs: it adds up their sizes and stops before
the block that the budget does not cover or that holds an instruction of `traps`. What remains
of that block is then run by count, with the translations thrown away.
"""

from dataclasses import dataclass

from unicorn import UC_HOOK_BLOCK, Uc

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

    `late_traps`: whether the instructions of `xap_harness.emulator.traps` end a run.
    """

    def __init__(self, uc: Uc, *, late_traps: bool) -> None:
        self._uc = uc
        self._late_traps = late_traps
        self._limit = 0
        self._covered = 0  # instructions of all blocks entered, the last one in full
        self._start = self._end = 0  # of the last block; empty if the hook stopped before it
        self._short: _Short | None = None
        self._finishing = False
        self._plain: set[tuple[int, int]] = set()
        uc.hook_add(UC_HOOK_BLOCK, self._on_block)

    def begin(self, limit: int) -> None:
        """Count from zero."""
        self._limit = limit
        self._covered = self._start = self._end = 0

    def spent(self, pc: int) -> int:
        """Instructions executed, the processor having stopped at `pc`."""
        ahead = self._end - pc if self._start <= pc < self._end else 0
        return self._covered - ahead // 4

    def run(self, pc: int) -> tuple[bool, int | None]:
        """From `pc` until something stops it: whether that was this counter, and then the
        syndrome of the trap, or None for the limit. UcError passes through."""
        self._short = None
        self._uc.emu_start(pc, NEVER)
        if self._short is None:
            return False, None
        return self._finish(self._short)

    def _finish(self, short: _Short) -> tuple[bool, int | None]:
        pc = self._uc.reg_read(PC)
        end = pc + 4 * short.rest
        if short.rest:
            self._covered += short.rest
            self._start, self._end = pc, end
            self._uc.ctl_flush_tb()
            limit, self._limit = self._limit, -1
            self._finishing = True
            try:
                self._uc.emu_start(pc, NEVER, count=short.rest)
            finally:
                self._limit, self._finishing = limit, False
        # A memory abort may come first; then that is what stopped the run.
        return (True, short.esr) if self._uc.reg_read(PC) == end else (False, None)

    def _on_block(self, uc: Uc, address: int, size: int, _: object) -> None:
        covered = self._covered + (size >> 2)
        if covered > self._limit or (address, size) not in self._plain:
            if self._finishing or self._stops_before(address, size):
                return
            self._plain.add((address, size))
        self._covered = covered
        self._start = address
        self._end = address + size

    def _stops_before(self, address: int, size: int) -> bool:
        """Whether the limit, a late trap or misalignment lies in this block; arranges the stop."""
        left = self._limit - self._covered
        if address & 3:
            short = _Short(0, syndrome.make(ExceptionClass.PC_ALIGNMENT))
        else:
            trap = first_trap(bytes(self._uc.mem_read(address, size))) if self._late_traps else None
            if trap is not None and trap[0] <= left:
                short = _Short(*trap)
            elif size >> 2 > left:
                short = _Short(left, None)
            else:
                return False
        self._short = short
        self._start = self._end = 0
        self._uc.emu_stop()
        return True
