"""`python -m benchmarks.call_rate`: what the hypervisor's rules cost on top of the emulation.

The same guest and the same app, twice: under the rules (traps decoded, routes, budgets counted,
results checked), and in a loop that only moves registers between two Ucs. One run, a ratio.
"""

import sys
import time
from pathlib import Path

import xap_harness
from unicorn import UC_ARCH_ARM64, UC_HOOK_INTR, UC_MODE_ARM, UC_PROT_ALL, Uc
from unicorn import arm64_const as regs
from xap_harness.emulator.assembler import assemble
from xap_harness.emulator.backend import layout_of
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.emulator.native import Hooks, RegisterFile
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.requester import Requester
from xapc.pipeline import build
from xaprt import abi
from xaprt.image import read

EMPTY = Path(__file__).with_name("empty.py")
RAM = 0x4000_0000
CALLS = 20_000
ROUNDS = 5
LIMIT = 0.7
PROGRAM = (
    f"mov x19, #{CALLS & 0xFFFF}; again: movz x0, #1; movk x0, #0xc600, lsl #16;"
    "mov x1, #7; smc #0; subs x19, x19, #1; b.ne again; idle: wfi; b idle"
)
X = [getattr(regs, f"UC_ARM64_REG_X{n}") for n in range(9)]


def by_the_rules() -> float:
    """Seconds for one call, from guest to app and back."""
    app = xap_harness.load(EMPTY)
    domain = app.domain(1)
    domain.write(RAM, assemble(PROGRAM))
    guest = Guest(app.hypervisor, Requester(1, 0), UnicornMachine().vcpu(domain.ram, RAM))
    began = time.perf_counter()
    answers = guest.run(budget=100 * CALLS)
    assert len(answers) == CALLS
    return (time.perf_counter() - began) / CALLS


class Bare:
    """Two processors and nothing else: no privileges, budgets, routes or checks."""

    def __init__(self) -> None:
        layout = layout_of(read(build(EMPTY).elf))
        self.entry, self.stack = layout.entry, layout.stack_top
        self.app, self.guest = (Uc(UC_ARCH_ARM64, UC_MODE_ARM) for _ in range(2))
        for memory in layout.segments:
            self.app.mem_map(memory.address, memory.size)
            self.app.mem_write(memory.address, memory.bytes_)
        self.app.mem_map(layout.stack_top - abi.PAGE_SIZE, abi.PAGE_SIZE)
        self.app.reg_write(regs.UC_ARM64_REG_SP, self.stack)
        self.guest.mem_map(RAM, abi.PAGE_SIZE, UC_PROT_ALL)
        self.guest.mem_write(RAM, assemble(PROGRAM))
        self.clear = self.app.context_save()

    def plain(self) -> float:
        """As one writes it: hooks in Python, register by register."""
        for uc in (self.app, self.guest):
            uc.hook_add(UC_HOOK_INTR, lambda uc, number, _: uc.emu_stop())
        pc = RAM
        began = time.perf_counter()
        for _ in range(CALLS):
            self.guest.emu_start(pc, 1)
            pc = self.guest.reg_read(regs.UC_ARM64_REG_PC)
            arguments = [self.guest.reg_read(x) for x in X[:8]]
            self.app.context_restore(self.clear)
            for register, value in zip(X, (1, *arguments), strict=True):
                self.app.reg_write(register, value)
            self.app.emu_start(self.entry, 1)
            for number in range(4):
                self.guest.reg_write(X[number], self.app.reg_read(X[number + 1]))
        return (time.perf_counter() - began) / CALLS

    def lean(self) -> float:
        """The same with what the harness has: native hooks, registers many at a time."""
        kept = [Hooks(uc, lambda address, size: None) for uc in (self.app, self.guest)]
        for hooks in kept:
            hooks.state.limit = 1 << 62
        guest = RegisterFile(self.guest, (regs.UC_ARM64_REG_PC, *X[:8]))
        app = RegisterFile(self.app, X)
        pc = RAM
        began = time.perf_counter()
        for _ in range(CALLS):
            self.guest.emu_start(pc, 1)
            pc, *arguments = guest.read(0, 9)
            self.app.context_restore(self.clear)
            app.write(0, (1, *arguments))
            self.app.emu_start(self.entry, 1)
            guest.write(1, app.read(1, 4))
        return (time.perf_counter() - began) / CALLS


def main() -> int:
    rounds = [(Bare().plain(), Bare().lean(), by_the_rules()) for _ in range(ROUNDS)]
    plain, lean, rules = (min(each) for each in zip(*rounds, strict=True))
    print("| one call, guest to app and back | us | rate of the rules |")
    print("|---|---:|---:|")
    print(f"| under the rules | {rules * 1e6:.1f} | |")
    print(f"| bare unicorn loop, hooks in Python | {plain * 1e6:.1f} | {plain / rules:.0%} |")
    print(f"| bare loop, native hooks, batches | {lean * 1e6:.1f} | {lean / rules:.0%} |")
    return 0 if plain / rules >= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
