"""Deadlines and time (ABI.md 3.7)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DONE, FID, TIMER, handlers, probe
from xap_harness.conformance.judge import MS, answered, equal, that, values
from xap_harness.conformance.plan import Plan, Reply
from xap_harness.conformance.suite import case, each

# SMC: x1 = 1 sets the timer to x2, and answers with the time behind that; else count of TIMER,
# its last argument, and the time. TIMER sets it anew if the guest's x3 said so.
_SOURCE = handlers(
    smc="la x19, DATA; cbz x2, asked; mov x0, x3; mov x8, #8; svc #0; str x4, [x19, #16];"
    "mov x8, #9; svc #0; mov x1, x0; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE
    + "asked: mov x8, #9; svc #0; mov x3, x0; ldp x1, x2, [x19]; mov x4, #0;" + DONE,
    timer="la x19, DATA; ldr x9, [x19]; add x9, x9, #1; stp x9, x1, [x19]; ldr x0, [x19, #16];"
    "cbz x0, out; mov x8, #8; svc #0; out:" + DONE,
)  # fmt: skip
_IMAGE = probe(_SOURCE, whole=True, needs=(TIMER,))


def _set(plan: Plan, ns: int, again: int = 0, **who: int) -> Reply:
    return plan.smc(FID, 1, ns, again, **who)


def _asked(plan: Plan, **who: int) -> Reply:
    """x0: how often TIMER came, x1: its last argument, x2: the time."""
    return plan.smc(FID, **who)


@each("3.7", "TIMER comes at or after the deadline: {}",
      {"2 ms": 2 * MS, "50 ms": 50 * MS, "3 s": 3000 * MS})  # fmt: skip
def at_or_after(plan: Plan, ns: int) -> Iterator[None]:
    plan.app(_IMAGE)
    armed = _set(plan, ns)
    plan.wait(ns * 9 // 10)
    early = _asked(plan)
    plan.wait(ns // 5)
    late = _asked(plan)
    plan.wait(5 * ns)
    later = _asked(plan)
    yield
    equal(values([early, late, later]), [0, 1, 1], "how often TIMER came")
    since = late.x[1] - armed.x[0]
    that(ns - 10_000 <= since <= ns * 12 // 10, f"TIMER came {since} ns after it was set")


@each("3.7", "not sooner than 1 ms: {}", {"1 ns": 1, "1000 ns": 1000, "999999 ns": 999_999})
def not_sooner(plan: Plan, ns: int) -> Iterator[None]:
    plan.app(_IMAGE)
    armed = _set(plan, ns)
    plan.wait(900_000)
    early = _asked(plan)
    plan.wait(5 * MS)
    late = _asked(plan)
    yield
    equal(values([early, late]), [0, 1], "how often TIMER came")
    that(late.x[1] - armed.x[0] >= MS - 10_000, f"TIMER came {late.x[1] - armed.x[0]} ns later")


@case("3.7", "one deadline an instance: a new one replaces it, later or earlier")
def replaced(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    _set(plan, 10 * MS)
    _set(plan, 50 * MS)
    plan.wait(30 * MS)
    later = _asked(plan)
    _set(plan, 2 * MS)
    plan.wait(10 * MS)
    earlier = _asked(plan)
    plan.wait(100 * MS)
    end = _asked(plan)
    yield
    equal(values([later, earlier, end]), [0, 1, 1], "how often TIMER came")


@case("3.7", "0 cancels")
def cancelled(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    _set(plan, 5 * MS)
    _set(plan, 0)
    plan.wait(50 * MS)
    reply = _asked(plan)
    yield
    equal(reply.x[0], 0, "how often TIMER came")


@each("3.7", "a deadline beyond all time does not come: {}",
      {"the largest": (1 << 64) - 1, "1 << 63": 1 << 63})  # fmt: skip
def never(plan: Plan, ns: int) -> Iterator[None]:
    plan.app(_IMAGE)
    _set(plan, ns)
    plan.wait(1000 * MS)
    reply = _asked(plan)
    yield
    equal(reply.x[0], 0, "how often TIMER came")


@case("3.7", "TIMER may set the next one")
def periodic(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    _set(plan, 5 * MS, 5 * MS)
    plan.wait(52 * MS)
    reply = _asked(plan)
    yield
    that(8 <= reply.x[0] <= 10, f"TIMER came {reply.x[0]} times in 52 ms, every 5 ms")


@case("3.7", "one deadline an instance: each guest's of a PER_DOMAIN app is its own")
def own(plan: Plan) -> Iterator[None]:
    plan.app(probe(_SOURCE, whole=True, needs=(TIMER,), per_domain=True))
    _set(plan, 5 * MS)
    _set(plan, 20 * MS, domid=2)
    plan.wait(10 * MS)
    first = [_asked(plan, domid=domid) for domid in (1, 2)]
    plan.wait(20 * MS)
    second = [_asked(plan, domid=domid) for domid in (1, 2)]
    yield
    equal(values(first) + values(second), [1, 0, 1, 1], "how often TIMER came")


@case("3.7", "one deadline an instance: the guests of a SHARED one have one together")
def together(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    _set(plan, 5 * MS)
    _set(plan, 20 * MS, domid=2)
    plan.wait(10 * MS)
    first = _asked(plan)
    plan.wait(20 * MS)
    second = _asked(plan)
    yield
    equal(values([first, second]), [0, 1], "how often TIMER came")


@case("3.7", "time: one monotonic clock, for all apps and guests")
def monotonic(plan: Plan) -> Iterator[None]:
    read = "mov x8, #9; svc #0; mov x20, x0; mov x8, #9; svc #0; mov x2, x0; mov x1, x20;"
    plan.app(probe(read + "mov x3, #0; mov x4, #0;" + DONE))
    replies = []
    for domid in (1, 2, 1):
        replies.append(plan.smc(FID, domid=domid))
        plan.wait(MS)
    yield
    seen = [value for reply in replies for value in reply.x[:2]]
    equal(seen, sorted(seen), "times in their order")
    that(0 < seen[1] - seen[0] < MS, f"{seen[1] - seen[0]} ns between two calls of one call")
    that(MS <= seen[2] - seen[1] < 3 * MS, f"{seen[2] - seen[1]} ns over a wait of 1 ms")


@case("3.7", "time goes on while an app runs: 1000 instructions are a microsecond")
def while_running(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x8, #9; svc #0; mov x20, x0; li x9, 250000; next: sub x9, x9, #1;"
                   "cbnz x9, next; svc #0; sub x0, x0, x20; mov x1, x0; mov x2, #0; mov x3, #0;"
                   "mov x4, #0;" + DONE))  # fmt: skip
    reply = plan.smc(FID)
    yield
    that(450_000 <= reply.x[0] <= 600_000, f"{reply.x[0]} ns for 500,000 instructions")


@case("3.7", "time: not a guest's virtual time: it goes on while no guest runs")
def not_virtual(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    first = _asked(plan)
    plan.wait(200 * MS)
    second = _asked(plan)
    yield
    that(200 * MS <= second.x[2] - first.x[2] <= 250 * MS, f"{second.x[2] - first.x[2]} ns passed")
    answered(first, 0, 0, first.x[2])
