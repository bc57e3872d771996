"""A platform with guests and bystanders, on which an attack runs, and what is seen of it after.

Everything goes through what the harness offers to anyone: `xap_harness.load`, requests, the
console, guests with code of their own. Nothing looks inside.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xap_harness
from xap_harness import App
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.memory import GuestRam
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.scheduler import Scheduler
from xap_harness.machine import Vcpu
from xaprt.abi import RouteKind

from tests.hostile import bystander as by
from tests.hostile.asm import PAGE, assemble
from tests.hostile.files import built, stored

RAM, DATA_PAGES = 0x4000_0000, 3
RAM_BYTES = (DATA_PAGES + 2) * PAGE
VECTORS, CODE = RAM + DATA_PAGES * PAGE, RAM + (DATA_PAGES + 1) * PAGE
"""Where guests have their programs; what is below is data. The bystanders use the last page."""
TOUCHED = RAM + (DATA_PAGES - 1) * PAGE
GUESTS = (1, 2, 3)
RUNNING = (1, 2)
"""Those that run programs of their own; NEIGHBOUR serves them."""
FID = 0xC600_0001
"""What the attacker answers by SMC, where a case says no more."""
ATTACKERS_SPI = 41
MS = 1_000_000
SEED = 0x5EED_0000_0000_0000
"""A guest's x0..x30 hold this and their number, where nobody says otherwise."""


class RecordingFirmware:
    """Answers with what it was asked, so that a wrong argument shows."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, tuple[int, ...], int]] = []

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> tuple[int, int, int, int]:
        self.calls.append((fid, tuple(arguments), client))
        return fid, sum(arguments) & (1 << 64) - 1, client, 0xF1


_VECTORS = {
    # Synchronous: what it was goes to x20..x22, and the program goes on behind it; SPSel to x23.
    0x200: "mrs x20, esr_el1; mrs x21, far_el1; mrs x22, elr_el1; add x23, x22, #4;"
    "msr elr_el1, x23; mrs x23, spsel; eret",
    0x280: "mrs x24, s3_0_c12_c12_0; mov x25, x0; eret",  # IRQ: ICC_IAR1_EL1, and x0 as it was
}
WITH_VECTORS = f"li x30, {VECTORS}; msr vbar_el1, x30; "
"""Before a guest's program that takes exceptions."""


@dataclass
class Device:
    """Registers that keep what is written."""

    values: dict[int, int] = field(default_factory=dict)
    accesses: list[tuple[str, int, int, int]] = field(default_factory=list)

    def read(self, offset: int, width: int) -> int:
        value = self.values.get(offset, 0)
        self.accesses.append(("read", offset, width, value))
        return value

    def write(self, offset: int, width: int, value: int) -> None:
        self.values[offset] = value
        self.accesses.append(("write", offset, width, value))


@dataclass(frozen=True)
class Program:
    """What a vCPU runs, on a processor of its own or on that one."""

    source: str
    registers: dict[int, int]
    domid: int = 1
    vcpu: int = 0
    cpu: int | None = None

    @property
    def requester(self) -> Requester:
        return Requester(self.domid, self.vcpu)


class Cpus:
    """Guests on processors, for as long as they are let. `seen`: who was answered what, and when
    (ns from the beginning), in the order in which it happened."""

    def __init__(self, world: "World", programs: Sequence[Program]) -> None:
        self._clock = world.hypervisor.clock
        self._began = self._clock.now_ns
        self.seen: list[tuple[Requester, Any, int]] = []
        self.guests: dict[Requester, Guest] = {}
        where = [n if each.cpu is None else each.cpu for n, each in enumerate(programs)]
        self.scheduler = Scheduler(world.hypervisor, max(where) + 1, self._watch)
        for cpu, program in zip(where, programs, strict=True):
            vcpu = world.guest(program.source, program.domid, program.vcpu)
            vcpu.write_registers({n: program.registers.get(n, SEED + n) for n in range(31)})
            guest = Guest(world.hypervisor, program.requester, vcpu)
            self.guests[program.requester] = guest
            self.scheduler.add(guest, cpu)

    def _watch(self, guest: Guest, answer: Any) -> None:
        self.seen.append((guest.requester, answer, self.passed))

    def run(self, ns: int) -> None:
        self.scheduler.run(ns)

    @property
    def passed(self) -> int:
        """Nanoseconds since the beginning."""
        return self._clock.now_ns - self._began

    def used(self, *programs: Program) -> int:
        """Nanoseconds of processor time that their vCPUs had: instructions and calls. The one that
        asked for a call takes none."""
        guests = [self.guests[program.requester] for program in programs]
        asked = sum(len(self.answered(program)) for program in programs)
        return sum(guest.executed + guest.charged_ns for guest in guests) - asked

    def answered(self, program: Program) -> list[int]:
        """When."""
        return [at for who, _, at in self.seen if who == program.requester]


class World:
    """`apps` are those that were loaded, the attacker last. `hostile` is False in the run that
    the attack is compared with."""

    def __init__(self, *, hostile: bool = True) -> None:
        self.hostile = hostile
        self.firmware = RecordingFirmware()
        self.echoed: list[str] = []
        self.hypervisor = Hypervisor(firmware=self.firmware, echo=self.echoed.append)
        self.uart = Device()
        self.bystander = xap_harness.load(
            stored(by.BYSTANDER, ".elf"),
            hypervisor=self.hypervisor,
            devices={"uart": self.uart},
            prove=False,
        )
        for domid in GUESTS:
            self.hypervisor.create_domain(Domain(domid, GuestRam(RAM, RAM_BYTES)))
            for page in range(DATA_PAGES):
                self.domain(domid).write(RAM + page * PAGE, _pattern(domid, page))
            for offset, source in _VECTORS.items():
                self.domain(domid).write(VECTORS + offset, assemble(source))
        self.neighbour = xap_harness.load(
            built(by.NEIGHBOUR), hypervisor=self.hypervisor, serves=RUNNING
        )
        self.attacker: App | None = None
        self.writable: set[tuple[int, int]] = set()
        """(domid, page) that the attacker may write, as it was granted."""
        self.answers: list[Any] = []
        """What the attacker's requesters got."""
        self.wrong: list[str] = []
        """What a case expected and did not see."""
        self.charged: dict[Requester, int] = {}
        """Time that requesters on processors of their own were charged, in ns."""
        self._guests: dict[tuple[Requester, str], Vcpu] = {}
        self._programs: dict[int, int] = {}

    def domain(self, domid: int) -> Domain:
        return self.hypervisor.domains[domid]

    def load(self, path: Path, **options: Any) -> App:
        """The verifier would refuse most attacks; the hypervisor must withstand them without it, as
        ABI.md 6.2 has it."""
        self.attacker = xap_harness.load(path, hypervisor=self.hypervisor, prove=False, **options)
        return self.attacker

    # --- requests ----------------------------------------------------------------------------

    def guest(self, source: str, domid: int = 1, vcpu: int = 0) -> Vcpu:
        """A vCPU that runs `source` over and over, once each time that it is run."""
        requester = Requester(domid, vcpu)
        made = self._guests.get((requester, source))
        if made is None:
            at = CODE + self._programs.get(domid, 0)
            code = assemble(f"again: ; {source}; wfi; b again")
            self._programs[domid] = self._programs.get(domid, 0) + len(code)
            self.domain(domid).write(at, code)
            made = UnicornMachine().vcpu(self.domain(domid).ram, at)
            self._guests[requester, source] = made
        return made

    def run_guest(
        self,
        source: str,
        registers: dict[int, int],
        domid: int = 1,
        vcpu: int = 0,
        budget: int = 10_000,
    ) -> tuple[list[Any], tuple[int, ...]]:
        """The answers that it got, and x0..x30 after."""
        cpu = self.guest(source, domid, vcpu)
        cpu.write_registers({n: registers.get(n, SEED + n) for n in range(31)})
        answers = Guest(self.hypervisor, Requester(domid, vcpu), cpu).run(budget)
        return answers, cpu.read_registers(0, 31)

    def attack(
        self, fid: int = FID, *args: int, domid: int = 1, vcpu: int = 0, source: str = "smc #0"
    ) -> Any:
        """A guest's own instruction asks the attacker; the answer."""
        given = {0: fid, **dict(enumerate(args, 1))}
        answers, after = self.run_guest(source, given, domid, vcpu)
        if len(answers) != 1:
            self.wrong.append(f"the guest was answered {len(answers)} times")
            return None
        (answer,) = answers
        self.answers.append(answer)
        for number, value in enumerate(after):
            wanted = answer.registers.get(number, given.get(number, SEED + number))
            if value != wanted:
                self.wrong.append(f"the guest's x{number} is {value:#x}, was {wanted:#x}")
        return answer

    def on_cpus(self, ns: int, *programs: Program) -> list[tuple[Requester, Any, int]]:
        """Guests on processors for that long: who was answered what, and when (ns from the
        beginning), in the order in which it happened."""
        cpus = Cpus(self, programs)
        cpus.run(ns)
        self.charged = {guest.requester: guest.charged_ns for guest in cpus.guests.values()}
        return cpus.seen

    def registers(self, program: Program) -> tuple[int, ...]:
        """x0..x30 of one that ran."""
        return self.guest(program.source, program.domid, program.vcpu).read_registers(0, 31)

    def call(self, fid: int = FID, *args: int, domid: int = 1, vcpu: int = 0) -> Any:
        """As `attack`, for a guest that has interrupts pending and no vectors for them."""
        registers = [fid, *args, *[0] * (7 - len(args))]
        answer = self.hypervisor.call(RouteKind.SMC, Requester(domid, vcpu), registers)
        self.answers.append(answer)
        return answer

    def expect(self, what: str, seen: object, wanted: object) -> None:
        """Only an attack is judged; the harmless run does the same and answers otherwise."""
        if self.hostile and seen != wanted:
            self.wrong.append(f"{what}: {seen!r}, expected {wanted!r}")

    def advance(self, ns: int) -> None:
        self.hypervisor.advance(ns)

    @property
    def lines(self) -> list[str]:
        return list(self.hypervisor.console.lines)

    # --- what is seen of everything else -----------------------------------------------------

    def prime(self) -> None:
        """The bystanders are in the middle of something when the attack comes."""
        for domid in GUESTS:
            self.bystander.smc(by.ADD, 100 * domid, domid=domid)
            self.bystander.mmio_write(by.REGISTERS + 8 * domid, SEED + domid, 8, domid=domid)
        for domid in RUNNING:
            self.neighbour.smc(by.BUMP, domid, domid=domid)
        self.bystander.smc(by.INJECT, domid=3)
        self.bystander.smc(by.SET_TIMER, 500 * MS)
        self.bystander.mmio_write(by.POSTED_REGISTERS + 4, 0x77, 4, domid=2)
        self.bystander.mmio_write(by.POSTED_REGISTERS + 8, 0x88, 2, domid=2)

    def observe(self) -> dict[str, object]:
        """All that others can see, compared with a run in which the attacker is harmless."""
        seen: dict[str, object] = {}
        hypervisor = self.hypervisor
        seen["timers of the bystander, before"] = self._report()[3]
        hypervisor.advance(30_000 * MS)
        seen["bystander"] = self._report()
        for domid in sorted(hypervisor.domains):
            seen[f"domain {domid}"] = self._see_domain(domid)
        seen["device"] = (dict(self.uart.values), list(self.uart.accesses))
        seen["firmware"] = [call for call in self.firmware.calls if call[0] == by.FIRMWARE_ID]
        seen["console"] = [
            line for line in self.lines if not line.startswith(("attack", "xap-fault"))
        ]
        seen["printed at once"] = self.echoed == self.lines
        seen["faults of others"] = [
            line
            for line in self.lines
            if line.startswith(("xap-fault: name=bystander", "xap-fault: name=neighbour"))
        ]
        seen["apps"] = [
            app.manifest.name for app in hypervisor.apps if app.manifest.name[:6] != "attack"
        ]
        return seen

    def _report(self) -> tuple[int, ...]:
        got = self.bystander.smc(by.REPORT)
        return got.x0, got.x1, got.x2, got.x3, got.x4, got.x5, got.x6, got.x7

    def _see_domain(self, domid: int) -> dict[str, object]:
        domain = self.domain(domid)
        pending = []
        while (virq := domain.take_interrupt()) is not None:
            pending.append(virq)
        ran = None
        if domid in RUNNING:
            answers, after = self.run_guest(
                "smc #0; str w9, [x8]; ldrsh x10, [x8]",
                {0: by.ADD, 1: 7, 8: by.REGISTERS + 0x80, 9: 0xFFFF_8001},
                domid,
            )
            ran = len(answers), after
        return {
            "a call, a store and a load of its own": ran,
            "page": self.bystander.smc(by.TOUCH_PAGE, TOUCHED, domid=domid).x0,
            "firmware": self.bystander.smc(by.FIRMWARE, 1, 2, 3, 4, 5, 6, domid=domid).x2,
            "device": self.bystander.smc(by.DEVICE, domid=domid).x0,
            "log": self.bystander.smc(by.LOG, domid=domid).log,
            "neighbour": self.neighbour.smc(by.BUMP, 1, domid=domid).x1,
            "peek": self.neighbour.smc(by.PEEK, TOUCHED, domid=domid).x0,
            "pending": [virq for virq in pending if virq != ATTACKERS_SPI],
            "pins": domain.ram.pins,
            "RAM": [
                hashlib.sha256(domain.read(RAM + page * PAGE, PAGE)).hexdigest()[:16]
                for page in range(DATA_PAGES)
                if (domid, page) not in self.writable
            ],
        }


Steps = Callable[[World], object]


def _pattern(domid: int, page: int) -> bytes:
    return bytes((domid * 37 + page * 11 + n * 7) & 0xFF for n in range(256)) * 16
