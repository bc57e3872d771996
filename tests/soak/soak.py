"""Four guests, six vCPUs on three CPUs, eight apps; the guests' code is real."""

import resource
from collections.abc import Callable
from pathlib import Path
from random import Random

from xap_harness import load
from xap_harness.emulator.assembler import assemble
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import AccessAnswer, Answer, Hypervisor
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.memory import RAM_BASE
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.scheduler import Scheduler

from tests.soak.model import CONSOLE, CRASHES, LOOPS, PAGE, SLOTS, Model, Request

APPS = sorted(Path(__file__).with_name("apps").glob("*.py"))
VCPUS = (Requester(1, 0), Requester(1, 1), Requester(2, 0), Requester(2, 1), Requester(3, 0),
         Requester(4, 0))  # fmt: skip
CPUS = 3
ENTRIES = 4096
TABLES = RAM_BASE + 0x4_0000
KINDS = ("smc", "hvc", "store", "load")
IDS = {
    "smc": (0xC600_0100, CRASHES, LOOPS, 0xC600_0600),
    "hvc": (0xC600_0200, 0xC600_0300, 0xC600_0700),
    "store": (CONSOLE, CONSOLE + 4),
    "load": (CONSOLE, CONSOLE + 8),
}

# x20 the table, x21 the offset in it, x19 what it does between two requests.
_GUEST = f"""
again: add x3, x20, x21; ldp x0, x1, [x3]; mov x2, x21
add x21, x21, #16; and x21, x21, #{16 * ENTRIES - 1}
lsr x3, x0, #62; and x0, x0, #0x3fffffffffffffff
mov x19, #400; pause: subs x19, x19, #1; b.ne pause
cmp x3, #1; b.eq hypercall; cmp x3, #2; b.eq store; cmp x3, #3; b.eq load
smc #0; b again
hypercall: hvc #0; b again
store: str w1, [x0]; b again
load: ldr w1, [x0]; b again
"""


class Soak:
    def __init__(self, seed: int, hypervisor: Hypervisor | None = None) -> None:
        self._random = Random(seed)
        self.hypervisor = hypervisor or Hypervisor()
        self.model = Model()
        self.calls = 0
        for app in APPS:
            load(app, hypervisor=self.hypervisor)
        self.scheduler = Scheduler(self.hypervisor, CPUS, self._watch)
        self._tables: dict[Requester, list[Request]] = {}
        self._at: dict[Requester, int] = {}
        for number, requester in enumerate(VCPUS):
            self._start(requester, number % CPUS)

    def run(self, calls: int, progress: Callable[["Soak"], None]) -> None:
        until = self.calls + calls
        while self.calls < until:
            self.scheduler.run(5_000_000)
            progress(self)

    def finish(self) -> None:
        """The guests' pages, after all."""
        for domid, expected in self.model.pages.items():
            page = self.hypervisor.domains[domid].read(PAGE, 8 * SLOTS)
            if page != b"".join(value.to_bytes(8, "little") for value in expected):
                self.model.wrong.append(f"domain {domid}: its page is not what was written")
        self.model.wrong += [str(error) for error in self.scheduler.crashed.values()]

    # --- inside ------------------------------------------------------------------------------

    def _watch(self, guest: Guest, answer: Answer | AccessAnswer) -> None:
        requester = guest.requester
        at = self._at[requester]
        self._at[requester] = (at + 1) % ENTRIES
        self.calls += 1
        self.model.check(requester.domid, self._tables[requester][at], 16 * at, answer)

    def _start(self, requester: Requester, cpu: int) -> None:
        domain = self.hypervisor.domains.get(requester.domid)
        domain = domain or self.hypervisor.create_domain(requester.domid)
        table = self._tables[requester] = [self._request() for _ in range(ENTRIES)]
        self._at[requester] = 0
        if requester.vcpu == 0:  # one entry each that fails
            table[ENTRIES // 2] = Request("smc", (CRASHES, LOOPS)[requester.domid % 2], 0x7000)
        at = TABLES + requester.vcpu * 16 * ENTRIES
        domain.write(at, b"".join(map(_encoded, table)))
        entry = self._program(domain, requester.vcpu, at)
        vcpu = UnicornMachine().vcpu(domain.ram, entry)
        self.scheduler.add(Guest(self.hypervisor, requester, vcpu), cpu)

    def _program(self, domain: Domain, vcpu: int, table: int) -> int:
        entry = RAM_BASE + vcpu * 0x1000
        start = f"movz x20, #{table >> 16:#x}, lsl #16; movk x20, #{table & 0xFFFF:#x}; mov x21, #0"
        domain.write(entry, assemble(f"{start}\n{_GUEST}", entry))
        return entry

    def _request(self) -> Request:
        kind = self._random.choices(KINDS, (4, 3, 2, 1))[0]
        a = self._random.getrandbits(64)
        return Request(kind, self._random.choice(IDS[kind]), a if a & 0xFFF else a | 1)


def _encoded(request: Request) -> bytes:
    what = request.what | KINDS.index(request.kind) << 62
    return what.to_bytes(8, "little") + request.a.to_bytes(8, "little")


def memory_kib() -> int:
    """What the process holds at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
