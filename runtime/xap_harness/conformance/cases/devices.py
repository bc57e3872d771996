"""Devices of the platform (ABI.md 3.5)."""

import struct
from collections.abc import Iterator

from xaprt.abi import NeedKind, Syscall
from xaprt.manifest import Need

from xap_harness.conformance.images import DONE, FID, io, probe, smc_route
from xap_harness.conformance.judge import (
    accepted,
    answered,
    equal,
    fault_answered,
    is_error,
    one_report,
    refused,
    unclaimed,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.platform import (
    CONSOLE_UART,
    GPIO,
    GPIO_DIRECTION,
    GPIO_ID,
    GPIO_ID_VALUE,
    RTC,
    RTC_ID,
    RTC_ID_VALUE,
    RTC_MATCH,
)
from xap_harness.conformance.proxy import ANSWER, proxy, system_call
from xap_harness.conformance.suite import case, each, not_yet
from xap_harness.conformance.target import FREE_RAM, Io

_BOTH = (io(RTC), io(GPIO))
_MAP = "mov x0, #0; mov x8, #6; svc #0;"


@case("3.5", "each index is its own region, in the order of the needs")
def indices(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"mov x0, #0; mov x8, #6; svc #0; ldr w20, [x0, #{RTC_ID}]; mov x0, #1; svc #0;"
                   f"ldr w2, [x0, #{GPIO_ID}]; mov x1, x20; mov x3, #0; mov x4, #0;" + DONE,
                   needs=_BOTH))  # fmt: skip
    plan.app(probe(f"mov x0, #0; mov x8, #6; svc #0; ldr w1, [x0, #{GPIO_ID}]; mov x2, #0;"
                   "mov x3, #0; mov x4, #0;" + DONE, name="other", needs=(io(GPIO),),
                   routes=(smc_route(FID + 1),)))  # fmt: skip
    first, second = plan.smc(FID), plan.smc(FID + 1)
    yield
    answered(first, RTC_ID_VALUE, GPIO_ID_VALUE)
    answered(second, GPIO_ID_VALUE)


@each("3.5", "an index beyond the needs is an error: {}",
      {"2": 2, "8": 8, "1 << 32": 1 << 32, "the largest": (1 << 64) - 1})  # fmt: skip
def beyond(plan: Plan, index: int) -> Iterator[None]:
    plan.app(proxy(needs=_BOTH))
    reply = system_call(plan, Syscall.MAP_IO, index)
    yield
    is_error(reply.x[0])


@case("3.5", "writes reach the device, and last")
def writes(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"{_MAP} cbz x2, read; str w2, [x0, #{RTC_MATCH}]; read:"
                   f"ldr w0, [x0, #{RTC_MATCH}];" + ANSWER, needs=_BOTH))  # fmt: skip
    write, read = plan.smc(FID, 0x1234_5678), plan.smc(FID)
    yield
    answered(write, 0x1234_5678)
    answered(read, 0x1234_5678)


@case("3.5", "may stay mapped, its address is constant")
def stays(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"la x19, DATA; cbnz x2, use; {_MAP} ldr x9, [x19]; cbz x9, first;"
                   "cmp x0, x9; cset x0, eq;" + ANSWER + "first: str x0, [x19]; mov x0, #5;"
                   + ANSWER + f"use: ldr x0, [x19]; ldr w0, [x0, #{RTC_ID}];" + ANSWER,
                   needs=_BOTH))  # fmt: skip
    first, use, again = plan.smc(FID), plan.smc(FID, 1, domid=2), plan.smc(FID)
    yield
    answered(first, 5)
    answered(use, RTC_ID_VALUE)
    answered(again, 1)


@case("3.5", "constant: the same address after unmap, and twice in one call")
def same_address(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"{_MAP} mov x19, x0; {_MAP} mov x20, x0; mov x0, x19; mov x8, #5; svc #0;"
                   f"mov x21, x0; {_MAP} cmp x0, x19; cset x3, eq; cmp x20, x19; cset x2, eq;"
                   "mov x1, x21; mov x4, #0;" + DONE, needs=_BOTH))  # fmt: skip
    reply = plan.smc(FID)
    yield
    answered(reply, 0, 1, 1)


@case("3.5", "unmapped it is not there")
def unmapped(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"{_MAP} mov x19, x0; mov x8, #5; svc #0; cbnz x0, out;"
                   f"ldr w9, [x19, #{RTC_ID}]; out:" + DONE, needs=_BOTH))  # fmt: skip
    reply = plan.smc(FID)
    yield
    fault_answered(reply)


@case("3.5", "never executable")
def not_executable(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"{_MAP} br x0;", needs=_BOTH))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    equal(int(one_report(reply.console)["esr"], 16) >> 26, 0x20, "exception class")


@each("3.5", "of the size declared: {} is not there",
      {"the byte behind": "ldrb w9, [x0, x20]",
       "the byte before": "ldrb w9, [x0, #-1]"})  # fmt: skip
def size(plan: Plan, access: str) -> Iterator[None]:
    plan.app(probe(f"{_MAP} mov x20, #0x1000; {access};" + DONE, needs=(io(RTC),)))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)


@case("3.5", "accesses to one region stay in program order")
def order(plan: Plan) -> Iterator[None]:
    # PL061: pins change only while they are outputs; each write undoes part of the one before.
    plan.app(probe(
        f"{_MAP} mov w9, #0xff; str w9, [x0, #{GPIO_DIRECTION}]; str w9, [x0, #0x3fc];"
        f"mov w10, #0x0f; str wzr, [x0, #0x3c]; str w10, [x0, #{GPIO_DIRECTION}];"
        f"str wzr, [x0, #0x3c0]; str w9, [x0, #{GPIO_DIRECTION}]; ldr w1, [x0, #0x3fc];"
        "str w9, [x0, #4]; ldr w2, [x0, #0x3fc]; ldr w3, [x0, #0xc]; mov x4, #0;" + DONE,
        needs=(io(GPIO),),
    ))  # fmt: skip
    reply = plan.smc(FID)
    yield
    answered(reply, 0xF0, 0xF1, 0x01)


_REFUSED = {
    "the hypervisor's own console": CONSOLE_UART,
    "no device": Io("none", 0x0C00_0000, 0x1000),
    "a guest's RAM": Io("ram", FREE_RAM, 0x1000),
    "larger than the device": Io("rtc", RTC.base, 0x4000),
}


@each("3.5", "a region that is not the platform's to give refuses the load: {}", _REFUSED)
def refused_region(plan: Plan, region: Io) -> Iterator[None]:
    app = plan.app(proxy(needs=(io(region),)))
    reply = plan.smc(FID)
    yield
    refused(app.verdict)
    unclaimed(reply)


@each("3.5", "4 KiB aligned, else the load is refused: {}", {
    "base": Need(NeedKind.IO, ("rtc", RTC.base + 0x800, 0x1000)),
    "size": Need(NeedKind.IO, ("rtc", RTC.base, 0x800)),
    "empty": Need(NeedKind.IO, ("rtc", RTC.base, 0)),
    "wraps": Need(NeedKind.IO, ("rtc", (1 << 64) - 0x1000, 0x2000)),
})  # fmt: skip
def unaligned(plan: Plan, need: Need) -> Iterator[None]:
    good = plan.app(proxy(needs=(io(GPIO),), name="good", routes=(smc_route(FID + 1),)))
    app = plan.app(_raw(need))
    yield
    accepted(good.verdict)
    refused(app.verdict)


def _raw(need: Need) -> bytes:
    """What the manifest's writer would not write."""
    name, base, size = need.operands
    value = struct.pack("<IIQQ32s", NeedKind.IO, 0, base, size, str(name).encode())
    return proxy(edit_manifest=lambda old: [*old, (8, value)])


not_yet("3.5", "owned by no guest", "the emulator gives no guest a device of the platform")
not_yet("3.5", "Device-nGnRE", "the emulator has no memory types")
