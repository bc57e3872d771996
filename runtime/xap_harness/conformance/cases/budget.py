"""The budget of a call (ABI.md 5.4)."""

from collections.abc import Iterator

from xaprt import abi

from xap_harness.conformance.images import (
    DONE,
    FID,
    MEMORY,
    Record,
    handlers,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    accepted,
    answered,
    equal,
    fault_answered,
    log_of,
    no_reports,
    one_report,
    refused,
    that,
    unclaimed,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.proxy import ZERO
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import FREE_RAM

_SPIN = "mov x9, x2; next: sub x9, x9, #1; cbnz x9, next; mov x1, #5;" + ZERO + DONE
"""Two instructions for each that the guest's x1 says."""
_US = abi.INSTRUCTIONS_PER_US // 2
"""Turns of it in a microsecond."""


@each("5.4", "microseconds per call: {}", {
    "0 is 1000": (0, 1000),
    "1000": (1000, 1000),
    "100": (100, 100),
    "10000": (10_000, 10_000),
})  # fmt: skip
def budget(plan: Plan, budget: tuple[int, int]) -> Iterator[None]:
    said, us = budget
    app = plan.app(probe(_SPIN, budget_us=said))
    within = plan.smc(FID, us * _US * 95 // 100)
    again = plan.smc(FID, us * _US * 95 // 100)
    beyond = plan.smc(FID, us * _US * 105 // 100)
    after = plan.smc(FID, 1)
    yield
    accepted(app.verdict)
    answered(within, 5)
    answered(again, 5)
    fault_answered(beyond)
    report = one_report(beyond.console)
    equal(report["kind"], "budget", "kind of the fault")
    used = int(report["spent"])
    most = us * abi.INSTRUCTIONS_PER_US
    that(most * 95 // 100 <= used <= most * 105 // 100, f"spent {used} of {most}")
    unclaimed(after)


@case("5.4", "each call has its own: what one leaves the next does not get")
def each_call(plan: Plan) -> Iterator[None]:
    plan.app(probe(_SPIN, budget_us=100))
    replies = [plan.smc(FID, 60 * _US) for _ in range(5)]
    yield
    for reply in replies:
        answered(reply, 5)
    no_reports(plan.console)


@each("5.4", "an endless loop ends, however often the code ran before: {}", {
    "of one instruction": "here: b here;",
    "of ten": "here: nop; nop; nop; nop; nop; nop; nop; nop; nop; b here;",
    "of system calls": "here: mov x8, #9; svc #0; b here;",
    "of log lines": "here: adr x0, smc_; mov x1, #1; mov x8, #1; svc #0; b here;",
    "of calls": "here: bl there; b here; there: ret;",
    "through memory": "la x9, DATA; here: ldr x10, [x9]; str x10, [x9]; b here;",
})  # fmt: skip
def endless(plan: Plan, loop: str) -> Iterator[None]:
    # A loop that ends runs the same code first.
    warm = "mov x9, #9; warm: sub x9, x9, #1; cbnz x9, warm; cbz x2, out;"
    plan.app(probe(warm + loop + "out: mov x1, #5;" + ZERO + DONE, budget_us=20))
    first, reply, after = plan.smc(FID), plan.smc(FID, 1), plan.smc(FID)
    yield
    answered(first, 5)
    fault_answered(reply)
    equal(one_report(reply.console)["kind"], "budget", "kind of the fault")
    unclaimed(after)


@case("5.4", "system calls included: their instructions count")
def system_calls(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x9, x2; next: mov x8, #9; svc #0; sub x9, x9, #1; cbnz x9, next;"
                   "mov x1, #5;" + ZERO + DONE, budget_us=100))  # fmt: skip
    few, many = plan.smc(FID, 100), plan.smc(FID, 100_000)
    yield
    answered(few, 5)
    fault_answered(many)
    equal(one_report(many.console)["kind"], "budget", "kind of the fault")


@case("5.4", "a loop of accesses to a guest's page ends, and the page is left whole")
def in_a_page(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"li x0, {FREE_RAM:#x}; mov x1, #1; mov x8, #4; svc #0; here: str x0, [x0];"
                   "b here;", needs=(MEMORY,)))  # fmt: skip
    reply = plan.smc(FID)
    guest = plan.run("str x9, [x10]; ldr x11, [x10]", {9: 5, 10: FREE_RAM})
    yield
    fault_answered(reply)
    equal(guest.x[11], 5, "what the guest finds in its page")


@each("5.4", "it holds for calls of every kind: {}", {
    "INIT": "init", "EVENT": "event", "HANDLE_MMIO": "mmio", "HANDLE_POSTED": "posted",
})  # fmt: skip
def every_kind(plan: Plan, kind: str) -> Iterator[None]:
    routes = (smc_route(), *mmio(0x0A00_0000), *mmio(0x0B00_0000, posted=True))
    plan.app(probe(handlers(**{kind: "here: b here;"}), whole=True, routes=routes))
    plan.access("ldr w9, [x10]", 0x0A00_0000)
    plan.access("str w9, [x10]", 0x0B00_0000)
    reply = plan.smc(FID)
    yield
    unclaimed(reply)
    equal(one_report(plan.console)["kind"], "budget", "kind of the fault")


@each("5.4", "above 10,000 refused: {}", {"10001": 10_001, "the largest": (1 << 32) - 1})
def too_much(plan: Plan, us: int) -> Iterator[None]:
    value = us.to_bytes(4, "little")

    def edit(old: list[Record]) -> list[Record]:
        return [(n, value if n == abi.Record.BUDGET else v) for n, v in old]

    app = plan.app(probe(_SPIN, edit_manifest=edit))
    yield
    refused(app.verdict)


@case("5.4", "never inside a system call: the line that was asked for is whole")
def whole_lines(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x20, DATA; here: mov x0, x20; mov x1, #200; mov x2, #2; mov x8, #1; svc #0;"
                   "b here;", data=b"w" * 200, budget_us=20))  # fmt: skip
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    lines = [line for line in log_of(reply.console, "probe") if line.startswith("w")]
    equal(lines, ["w" * 200] * 16, "log")
