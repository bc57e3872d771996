"""What follows a fault (ABI.md 5.5)."""

from collections.abc import Iterator

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    handlers,
    io,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    MINUS_1,
    MS,
    aborted,
    accepted,
    answered,
    equal,
    fault_answered,
    loaded,
    no_reports,
    reports,
    stored,
    unclaimed,
    values,
)
from xap_harness.conformance.plan import Plan, Reply
from xap_harness.conformance.platform import RTC
from xap_harness.conformance.proxy import COUNTS, ZERO
from xap_harness.conformance.suite import case, each

REGION, POSTED = 0x0A00_0000, 0x0B00_0000


def _die(plan: Plan) -> Reply:
    return plan.smc(FID, 1)


@case("5.5", "limit 0: after a fault the instance is dead and its routes unclaimed")
def dead(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(smc=COUNTS, mmio="mov x1, #5;" + DONE), whole=True,
                   routes=(smc_route(), *mmio(REGION), *mmio(POSTED, posted=True))))  # fmt: skip
    fault = _die(plan)
    at_once = plan.smc(FID)
    plan.wait(20_000 * MS)
    later = plan.smc(FID)
    accesses = [
        plan.access("ldr w9, [x10]", REGION),
        plan.access("str w9, [x10]", REGION),
        plan.access("str w9, [x10]", POSTED),
    ]
    yield
    fault_answered(fault)
    unclaimed(at_once)
    unclaimed(later)
    for access in accesses:
        aborted(access)


@case("5.5", "until the restart requests get the fault answer")
def waiting(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(smc=COUNTS, mmio="mov x1, #5;" + DONE), whole=True, restart=1,
                   routes=(smc_route(), *mmio(REGION), *mmio(POSTED, posted=True))))  # fmt: skip
    _die(plan)
    call = plan.smc(FID)
    load = plan.access("ldrsb x9, [x10]", REGION)
    store, post = (plan.access("str w9, [x10]", region) for region in (REGION, POSTED))
    yield
    fault_answered(call)
    loaded(load, MINUS_1)
    stored(store)
    stored(post)
    equal(len(reports(plan.console)), 1, "fault reports")


@case("5.5", "restart n of a row comes 10 ms * 2^(n-1) later")
def later_and_later(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, restart=5))
    early, late = [], []
    for n in range(5):
        _die(plan)
        plan.wait(9 * MS << n)
        early.append(plan.smc(FID))
        plan.wait(2 * MS << n)
        late.append(plan.smc(FID))
    yield
    for reply in early:
        fault_answered(reply)
    for reply in late:
        answered(reply, 1)


@case("5.5", "at most 10 s later")
def at_most(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, restart=20))
    early, late = [], []
    for _ in range(11):
        _die(plan)
        plan.wait(10_300 * MS)
    for _ in range(3):
        _die(plan)
        plan.wait(9500 * MS)
        early.append(plan.smc(FID))
        plan.wait(800 * MS)
        late.append(plan.smc(FID))
    yield
    for reply in early:
        fault_answered(reply)
    for reply in late:
        answered(reply, 1)


@each("5.5", "after `limit` restarts in a row the instance is dead: {}", {"1": 1, "3": 3})
def limit(plan: Plan, restarts: int) -> Iterator[None]:
    plan.app(probe(COUNTS, restart=restarts))
    between = []
    for n in range(restarts):
        _die(plan)
        plan.wait(15 * MS << n)
        between.append(plan.smc(FID))
    last = _die(plan)
    after = plan.smc(FID)
    plan.wait(20_000 * MS)
    later = plan.smc(FID)
    yield
    for reply in between:
        answered(reply, 1)
    fault_answered(last)
    unclaimed(after)
    unclaimed(later)


@case("5.5", "with fresh RW memory: initial values, zeros, all of it")
def fresh(plan: Plan) -> Iterator[None]:
    dirty = (
        "la x9, DATA; mov x10, #0x3000; next: str x2, [x9], #8; sub x10, x10, #8; cbnz x10, next;"
    )
    look = ("la x9, DATA; ldr x1, [x9], #8; ldr x3, [x9], #8; mov x10, #0x2ff0; mov x2, #0;"
            "more: ldr x11, [x9], #8; orr x2, x2, x11; sub x10, x10, #8; cbnz x10, more;"
            "mov x4, #0;" + DONE)  # fmt: skip
    plan.app(probe("cbz x2, look;" + dirty + DIE + "look:" + look, data=b"initial." + b"value.. ",
                   data_bytes=0x3000, restart=1))  # fmt: skip
    before = plan.smc(FID)
    plan.smc(FID, 0x5555)
    plan.wait(15 * MS)
    after = plan.smc(FID)
    yield
    wanted = [int.from_bytes(text, "little") for text in (b"initial.", b"value.. ")]
    answered(before, wanted[0], 0, wanted[1])
    answered(after, wanted[0], 0, wanted[1])


@case("5.5", "and INIT, which runs on it before any request")
def init_again(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        init="la x9, DATA; ldr x10, [x9]; add x10, x10, #100; str x10, [x9];" + DONE,
        smc=COUNTS,
    ), whole=True, restart=2))  # fmt: skip
    first = plan.smc(FID)
    _die(plan)
    plan.wait(15 * MS)
    second = plan.smc(FID)
    yield
    answered(first, 101)
    answered(second, 101)


# INIT counts itself in a register of a device, which outlives it, and fails from the second on
# as `fail` says; SMC faults if x1 is not zero.
_FAILING = (
    "mov x0, #0; mov x8, #6; svc #0; mov x19, x0; ldr w9, [x19, #4]; add w9, w9, #1;"
    "str w9, [x19, #4]; cmp w9, #1; b.eq well; {fail} well: mov x0, #0; mov x8, #0; svc #0;"
)


@each("5.5", "a failing INIT counts: {}", {
    "-1": "mov x0, #-1; mov x8, #0; svc #0;",
    "a status of 1": "mov x0, #1; mov x8, #0; svc #0;",
    "a fault": DIE,
})  # fmt: skip
def failing_init(plan: Plan, fail: str) -> Iterator[None]:
    smc = ("mov x0, #0; mov x8, #6; svc #0; ldr w1, [x0, #4]; cbz x2, out;" + DIE + "out:" + ZERO
           + DONE)  # fmt: skip
    app = plan.app(probe(handlers(init=_FAILING.format(fail=fail), smc=smc), whole=True, restart=2,
                         needs=(io(RTC),)))  # fmt: skip
    first = plan.smc(FID)
    _die(plan)
    plan.wait(15 * MS)  # restart 1: INIT fails
    second = plan.smc(FID)
    plan.wait(30 * MS)  # restart 2, 20 ms behind it: INIT fails, and the row is at its end
    third = plan.smc(FID)
    yield
    accepted(app.verdict)
    answered(first, 1)
    fault_answered(second)
    unclaimed(third)


@each("5.5", "1000 calls without a fault set the row to zero: {} and a fault later", {
    "900": (900, False), "1010": (1010, True),
})  # fmt: skip
def forgotten(plan: Plan, calls: tuple[int, bool]) -> Iterator[None]:
    count, forgets = calls
    plan.app(probe(COUNTS, restart=1))
    _die(plan)
    plan.wait(15 * MS)
    loop = plan.run(f"mov x10, #{count}; again: mov x0, x11; mov x1, #0; smc #0;"
                    "sub x10, x10, #1; cbnz x10, again", {11: FID})  # fmt: skip
    _die(plan)
    after = plan.smc(FID)
    yield
    equal(loop.x[0], count, "calls since the restart")
    if forgets:
        fault_answered(after)
    else:
        unclaimed(after)


@case("5.5", "the row is each instance's own")
def own_row(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, restart=1, per_domain=True))
    faults = [plan.smc(FID, 1, domid=domid) for domid in (1, 2)]
    plan.wait(15 * MS)
    after = [plan.smc(FID, domid=domid) for domid in (1, 2)]
    yield
    for reply in faults:
        fault_answered(reply)
    equal(values(after), [1, 1], "calls since the restart")


@case("5.5", "a restart is no fault: nothing is reported, and others do not notice")
def quiet(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, restart=1))
    plan.app(probe(COUNTS, name="other", routes=(smc_route(FID + 1),)))
    _die(plan)
    plan.smc(FID + 1)
    wait = plan.wait(15 * MS)
    other = plan.smc(FID + 1)
    yield
    no_reports(wait.console)
    answered(other, 2)
