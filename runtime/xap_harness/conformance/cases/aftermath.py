"""What does not outlive a fault (ABI.md 5.5)."""

from collections.abc import Iterator

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    MEMORY,
    TIMER,
    handlers,
    io,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    MINUS_1,
    MS,
    answered,
    equal,
    fault_answered,
    log_of,
    reports,
    stored,
    that,
)
from xap_harness.conformance.plan import Plan, Reply
from xap_harness.conformance.platform import RTC, RTC_ID, RTC_ID_VALUE
from xap_harness.conformance.proxy import COUNTS, ZERO
from xap_harness.conformance.suite import case
from xap_harness.conformance.target import FREE_RAM

REGION, POSTED = 0x0A00_0000, 0x0B00_0000


def _die(plan: Plan) -> Reply:
    return plan.smc(FID, 1)


@case("5.5", "after a fault mappings are gone: a guest's page")
def page_gone(plan: Plan) -> Iterator[None]:
    # The address is told to the guest before the fault, which hands it in again.
    plan.app(probe(f"cbnz x3, use; li x0, {FREE_RAM:#x}; mov x1, #1; mov x8, #4; svc #0;"
                   "str x0, [x0]; brk #0x5508; use: ldr x9, [x3];" + DONE,
                   needs=(MEMORY,), restart=2))  # fmt: skip
    _die(plan)
    guest = plan.run("ldr x2, [x10]; mov x1, #0; mov x20, x2", {10: FREE_RAM})
    plan.wait(15 * MS)
    use = plan.run("ldr x2, [x10]; smc #0", {0: FID, 1: 0, 10: FREE_RAM})
    yield
    that(guest.x[20] not in (0, guest.before[20]), "the app has mapped a page")
    equal(use.x[:4], (MINUS_1, 0, 0, 0), "answer to a use of the old address")
    equal(len(reports(plan.console)), 2, "fault reports")


@case("5.5", "after a fault mappings are gone: a device that the next life does not map")
def device_gone(plan: Plan) -> Iterator[None]:
    # x1 = 0 maps and tells the address, 1 faults, 2 loads from the address in x2.
    source = (
        "cbz x2, map; cmp x2, #1; b.eq die;" + f"ldr w1, [x3, #{RTC_ID}];" + ZERO + DONE
        + "map: mov x0, #0; mov x8, #6; svc #0; mov x1, x0;" + ZERO + DONE + "die:" + DIE
    )  # fmt: skip
    plan.app(probe(source, needs=(io(RTC),), restart=2))
    use = "ldr x2, [x10]; smc #0"
    mapped = plan.run("smc #0; str x0, [x10]", {0: FID, 1: 0, 10: FREE_RAM})
    good = plan.run(use, {0: FID, 1: 2, 10: FREE_RAM})
    _die(plan)
    plan.wait(15 * MS)
    after = plan.run(use, {0: FID, 1: 2, 10: FREE_RAM})
    yield
    that(mapped.x[0] != MINUS_1, "the device was mapped")
    equal(good.x[0], RTC_ID_VALUE, "what it shows while it is mapped")
    equal(after.x[:4], (MINUS_1, 0, 0, 0), "answer to a use of the old address")
    equal(len(reports(plan.console)), 2, "fault reports")


@case("5.5", "after a fault the timer is gone")
def timer_gone(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        smc=f"la x9, DATA; ldr x1, [x9]; cbz x2, out; li x0, {30 * MS}; mov x8, #8; svc #0;" + DIE
        + "out:" + ZERO + DONE,
        timer="la x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9]; adr x0, text;"
        "mov x1, #4; mov x2, #2; mov x8, #1; svc #0;" + DONE,
    ) + 'text: .ascii "tick";', whole=True, needs=(TIMER,), restart=1))  # fmt: skip
    _die(plan)
    plan.wait(100 * MS)
    after = plan.smc(FID)
    yield
    answered(after, 0)
    equal(log_of(plan.console, "probe"), [], "log")


@case("5.5", "after a fault posted writes are gone")
def posts_gone(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        smc=COUNTS,
        posted="la x9, DATA; ldr x10, [x9]; add x10, x10, #100; str x10, [x9];" + DONE,
    ), whole=True, restart=1, routes=(smc_route(), *mmio(POSTED, posted=True))))  # fmt: skip
    plan.access("str w9, [x10]", POSTED)
    fault = plan.smc(FID, 1, domid=2)
    plan.wait(15 * MS)
    after = plan.smc(FID)
    yield
    fault_answered(fault)
    answered(after, 1)


@case("5.5", "a write that hands over the batch that faults is gone with it")
def last_post_gone(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        init="la x9, DATA; str x2, [x9, #8];" + DONE,
        posted="la x9, DATA; ldr x10, [x9, #8]; ldr x10, [x10, #24]; cmp x10, #1; b.eq die;"
        "ldr x11, [x9]; add x11, x11, #1; str x11, [x9];" + DONE + "die:" + DIE,
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, restart=1, routes=(smc_route(), *mmio(POSTED, posted=True))))  # fmt: skip
    plan.access("str w9, [x10]", POSTED, 1)
    last = plan.access("str w9, [x10]", POSTED, 2, vcpu=1)
    plan.wait(15 * MS)
    after = plan.smc(FID)
    yield
    stored(last)
    answered(after, 0)
    equal(len(reports(plan.console)), 1, "fault reports")


@case("5.5", "after a fault pending events are gone; the next life hears of the guests that live")
def events_gone(plan: Plan) -> Iterator[None]:
    # Each event takes 0.2 ms, so that the next one waits (6.5); they are kept as digits.
    plan.app(probe(handlers(
        event="la x9, DATA; ldr x10, [x9]; add x10, x1, x10, lsl #4; str x10, [x9];"
        "li x11, 100000; spin: sub x11, x11, #1; cbnz x11, spin;" + DONE,
        smc="cbnz x2, die; la x9, DATA; ldr x1, [x9];" + ZERO + DONE + "die:" + DIE,
    ), whole=True, restart=1))  # fmt: skip
    for domid in (2, 3, 4, 5):
        plan.guest(domid)
    plan.wait(20 * MS)
    plan.destroy(3)
    plan.destroy(4)
    before = plan.smc(FID, domid=2)
    fault = plan.smc(FID, 1, domid=2)
    plan.destroy(5)
    plan.wait(25 * MS)
    after = plan.smc(FID, domid=2)
    yield
    answered(before, 0x1_1112)
    fault_answered(fault)
    answered(after, 1)
