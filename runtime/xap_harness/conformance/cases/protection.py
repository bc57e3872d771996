"""What the segments of an image and its stack may be used for (ABI.md 1.1, 2.1, 5.1)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DONE, FID, probe
from xap_harness.conformance.judge import equal, fault_answered, one_report
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import each

_FETCH, _DATA = 0x20, 0x24
_WRITE = 1 << 6

_ACCESSES = {
    "text is not written": ("adr x9, smc_; str x9, [x9];", _DATA, _WRITE),
    "constants are not written": ("la x9, CONSTANTS; str x9, [x9];", _DATA, _WRITE),
    "constants are not executed": ("la x9, CONSTANTS; br x9;", _FETCH, 0),
    "state is not executed": ("la x9, DATA; br x9;", _FETCH, 0),
    "the stack is not executed": (
        "mov w8, #0xd4; mov x9, sp; sub x9, x9, #16; str x8, [x9]; br x9;", _FETCH, 0
    ),
}  # fmt: skip


@each("1.1", "never writable and executable: {}", _ACCESSES)
def protected(plan: Plan, access: tuple[str, int, int]) -> Iterator[None]:
    source, exception, direction = access
    plan.app(probe(source + DONE, constants=b"\0" * 8))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    esr = int(one_report(reply.console)["esr"], 16)
    equal(esr >> 26, exception, "exception class")
    equal(esr & _WRITE, direction, "WnR")
