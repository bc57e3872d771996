"""Posted writes (ABI.md 2.5, and 2, function 6)."""

from collections.abc import Iterator

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    handlers,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    MS,
    answered,
    equal,
    fault_answered,
    log_of,
    one_report,
    stored,
)
from xap_harness.conformance.plan import Plan, Reply
from xap_harness.conformance.suite import case, each

REGION, OTHER = 0x0A00_0000, 0x0B00_0000
PLAIN = 0x0D00_0000
_LOG = "adr x0, text; mov x1, #6; mov x2, #2; mov x8, #1; svc #0;"
FULL = 128
"""Records of 32 bytes in a page."""

# Each batch: appends (requester, number) and all its records to a list at DATA; the count of
# words is at DATA. SMC: four words at DATA + x1. PLAIN is an MMIO region that is not posted.
_KEEPS = handlers(
    init="la x9, DATA; mov x10, #8; str x10, [x9]; str x2, [x9, #8];" + DONE,
    posted="la x9, DATA; ldr x10, [x9]; add x10, x10, #8; add x11, x9, x10; mrs x12, tpidrro_el0;"
    "stp x12, x1, [x11], #16; lsl x13, x1, #5; add x10, x10, #8; add x10, x10, x13;"
    "str x10, [x9]; ldr x14, [x9, #8];"
    "next: cbz x13, out; ldp x15, x16, [x14], #16; stp x15, x16, [x11], #16; sub x13, x13, #16;"
    "b next; out: mov x0, #0;" + DONE,
    smc="la x9, DATA; add x9, x9, x2; ldp x1, x2, [x9]; ldp x3, x4, [x9, #16];" + DONE,
    mmio="la x9, DATA; ldr x1, [x9];" + DONE,
)
_IMAGE = probe(
    _KEEPS,
    whole=True,
    routes=(
        smc_route(),
        *mmio(REGION, posted=True),
        *mmio(OTHER, 0x2000, posted=True),
        *mmio(PLAIN),
    ),
    data_bytes=0x4000,
)
_FIRST = 16  # of the list


def _post(
    plan: Plan, ipa: int, value: int, instruction: str = "str w9, [x10]", **who: int
) -> Reply:
    return plan.access(instruction, ipa, value, **who)


def _list(plan: Plan, count: int, **who: int) -> list[Reply]:
    """So many words of what came; the first of these calls is what hands over the rest."""
    return [plan.smc(FID, _FIRST + 32 * n, **who) for n in range((count + 3) // 4)]


def _words(replies: list[Reply]) -> list[int]:
    return [value for reply in replies for value in reply.x[:4]]


@case("2/6", "x1 = the number of records in the request page")
def number(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    for value in (1, 2, 3):
        _post(plan, REGION, value)
    kept = _list(plan, 2)
    yield
    equal(_words(kept)[:2], [1 << 32, 3], "requester and number")


@case("2.5", "32-byte records: region, offset, width, value; in order, in one call")
def records(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    value = 0xF1F2_F3F4_F5F6_F7F8
    _post(plan, REGION, value, "strb w9, [x10]")
    _post(plan, OTHER + 0x1FFE, value, "strh w9, [x10]")
    _post(plan, REGION + 0xFFC, value, "str w9, [x10]")
    _post(plan, OTHER + 8, value, "str x9, [x10]")
    kept = _list(plan, 19)
    yield
    equal(_words(kept)[:18], [
        1 << 32, 4,
        REGION, 0, 1, value & 0xFF,
        OTHER, 0x1FFE, 2, value & 0xFFFF,
        REGION, 0xFFC, 4, value & 0xFFFF_FFFF,
        OTHER, 8, 8, value,
    ], "requester, number and records")  # fmt: skip


@case("2.5", "the guest goes on at once: the app is not called before")
def at_once(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        posted=_LOG + DONE,
        smc="mov x1, #0; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
    ) + 'text: .ascii "posted";', whole=True,
        routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    writes = [_post(plan, REGION, 1) for _ in range(3)]
    call = plan.smc(FID)
    yield
    for write in writes:
        stored(write)
        equal(log_of(write.console, "probe"), [], "log at the write")
    equal(log_of(call.console, "probe"), ["posted"], "log at the call")


@each("2.5", "before any other call of that guest to the instance: {}", {
    "an SMC": "smc",
    "a load": "load",
    "a store that is not posted": "store",
    "an SMC of its other vCPU": "vcpu",
})  # fmt: skip
def before_others(plan: Plan, kind: str) -> Iterator[None]:
    plan.app(_IMAGE)
    _post(plan, REGION, 7)
    if kind == "load":
        load = plan.access("ldr x9, [x10]", PLAIN)
    elif kind == "store":
        plan.access("str x9, [x10]", PLAIN)
    reply = plan.smc(FID, 0, vcpu=int(kind == "vcpu"))
    yield
    equal(reply.x[0], 8 + 16 + 32, "words that had come")
    if kind == "load":
        equal(load.x[9], 8 + 16 + 32, "words that had come before the load was answered")


@case("2.5", "another guest's call to the instance does not wait for them")
def others_calls(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    _post(plan, REGION, 7)
    other, own = plan.smc(FID, 0, domid=2), plan.smc(FID, 0)
    yield
    equal(other.x[0], 8, "words that had come at the other's call")
    equal(own.x[0], 56, "words that had come at its own")


@case("2.5", "one vCPU's per batch")
def batches(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    for value, (domid, vcpu) in enumerate([(1, 0), (1, 0), (1, 1), (2, 0), (1, 0)]):
        _post(plan, REGION, value, domid=domid, vcpu=vcpu)
    plan.wait(5 * MS)
    kept = _list(plan, 28)
    yield

    def record(value: int) -> list[int]:
        return [REGION, 0, 4, value]

    equal(_words(kept), [
        1 << 32, 2, *record(0), *record(1),
        1 << 32 | 1, 1, *record(2),
        2 << 32, 1, *record(3),
        1 << 32, 1, *record(4),
    ], "batches")  # fmt: skip


@each("2.5", "when the page is full: {} writes", {"127": 127, "128": 128, "129": 129})
def full(plan: Plan, count: int) -> Iterator[None]:
    plan.app(probe(handlers(
        posted="la x9, DATA; ldr x10, [x9]; add x10, x10, #1; stp x10, x1, [x9];" + DONE,
        smc="la x9, DATA; ldp x1, x2, [x9]; mov x3, #0; mov x4, #0;" + DONE,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    plan.run(f"mov x11, #{count}; next: str w11, [x10]; sub x11, x11, #1; cbnz x11, next",
             {10: REGION})  # fmt: skip
    other, own = plan.smc(FID, domid=2), plan.smc(FID)
    yield
    answered(other, *((1, FULL) if count >= FULL else (0, 0)))
    answered(own, *{127: (1, 127), 128: (1, 128), 129: (2, 1)}[count])


@case("2.5", "when the page is full: at once, though the app's deferred work must wait (6.5)")
def full_at_once(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        posted="la x9, DATA; ldr x10, [x9]; add x10, x10, x1; str x10, [x9]; li x11, 200000;"
        "spin: sub x11, x11, #1; cbnz x11, spin;" + DONE,
        smc="la x9, DATA; ldr x1, [x9]; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    _post(plan, REGION, 1)
    plan.wait(1_600_000)  # handed over at 1 ms, for 0.4 ms: what is deferred waits until 5 ms
    plan.run("mov x11, #128; next: str w11, [x10]; sub x11, x11, #1; cbnz x11, next", {10: REGION})
    reply = plan.smc(FID, domid=2)
    yield
    answered(reply, 129)


@each("2.5", "after 1 ms: {}", {"not after 0.5 ms": 500_000, "after 1.2 ms": 1_200_000})
def after_a_while(plan: Plan, ns: int) -> Iterator[None]:
    plan.app(_IMAGE)
    _post(plan, REGION, 7)
    plan.wait(ns)
    reply = plan.smc(FID, 0, domid=2)
    yield
    equal(reply.x[0], 8 if ns < MS else 56, "words that had come")


@case("2.5", "reads of the region are not posted, and come behind the writes")
def reads(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    reply = plan.access("str w9, [x10]; ldr x9, [x10]", REGION)
    yield
    equal(reply.x[9], 56, "words that had come before the load was answered")


@case("2.5", "a batch that ends in a fault is a fault of its requester's call")
def faulty(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(posted=DIE, smc=DONE), whole=True, restart=1,
                   routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    write = _post(plan, REGION, 1, vcpu=1)
    call = plan.smc(FID)
    yield
    stored(write)
    fault_answered(call)
    report = one_report(call.console)
    equal((report["domid"], report["vcpu"]), ("1", "1"), "requester in the report")


@case("2.5", "each instance has a request page of its own; it is zero behind its records")
def page_is_own(plan: Plan) -> Iterator[None]:
    source = handlers(
        init="la x9, DATA; str x2, [x9];" + DONE,
        posted="la x9, DATA; ldr x10, [x9]; ldr x11, [x10, #24]; ldr x12, [x10, #56];"
        "stp x11, x12, [x9, #16];" + DONE,
        smc="la x9, DATA; ldp x1, x2, [x9, #16]; mov x3, #0; mov x4, #0;" + DONE,
    )
    plan.app(probe(source, whole=True, per_domain=True,
                   routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    _post(plan, REGION, 1)
    _post(plan, REGION, 2)
    _post(plan, REGION, 9, domid=2)
    own, other = plan.smc(FID), plan.smc(FID, domid=2)
    yield
    answered(own, 1, 2)
    answered(other, 9, 0)


@case("2.6", "state in RW memory lasts from INIT on, through calls of every kind")
def state(plan: Plan) -> Iterator[None]:
    add = "la x9, DATA; ldr x10, [x9]; add x10, x10, #{}; str x10, [x9];" + DONE
    plan.app(probe(handlers(
        init=add.format(1), event=add.format(2), mmio=add.format(4), posted=add.format(8),
        hvc=add.format(16),
        smc="la x9, DATA; ldr x1, [x9]; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
    ), whole=True, data=(0x100).to_bytes(8, "little"),
        routes=(smc_route(), *mmio(REGION, posted=True), *mmio(PLAIN))))  # fmt: skip
    plan.access("ldr w9, [x10]", PLAIN)
    _post(plan, REGION, 1)
    reply = plan.smc(FID)
    yield
    answered(reply, 0x10F)
