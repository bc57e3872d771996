"""Time, deadlines, injected interrupts (ABI.md 2.4, 3.6, 3.7, 6.5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.instance import Life
from xap_harness.hypervisor.requester import Requester
from xaprt import abi
from xaprt.abi import Errno, NeedKind, Syscall
from xaprt.admission import LoadError
from xaprt.manifest import Need, Route
from xaprt.rights import Rights

MS = 1_000_000
RAM = 0x4000_0000
M64 = (1 << 64) - 1
TIMER = (Need(NeedKind.TIMER, ()),)
IRQS = (Need(NeedKind.IRQ, (40,)), Need(NeedKind.IRQ, (1019,)))


def errno(number: Errno) -> int:
    return -number & M64


SERVES = (
    "cmp x0, #4; b.eq timer; cmp x0, #1; b.eq smc; mov x8, #0; mov x0, #-38; svc #0;"
    "timer: li x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9]; str x1, [x9, #8];"
    "mrs x11, tpidrro_el0; str x11, [x9, #16]; ldr x0, [x9, #24]; cbz x0, out; mov x8, #8; svc #0;"
    "out: mov x8, #0; mov x0, #0; svc #0;"
    "smc: li x9, DATA; str x4, [x9, #24]; mov x8, x2; mov x0, x3; svc #0; mov x1, x0;"
    "mov x8, #0; mov x0, #0; svc #0"
)
"""TIMER: counts, keeps time and requester, sets the timer anew if the guest's x3 said so. SMC:
system call x1 with x2."""


@pytest.fixture
def timed(asm_app):
    return asm_app(SERVES, whole=True, needs=TIMER, restart_limit=3)


def ticks(app) -> tuple[int, int, int]:
    """How often TIMER came, when the last time, and for whom."""
    raw = app.space.read(app.data, 24)
    count, now, requester = (int.from_bytes(raw[n : n + 8], "little") for n in (0, 8, 16))
    return count, now, requester


def arm(app, ns: int, again: int = 0) -> int:
    return app.smc(Syscall.SET_TIMER, ns, again).registers[0]


# --- deadlines ------------------------------------------------------------------------------


@given(ns=st.integers(1, 50 * MS), early=st.integers(1, 1000))
@settings(max_examples=25, deadline=None)
def test_timer_comes_at_its_deadline_and_not_before(shared, ns, early):
    """ABI.md 3.7: at or after it; not sooner than 1 ms."""
    before, _, _ = ticks(shared)
    began = shared.hypervisor.clock.now_ns
    assert arm(shared, ns) == 0
    spent_before_the_call = 60  # of the instructions up to the system call
    due = began + max(ns, MS)
    shared.hypervisor.advance(due - shared.hypervisor.clock.now_ns - early)
    assert ticks(shared)[0] == before
    shared.hypervisor.advance(early + spent_before_the_call)
    count, now, requester = ticks(shared)
    assert count == before + 1
    assert due <= now <= due + spent_before_the_call
    assert requester == 0x7FF4_0000_FFFF  # ABI.md 2.4: no requester
    shared.hypervisor.advance(100 * MS)
    assert ticks(shared)[0] == before + 1  # once


@pytest.fixture(scope="module")
def shared(asm_app):
    return asm_app(SERVES, whole=True, needs=TIMER, restart_limit=3)


def test_a_new_deadline_replaces_the_old(timed):
    """ABI.md 3.7: one deadline an instance."""
    arm(timed, 5 * MS)
    arm(timed, 20 * MS)
    timed.hypervisor.advance(10 * MS)
    assert ticks(timed)[0] == 0
    timed.hypervisor.advance(11 * MS)
    assert ticks(timed)[0] == 1
    arm(timed, 20 * MS)
    arm(timed, 5 * MS)
    timed.hypervisor.advance(6 * MS)
    assert ticks(timed)[0] == 2


def test_zero_cancels(timed):
    """ABI.md 3 (set_timer)."""
    arm(timed, 2 * MS)
    assert arm(timed, 0) == 0
    timed.hypervisor.advance(100 * MS)
    assert ticks(timed)[0] == 0


@pytest.mark.parametrize("ns", [M64, 1 << 63, M64 - MS])
def test_a_deadline_beyond_the_end_of_time_never_comes(timed, ns):
    assert arm(timed, ns) == 0
    timed.hypervisor.advance(10**12)
    assert ticks(timed)[0] == 0


def test_a_periodic_timer_keeps_its_pace_through_a_long_wait(timed):
    """Each at its time, however far `advance` goes at once."""
    arm(timed, 2 * MS, 2 * MS)
    timed.hypervisor.advance(100 * MS + 100_000)
    assert ticks(timed)[0] == 50


def test_without_the_need_it_is_eperm(asm_app):
    app = asm_app(SERVES, whole=True)
    assert arm(app, 5 * MS) == errno(Errno.EPERM)
    app.hypervisor.advance(10 * MS)
    assert ticks(app)[0] == 0


def test_a_timer_is_gone_after_a_fault(asm_app):
    """ABI.md 5.5."""
    app = asm_app(
        SERVES.replace("mov x8, x2; mov x0, x3", "cbnz x5, die; mov x8, x2; mov x0, x3")
        + "; die: brk #0x5501",
        whole=True,
        needs=TIMER,
        restart_limit=1,
    )
    arm(app, 50 * MS)
    app.smc(0, 0, 0, 1)
    app.hypervisor.advance(200 * MS)
    assert app.instance.life is Life.RUNNING
    assert ticks(app)[0] == 0


def test_deferred_work_leaves_nine_parts_of_ten_to_others(asm_app):
    """ABI.md 6.5: a TIMER that takes 2 ms and asks for the next at once gets it 18 ms later."""
    nops = "; ".join(["nop"] * 97)
    app = asm_app(
        "cmp x0, #4; b.eq timer; cmp x0, #1; b.eq smc; mov x8, #0; mov x0, #-38; svc #0;"
        "timer: li x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9];"
        f"li x11, 20000; spin: {nops}; sub x11, x11, #1; cbnz x11, spin;"
        "smc: mov x0, #1; mov x8, #8; svc #0; mov x8, #0; mov x0, #0; svc #0",
        whole=True,
        needs=TIMER,
        budget_us=10_000,
    )
    app.smc()
    app.hypervisor.advance(MS + 100)
    count = int.from_bytes(app.space.read(app.data, 8), "little")
    assert count == 1
    app.hypervisor.advance(100 * MS)
    assert int.from_bytes(app.space.read(app.data, 8), "little") == 6


def test_a_timer_that_is_due_runs_before_a_request(timed):
    arm(timed, MS)
    timed.hypervisor.clock.now_ns += 5 * MS  # nobody looked meanwhile
    timed.smc(Syscall.TIME)
    assert ticks(timed)[0] == 1


def test_a_timer_comes_while_a_guest_runs(timed):
    """The guest spins; nothing else calls the hypervisor."""
    arm(timed, MS)
    domain = timed.hypervisor.domains[1]
    domain.write(RAM, assemble(f"again: {'; '.join(['nop'] * 400)}; b again"))
    vcpu = UnicornMachine().vcpu(domain.ram, RAM)
    Guest(timed.hypervisor, Requester(1, 0), vcpu).run(budget=2 * MS)
    count, now, _ = ticks(timed)
    assert count == 1
    assert now <= MS + 100
    assert vcpu.spent == 2 * MS


# --- interrupts -----------------------------------------------------------------------------

INJECTS = "mov x0, x2; mov x8, #7; svc #0; mov x1, x0; mov x8, #0; mov x0, #0; svc #0"


@pytest.fixture
def injecting(asm_app):
    return asm_app(INJECTS, needs=IRQS)


def test_a_declared_interrupt_becomes_pending_once(injecting):
    """ABI.md 3.6: an edge, in the requester's domain."""
    injecting.hypervisor.create_domain(2)
    for virq in (1019, 40, 1019, 40):
        assert injecting.smc(virq, requester=Requester(2, 1)).registers[0] == 0
    one, two = (injecting.hypervisor.domains[domid] for domid in (1, 2))
    assert (one.pending, two.pending) == ([], [1019, 40])
    assert [two.take_interrupt() for _ in range(3)] == [1019, 40, None]
    injecting.smc(40, requester=Requester(2, 0))
    assert two.pending == [40]


@pytest.mark.parametrize("virq", [41, 0, 31, 1020, 40 | 1 << 32, M64])
def test_others_are_eperm(injecting, virq):
    """ABI.md 3: all 64 bits of x0 count."""
    assert injecting.smc(virq).registers[0] == errno(Errno.EPERM)
    assert injecting.hypervisor.domains[1].pending == []


def test_without_a_requester_it_is_eperm(asm_app):
    """ABI.md 2.4: a SHARED instance in INIT."""
    app = asm_app(
        "cbz x0, init; mov x0, #-38; b out; init: mov x0, #40; mov x8, #7; svc #0; li x9, DATA;"
        "str x0, [x9]; mov x0, #0; out: mov x8, #0; svc #0",
        whole=True,
        needs=IRQS,
    )
    assert int.from_bytes(app.space.read(app.data, 8), "little") == errno(Errno.EPERM)


def test_an_interrupt_is_reserved_for_one_app(asm_app):
    """ABI.md 3.6, 4.1: for the guests that both serve."""
    first = asm_app(INJECTS, needs=IRQS, name="first", serves=(1, 2))
    second = {
        "needs": IRQS,
        "name": "second",
        "uuid": 2,
        "routes": (Route(abi.RouteKind.SMC, 0xC600_0002, 0xC600_0002, abi.RouteFlag.NONE),),
        "hypervisor": first.hypervisor,
    }
    with pytest.raises(LoadError, match="interrupt 40 is reserved by app 'first'"):
        asm_app(INJECTS, serves=(2, 3), **second)
    asm_app(INJECTS, serves=(3,), **second)


@pytest.mark.parametrize(("granted", "missing"), [((), 40), ((40,), 1019), ((1019,), 40)])
def test_a_need_beyond_the_grant_refuses_the_load(asm_app, granted, missing):
    """ABI.md 4.1."""
    with pytest.raises(LoadError, match=f"interrupt {missing}, which is not granted"):
        asm_app(INJECTS, needs=IRQS, grants=Rights(irqs=frozenset(granted)))
    with pytest.raises(LoadError, match="the timer, which is not granted"):
        asm_app(INJECTS, needs=TIMER, grants=Rights())


VECTORS = RAM + 0x800
HANDLER = (
    "mrs x20, icc_iar1_el1; mrs x21, elr_el1; mrs x22, spsr_el1; add x19, x19, #1;"
    "lsl x23, x23, #16; orr x23, x23, x20; msr icc_eoir1_el1, x20; eret"
)
UNMASK, MASK = "msr daifclr, #2", "msr daifset, #2"


def guest(app, source: str):
    domain = app.hypervisor.domains[1]
    handler = HANDLER.replace("icc_iar1_el1", "s3_0_c12_c12_0")
    domain.write(VECTORS + 0x280, assemble(handler.replace("icc_eoir1_el1", "s3_0_c12_c12_1")))
    setup = f"{load_immediate('x0', VECTORS)}; msr vbar_el1, x0; mov x19, #0; mov x23, #0"
    domain.write(RAM, assemble(f"{setup}; {source}"))
    vcpu = UnicornMachine().vcpu(domain.ram, RAM)
    Guest(app.hypervisor, Requester(1, 0), vcpu).run()
    return vcpu


def call(virq: int) -> str:
    return f"{load_immediate('x0', 0xC600_0001)}; mov x1, #{virq}; smc #0"


def test_an_interrupt_is_taken_through_the_guests_vector(injecting):
    """It is acknowledged by ICC_IAR1_EL1 and the guest goes on where it was."""
    vcpu = guest(injecting, f"{UNMASK}; {call(40)}; mov x5, #1; wfi")
    assert vcpu.read_registers(19, 2) == (1, 40)
    assert vcpu.read_registers(5, 1) == (1,)
    assert injecting.hypervisor.domains[1].pending == []


def test_a_masked_interrupt_waits(injecting):
    """PSTATE.I, as it is out of reset; taken when it is cleared."""
    vcpu = guest(injecting, f"{call(40)}; {call(1019)}; mov x6, x19; {UNMASK}; wfi; nop; wfi; wfi")
    assert vcpu.read_registers(6, 1) == (0,)
    assert vcpu.read_registers(19, 1) == (2,)
    assert vcpu.read_registers(23, 1) == (40 << 16 | 1019,)


def test_no_interrupt_pending_reads_as_spurious(injecting):
    vcpu = guest(injecting, "mrs x9, s3_0_c12_c12_0; wfi")
    assert vcpu.read_registers(9, 1) == (1023,)


# --- by the API, on each backend ------------------------------------------------------------


@pytest.fixture
def services(xap):
    return xap.load("apps/services.py")


def test_an_app_in_python_sets_a_timer(services):
    got = services.smc(0xC600_0007, 3 * MS, 0)
    assert got.x0 == 0
    services.advance(3 * MS - 1000)
    assert services.smc(0xC600_0008).x0 == 0
    services.advance(1000 + 500)
    seen = services.smc(0xC600_0008)
    assert seen.x0 == 1
    assert got.x1 + 3 * MS <= seen.x1 <= got.x1 + 3 * MS + 500
    assert services.log[-1] == "services: tick 0x7ff4 0xffff irq -1"  # EPERM without a requester


def test_an_app_in_python_keeps_a_period(services):
    services.smc(0xC600_0007, 2 * MS, 2 * MS)
    services.advance(21 * MS)
    assert services.smc(0xC600_0008).x0 == 10
    services.smc(0xC600_0007, 0, 0)
    services.advance(20 * MS)
    assert services.smc(0xC600_0008).x0 == 10


def test_an_app_in_python_injects(services):
    for virq, result in [(40, 0), (40, 0), (41, errno(Errno.EPERM))]:
        assert services.smc(0xC600_0006, virq, domid=5).x0 == result
    assert services.domain(5).pending == [40]
    assert services.domain(5).take_interrupt() == 40
    assert services.domain().pending == []


def test_grants_of_the_integrator(xap):
    """ABI.md 4.1: by default the API grants what is asked for."""
    with pytest.raises(LoadError, match="guest memory"):
        xap.load("apps/services.py", grants=Rights())


def test_the_clock_does_not_run_backwards():
    with pytest.raises(ValueError, match="backwards"):
        Hypervisor().advance(-1)
