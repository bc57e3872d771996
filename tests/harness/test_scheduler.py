"""Several CPUs: calls are serialised per instance, parallel across instances (ABI.md 6.4, 6.5)."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.scheduler import SLICE_NS, Scheduler
from xaprt import abi
from xaprt.manifest import Need, Route

RAM = 0x4000_0000
FID = 0xC600_0001
MMIO = 0x0900_0000
TURNS = "mov x9, x2; more: subs x9, x9, #1; b.ne more;"
BUSY = f"{TURNS} mrs x1, tpidrro_el0; mov x8, #0; mov x0, #0; svc #0"
"""Takes about twice as many instructions as the guest's x1 says."""


def call(turns: int) -> str:
    return f"{load_immediate('x0', FID)}; mov x1, #{turns}; smc #0;"


@dataclass
class Platform:
    """A scheduler, and when each call was served: (vCPU, begin, end)."""

    bench: object
    cpus: int
    calls: list[tuple[Requester, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hypervisor = self.bench.hypervisor
        self.scheduler = Scheduler(self.hypervisor, self.cpus, self._watch)
        self.vcpus = {}

    def _watch(self, guest, answer) -> None:
        end = self.hypervisor.clock.now_ns
        self.calls.append((guest.requester, end - answer.spent, end))

    def start(self, cpu: int, source: str, domid: int = 1, vcpu: int = 0) -> Guest:
        """A vCPU that runs `source`; programs of one domain lie behind one another."""
        if domid not in self.hypervisor.domains:
            self.hypervisor.create_domain(domid)
        domain = self.hypervisor.domains[domid]
        entry = RAM + vcpu * 0x1000
        domain.write(entry, assemble(f"{source}; idle: wfi; b idle", entry))
        requester = Requester(domid, vcpu)
        self.vcpus[requester] = UnicornMachine().vcpu(domain.ram, entry)
        guest = Guest(self.hypervisor, requester, self.vcpus[requester])
        self.scheduler.add(guest, cpu)
        return guest

    def registers(self, domid: int, first: int, count: int, vcpu: int = 0) -> tuple[int, ...]:
        return self.vcpus[Requester(domid, vcpu)].read_registers(first, count)

    @property
    def intervals(self) -> list[tuple[int, int]]:
        return sorted((begin, end) for _, begin, end in self.calls)


@pytest.fixture(scope="session")
def platform(asm_app):
    def make(cpus: int, source: str = BUSY, **arguments) -> Platform:
        return Platform(asm_app(source, **arguments), cpus)

    return make


def test_calls_to_one_instance_never_overlap(platform):
    """6.4: two CPUs, one SHARED app."""
    two = platform(2)
    for domid in (1, 2):
        two.start(domid - 1, call(500) * 4, domid)
    two.scheduler.run(100_000)
    assert len(two.calls) == 8
    assert all(end <= begin for (_, end), (begin, _) in pairwise(two.intervals))


def test_instances_are_called_in_parallel(platform):
    """6.4: the same, but each guest has an instance of its own."""
    two = platform(2, instances=abi.Instances.PER_DOMAIN)
    for domid in (1, 2):
        two.start(domid - 1, call(500), domid)
    two.scheduler.run(100_000)
    (first, second) = two.intervals
    assert second[0] < first[1]  # while the other one's was running


def test_each_requester_is_who_it_is(platform):
    """2.1: TPIDRRO_EL0, however long it waited."""
    four = platform(4)
    for domid in (1, 2, 3, 4):
        four.start(domid - 1, call(100 * domid), domid)
    four.scheduler.run(100_000)
    assert [four.registers(domid, 0, 1) for domid in (1, 2, 3, 4)] == [
        (domid << 32,) for domid in (1, 2, 3, 4)
    ]


def test_requests_are_served_in_the_order_in_which_they_are_made(platform):
    """The guest that asks first is served first, whichever CPU it is on."""
    two = platform(2)
    two.start(0, "mov x19, #400; w: subs x19, x19, #1; b.ne w;" + call(10), 1)
    two.start(1, call(10), 2)
    two.scheduler.run(100_000)
    assert [requester.domid for requester, _, _ in two.calls] == [2, 1]


def test_who_waits_is_charged_only_for_the_own_call(platform):
    """6.5: a call is charged to its requester, the wait to nobody."""
    two = platform(2)
    guests = [two.start(domid - 1, call(500), domid) for domid in (1, 2)]
    two.scheduler.run(100_000)
    assert [g.charged_ns for g in guests] == [end - begin for _, begin, end in two.calls]
    assert len({g.charged_ns for g in guests}) == 1


def test_who_waits_does_not_hold_its_cpu(platform):
    """6.4: another vCPU of the CPU runs meanwhile."""
    two = platform(2)
    two.start(0, call(2000), 1)
    two.start(1, "nop;" + call(10), 2)
    two.start(1, "w: add x19, x19, #1; b w", 3)
    two.scheduler.run(3000)
    assert len(two.calls) == 1
    assert two.registers(3, 19, 1)[0] > 1000


def test_who_waits_takes_interrupts_and_then_repeats_its_instruction(platform):
    """6.4: interrupted while it waits, it is answered afterwards."""
    two = platform(2, needs=(Need(abi.NeedKind.IRQ, (40,)),))
    two.start(0, call(2000), 1)
    vectors = 0x4008_0000
    handler = assemble("mrs x19, icc_iar1_el1; add x20, x20, #1; eret")
    two.start(1, f"{load_immediate('x9', vectors)}; msr vbar_el1, x9; msr daifclr, #2;"
              + call(10) + "mov x21, #1", 2)  # fmt: skip
    two.hypervisor.domains[2].write(vectors + 0x280, handler)
    two.scheduler.run(200)
    two.hypervisor.domains[2].make_pending(40)
    two.scheduler.run(800)
    assert two.registers(2, 19, 3) == (40, 1, 0)  # taken; the call is not answered yet
    two.scheduler.run(100_000)
    assert two.registers(2, 20, 2) == (1, 1)
    assert two.registers(2, 0, 1) == (2 << 32,)


def test_who_waits_may_be_destroyed(platform):
    """6.4: the others go on as if it had not asked."""
    three = platform(3)
    for domid in (1, 2, 3):
        three.start(domid - 1, call(500), domid)
    three.scheduler.run(100)
    three.scheduler.destroy_domain(2)
    three.scheduler.run(100_000)
    assert sorted(requester.domid for requester, _, _ in three.calls) == [1, 3]


def test_a_faulting_call_keeps_others_waiting_until_it_has_ended(platform):
    """5.5, 6.4: the fault is known when it happens, not when the call begins."""
    two = platform(2, TURNS + "brk #0x5501", restart_limit=1)
    for domid in (1, 2):
        two.start(domid - 1, call(500), domid)
    two.scheduler.run(100_000)
    (_, _, fault), (_, waited, _) = two.calls
    assert waited >= fault > 1000
    assert [two.registers(domid, 0, 1)[0] for domid in (1, 2)] == [abi.REFUSED] * 2


POSTED = Route(abi.RouteKind.MMIO_WRITE, MMIO, MMIO + 0xFFF, abi.RouteFlag.POSTED)
SMC = Route(abi.RouteKind.SMC, FID, FID, abi.RouteFlag.NONE)
COUNTS = (
    "cmp x0, #1; b.eq handle; cmp x0, #6; b.eq posted; mov x0, #-38; mov x8, #0; svc #0;"
    "posted: li x9, DATA; ldr x10, [x9]; add x10, x10, x1; str x10, [x9];"
    f"mov x0, #0; mov x8, #0; svc #0; handle: {BUSY}"
)


def stores(count: int) -> str:
    base = load_immediate("x9", MMIO)
    return f"{base}; mov x10, #{count}; w: str w10, [x9]; subs x10, x10, #1; b.ne w;"


def test_posted_writes_go_on_while_the_instance_is_busy(platform):
    """2.5: the guest goes on at once, until the page is full."""
    two = platform(2, COUNTS, whole=True, routes=(SMC, POSTED))
    two.start(0, call(2000), 1)
    two.start(1, "nop;" + stores(200) + "mov x21, #1", 2)
    two.scheduler.run(3000)
    assert two.registers(2, 10, 1) == (200 - 128,)  # a page of 128 records; the next one waits
    two.scheduler.run(2_000_000)
    assert two.registers(2, 21, 1) == (1,)
    assert int.from_bytes(two.bench.space.read(two.bench.data, 8), "little") == 200


TIMED = (
    "cmp x0, #1; b.eq handle; cmp x0, #4; b.eq timer; mov x0, #-38; mov x8, #0; svc #0;"
    "timer: li x9, DATA; str x1, [x9]; mov x0, #0; mov x8, #0; svc #0;"
    "handle: mov x19, x2; mov x0, #0x4240; movk x0, #0xf, lsl #16; mov x8, #8; svc #0;"
    f"mov x2, x19; {BUSY}"
)


def test_deferred_work_waits_for_the_instance_and_is_charged_to_nobody(platform):
    """6.4, 6.5: TIMER, due 1 ms after the call began, which takes 1.2 ms."""
    one = platform(2, TIMED, whole=True, budget_us=2000, needs=(Need(abi.NeedKind.TIMER, ()),))
    guest = one.start(
        0, load_immediate("x1", 600_000) + f"; {load_immediate('x0', FID)}; smc #0", 1
    )
    one.scheduler.run(3_000_000)
    ((_, _, end),) = one.calls
    told = int.from_bytes(one.bench.space.read(one.bench.data, 8), "little")
    assert told == end > 1_200_000
    assert guest.charged_ns == end - one.calls[0][1]


def test_a_guest_that_waits_for_an_interrupt_wakes_when_it_comes(platform):
    """3.6, 3.7: TIMER injects; the CPU was idle until then."""
    source = TIMED.replace("str x1, [x9];", "str x1, [x9]; mov x0, #40; mov x8, #7; svc #0;")
    needs = (Need(abi.NeedKind.TIMER, ()), Need(abi.NeedKind.IRQ, (40,)))
    one = platform(1, source, whole=True, needs=needs, instances=abi.Instances.PER_DOMAIN)
    one.start(0, call(1) + "wfi; mov x21, #1; mrs x22, icc_iar1_el1")
    one.scheduler.run(900_000)
    assert one.registers(1, 21, 1) == (0,)
    one.scheduler.run(200_000)
    assert one.registers(1, 21, 2) == (1, 40)


def test_an_idle_cpu_does_not_wake_in_the_past(platform):
    """vCPU 0 waits on an idle CPU; a call of vCPU 1, much later, injects its interrupt."""
    source = f"{TURNS} mov x0, #40; mov x8, #7; svc #0; mov x8, #0; mov x0, #0; svc #0"
    two = platform(2, source, needs=(Need(abi.NeedKind.IRQ, (40,)), Need(abi.NeedKind.TIMER, ())))
    two.start(0, "wfi; mov x0, #1; movk x0, #0xc600, lsl #16; mov x1, #1; smc #0")
    two.start(1, "mov x19, #9000; w: subs x19, x19, #1; b.ne w;" + call(500), vcpu=1)
    two.scheduler.run(100_000)
    (_, _, first_ends), (requester, second_begins, _) = two.calls
    assert requester == Requester(1, 0)
    assert second_begins >= first_ends > 18_000


def test_vcpus_of_one_cpu_take_turns(platform):
    one = platform(1)
    for domid in (1, 2):
        one.start(0, "w: add x19, x19, #1; b w", domid)
    one.scheduler.run(10 * SLICE_NS)
    assert [one.registers(domid, 19, 1)[0] for domid in (1, 2)] == [5 * SLICE_NS // 2] * 2


def test_a_guest_that_crashes_stops_nobody_else(platform):
    """Not even one that executes nothing for ever."""
    one = platform(1)
    broken = one.start(0, "mov x9, #0; br x9", 1)
    lost = one.start(0, "mov x9, #4096; msr vbar_el1, x9; br xzr", 2)
    one.start(0, call(10), 3)
    one.scheduler.run(3 * SLICE_NS)
    assert list(one.scheduler.crashed) == [broken]
    assert lost in one.scheduler.cpus[0].queue
    assert one.registers(3, 0, 1) == (3 << 32,)


@settings(max_examples=15, deadline=None)
@given(
    cpus=st.integers(1, 4),
    instances=st.sampled_from(abi.Instances),
    guests=st.lists(st.lists(st.integers(1, 300), min_size=1, max_size=5), min_size=1, max_size=6),
)
def test_whatever_the_order_every_call_is_answered_once(platform, cpus, instances, guests):
    """And two runs are the same to the nanosecond."""

    def run():
        made = platform(cpus, instances=instances)
        for number, turns in enumerate(guests):
            made.start(number % cpus, "".join(map(call, turns)), number + 1)
        made.scheduler.run(1_000_000)
        return made

    made = run()
    assert len(made.calls) == sum(map(len, guests))
    instances_of = {
        domid if instances is abi.Instances.PER_DOMAIN else None
        for domid in range(1, len(guests) + 1)
    }
    for one in instances_of:
        of = sorted((b, e) for r, b, e in made.calls if one in (None, r.domid))
        assert all(end <= begin for (_, end), (begin, _) in pairwise(of))
    assert run().calls == made.calls
