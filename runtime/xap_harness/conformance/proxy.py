"""Sources that many cases share: above all an app that makes one system call for its guest."""

from xap_harness.conformance.images import DIE, DONE, FID, App
from xap_harness.conformance.plan import Plan, Reply

_CALL = (
    "mov x9, x2; mov x0, x3; mov x1, x4; mov x2, x5; mov x3, x6; mov x4, x7; mov x5, x8;"
    "mov x6, #0; mov x8, x9; svc #0;"
)
SOURCE = _CALL + "mov x4, x3; mov x3, x2; mov x2, x1; mov x1, x0;" + DONE
"""The guest's x1 is the number, x2..x7 are x0..x5; it gets x0..x3 of after."""
RESULTS = _CALL + DONE
"""The guest gets x1..x4 of after."""
ZERO = "mov x2, #0; mov x3, #0; mov x4, #0;"
ANSWER = "mov x1, x0;" + ZERO + DONE
"""x0 is the answer."""
COUNTS = (
    "la x9, DATA; ldr x1, [x9]; add x1, x1, #1; str x1, [x9]; cbz x2, fine;"
    f"{DIE} fine: {ZERO} {DONE}"
)
"""Counts its calls, and answers with the count; faults instead if the guest's x1 is not zero."""


def proxy(**fields: object) -> bytes:
    """The image of an App."""
    return App(SOURCE, **fields).image()  # type: ignore[arg-type]  # fields of an App, as they say


def system_call(plan: Plan, number: int, *arguments: int, domid: int = 1, fid: int = FID) -> Reply:
    return plan.smc(fid, number, *arguments, domid=domid)
