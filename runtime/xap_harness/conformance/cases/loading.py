"""Loading (ABI.md 6.1, 6.2)."""

from collections.abc import Iterator

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    TIMER,
    App,
    Record,
    compiled,
    handlers,
    io,
    irq,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    MS,
    accepted,
    answered,
    equal,
    log_of,
    refused,
    reports,
    that,
    unclaimed,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.platform import RTC
from xap_harness.conformance.proxy import ZERO
from xap_harness.conformance.suite import case, each, not_yet
from xap_harness.conformance.target import GUEST_RAM, Ability, Grant

_ANSWERS = "mov x1, #5;" + ZERO + DONE
_LOG = "adr x0, text; mov x1, #4; mov x2, #2; mov x8, #1; svc #0;"
_TEXT = 'text: .ascii "init";'


def _logs_init(end: str = DONE, **fields: object) -> bytes:
    source = handlers(init=_LOG + end, smc=_ANSWERS) + _TEXT
    return App(source, whole=True, **fields).image()  # type: ignore[arg-type]  # fields of an App


@case("6.1", "an ELF per boot module, before any guest runs, in their order")
def order(plan: Plan) -> Iterator[None]:
    for name, fid in (("first", FID), ("second", FID + 1), ("third", FID + 2)):
        plan.app(_logs_init(name=name, routes=(smc_route(fid),)))
    replies = [plan.smc(FID + n) for n in range(3)]
    yield
    said = [line for line in plan.observed.boot if line.endswith("init")]
    equal([line.split(":")[0] for line in said], ["first", "second", "third"], "order of INIT")
    for reply in replies:
        answered(reply, 5)


@case("6.1", "INIT comes once, before any request")
def init_once(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        init="la x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9];" + DONE,
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True))  # fmt: skip
    first, second = plan.smc(FID), plan.smc(FID, domid=2)
    yield
    answered(first, 1)
    answered(second, 1)


_INIT_REFUSES = {
    "-1": "mov x8, #0; mov x0, #-1; svc #0;",
    "-37": "mov x8, #0; mov x0, #-37; svc #0;",
    "-4095": "mov x8, #0; mov x0, #-4095; svc #0;",
    "1": "mov x8, #0; mov x0, #1; svc #0;",
    "2": "mov x8, #0; mov x0, #2; svc #0;",
    "a fault": "mov x9, #0; ldr x9, [x9];",
    "a panic": "mov x0, #8; mov x1, #0; mov x8, #2; svc #0;",
    "no end": "here: b here;",
}


@each("6.1", "INIT that does not end in 0 or -ENOSYS refuses the load: {}", _INIT_REFUSES)
def init_refuses(plan: Plan, end: str) -> Iterator[None]:
    plan.app(probe(_ANSWERS, name="other", routes=(smc_route(FID + 1),)))
    bad = plan.app(probe(handlers(init=end, smc=_ANSWERS), whole=True, restart=5))
    reply, other = plan.smc(FID), plan.smc(FID + 1)
    plan.wait(100 * MS)
    later = plan.smc(FID)
    yield
    refused(bad.verdict, "probe")
    unclaimed(reply)
    unclaimed(later)
    answered(other, 5)


@case("6.1", "INIT of a PER_DOMAIN app that fails for one guest refuses the load")
def init_refuses_one(plan: Plan) -> Iterator[None]:
    plan.guest(1)
    plan.guest(2)
    bad = plan.app(probe(handlers(
        init="mrs x9, tpidrro_el0; lsr x9, x9, #32; cmp x9, #2; b.ne well; mov x0, #-1; mov x8, #0;"
        "svc #0; well:" + DONE, smc=_ANSWERS), whole=True, per_domain=True))  # fmt: skip
    replies = [plan.smc(FID, domid=domid) for domid in (1, 2)]
    yield
    refused(bad.verdict)
    for reply in replies:
        unclaimed(reply)


def _without_name(old: list[Record]) -> list[Record]:
    return [(n, v) for n, v in old if n != 4]


_BEFORE_INIT = {
    "a manifest": App("", edit_manifest=_without_name),
    "rights": App("", needs=(TIMER,)),
    "routes": App("", routes=(smc_route(0x8400_0000),)),
    "another app's routes": App("", routes=(smc_route(FID + 1),)),
    "a region in the way": App("", routes=mmio(GUEST_RAM)),
}


@each(
    "6.1",
    "order: manifest, rights, routes, memory, INIT: none runs if it fails for {}",
    _BEFORE_INIT,
)
def before_init(plan: Plan, app: App) -> Iterator[None]:
    plan.app(probe(_ANSWERS, name="other", routes=(smc_route(FID + 1),)))
    bad = plan.app(
        _logs_init(edit_manifest=app.edit_manifest, needs=app.needs, routes=app.routes),
        grant=Grant(),
    )
    yield
    refused(bad.verdict)
    equal(log_of(plan.console, "probe"), [], "log of INIT")


@case("6.1", "a failure leaves the system as it was: ids, UUID, name, regions, interrupts are free")
def free_again(plan: Plan) -> Iterator[None]:
    fields = {"routes": (smc_route(), *mmio(0x0A00_0000)), "needs": (irq(40), io(RTC), TIMER)}
    bad = plan.app(probe(handlers(init="mov x8, #0; mov x0, #-1; svc #0;"), whole=True, **fields))
    good = plan.app(probe(handlers(smc=_ANSWERS), whole=True, **fields))
    reply = plan.smc(FID)
    yield
    refused(bad.verdict)
    accepted(good.verdict)
    answered(reply, 5)


@case("6.1", "a failure leaves the system as it was: no timer of a refused app comes")
def no_timer(plan: Plan) -> Iterator[None]:
    bad = plan.app(probe(handlers(
        init=f"li x0, {MS}; mov x8, #8; svc #0; mov x8, #0; mov x0, #-1; svc #0;",
        timer=_LOG + DONE,
    ) + _TEXT, whole=True, needs=(TIMER,)))  # fmt: skip
    plan.wait(20 * MS)
    yield
    refused(bad.verdict)
    equal(log_of(plan.console, "probe"), [], "log")


@case("6.1", "is reported, and boot goes on: the next module is loaded")
def goes_on(plan: Plan) -> Iterator[None]:
    bad = [plan.app(b"no image"), plan.app(probe(DIE, whole=True, name="bad", routes=()))]
    good = plan.app(probe(_ANSWERS))
    reply = plan.smc(FID)
    yield
    for app in bad:
        refused(app.verdict)
    accepted(good.verdict)
    answered(reply, 5)
    equal([report["name"] for report in reports(plan.observed.boot)], ["bad"], "fault reports")


@case("6.1", "the emulated loader also loads later: it serves the guests that live",
      needs=Ability.LATE_LOAD)  # fmt: skip
def late(plan: Plan) -> Iterator[None]:
    before = plan.smc(FID)
    load = plan.load_now(_logs_init())
    after = plan.smc(FID)
    again = plan.load_now(_logs_init(name="again"))
    yield
    unclaimed(before)
    accepted(load.verdict)
    equal(log_of(load.console, "probe"), ["init"], "log of the load")
    answered(after, 5)
    refused(again.verdict, "probe", "again")


@case("6.1", "the copy is kept for restarts: text and constants are as in the file")
def kept(plan: Plan) -> Iterator[None]:
    plan.app(probe("cbnz x2, die; la x9, CONSTANTS; ldr x1, [x9]; ldr x2, [x9, #0xff8]; mov x3, #0;"
                   "mov x4, #0;" + DONE + "die:" + DIE, restart=3,
                   constants=b"constant" + bytes(0xFF0) + b"the last"))  # fmt: skip
    replies = []
    for n in range(3):
        replies.append(plan.smc(FID))
        plan.smc(FID, 1)
        plan.wait(15 * MS << n)
    replies.append(plan.smc(FID))
    yield
    words = [int.from_bytes(text, "little") for text in (b"constant", b"the last")]
    for reply in replies:
        answered(reply, *words)


@case("6.1", "what the compiler makes of Python is loaded and runs")
def python(plan: Plan) -> Iterator[None]:
    app = plan.app(compiled("ledger"))
    replies = [plan.smc(0xC600_0100, amount) for amount in (5, 7)]
    failed = plan.smc(0xC600_0100, (1 << 64) - 1)
    after = plan.smc(0xC600_0101)
    yield
    accepted(app.verdict)
    equal([reply.x[0] for reply in replies], [5, 12], "totals")
    that("ledger" in failed.console[0], "the fault is reported")
    unclaimed(after)


not_yet("6.1", "the image is copied out of every guest's reach",
        "the emulator's guests never hold it")  # fmt: skip
