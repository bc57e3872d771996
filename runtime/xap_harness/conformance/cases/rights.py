"""What an app asks for, and whom it serves (ABI.md 4.1)."""

from collections.abc import Iterator
from dataclasses import replace

from xaprt.abi import Syscall
from xaprt.manifest import Need

from xap_harness.conformance.images import (
    DONE,
    FID,
    MEMORY,
    READ_MEMORY,
    TIMER,
    App,
    calls,
    handlers,
    io,
    irq,
    mmio,
    smc_route,
)
from xap_harness.conformance.judge import (
    aborted,
    accepted,
    answered,
    loaded,
    refused,
    unclaimed,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.platform import FIRMWARE_COUNT, FIRMWARE_LOW, GPIO, RTC
from xap_harness.conformance.proxy import ZERO, proxy, system_call
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import Grant, Io

REGION = 0x0A00_0000
_ALL = Grant((FIRMWARE_LOW, FIRMWARE_COUNT), "rw", (RTC, GPIO), (40, 41), True)
_NEEDS = (calls(FIRMWARE_LOW, FIRMWARE_COUNT), MEMORY, io(RTC), io(GPIO), irq(40), irq(41), TIMER)

_BEYOND: dict[str, Grant] = {
    "nothing": Grant(),
    "one id of two": replace(_ALL, call_smc=(FIRMWARE_LOW,)),
    "no memory": replace(_ALL, memory=""),
    "memory to read": replace(_ALL, memory="r"),
    "one region of two": replace(_ALL, io=(RTC,)),
    "half a region": replace(_ALL, io=(RTC, Io("gpio", GPIO.base, 0x800))),
    "another region": replace(_ALL, io=(RTC, Io("gpio", GPIO.base + 0x1000, 0x1000))),
    "one interrupt of two": replace(_ALL, irqs=(41,)),
    "no timer": replace(_ALL, timer=False),
}


@each("4.1", "a need beyond the grant refuses the load: granted {}", _BEYOND)
def beyond(plan: Plan, grant: Grant) -> Iterator[None]:
    app = plan.app(proxy(needs=_NEEDS), grant=grant)
    reply = plan.smc(FID)
    yield
    refused(app.verdict, "probe")
    unclaimed(reply)


_WITHIN: dict[str, tuple[tuple[Need, ...], Grant]] = {
    "exactly what it needs": (_NEEDS, _ALL),
    "more than it needs": ((READ_MEMORY, irq(41)), _ALL),
    "nothing, and it needs nothing": ((), Grant()),
    "write, and it reads": ((READ_MEMORY,), Grant(memory="rw")),
}


@each("4.1", "accepted within the grant: {}", _WITHIN)
def within(plan: Plan, rights: tuple[tuple[Need, ...], Grant]) -> Iterator[None]:
    needs, grant = rights
    app = plan.app(proxy(needs=needs), grant=grant)
    reply = system_call(plan, 99)
    yield
    accepted(app.verdict)
    answered(reply, -38, 0, 0, 0)


@case("4.1", "the manifest asks: what is granted beyond it the app has not")
def asked(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(irq(40),)), grant=_ALL)
    other = [
        system_call(plan, Syscall.INJECT_IRQ, 41),
        system_call(plan, Syscall.SET_TIMER, 5),
        system_call(plan, Syscall.CALL_SMC, FIRMWARE_LOW),
        system_call(plan, Syscall.MAP_IO, 0),
        system_call(plan, Syscall.MAP_GUEST_PAGE, 0x4001_0000, 0),
    ]
    yield
    for reply in other:
        answered(reply, -1, *reply.x[1:4])


# --- guests served -------------------------------------------------------------------------------


def _says(number: int, name: str) -> bytes:
    source = f"mov x1, #{number};" + ZERO + DONE
    app = App(handlers(smc=source, mmio=source), name=name, whole=True)
    return replace(app, routes=(smc_route(), *mmio(REGION))).image()


@case("4.1", "a guest not served sees no routes")
def served(plan: Plan) -> Iterator[None]:
    plan.guest(3)
    plan.app(_says(5, "probe"), serves=(1, 3))
    replies = {domid: plan.smc(FID, domid=domid) for domid in (1, 2, 3)}
    loads = {domid: plan.access("ldr w9, [x10]", REGION, domid=domid) for domid in (1, 2, 3)}
    yield
    answered(replies[1], 5)
    unclaimed(replies[2])
    answered(replies[3], 5)
    loaded(loads[1], 5)
    aborted(loads[2])
    loaded(loads[3], 5)


@case("4.1", "an app that serves nobody is loaded, and called by nobody")
def serves_nobody(plan: Plan) -> Iterator[None]:
    app = plan.app(_says(5, "probe"), serves=())
    reply = plan.smc(FID)
    yield
    accepted(app.verdict)
    unclaimed(reply)


@case("4.1", "two apps conflict only if they share a guest: each guest has its own")
def apart(plan: Plan) -> Iterator[None]:
    apps = [
        plan.app(_says(5, "one"), serves=(1,)),
        plan.app(_says(6, "two"), serves=(2, 4)),
        plan.app(_says(7, "three"), serves=(4,)),
    ]
    replies = {domid: plan.smc(FID, domid=domid) for domid in (1, 2, 4)}
    load = plan.access("ldr w9, [x10]", REGION, domid=2)
    yield
    accepted(apps[0].verdict)
    accepted(apps[1].verdict)
    refused(apps[2].verdict, "two", "three")
    answered(replies[1], 5)
    answered(replies[2], 6)
    answered(replies[4], 6)
    loaded(load, 6)


@case("4.1", "an app for every guest conflicts with one for some")
def every(plan: Plan) -> Iterator[None]:
    apps = [plan.app(_says(5, "one")), plan.app(_says(6, "two"), serves=(2,))]
    reply = plan.smc(FID, domid=2)
    yield
    accepted(apps[0].verdict)
    refused(apps[1].verdict, "one", "two")
    answered(reply, 5)
