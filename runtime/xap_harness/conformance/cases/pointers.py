"""What a system call's pointer may point to (ABI.md 3.1)."""

from collections.abc import Iterator

from xaprt import abi

from xap_harness.conformance.images import (
    DONE,
    FID,
    MEMORY,
    handlers,
    io,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import answered, equal, errno, log_of, no_reports
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.platform import RTC
from xap_harness.conformance.proxy import ANSWER
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import FREE_RAM

REGION = 0x0A00_0000
_LOG = "mov x2, #2; mov x8, #1; svc #0;" + ANSWER

_OWN = {
    "text": 'adr x0, text; mov x1, #2; b log; text: .ascii "hi"; .balign 4; log:',
    "constants": "la x0, CONSTANTS; mov x1, #2;",
    "state": "la x0, DATA; mov x1, #2;",
    "the last bytes of the state": "la x0, DATA; add x0, x0, #0xffe; mov w9, #0x6968;"
    "strh w9, [x0]; mov x1, #2;",
    "stack": "mov w9, #0x6968; str x9, [sp, #-16]!; mov x0, sp; mov x1, #2;",
    "the top of the stack": "mov w9, #0x6968; strh w9, [sp, #-2]; sub x0, sp, #2; mov x1, #2;",
    "the bottom of the stack": "sub x0, sp, #1, lsl #12; mov w9, #0x6968; strh w9, [x0];"
    "mov x1, #2;",
}


@each("3.1", "the app's own image or stack: {}", _OWN)
def own(plan: Plan, source: str) -> Iterator[None]:
    plan.app(probe(source + _LOG, data=b"hi", constants=b"hi"))
    reply = plan.smc(FID)
    yield
    answered(reply, 0)
    equal(log_of(reply.console, "probe"), ["hi"], "log")


@case("3.1", "a range may reach from one segment into the next one that lies behind it")
def segments(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x0, DATA; sub x0, x0, #4; mov x1, #6;" + _LOG, data=b"hi"))
    reply = plan.smc(FID)
    yield
    answered(reply, 0)
    equal(log_of(reply.console, "probe"), ["????hi"], "log: zeros that end the text, the state")


@case("3.1", "a length of 0 is good")
def nothing(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x0, DATA; mov x1, #0;" + _LOG))
    reply = plan.smc(FID)
    yield
    answered(reply, 0)


_FOREIGN = {
    "null": "mov x0, #0; mov x1, #1;",
    "below the image": "adr x0, smc_; and x0, x0, #-4096; sub x0, x0, #1; mov x1, #1;",
    "behind the image": "la x0, DATA; add x0, x0, #1, lsl #12; mov x1, #1;",
    "straddling the end of the image": "la x0, DATA; add x0, x0, #0xffc; mov x1, #5;",
    "the guard page": "sub x0, sp, #1, lsl #12; sub x0, x0, #1; mov x1, #1;",
    "straddling the bottom of the stack": "sub x0, sp, #1, lsl #12; sub x0, x0, #1; mov x1, #2;",
    "above the stack": "mov x0, sp; mov x1, #1;",
    "straddling the top of the stack": "sub x0, sp, #8; mov x1, #9;",
    "a length that wraps": "la x0, DATA; mov x1, #-8;",
    "the largest length": "la x0, DATA; mov x1, #-1;",
    "a length to the end of everything": "la x0, DATA; neg x1, x0;",
    "a length beyond 32 bits": "la x0, DATA; mov x1, #1; lsl x1, x1, #32; add x1, x1, #2;",
    "a pointer whose low half is good": "la x0, DATA; orr x0, x0, #0x4000000000000000; mov x1, #1;",
    "a tagged pointer": "la x0, DATA; orr x0, x0, #0xff00000000000000; mov x1, #1;",
    "the guest's memory": f"li x0, {FREE_RAM:#x}; mov x1, #4;",
    "the device, by its physical address": f"li x0, {RTC.base:#x}; mov x1, #4;",
    "a mapped guest page": f"li x0, {FREE_RAM:#x}; mov x1, #0; mov x8, #4; svc #0; mov x1, #4;",
    "a mapped device": "mov x0, #0; mov x8, #6; svc #0; mov x1, #4;",
}


@each("3.1", "else -EFAULT: {}", _FOREIGN)
def foreign(plan: Plan, source: str) -> Iterator[None]:
    plan.app(probe(source + _LOG, needs=(MEMORY, io(RTC)), data=b"x" * 0x1000))
    reply, after = plan.smc(FID), plan.smc(FID)
    yield
    errno(reply.x[0], abi.Errno.EFAULT)
    errno(after.x[0], abi.Errno.EFAULT)
    equal(log_of(plan.console, "probe"), [], "log")
    no_reports(plan.console)


@case("3.1", "else -EFAULT: the request page, which is not of the image")
def request_page(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(
        init="la x9, DATA; str x2, [x9];" + DONE,
        smc="la x9, DATA; ldr x0, [x9]; mov x1, #1;" + _LOG,
    ), whole=True, routes=(smc_route(), *mmio(REGION, posted=True))))  # fmt: skip
    reply = plan.smc(FID)
    yield
    errno(reply.x[0], abi.Errno.EFAULT)


@case("3.1", "the whole range: a long message that reaches out of the image is not cut to fit")
def whole_range(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x0, DATA; li x1, 0x1001;" + _LOG, data=b"x" * 0x1000))
    reply = plan.smc(FID)
    yield
    errno(reply.x[0], abi.Errno.EFAULT)
    equal(log_of(reply.console, "probe"), [], "log")
