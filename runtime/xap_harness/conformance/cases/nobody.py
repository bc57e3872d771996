"""Calls that have no requester (ABI.md 2.4)."""

from collections.abc import Iterator

from xaprt import abi

from xap_harness.conformance.images import (
    DONE,
    FID,
    MEMORY,
    TIMER,
    calls,
    handlers,
    irq,
    probe,
)
from xap_harness.conformance.judge import MS, answered, equal, errno
from xap_harness.conformance.plan import Plan, Reply
from xap_harness.conformance.platform import FIRMWARE_LOW
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import FREE_RAM

VIRQ = 40
_NONE = 0x7FF4 << 32 | 0xFFFF

# In a call without requester: TPIDRRO_EL0, what map_guest_page and inject_irq give, and the
# first word of the page that was mapped; then what the firmware gets as x7. Of each function at
# DATA + 64 * (code + 1). SMC: x1 = 0 sets the timer, else four words at DATA + x1.
_TRIES = (
    "la x19, DATA; add x19, x19, x0, lsl #6; add x19, x19, #64; mrs x9, tpidrro_el0; str x9, [x19];"
    f"li x0, {FREE_RAM:#x}; mov x1, #0; mov x8, #4; svc #0; str x0, [x19, #8];"
    "tbnz x0, #63, no; ldr x9, [x0]; str x9, [x19, #24];"
    f"no: mov x0, #{VIRQ}; mov x8, #7; svc #0; str x0, [x19, #16];"
    f"li x0, {FIRMWARE_LOW:#x}; mov x8, #3; svc #0; str x4, [x19, #32];" + DONE
)
_SMC = (
    f"cbnz x2, asked; li x0, {MS}; mov x8, #8; svc #0; mov x1, x0; mov x2, #0; mov x3, #0;"
    "mov x4, #0;" + DONE + "asked: la x9, DATA; add x9, x9, x2; ldp x1, x2, [x9];"
    "ldp x3, x4, [x9, #16];" + DONE
)
_SOURCE = "cmp x0, #1; b.ne tries;" + _SMC + "tries:" + _TRIES


def _image(*, per_domain: bool) -> bytes:
    needs = (MEMORY, irq(VIRQ), TIMER, calls(FIRMWARE_LOW))
    return probe(_SOURCE, whole=True, needs=needs, per_domain=per_domain)


def _seen(plan: Plan, function: abi.Function, domid: int = 1) -> tuple[Reply, Reply]:
    """After a TIMER: what the function's last call saw."""
    plan.smc(FID, domid=domid)
    plan.wait(20 * MS)
    at = 64 * (function + 1)
    return plan.smc(FID, at, domid=domid), plan.smc(FID, at + 32, domid=domid)


_SHARED = {
    "INIT": abi.Function.INIT,
    "TIMER": abi.Function.TIMER,
    "EVENT": abi.Function.EVENT,
}


@each("2.4", "{}, SHARED: TPIDRRO_EL0 0x7ff4 | 0xffff, -EPERM from map_guest_page, inject_irq",
      {each: each for each in _SHARED})  # fmt: skip
def shared(plan: Plan, name: str) -> Iterator[None]:
    plan.write(FREE_RAM, b"\x55" * 8)
    plan.app(_image(per_domain=False))
    first, second = _seen(plan, _SHARED[name])
    yield
    equal(first.x[0], _NONE, "TPIDRRO_EL0")
    errno(first.x[1], abi.Errno.EPERM)
    errno(first.x[2], abi.Errno.EPERM)
    equal(first.x[3], 0, "what was read of a page")
    equal(second.x[0], 0, "x7 at the firmware")
    equal(first.interrupts, (), "interrupts")


@each("2.4", "{}, PER_DOMAIN: the served guest is who the call is for",
      {"INIT": abi.Function.INIT, "TIMER": abi.Function.TIMER})  # fmt: skip
def per_domain(plan: Plan, function: abi.Function) -> Iterator[None]:
    plan.guest(3)
    plan.guest(4)
    plan.app(_image(per_domain=True))
    for domid in (3, 4):
        plan.write(FREE_RAM, bytes([domid]) * 8, domid=domid)
    before = plan.run("nop", domid=4)
    first, second = _seen(plan, function, domid=4)
    other = plan.run("nop", domid=3)
    yield
    equal(first.x[0], 4 << 32 | 0xFFFF, "TPIDRRO_EL0")
    equal(first.x[1] & 0xFFF | first.x[1] >> 63, 0, "low bits and sign of the page's address")
    equal(first.x[2], 0, "result of inject_irq")
    if function is abi.Function.TIMER:
        equal(first.x[3], int.from_bytes(b"\4" * 8, "little"), "what was read of the page")
        equal(first.interrupts, (VIRQ,), "interrupts of the guest served")
    equal(second.x[0], 5, "x7 at the firmware")
    equal(before.interrupts, (VIRQ,), "interrupts by INIT")
    equal(other.interrupts, (VIRQ,), "interrupts of the other guest, by its own INIT")


@case("2.4", "HANDLE_POSTED and requests after a call without requester have their own again")
def back(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        smc="mrs x1, tpidrro_el0; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
        event="mrs x9, tpidrro_el0;" + DONE,
    ), whole=True))  # fmt: skip
    reply = plan.smc(FID, domid=2, vcpu=1)
    yield
    answered(reply, 2 << 32 | 1)
