"""Deferred work (ABI.md 6.5) and EVENT (6.6)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DIE, DONE, FID, TIMER, handlers, mmio, probe, smc_route
from xap_harness.conformance.judge import (
    MS,
    answered,
    equal,
    fault_answered,
    that,
    values,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.proxy import ZERO
from xap_harness.conformance.suite import case, not_yet
from xap_harness.conformance.target import Ability

REGION = 0x0A00_0000
_SPIN = "li x11, {}; spin{}: sub x11, x11, #1; cbnz x11, spin{};"


def _spin(us: int, label: str = "") -> str:
    return _SPIN.format(us * 500, label, label)


@case("6.5", "after deferred work that took t the next comes at least 9t later: TIMER")
def share_of_timers(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        smc=f"la x9, DATA; cbz x2, asked; li x0, {MS}; mov x8, #8; svc #0;" + DONE
        + "asked: ldp x1, x2, [x9]; ldr x3, [x9, #16]; mov x4, #0;" + DONE,
        timer="la x19, DATA; ldr x9, [x19]; add x9, x9, #1; str x9, [x19]; ldr x10, [x19, #8];"
        "cbz x10, first; sub x12, x1, x10; ldr x13, [x19, #16]; cmp x12, x13; b.hs kept;"
        "cbz x13, new; b new; kept: cbnz x13, first; new: str x12, [x19, #16]; first:"
        f"str x1, [x19, #8]; {_spin(500)} li x0, {MS}; mov x8, #8; svc #0;" + DONE,
    ), whole=True, needs=(TIMER,)))  # fmt: skip
    plan.smc(FID, 1)
    plan.wait(100 * MS)
    reply = plan.smc(FID)
    yield
    count, _, shortest = reply.x[:3]
    # TIMER takes 0.5 ms: the next begins 4.5 ms behind its end, 5 ms after it began.
    that(shortest >= 49 * MS // 10, f"{shortest} ns between two TIMERs that take 0.5 ms each")
    that(10 <= count <= 20, f"TIMER came {count} times in 100 ms")


@case("6.5", "9t: a posted batch that nobody waits for puts the next one off")
def share_of_batches(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        posted=f"la x9, DATA; ldr x10, [x9]; add x10, x10, x1; str x10, [x9]; {_spin(400)}" + DONE,
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    plan.access("str w9, [x10]", REGION)
    plan.wait(1500_000)  # the first batch is handed over at 1 ms, and takes 0.4 ms
    plan.access("str w9, [x10]", REGION)
    plan.wait(2 * MS)  # 9t = 3.6 ms
    early = plan.smc(FID, domid=2)
    plan.wait(3 * MS)
    late = plan.smc(FID, domid=2)
    yield
    answered(early, 1)
    answered(late, 2)


@case("6.5", "9t: a request of a guest does not wait for it, and hands the batch over")
def requests_do_not_wait(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        posted=f"la x9, DATA; ldr x10, [x9]; add x10, x10, x1; str x10, [x9]; {_spin(400)}" + DONE,
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    plan.access("str w9, [x10]", REGION)
    plan.wait(1500_000)
    plan.access("str w9, [x10]", REGION)
    reply = plan.smc(FID)
    yield
    answered(reply, 2)


@case("6.5", "9t: of that app: another app's deferred work does not wait")
def share_is_own(plan: Plan) -> Iterator[None]:
    for name, fid, spin in (("slow", FID, 900), ("fast", FID + 1, 1)):
        plan.app(probe(handlers(
            smc=f"la x9, DATA; ldr x1, [x9]; cbz x2, out; li x0, {MS}; mov x8, #8; svc #0; out:"
            + ZERO + DONE,
            timer=f"la x19, DATA; ldr x9, [x19]; add x9, x9, #1; str x9, [x19]; {_spin(spin)}"
            f"li x0, {MS}; mov x8, #8; svc #0;" + DONE,
        ), whole=True, needs=(TIMER,), name=name, routes=(smc_route(fid),)))  # fmt: skip
    plan.smc(FID, 1)
    plan.smc(FID + 1, 1)
    plan.wait(50 * MS)
    slow, fast = plan.smc(FID), plan.smc(FID + 1)
    yield
    that(4 <= slow.x[0] <= 7, f"TIMER that takes 0.9 ms came {slow.x[0]} times in 50 ms")
    that(fast.x[0] >= 25, f"TIMER that takes little came {fast.x[0]} times in 50 ms")


@case("6.5", "9t: a restart whose INIT takes long puts the next one off")
def share_of_restarts(plan: Plan) -> Iterator[None]:
    smc = "mov x1, #5; cbnz x2, die;" + ZERO + DONE + "die:" + DIE
    source = handlers(init=_spin(5000) + DONE, smc=smc)
    plan.app(probe(source, whole=True, restart=5, budget_us=10_000))
    plan.smc(FID, 1)
    plan.wait(16 * MS)  # the restart comes at 10 ms, and takes 5
    first = plan.smc(FID)
    plan.smc(FID, 1)
    plan.wait(25 * MS)  # the next would come at 20 ms, but for 9t = 45 ms
    early = plan.smc(FID)
    plan.wait(35 * MS)
    late = plan.smc(FID)
    yield
    answered(first, 5)
    fault_answered(early)
    answered(late, 5)


@case("6.5", "TIMER comes while no guest asks for anything")
def unasked(plan: Plan) -> Iterator[None]:
    text = 'text: .ascii "tick";'
    plan.app(probe(handlers(
        smc=f"li x0, {2 * MS}; mov x8, #8; svc #0; mov x1, x0;" + ZERO + DONE,
        timer="adr x0, text; mov x1, #4; mov x2, #2; mov x8, #1; svc #0;" + DONE,
    ) + text, whole=True, needs=(TIMER,)))  # fmt: skip
    plan.smc(FID)
    wait = plan.wait(10 * MS)
    yield
    equal(wait.console, ("probe: tick",), "console while nobody asks")


not_yet("6.5", "calls run in the requester's time slice and are charged to it",
        "the emulator's guests have no clock of their own time")  # fmt: skip
not_yet("6.5", "deferred work is charged to no guest",
        "the emulator's guests have no clock of their own time")  # fmt: skip


# --- EVENT ---------------------------------------------------------------------------------

# Keeps events as pairs of digits, event and domid, the last one lowest; SMC tells.
_KEEPS = handlers(
    event="la x9, DATA; ldr x10, [x9]; add x10, x1, x10, lsl #4; add x10, x2, x10, lsl #4;"
    "str x10, [x9];" + DONE,
    smc="cbnz x2, die; la x9, DATA; ldr x1, [x9];" + ZERO + DONE + "die:" + DIE,
)


@case("6.6", "1 before a served guest first runs")
def created(plan: Plan) -> Iterator[None]:
    for domid in (1, 2, 3):
        plan.guest(domid)
    plan.app(probe(_KEEPS, whole=True), serves=(1, 3))
    reply = plan.smc(FID)
    yield
    answered(reply, 0x1113)


@case("6.6", "1 before a served guest first runs: one that is created later",
      needs=Ability.LATE_GUEST)  # fmt: skip
def created_later(plan: Plan) -> Iterator[None]:
    plan.guest(1)
    plan.app(probe(_KEEPS, whole=True), serves=(1, 4))
    for domid in (4, 5):
        plan.create(domid)
    first, again = plan.smc(FID, domid=4), plan.smc(FID)
    other = plan.smc(FID, domid=5)
    yield
    answered(first, 0x1114)
    answered(again, 0x1114)
    equal(other.x[0], (1 << 64) - 1, "x0 of a guest that is not served")


@case("6.6", "a PER_DOMAIN app has an instance for a guest that is created later",
      needs=Ability.LATE_GUEST)  # fmt: skip
def instance_later(plan: Plan) -> Iterator[None]:
    plan.guest(1)
    plan.app(probe(handlers(
        init="la x9, DATA; mrs x10, tpidrro_el0; str x10, [x9];" + DONE,
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, per_domain=True))  # fmt: skip
    plan.create(4)
    replies = [plan.smc(FID, domid=domid) for domid in (4, 1)]
    yield
    equal(values(replies), [4 << 32 | 0xFFFF, 1 << 32 | 0xFFFF], "TPIDRRO_EL0 of INIT")


@case("6.6", "and after each INIT for every living one")
def after_restart(plan: Plan) -> Iterator[None]:
    for domid in (1, 2, 3):
        plan.guest(domid)
    plan.app(probe(_KEEPS, whole=True, restart=2))
    plan.destroy(2)
    before = plan.smc(FID)
    plan.smc(FID, 1)
    plan.wait(15 * MS)
    after = plan.smc(FID)
    yield
    answered(before, 0x1112_1322)
    answered(after, 0x1113)


@case("6.6", "2 once after its last call")
def destroyed(plan: Plan) -> Iterator[None]:
    plan.app(probe(_KEEPS, whole=True))
    last = plan.smc(FID, domid=2)
    plan.guest(1)
    plan.destroy(2)
    plan.wait(20 * MS)
    reply = plan.smc(FID)
    plan.wait(20 * MS)
    again = plan.smc(FID)
    yield
    that(last.x[0] in (0x1211, 0x1112), f"events before: {last.x[0]:#x}")
    answered(reply, last.x[0] << 8 | 0x22)
    answered(again, reply.x[0])


@case("6.6", "2 comes behind what the guest has posted")
def behind_posts(plan: Plan) -> Iterator[None]:
    keeps = "la x9, DATA; ldr x10, [x9]; add x10, {}, x10, lsl #4; str x10, [x9];" + DONE
    plan.app(probe(handlers(
        event="cmp x1, #2; b.ne out;" + keeps.format("x1") + "out:" + DONE,
        posted="mov x11, #7;" + keeps.format("x11"),
        smc="la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    plan.guest(1)
    plan.access("str w9, [x10]", REGION, domid=2)
    plan.destroy(2)
    plan.wait(20 * MS)
    reply = plan.smc(FID)
    yield
    answered(reply, 0x72)


@case("6.6", "none to a PER_DOMAIN instance: it has INIT instead and ends with its guest, uncalled")
def not_per_domain(plan: Plan) -> Iterator[None]:
    text = 'text: .ascii "event";'
    plan.app(probe(handlers(
        event="adr x0, text; mov x1, #5; mov x2, #2; mov x8, #1; svc #0;" + DONE,
        smc="mov x1, #5;" + ZERO + DONE,
    ) + text, whole=True, per_domain=True))  # fmt: skip
    replies = [plan.smc(FID, domid=domid) for domid in (1, 2)]
    plan.destroy(2)
    plan.wait(20 * MS)
    yield
    equal(values(replies), [5, 5], "answers")
    equal([line for line in plan.console if "event" in line], [], "console")


@case("6.6", "a guest that comes back is another guest", needs=Ability.LATE_GUEST)
def comes_back(plan: Plan) -> Iterator[None]:
    plan.app(probe(_KEEPS, whole=True))
    plan.guest(1)
    plan.guest(2)
    plan.destroy(2)
    plan.wait(20 * MS)
    plan.create(2)
    plan.wait(20 * MS)
    reply = plan.smc(FID)
    yield
    answered(reply, 0x1112_2212)
