"""Instances, and calls to them (ABI.md 6.3, 6.4)."""

from collections.abc import Iterator

from xaprt.abi import Errno, Syscall

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    MEMORY,
    TIMER,
    calls,
    handlers,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    MS,
    answered,
    equal,
    errno,
    fault_answered,
    reports,
    unclaimed,
    values,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.platform import FIRMWARE_COUNT
from xap_harness.conformance.proxy import COUNTS, ZERO, proxy, system_call
from xap_harness.conformance.suite import case

REGION = 0x0A00_0000


@case("6.3", "SHARED: one instance for all served guests")
def shared(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS))
    replies = [plan.smc(FID, domid=domid, vcpu=vcpu) for domid, vcpu in ((1, 0), (2, 0), (1, 1))]
    yield
    equal(values(replies), [1, 2, 3], "calls counted")


@case("6.3", "SHARED: a fault that one guest causes is one for all")
def shared_fault(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, restart=1))
    fault, other = plan.smc(FID, 1), plan.smc(FID, domid=2)
    plan.wait(15 * MS)
    after = plan.smc(FID, domid=2)
    yield
    fault_answered(fault)
    fault_answered(other)
    answered(after, 1)


@case("6.3", "PER_DOMAIN: one per served guest with its own state")
def per_domain(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, per_domain=True, data=(100).to_bytes(8, "little")))
    order = [(1, 0), (2, 0), (1, 1), (2, 0), (1, 0)]
    replies = [plan.smc(FID, domid=domid, vcpu=vcpu) for domid, vcpu in order]
    yield
    equal(values(replies), [101, 101, 102, 102, 103], "calls counted")


@case("6.3", "PER_DOMAIN: INIT is for each of them")
def init_each(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        init="la x9, DATA; mrs x10, tpidrro_el0; str x10, [x9];" + DONE,
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, per_domain=True))  # fmt: skip
    replies = [plan.smc(FID, domid=domid) for domid in (1, 2, 5)]
    yield
    equal(values(replies), [d << 32 | 0xFFFF for d in (1, 2, 5)], "TPIDRRO_EL0 of INIT")


@case("6.3", "PER_DOMAIN: a guest's faults and restarts stay its own")
def own_faults(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, per_domain=True, restart=1))
    fault = plan.smc(FID, 1, domid=2)
    waiting, other = plan.smc(FID, domid=2), plan.smc(FID)
    plan.wait(15 * MS)
    restarted, still = plan.smc(FID, domid=2), plan.smc(FID)
    last = plan.smc(FID, 1, domid=2)
    dead, alive = plan.smc(FID, domid=2), plan.smc(FID)
    yield
    fault_answered(fault)
    fault_answered(waiting)
    answered(other, 1)
    answered(restarted, 1)
    answered(still, 2)
    fault_answered(last)
    unclaimed(dead)
    answered(alive, 3)
    equal([report["domid"] for report in reports(plan.console)], ["2", "2"], "domids reported")


@case("6.3", "PER_DOMAIN: a guest's backlog stays its own")
def own_backlog(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        posted="la x9, DATA; ldr x10, [x9]; add x10, x10, x1; str x10, [x9];" + DONE,
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, per_domain=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    for domid, count in ((1, 3), (2, 5)):
        plan.run("str w9, [x10];" * count, {10: REGION}, domid=domid)
    replies = [plan.smc(FID, domid=domid) for domid in (1, 2)]
    yield
    equal(values(replies), [3, 5], "posted writes that each instance got")


@case("6.3", "PER_DOMAIN: what is pinned, timed and logged for one guest is not for another")
def own_timer(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        smc=f"la x9, DATA; ldr x1, [x9]; cbz x2, out; li x0, {5 * MS}; mov x20, x1; mov x8, #8;"
        "svc #0; mov x1, x20; out:" + ZERO + DONE,
        timer="la x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9];" + DONE,
    ), whole=True, per_domain=True, needs=(TIMER,)))  # fmt: skip
    plan.smc(FID, 1)
    plan.smc(FID, domid=2)
    plan.wait(20 * MS)
    replies = [plan.smc(FID, domid=domid) for domid in (1, 2)]
    yield
    equal(values(replies), [1, 0], "how often TIMER came")


@case("6.3", "PER_DOMAIN: the instance ends with its guest, others go on")
def ends(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, per_domain=True))
    first = [plan.smc(FID, domid=domid) for domid in (1, 2)]
    plan.destroy(2)
    after = plan.smc(FID)
    yield
    equal(values(first), [1, 1], "calls counted")
    answered(after, 2)


# --- calls -------------------------------------------------------------------------------------


@case("6.4", "a call never leads to another call: call_smc of an id that another app serves")
def no_nesting(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, name="server", routes=(smc_route(FIRMWARE_COUNT),)))
    plan.app(proxy(needs=(calls(FIRMWARE_COUNT),)))
    call = system_call(plan, Syscall.CALL_SMC, FIRMWARE_COUNT)
    server = plan.smc(FIRMWARE_COUNT)
    yield
    answered(call, 0, 1, 0, 0)
    answered(server, 1)


@case("6.4", "a call never leads to another call: of an id that the app itself serves")
def no_recursion(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(calls(FIRMWARE_COUNT),), routes=(smc_route(), smc_route(FIRMWARE_COUNT))))
    call = system_call(plan, Syscall.CALL_SMC, FIRMWARE_COUNT)
    yield
    answered(call, 0, 1, 0, 0)


@case("6.4", "a call never leads to another call: a page that another app serves is not mapped")
def no_nested_access(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(mmio=DIE), whole=True, name="server", routes=mmio(REGION)))
    plan.app(proxy(needs=(MEMORY,)))
    call = system_call(plan, Syscall.MAP_GUEST_PAGE, REGION, 0)
    yield
    errno(call.x[0], Errno.ENOENT)
    equal(reports(plan.console), [], "fault reports")


@case("6.4", "a call never leads to another call: an SMC of the app's own is a fault")
def no_smc(plan: Plan) -> Iterator[None]:
    plan.app(probe(COUNTS, name="server", routes=(smc_route(FID + 1),)))
    plan.app(probe(f"li x0, {FID + 1:#x}; mov x1, #0; smc #0; mov x1, x0;" + ZERO + DONE))
    call, server = plan.smc(FID), plan.smc(FID + 1)
    yield
    fault_answered(call)
    answered(server, 1)
