"""Calls while several vCPUs run (ABI.md 6.4, 5.4)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DIE, DONE, FID, handlers, irq, mmio, probe, smc_route
from xap_harness.conformance.judge import MINUS_1, equal, no_reports, that
from xap_harness.conformance.plan import Plan, one_run
from xap_harness.conformance.proxy import ZERO, proxy
from xap_harness.conformance.suite import case
from xap_harness.conformance.target import FREE_RAM, Ability, Run
from xap_harness.emulator.assembler import assemble, load_immediate

SLOW, FAST = FID, FID + 1
REGION = 0x0A00_0000
_US = 500
"""Turns of two instructions in a microsecond."""

# Spins for x1 microseconds; x0 and x1 are the times when the call began and ended, x2 is how
# often a call began before the one before it had ended, x3 counts.
_SLOW = (
    f"mov x21, x2; mov x8, #9; svc #0; mov x20, x0; la x19, DATA; ldr x9, [x19]; cmp x20, x9;"
    "b.hs fine; ldr x10, [x19, #8]; add x10, x10, #1; str x10, [x19, #8]; fine:"
    f"mov x11, #{_US}; mul x11, x11, x21; add x11, x11, #1; spin: sub x11, x11, #1;"
    "cbnz x11, spin; mov x8, #9; svc #0; str x0, [x19]; mov x2, x0; mov x1, x20;"
    "ldp x3, x4, [x19, #8]; add x4, x4, #1; str x4, [x19, #16];" + DONE
)
_FAST = "mov x8, #9; svc #0; mov x1, x0;" + ZERO + DONE


def _apps(plan: Plan) -> None:
    plan.app(probe(_SLOW, name="slow", budget_us=10_000))
    plan.app(probe(_FAST, name="fast", routes=(smc_route(FAST),)))


def _slow(us: int, **who: int) -> Run:
    """x0..x3 are the answer."""
    return one_run("smc #0", {0: SLOW, 1: us}, **who)


def _spin_then(code: str, us: int) -> str:
    """Lets another vCPU begin first."""
    return f"{load_immediate('x9', us * _US)}; first: sub x9, x9, #1; cbnz x9, first; {code}"


@case("6.4", "calls to one instance never overlap", needs=Ability.PARALLEL)
def never_overlap(plan: Plan) -> Iterator[None]:
    _apps(plan)
    loop = ("mov x20, #20; again: mov x0, x21; mov x1, #30; smc #0; orr x22, x22, x2;"
            "sub x20, x20, #1; cbnz x20, again")  # fmt: skip
    who = [(1, 0), (1, 1), (2, 0)]
    replies = plan.together(
        *[one_run(loop, {21: SLOW, 22: 0}, domid=domid, vcpu=vcpu) for domid, vcpu in who]
    )
    count = plan.smc(SLOW)
    yield
    equal([reply.x[22] for reply in replies], [0, 0, 0], "calls that began within another one")
    equal(count.x[3], 61, "calls counted")
    no_reports(plan.console)


@case("6.4", "a requester that finds it busy waits, and gets its own answer",
      needs=Ability.PARALLEL)  # fmt: skip
def waits(plan: Plan) -> Iterator[None]:
    _apps(plan)
    first, second = plan.together(_slow(500), one_run(_spin_then("smc #0", 50), {0: SLOW, 1: 100},
                                                      domid=2))  # fmt: skip
    yield
    equal((first.x[3], second.x[3]), (1, 2), "order of the calls")
    that(second.x[0] >= first.x[1], "the second began when the first had ended")
    equal(second.changed.keys() - {0, 1, 2, 3, 9}, set(), "registers changed beyond the answer")


@case("6.4", "an instance that is busy does not hold up another app", needs=Ability.PARALLEL)
def others_go_on(plan: Plan) -> Iterator[None]:
    _apps(plan)
    call = one_run(_spin_then("smc #0", 100), {0: FAST}, domid=2)
    slow, fast = plan.together(_slow(2000), call)
    yield
    that(slow.x[0] < fast.x[0] < slow.x[1], "the other app was called meanwhile")


@case("6.4", "nor another guest's instance of the same app", needs=Ability.PARALLEL)
def own_instances(plan: Plan) -> Iterator[None]:
    plan.app(probe(_SLOW, name="slow", budget_us=10_000, per_domain=True))
    one, other = plan.together(_slow(2000), _slow(2000, domid=2))
    yield
    that(one.x[0] < other.x[1] and other.x[0] < one.x[1], "the two calls ran at the same time")


@case("6.4", "while it waits, it may be descheduled", needs=Ability.PARALLEL)
def descheduled(plan: Plan) -> Iterator[None]:
    _apps(plan)
    wait = one_run(_spin_then("smc #0", 20), {0: SLOW, 1: 10}, domid=2)
    work = one_run(_spin_then("smc #0", 100), {0: FAST}, domid=3)
    slow, waiter, worker = plan.together(_slow(8000), wait, work, cpus=(0, 1, 1))
    yield
    that(slow.x[0] < worker.x[0] < slow.x[1], "another guest ran on the waiter's processor")
    that(waiter.x[0] >= slow.x[1], "the waiter was answered behind")


@case("6.4", "while it waits, it takes interrupts: before its instruction, which is repeated",
      needs=Ability.PARALLEL)  # fmt: skip
def interrupted(plan: Plan) -> Iterator[None]:
    _apps(plan)
    plan.app(probe("mov x0, #40; mov x8, #7; svc #0; mov x8, #9; svc #0; mov x1, x0;" + ZERO + DONE,
                   name="rings", needs=(irq(40),), routes=(smc_route(FID + 2),)))  # fmt: skip
    # vCPU 0 of domain 1 waits for domain 2's call to end; its vCPU 1 has an interrupt injected.
    waiting = _spin_then("smc #0", 100)
    slow, waiter, ring = plan.together(
        _slow(4000, domid=2),
        one_run(waiting, {0: SLOW, 1: 10}),
        one_run(_spin_then("smc #0", 500), {0: FID + 2}, vcpu=1),
    )
    yield
    that(slow.x[0] < ring.x[0] < slow.x[1], "the interrupt came while the other call ran")
    equal(waiter.interrupts, (40,), "interrupts")
    equal(
        waiter.interrupted,
        (len(assemble(waiting)) // 4 - 1,),
        "the instruction that the interrupt came before",
    )
    equal(waiter.x[3], 2, "the call that waited, counted")


@case("6.4", "while it waits, its guest may be destroyed: the call that runs is not harmed",
      needs=Ability.PARALLEL)  # fmt: skip
def destroyed(plan: Plan) -> Iterator[None]:
    _apps(plan)
    slow, waiter = plan.together(
        _slow(4000), one_run(_spin_then("smc #0", 100), {0: SLOW, 1: 10}, domid=2),
        destroy=(2, 1_000_000),
    )  # fmt: skip
    after = plan.smc(SLOW)
    yield
    equal(slow.x[3], 1, "the call that ran, counted")
    equal(waiter.x, (), "what the guest saw that is gone")
    equal(after.x[3], 2, "the next call, counted: the one that waited was not made")
    no_reports(plan.console)


@case("6.4", "a fault of the call that runs: those who waited get the fault answer",
      needs=Ability.PARALLEL)  # fmt: skip
def fault(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"li x11, {400 * _US}; spin: sub x11, x11, #1; cbnz x11, spin; cbz x2, fine;"
                   + DIE + "fine: mov x1, #5;" + ZERO + DONE, restart=1))  # fmt: skip
    first, second = plan.together(
        one_run("smc #0", {0: FID, 1: 1}),
        one_run(_spin_then("smc #0", 100), {0: FID, 1: 0}, domid=2),
    )
    yield
    for reply in (first, second):
        equal(reply.x[:4], (MINUS_1, 0, 0, 0), "x0..x3")


@case("6.4", "a load or store waits likewise", needs=Ability.PARALLEL)
def accesses(plan: Plan) -> Iterator[None]:
    spin = f"li x11, {500 * _US}; spin: sub x11, x11, #1; cbnz x11, spin;"
    count = "la x9, DATA; ldr x1, [x9]; add x1, x1, #1; str x1, [x9];"
    plan.app(probe(handlers(smc=spin + count + ZERO + DONE, mmio=count + ZERO + DONE), whole=True,
                   routes=(smc_route(), *mmio(REGION))))  # fmt: skip
    call, load = plan.together(
        one_run("smc #0", {0: FID}),
        one_run(_spin_then("ldr x12, [x10]", 50), {10: REGION}, domid=2),
    )
    yield
    equal((call.x[0], load.x[12]), (1, 2), "calls counted")
    equal(load.exceptions, (), "exceptions")


@case("6.4", "guests go on while an app runs for another one", needs=Ability.PARALLEL)
def guests_go_on(plan: Plan) -> Iterator[None]:
    _apps(plan)
    work = "mov x9, #1000; next: ldr x11, [x10]; add x11, x11, #1; str x11, [x10];"
    slow, other = plan.together(
        _slow(3000),
        one_run(work + "sub x9, x9, #1; cbnz x9, next; smc #0", {0: FAST, 10: FREE_RAM}, domid=2),
    )
    yield
    equal(other.x[11], 1000, "what the guest counted")
    that(slow.x[0] < other.x[0] < slow.x[1], "it was done before the call had ended")


@case("2.5", "when the page is full: while the instance is busy, as soon as it is free",
      needs=Ability.PARALLEL)  # fmt: skip
def full_while_busy(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        posted="la x9, DATA; ldr x10, [x9]; add x10, x10, x1; str x10, [x9];" + DONE,
        smc=f"mov x11, #{_US}; mul x11, x11, x2; add x11, x11, #1; spin: sub x11, x11, #1;"
        "cbnz x11, spin; la x9, DATA; ldr x1, [x9];" + ZERO + DONE,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    again = _spin_then("mov x0, x21; mov x1, #0; smc #0", 150)
    posts = "mov x11, #128; next: str w11, [x10]; sub x11, x11, #1; cbnz x11, next"
    call, guest = plan.together(
        one_run("smc #0; mov x20, x0;" + again, {0: FID, 1: 300, 21: FID}),
        one_run(_spin_then(posts, 50), {10: REGION}, domid=2),
    )
    yield
    equal(guest.exceptions, (), "exceptions")
    equal((call.x[20], call.x[0]), (0, 128), "records that had come, 0.15 ms apart")


@case("2.5", "when the page is full and the instance busy, the next write waits: none is lost",
      needs=Ability.PARALLEL)  # fmt: skip
def more_than_full(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        posted="la x9, DATA; ldp x10, x11, [x9]; add x10, x10, x1; cmp x1, x11; csel x11, x1, x11,"
        "hi; stp x10, x11, [x9];" + DONE,
        smc=f"cbz x2, tell; li x11, {400 * _US}; spin: sub x11, x11, #1; cbnz x11, spin; tell:"
        "la x9, DATA; ldp x1, x2, [x9]; mov x3, #0; mov x4, #0;" + DONE,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    posts = "mov x11, #300; next: str w11, [x10]; sub x11, x11, #1; cbnz x11, next"
    plan.together(
        one_run("smc #0", {0: FID, 1: 1}),
        one_run(_spin_then(posts, 50), {10: REGION}, domid=2),
    )
    reply = plan.smc(FID, 0, domid=2)
    yield
    equal(reply.x[:2], (300, 128), "records that came, and the most at once")


@case("5.4", "within it an app is not preempted: on its processor no guest runs meanwhile",
      needs=Ability.PARALLEL)  # fmt: skip
def not_preempted(plan: Plan) -> Iterator[None]:
    _apps(plan)
    loop = ("mov x20, #200; mov x22, #0; again: mov x0, x21; smc #0;"
            "str x0, [x10], #8; movz x9, #25000; spin: sub x9, x9, #1; cbnz x9, spin;"
            "sub x20, x20, #1; cbnz x20, again")  # fmt: skip
    slow, _ = plan.together(
        one_run(_spin_then("smc #0", 3000), {0: SLOW, 1: 5000}),
        one_run(loop, {21: FAST, 10: FREE_RAM}, domid=2),
        cpus=(0, 0),
    )
    times = plan.read(FREE_RAM, 1600, domid=2)
    yield
    began, ended = slow.x[:2]
    that(ended - began >= 4_500_000, f"the call took {ended - began} ns")
    within = [time for time in times.words if began < time < ended]
    equal(within, [], "times at which the other guest ran on that processor")
    that(times.words[-1] > ended, "it ran behind the call")


@case("6.4", "at most one app frame per CPU: two apps that one processor's guests call",
      needs=Ability.PARALLEL)  # fmt: skip
def one_frame(plan: Plan) -> Iterator[None]:
    plan.app(probe(_SLOW, name="one", budget_us=10_000))
    plan.app(probe(_SLOW, name="two", budget_us=10_000, routes=(smc_route(FAST),)))
    first, second = plan.together(
        one_run("smc #0", {0: SLOW, 1: 3000}),
        one_run("smc #0", {0: FAST, 1: 3000}, domid=2),
        cpus=(0, 0),
    )
    yield
    apart = first.x[1] <= second.x[0] or second.x[1] <= first.x[0]
    that(apart, "one call ended before the other one began")


@case("3.6", "taken at once by a guest that waits for interrupts", needs=Ability.PARALLEL)
def wakes(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(irq(40),)))
    waiter, ring = plan.together(
        one_run("nop; wfi; mov x20, #1"),
        one_run(_spin_then("smc #0", 100), {0: FID, 1: 7, 2: 40}, vcpu=1),
    )
    yield
    equal(ring.x[0], 0, "result of inject_irq")
    equal(waiter.interrupts, (40,), "interrupts")
    equal(waiter.x[20], 1, "what is behind the WFI")
