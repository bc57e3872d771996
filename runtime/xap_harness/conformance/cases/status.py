"""How a call ends, and what the requester gets (ABI.md 2.2)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DONE, FID, TIMER, handlers, mmio, probe, smc_route
from xap_harness.conformance.judge import (
    MS,
    aborted,
    accepted,
    answered,
    equal,
    fault_answered,
    loaded,
    no_reports,
    one_report,
    refused,
    stored,
    unclaimed,
)
from xap_harness.conformance.plan import Plan, Reply
from xap_harness.conformance.suite import case, each

REGION = 0x0A00_0000
_ROUTES = (smc_route(), *mmio(REGION))

# Ends with the status that the guest's x1 says, after counting the call; x1..x9 are the results.
_ENDS = (
    "la x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9]; mov x0, x2; mov x1, x10;"
    "mov x2, #102; mov x3, #103; mov x4, #104; mov x5, #105; mov x6, #106; mov x7, #107;"
    "mov x9, #109; mov x10, #110; mov x8, #0; svc #0;"
)
_IMAGE = probe(_ENDS)


@case("2.2", "status 0: r0..r3 in x0..x3, all other registers kept")
def four(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    reply = plan.smc(FID, 0, 2, 3, 4, 5, 6, 7)
    yield
    answered(reply, 1, 102, 103, 104)


@case("2.2", "status 1: r0..r6 from x1..x7, r7 from x9")
def eight(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    reply = plan.smc(FID, 1, 2, 3, 4, 5, 6, 7)
    yield
    equal(reply.x[:8], (1, 102, 103, 104, 105, 106, 107, 109), "x0..x7")
    equal(reply.x[8:], reply.before[8:], "x8..x30")


@case("2.2", "-ENOSYS: not handled, as if no route existed")
def not_handled(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    reply, after = plan.smc(FID, -38, 2, 3, 4, 5), plan.smc(FID)
    yield
    unclaimed(reply)
    answered(after, 2, 102, 103, 104)
    no_reports(plan.console)


@each("2.2", "failed, the requester gets the fault answer, the instance lives: {}",
      {str(status): status for status in (-1, -14, -37, -39, -4095)})  # fmt: skip
def failed(plan: Plan, status: int) -> Iterator[None]:
    plan.app(_IMAGE)
    reply, after = plan.smc(FID, status, 2, 3, 4, 5), plan.smc(FID)
    yield
    fault_answered(reply)
    answered(after, 2, 102, 103, 104)
    no_reports(plan.console)


@each("2.2", "anything else is a fault: {}", {
    "2": 2,
    "-4096": -4096,
    "the most negative": 1 << 63,
    "the largest": (1 << 63) - 1,
    "0 in the low half only": 1 << 32,
    "-38 in the low half only": -38 & 0xFFFF_FFFF,
})  # fmt: skip
def bad_status(plan: Plan, status: int) -> Iterator[None]:
    plan.app(_IMAGE)
    reply, after = plan.smc(FID, status, 2, 3, 4, 5), plan.smc(FID)
    yield
    fault_answered(reply)
    equal(one_report(reply.console)["kind"], "status", "kind of the fault")
    unclaimed(after)


# --- accesses ------------------------------------------------------------------------------------


def _mmio(plan: Plan, end: str, *, write: bool) -> tuple[Reply, Reply]:
    """An access that the app ends so, and a call that tells how many it saw."""
    plan.app(probe(handlers(
        mmio="la x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9];" + end,
        smc="la x9, DATA; ldr x1, [x9]; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
    ), whole=True, routes=_ROUTES))  # fmt: skip
    access = plan.access("str w9, [x10]" if write else "ldr w9, [x10]", REGION)
    return access, plan.smc(FID)


@each("2.2", "an access: -ENOSYS: the abort that the guest would take with no app: {}",
      {"load": False, "store": True})  # fmt: skip
def access_not_handled(plan: Plan, write: bool) -> Iterator[None]:
    access, after = _mmio(plan, "mov x8, #0; mov x0, #-38; svc #0;", write=write)
    yield
    aborted(access)
    answered(after, 1)


@each("2.2", "an access: failed: all ones, or dropped, and the instance lives: {}",
      {"load": False, "store": True})  # fmt: skip
def access_failed(plan: Plan, write: bool) -> Iterator[None]:
    access, after = _mmio(plan, "mov x8, #0; mov x0, #-5; svc #0;", write=write)
    yield
    if write:
        stored(access)
    else:
        loaded(access, 0xFFFF_FFFF)
    answered(after, 1)


# --- INIT, TIMER, EVENT --------------------------------------------------------------------


@each("2.2", "-ENOSYS to INIT counts as done; so does 0: {}",
      {"-38": "mov x0, #-38;", "0": "mov x0, #0;"})  # fmt: skip
def init(plan: Plan, status: str) -> Iterator[None]:
    app = plan.app(probe(handlers(init=f"{status} mov x8, #0; svc #0;",
                                  smc="mov x1, #5; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE),
                         whole=True))  # fmt: skip
    reply = plan.smc(FID)
    yield
    accepted(app.verdict)
    answered(reply, 5)


def _deferred(plan: Plan, end: str) -> tuple[Reply, Reply]:
    """An app whose TIMER and EVENT end so, with a TIMER that came."""
    plan.app(probe(handlers(
        timer=end, event=end,
        smc="la x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9]; mov x0, x2; mov x8, #8;"
        "svc #0; mov x1, x10; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
    ), whole=True, needs=(TIMER,)))  # fmt: skip
    before = plan.smc(FID, MS)
    plan.wait(10 * MS)
    return before, plan.smc(FID)


@each("2.2", "-ENOSYS to TIMER and EVENT counts as done; so does a failure, for the instance: {}",
      {"-38": -38, "-1": -1, "0": 0})  # fmt: skip
def deferred(plan: Plan, status: int) -> Iterator[None]:
    before, after = _deferred(plan, f"mov x8, #0; mov x0, #{status}; svc #0;")
    yield
    answered(before, 1)
    answered(after, 2)
    no_reports(plan.console)


@case("2.2", "a bad status of EVENT is a fault, too")
def deferred_fault(plan: Plan) -> Iterator[None]:
    before, after = _deferred(plan, "mov x8, #0; mov x0, #3; svc #0;")
    yield
    unclaimed(before)
    unclaimed(after)
    equal(one_report(plan.console)["kind"], "status", "kind of the fault")


@case("2.2", "-ENOSYS of an app leaves a hypervisor's answer to others as it was")
def neighbour(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    other = plan.app(probe(_ENDS, name="other", routes=(smc_route(FID + 1),)))
    first, second = plan.smc(FID, -38), plan.smc(FID + 1)
    yield
    accepted(other.verdict)
    unclaimed(first)
    answered(second, 1, 102, 103, 104)


@case("2.2", "INIT that ends in status 1 is no INIT that ended well")
def init_eight(plan: Plan) -> Iterator[None]:
    app = plan.app(probe("mov x8, #0; mov x0, #1; svc #0;", whole=True))
    yield
    refused(app.verdict, "probe")
