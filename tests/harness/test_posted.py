"""Posted writes (ABI.md 2.5, 5.5)."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.hypervisor.instance import Life
from xap_harness.hypervisor.posted import DELAY_NS, MAX_RECORDS, Record, request_page
from xap_harness.hypervisor.requester import Requester
from xaprt import abi
from xaprt.abi import RouteFlag, RouteKind
from xaprt.manifest import Route

UART, TIMER_BLOCK = 0x0900_0000, 0x0A00_0000
MS = 1_000_000
M64 = (1 << 64) - 1


def posted(base: int) -> Route:
    return Route(RouteKind.MMIO_WRITE, base, base + 0xFFF, RouteFlag.POSTED)


ROUTES = (
    posted(UART),
    posted(TIMER_BLOCK),
    Route(RouteKind.MMIO_READ, UART, UART + 0xFFF, RouteFlag.NONE),
    Route(RouteKind.SMC, 0xC600_0001, 0xC600_0001, RouteFlag.NONE),
)

KEEPS = (
    "li x9, DATA; cbz x0, init; cmp x0, #6; b.eq batch; cmp x0, #5; b.hs other;"
    "ldr x1, [x9, #8]; mov x8, #0; mov x0, #0; svc #0;"
    "other: mov x0, #-38; mov x8, #0; svc #0;"
    "init: str x2, [x9]; mov x8, #0; mov x0, #0; svc #0;"
    "batch: ldr x2, [x9, #8]; add x2, x2, #1; str x2, [x9, #8]; str x1, [x9, #16];"
    "mrs x3, tpidrro_el0; str x3, [x9, #24]; ldr x4, [x9]; add x5, x9, #32; lsl x6, x1, #2;"
    "copy: cbz x6, out; ldr x7, [x4], #8; str x7, [x5], #8; sub x6, x6, #1; b copy;"
    "out: ldr x7, [x9, #32 + 24]; cmp x7, #0xbad; b.eq die; mov x8, #0; mov x0, #0; svc #0;"
    "die: brk #0x5508"
).replace("#32 + 24", "#56")
"""At DATA: the request page, batches, records and requester of the last one, its records; a
first value of 0xbad faults. SMC and MMIO answer with the number of batches."""


@pytest.fixture
def console(asm_app):
    return asm_app(KEEPS, whole=True, routes=ROUTES, restart_limit=2)


def words(bench, first: int, count: int) -> list[int]:
    return list(struct.unpack(f"<{count}Q", bench.space.read(bench.data + 8 * first, 8 * count)))


def batches(bench) -> int:
    return words(bench, 1, 1)[0]


def last(bench) -> tuple[int, int, list[Record]]:
    """(how many records, for whom, the records) of the last batch."""
    count, requester = words(bench, 2, 2)
    flat = words(bench, 4, 4 * count)
    return count, requester, [Record(*flat[4 * n : 4 * n + 4]) for n in range(count)]


def test_init_is_told_the_request_page(console):
    """ABI.md 2 (INIT): 0 for an app without posted routes."""
    address = words(console, 0, 1)[0]
    assert address % abi.PAGE_SIZE == 0
    assert address != 0


def test_a_posted_write_waits(console):
    """ABI.md 2.5: the guest goes on at once, the app hears of it within 1 ms."""
    answer = console.store(UART + 0x20, 0x1_41, 1)
    assert (answer.claimed, answer.posted, answer.spent) == (True, True, 0)
    console.hypervisor.advance(DELAY_NS - 1)
    assert batches(console) == 0
    console.hypervisor.advance(1)
    assert last(console) == (1, 1 << 32, [Record(UART, 0x20, 1, 0x41)])
    console.hypervisor.advance(100 * MS)
    assert batches(console) == 1


def test_the_first_write_sets_the_time(console):
    console.store(UART, 1)
    console.hypervisor.advance(DELAY_NS // 2)
    console.store(UART, 2)
    console.hypervisor.advance(DELAY_NS // 2)
    assert last(console)[0] == 2


WRITE = st.tuples(
    st.sampled_from([UART, TIMER_BLOCK]),
    st.sampled_from([1, 2, 4, 8]),
    st.integers(0, 511),
    st.integers(0, M64),
)


@given(writes=st.lists(WRITE, max_size=2 * MAX_RECORDS + 5), vcpu=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_writes_arrive_in_order_and_none_is_lost(shared, writes, vcpu):
    """ABI.md 2.5: in full pages, and the rest before another call of the guest."""
    app, requester = shared, Requester(1, vcpu)
    before, got = batches(app), []
    for base, width, place, value in writes:
        # A value that kills this app is another test's.
        value = 0 if value & (1 << 8 * width) - 1 == 0xBAD else value
        seen = batches(app)
        app.store(base + 8 * place, value, width, requester)
        if batches(app) != seen:
            got += last(app)[2]
    app.smc(requester=requester)
    rest = len(writes) % MAX_RECORDS
    if rest:
        assert last(app)[:2] == (rest, requester.tpidrro)
        got += last(app)[2]
    expected = [
        Record(base, 8 * place, width, value & (1 << 8 * width) - 1)
        for base, width, place, value in writes
    ]
    assert [r for r in got if r.value] == [r for r in expected if r.value not in (0, 0xBAD)]
    assert len(got) == len(expected)
    assert batches(app) - before == -(-len(writes) // MAX_RECORDS)


@pytest.fixture(scope="module")
def shared(asm_app):
    # 128 records and what this app notes beside them need more than a page.
    return asm_app(KEEPS, whole=True, routes=ROUTES, data_bytes=2 * abi.PAGE_SIZE)


@pytest.mark.parametrize("kind", ["smc", "load"])
def test_they_come_before_any_other_call_of_that_guest(console, kind):
    """ABI.md 2.5."""
    console.store(UART, 7)
    if kind == "smc":
        assert console.smc().registers[0] == 1
    else:
        assert console.load(UART).value == 1


def test_another_guests_call_does_not_hand_them_over(console):
    console.hypervisor.create_domain(2)
    console.store(UART, 7)
    assert console.smc(requester=Requester(2, 0)).registers[0] == 0
    assert console.smc().registers[0] == 1


def test_a_batch_is_of_one_vcpu(console):
    """ABI.md 2.5: TPIDRRO_EL0 says whose."""
    console.store(UART, 1, requester=Requester(1, 0))
    console.store(UART, 2, requester=Requester(1, 0))
    console.store(UART, 3, requester=Requester(1, 1))
    assert last(console) == (2, 1 << 32, [Record(UART, 0, 4, 1), Record(UART, 0, 4, 2)])
    console.hypervisor.advance(DELAY_NS)
    assert last(console) == (1, 1 << 32 | 1, [Record(UART, 0, 4, 3)])


def test_the_page_holds_nothing_of_an_earlier_batch(console):
    """Nothing leaks between guests."""
    console.hypervisor.create_domain(2)
    secret = 0x5EC2_E75E
    for _ in range(5):
        console.store(UART, secret)
    console.smc()
    console.store(UART, 1, requester=Requester(2, 0))
    console.hypervisor.advance(DELAY_NS)
    page = console.space.read(words(console, 0, 1)[0], abi.PAGE_SIZE)
    assert page == request_page([Record(UART, 0, 4, 1)])
    assert secret.to_bytes(4, "little") not in page


def test_the_request_page_is_read_only(console, asm_app):
    page = words(console, 0, 1)[0]
    attack = asm_app(f"li x1, {page}; ldr x2, [x1]; str x1, [x1]", routes=ROUTES)
    assert attack.fault().reason == "data abort: write, permission"


def test_the_request_page_is_no_place_for_pointers(asm_app):
    """ABI.md 3.1: only image and stack."""
    app = asm_app(
        "li x9, DATA; cbz x0, init; ldr x0, [x9]; mov x1, #8; mov x2, #2; mov x8, #1; svc #0;"
        "mov x1, x0; mov x8, #0; mov x0, #0; svc #0;"
        "init: str x2, [x9]; mov x8, #0; mov x0, #0; svc #0",
        whole=True,
        routes=ROUTES,
    )
    assert app.smc().registers[0] == -abi.Errno.EFAULT & M64


@pytest.mark.parametrize(("offset", "width"), [(1, 2), (0xFFC, 8), (2, 4), (0x1000, 1)])
def test_unaligned_writes_and_those_outside_are_unclaimed(console, offset, width):
    """ABI.md 2.3."""
    assert not console.store(UART + offset, 1, width).claimed
    console.hypervisor.advance(DELAY_NS)
    assert batches(console) == 0


# --- faults, ends ---------------------------------------------------------------------------


def test_a_fault_in_a_batch_condemns_the_app(console):
    """ABI.md 5.5; the guest that comes next gets the fault answer."""
    console.store(UART, 0xBAD)
    console.store(UART, 2)
    answer = console.smc()
    assert answer.registers == {0: M64, 1: 0, 2: 0, 3: 0}
    assert console.instance.life is Life.WAITING
    assert console.store(UART, 3).claimed  # dropped
    console.hypervisor.advance(100 * MS)
    assert console.instance.life is Life.RUNNING
    assert batches(console) == 0


def test_posted_writes_are_gone_after_a_fault(asm_app):
    """ABI.md 5.5."""
    app = asm_app(KEEPS.replace("ldr x1, [x9, #8]; mov x8", "cbnz x2, die; ldr x1, [x9, #8]; "
                                "mov x8"), whole=True, routes=ROUTES, restart_limit=2)  # fmt: skip
    app.hypervisor.create_domain(2)
    app.store(UART, 5)
    app.smc(1, requester=Requester(2, 0))
    assert app.instance.life is Life.WAITING
    app.hypervisor.advance(100 * MS)
    assert (app.instance.life, batches(app)) == (Life.RUNNING, 0)


def test_an_app_that_is_dead_is_unclaimed(asm_app):
    app = asm_app(KEEPS, whole=True, routes=ROUTES)
    app.store(UART, 0xBAD)
    app.hypervisor.advance(DELAY_NS)
    assert app.instance.life is Life.DEAD
    assert not app.store(UART, 1).claimed


def test_a_guest_that_ends_leaves_nothing_behind(console):
    """ABI.md 2.5, 6.6: its last writes come before the event."""
    console.store(UART, 7)
    console.hypervisor.destroy_domain(1)
    assert last(console)[2] == [Record(UART, 0, 4, 7)]


def test_batches_that_nobody_waits_for_are_deferred_work(asm_app):
    """ABI.md 6.5: one that took 0.5 ms puts the next off by 4.5 ms."""
    nops = "; ".join(["nop"] * 98)
    spin = f"li x10, 5000; spin: {nops}; sub x10, x10, #1; cbnz x10, spin"
    app = asm_app(KEEPS.replace("batch: ", f"batch: {spin}; "), whole=True, routes=ROUTES)
    app.store(UART, 1)
    app.hypervisor.advance(DELAY_NS + MS // 2)
    assert batches(app) == 1
    app.store(UART, 2)
    app.hypervisor.advance(4 * MS)
    assert batches(app) == 1
    app.hypervisor.advance(MS)
    assert batches(app) == 2
    app.store(UART, 3)
    app.smc()  # who waits does not wait for that
    assert batches(app) == 3


# --- by the API, on each backend ------------------------------------------------------------


def test_an_app_in_python_gets_posted_writes(xap):
    app = xap.load("apps/posted.py")
    for number in range(3):
        got = app.mmio_write(0x0900_0000 + 4 * number, 0x40 + number, vcpu=2)
        assert (got.status, got.log, got.value) == ("posted", [], None)
    assert app.log == []
    assert app.mmio_read(0x0900_0000).value == 3
    assert app.log == [f"console: 2 {4 * n:#x} 4 {0x40 + n:#x}" for n in range(3)]
    app.mmio_write(0x0900_0000, 1, 1)
    app.advance(DELAY_NS)
    assert app.smc(0xC600_0001).x0 == 4


def test_a_guests_last_writes_come_before_the_event(xap):
    app = xap.load("apps/posted.py")
    app.mmio_write(0x0900_0000, 0x41, 1)
    app.destroy_domain()
    app.advance(MS)
    assert app.log == ["console: 0 0x0 1 0x41", "console: 1 went after 1"]


def test_a_panic_in_a_batch_shows_its_line(xap):
    app = xap.load("apps/posted.py")
    app.mmio_write(0x0900_0000, 0xDEAD)
    got = app.smc(0xC600_0001)
    assert (got.status, got.x0) == ("fault", M64)
    assert any("reason=PANIC" in line and "a bad byte" in line for line in app.log)
    app.advance(10 * MS)
    assert app.smc(0xC600_0001).x0 == 0
