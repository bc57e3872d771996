"""Requests that nobody serves (ABI.md 4.3)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DONE, FID, probe
from xap_harness.conformance.judge import aborted, answered, unclaimed
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import NOWHERE

_ANSWERS = probe("mov x1, #7; mov x2, #8; mov x3, #9; mov x4, #10;" + DONE)


@each("4.3", "unclaimed: {}: x0 = -1 and all else kept", {"SMC": "smc #0", "HVC": "hvc #0"})
def calls_that_nobody_serves(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(_ANSWERS)
    reply = plan.run(instruction, {0: FID + 1})
    yield
    unclaimed(reply)


@case("4.3", "what another kind of call claims is unclaimed for this one")
def kinds_are_apart(plan: Plan) -> Iterator[None]:
    plan.app(_ANSWERS)
    served, other = plan.smc(FID), plan.hvc(FID)
    yield
    answered(served, 7, 8, 9, 10)
    unclaimed(other)


@each("4.3", "MMIO: the abort that the guest would take with no app: {}",
      {"load": "ldr w9, [x10]", "store": "str w9, [x10]"})  # fmt: skip
def accesses_that_nobody_serves(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(_ANSWERS)
    reply = plan.access(instruction, NOWHERE)
    yield
    aborted(reply)
