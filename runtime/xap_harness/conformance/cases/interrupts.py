"""Interrupts for a guest (ABI.md 3.6)."""

from collections.abc import Iterator

from xaprt.abi import Errno, NeedKind, Record, Syscall

from xap_harness.conformance.images import DIE, DONE, FID, TIMER, handlers, irq, probe, smc_route
from xap_harness.conformance.judge import (
    MS,
    accepted,
    answered,
    equal,
    errno,
    is_error,
    refused,
    unclaimed,
)
from xap_harness.conformance.monitor import INTERRUPTS
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.proxy import ANSWER, proxy, system_call
from xap_harness.conformance.suite import case, each

_INJECT = Syscall.INJECT_IRQ
_NEEDS = (irq(32), irq(40), irq(1019))


@each("3.6", "a declared SPI: {}", {"32": 32, "40": 40, "1019": 1019})
def declared(plan: Plan, virq: int) -> Iterator[None]:
    plan.app(proxy(needs=_NEEDS))
    call, after = system_call(plan, _INJECT, virq), plan.run("nop")
    yield
    answered(call, 0)
    equal(call.interrupts + after.interrupts, (virq,), "interrupts")


@each("3.6", "undeclared: -EPERM, and none comes: {}", {"41": 41, "0": 0, "31": 31, "1020": 1020})
def undeclared(plan: Plan, virq: int) -> Iterator[None]:
    plan.app(proxy(needs=_NEEDS))
    call, after = system_call(plan, _INJECT, virq), plan.run("nop")
    yield
    is_error(call.x[0])
    equal(call.interrupts + after.interrupts, (), "interrupts")


@case("3.6", "undeclared is -EPERM")
def undeclared_error(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=_NEEDS))
    call = system_call(plan, _INJECT, 41)
    yield
    errno(call.x[0], Errno.EPERM)


@each("3.6", "no SPI (32..1019): the load is refused: {}", {"31": 31, "0": 0, "1020": 1020})
def no_spi(plan: Plan, virq: int) -> Iterator[None]:
    value = bytes([NeedKind.IRQ, 0, 0, 0]) + virq.to_bytes(4, "little")
    app = plan.app(proxy(edit_manifest=lambda old: [*old, (int(Record.NEED), value)]))
    reply = plan.smc(FID)
    yield
    refused(app.verdict)
    unclaimed(reply)


@case("3.6", "edge, made pending once: twice in one call is one interrupt")
def once(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x0, #40; mov x8, #7; svc #0; mov x0, #40; svc #0;" + ANSWER, needs=_NEEDS))
    call, after, later = plan.smc(FID), plan.run("nop"), plan.run("nop")
    yield
    answered(call, 0)
    equal(call.interrupts + after.interrupts, (40,), "interrupts")
    equal(later.interrupts, (), "interrupts later")


@case("3.6", "edge: one that was taken may be made pending again")
def again(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=_NEEDS))
    taken: list[tuple[int, ...]] = []
    replies = []
    for _ in range(3):
        replies += [system_call(plan, _INJECT, 40), plan.run("nop")]
    yield
    taken = [reply.interrupts for reply in replies if reply.interrupts]
    equal(taken, [(40,)] * 3, "interrupts")


@case("3.6", "several are several")
def several(plan: Plan) -> Iterator[None]:
    plan.app(
        probe("mov x0, #40; mov x8, #7; svc #0; mov x0, #1019; svc #0;" + ANSWER, needs=_NEEDS)
    )
    call, after = plan.smc(FID), plan.run("nop")
    yield
    equal(sorted(call.interrupts + after.interrupts), [40, 1019], "interrupts")


@case("3.6", "in the requester's domain, and no other")
def requester(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=_NEEDS))
    call = system_call(plan, _INJECT, 40, domid=2)
    others = [plan.run("nop", domid=domid) for domid in (1, 3)]
    after = plan.run("nop", domid=2)
    yield
    equal(call.interrupts + after.interrupts, (40,), "interrupts of the requester's domain")
    equal([other.interrupts for other in others], [(), ()], "interrupts of others")


@case("3.6", "it is taken while the guest has interrupts on, not before")
def masked(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=_NEEDS))
    given = {0: FID, 1: int(_INJECT), 2: 40}
    reply = plan.run("msr daifset, #2; smc #0; mov x20, x0; "
                     f"ldr x21, [sp, #{INTERRUPTS}];"
                     "msr daifclr, #2; nop; nop", given)  # fmt: skip
    after = plan.run("nop")
    yield
    equal(reply.x[20], 0, "result")
    equal(reply.x[21], 0, "interrupts taken while they were masked")
    equal(reply.interrupts + after.interrupts, (40,), "interrupts")


@case("3.6", "reserved at load: a second app that asks for it is refused, and both are named")
def reserved(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(irq(40), irq(41)), name="first"))
    second = plan.app(proxy(needs=(irq(41),), name="second", routes=(smc_route(FID + 1),)))
    third = plan.app(proxy(needs=(irq(42),), name="third", routes=(smc_route(FID + 2),)))
    yield
    refused(second.verdict, "first", "second")
    accepted(third.verdict)


@case("3.6", "reserved for the guests that are served: apps that share none may have the same")
def reserved_apart(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(irq(41),), name="first"), serves=(1,))
    second = plan.app(proxy(needs=(irq(41),), name="second"), serves=(2,))
    replies = [system_call(plan, _INJECT, 41, domid=domid) for domid in (1, 2)]
    after = [plan.run("nop", domid=domid) for domid in (1, 2)]
    yield
    accepted(second.verdict)
    for call, later in zip(replies, after, strict=True):
        equal(call.interrupts + later.interrupts, (41,), "interrupts")


@case("3.6", "what was injected stays pending, whatever becomes of the call")
def outlives_the_call(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x0, #40; mov x8, #7; svc #0;" + DIE, needs=_NEEDS))
    call, after = plan.smc(FID), plan.run("nop")
    yield
    equal(call.interrupts + after.interrupts, (40,), "interrupts")


@case("3.6", "by TIMER of a PER_DOMAIN instance: the served guest's")
def by_timer(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        smc=f"li x0, {MS}; mov x8, #8; svc #0;" + ANSWER,
        timer="mov x0, #40; mov x8, #7; svc #0;" + DONE,
    ), whole=True, per_domain=True, needs=(*_NEEDS, TIMER)))  # fmt: skip
    plan.smc(FID, domid=2)
    early = plan.run("nop", domid=2)
    plan.wait(10 * MS)
    own, other = plan.run("nop", domid=2), plan.run("nop")
    yield
    equal((early.interrupts, own.interrupts, other.interrupts), ((), (40,), ()), "interrupts")
