"""SMCs to the firmware (ABI.md 3.3)."""

from collections.abc import Iterator

from xaprt import abi
from xaprt.abi import Syscall

from xap_harness.conformance.images import (
    DONE,
    FID,
    App,
    calls,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import MINUS_1, accepted, answered, equal, errno
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.platform import FIRMWARE_COUNT, FIRMWARE_HIGH, FIRMWARE_LOW
from xap_harness.conformance.proxy import RESULTS, proxy, system_call
from xap_harness.conformance.suite import case, each

_CALL = Syscall.CALL_SMC


@case("3.3", "a1..a6 are the firmware's x1..x6, 64 bits each")
def arguments(plan: Plan) -> Iterator[None]:
    values = [0x1111_0000_0000_0000 * n + n for n in range(1, 7)]
    source = "".join(f"li x{n}, {values[n - 1]:#x};" for n in range(1, 7))
    low = f"li x0, {FIRMWARE_LOW:#x}; mov x8, #3; svc #0; la x9, DATA; stp x1, x2, [x9];"
    high = f"li x0, {FIRMWARE_HIGH:#x}; mov x8, #3; svc #0; la x9, DATA; ldr x4, [x9, #8];"
    plan.app(
        probe(source + low + source + high + DONE, needs=(calls(FIRMWARE_LOW, FIRMWARE_HIGH),))
    )
    first = plan.smc(FID)
    yield
    answered(first, values[3], values[4], values[5], values[1])


@case("3.3", "x7 is the hypervisor's to set: the requester's domid + 1")
def client(plan: Plan) -> Iterator[None]:
    plan.app(App("mov x7, #99;" + RESULTS, needs=(calls(FIRMWARE_LOW),)).image())
    replies = {domid: plan.smc(FID, _CALL, FIRMWARE_LOW, 1, 2, 3, domid=domid) for domid in (1, 9)}
    yield
    for domid, reply in replies.items():
        answered(reply, 1, 2, 3, domid + 1)


@case("3.3", "x7 is 0 where there is no requester: in INIT")
def no_client(plan: Plan) -> Iterator[None]:
    plan.app(probe(
        "cbnz x0, smc; mov x7, #99;" f"li x0, {FIRMWARE_LOW:#x}; mov x8, #3; svc #0;"
        "la x9, DATA; add x4, x4, #100; str x4, [x9];" + DONE +
        "smc: la x9, DATA; ldr x1, [x9]; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
        whole=True, needs=(calls(FIRMWARE_LOW),),
    ))  # fmt: skip
    reply = plan.smc(FID)
    yield
    equal(reply.x[0], 100, "x7 of INIT's call, and 100")


_NEIGHBOURS = {
    "one more": FIRMWARE_COUNT + 1,
    "one less": FIRMWARE_COUNT - 1,
    "the 32-bit form": FIRMWARE_COUNT & ~(1 << 30),
    "the yielding form": FIRMWARE_COUNT & ~(1 << 31),
    "another owner": FIRMWARE_COUNT ^ 1 << 24,
}


@each("3.3", "exactly the ids granted: {} is -EPERM, and does not reach the firmware", _NEIGHBOURS)
def exactly(plan: Plan, fid: int) -> Iterator[None]:
    plan.app(proxy(needs=(calls(FIRMWARE_COUNT),)))
    reply = system_call(plan, _CALL, fid)
    count = system_call(plan, _CALL, FIRMWARE_COUNT)
    yield
    errno(reply.x[0], abi.Errno.EPERM)
    equal(count.x[:2], (0, 1), "calls that reached the firmware")


_NEVER = {
    "0": 0,
    "below 0x0200_0000": 0x01FF_FFFF,
    "owner 0, fast": 0x8000_0000,
    "owner 0, SMC64": 0xC000_0001,
    **{
        f"{what}, {form:#x}": form | function
        for form in (0x8400_0000, 0xC400_0000)
        for what, function in {
            "PSCI_VERSION": 0x00,
            "the last below 0x40": 0x3F,
            "the first of FF-A": 0x60,
            "FFA_MEM_SHARE": 0x73,
            "the last below 0x100": 0xFF,
            "the call count": 0xFF00,
            "the last": 0xFFFF,
        }.items()
    },
    "SDEI_EVENT_REGISTER": 0xC400_0021,
}


@each("3.3", "whatever is granted, refused: {}", _NEVER)
def never(plan: Plan, fid: int) -> Iterator[None]:
    app = plan.app(proxy(needs=(calls(fid, FIRMWARE_COUNT),)))
    reply = system_call(plan, _CALL, fid)
    count = system_call(plan, _CALL, FIRMWARE_COUNT)
    yield
    if app.verdict is None:  # a loader may also refuse it
        errno(reply.x[0], abi.Errno.EPERM)
        equal(count.x[:2], (0, 1), "calls that reached the firmware")


_ALWAYS = {
    "the first of owner 2": 0x0200_0000,
    "owner 4, 0x40": 0x8400_0040,
    "owner 4, TRNG": 0xC400_0053,
    "owner 4, 0x5f": 0x8400_005F,
    "owner 4, 0x100": 0xC400_0100,
    "owner 4, 0xfeff": 0x8400_FEFF,
    "owner 1": 0x8100_0000,
    "owner 50": 0xB200_0003,
}


@each("3.3", "granted, and reaches the firmware: {}", _ALWAYS)
def always(plan: Plan, fid: int) -> Iterator[None]:
    app = plan.app(proxy(needs=(calls(fid, FIRMWARE_COUNT),)))
    reply = system_call(plan, _CALL, fid)
    count = system_call(plan, _CALL, FIRMWARE_COUNT)
    yield
    accepted(app.verdict)
    answered(reply, 0, MINUS_1, 0, 0)
    equal(count.x[:2], (0, 2), "calls that reached the firmware")


@case("3.3", "it goes to the firmware, never to another app")
def not_to_apps(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x1, #77; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE, name="server",
                   routes=(smc_route(FIRMWARE_COUNT),)))  # fmt: skip
    plan.app(proxy(needs=(calls(FIRMWARE_COUNT),)))
    guest = plan.smc(FIRMWARE_COUNT)
    reply = system_call(plan, _CALL, FIRMWARE_COUNT)
    yield
    answered(guest, 77)
    answered(reply, 0, 1, 0, 0)


@case("3.3", "a guest's own SMC does not reach the firmware by an app's grant")
def not_the_guest(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(calls(FIRMWARE_COUNT),)))
    guest = plan.smc(FIRMWARE_COUNT)
    reply = system_call(plan, _CALL, FIRMWARE_COUNT)
    yield
    equal(guest.x[0], MINUS_1, "x0")
    answered(reply, 0, 1, 0, 0)
