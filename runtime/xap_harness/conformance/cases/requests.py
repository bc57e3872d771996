"""Which requests reach an app, and what of them (ABI.md 2.3)."""

from collections.abc import Iterator

from xap_harness.conformance.images import (
    DONE,
    FID,
    handlers,
    hvc_route,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    aborted,
    answered,
    equal,
    loaded,
    stored,
    unclaimed,
)
from xap_harness.conformance.plan import M64, SEED, Plan
from xap_harness.conformance.suite import case, each

REGION = 0x0A00_0000
READ = 0x8899_AABB_CCDD_EEFF
"""What a load gets; the bytes from the lowest on: ff ee dd cc ..."""
GARBAGE = 0xDEAD_BEEF << 32

# A call: answers with x1..x4 as they came. MMIO: counts, keeps the value, answers READ; a call
# with x1 = 1 gets count and value.
_IMAGE = probe(
    handlers(
        smc="cbnz x2, asked; mov x2, x3; mov x3, x4; mov x4, x5;" + DONE
        + "asked: la x9, DATA; ldp x1, x2, [x9]; mov x3, #0; mov x4, #0;" + DONE,
        hvc="mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
        mmio="la x9, DATA; ldr x10, [x9]; add x10, x10, #1; stp x10, x4, [x9];"
        f"li x1, {READ:#x};" + DONE,
    ),
    whole=True,
    routes=(smc_route(), hvc_route(), *mmio(REGION)),
)  # fmt: skip


@each("2.3", "the function id is the low 32 bits of x0, zero-extended: {}",
      {"SMC": "smc #0", "HVC": "hvc #0"})  # fmt: skip
def id_is_narrow(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(_IMAGE)
    reply = plan.run(instruction, {0: GARBAGE | FID, 1: 0, 2: 0, 3: 0, 4: 0})
    yield
    answered(reply, FID)


@case("2.3", "the rest as in the registers: all 64 bits")
def rest_is_wide(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    reply = plan.smc(FID, 0, M64, GARBAGE, 1 << 63)
    yield
    answered(reply, FID, M64, GARBAGE, 1 << 63)


@each("2.3", "only immediate 0 is routed: {}",
      {each: each for each in ("smc #1", "hvc #1", "smc #0x100", "hvc #0xffff")})  # fmt: skip
def immediates(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(_IMAGE)
    reply = plan.run(instruction, {0: FID, 1: 0})
    yield
    unclaimed(reply)


# --- MMIO ----------------------------------------------------------------------------------------

_LOADS = {
    "ldrb w9, [x10]": 0xFF,
    "ldrh w9, [x10]": 0xEEFF,
    "ldr w9, [x10]": 0xCCDD_EEFF,
    "ldr x9, [x10]": READ,
    "ldrsb w9, [x10]": 0xFFFF_FFFF,
    "ldrsb x9, [x10]": M64,
    "ldrsh w9, [x10]": 0xFFFF_EEFF,
    "ldrsh x9, [x10]": 0xFFFF_FFFF_FFFF_EEFF,
    "ldrsw x9, [x10]": 0xFFFF_FFFF_CCDD_EEFF,
    "ldur w9, [x10, #4]": 0xCCDD_EEFF,
    "ldr w9, [x10, #0xffc]": 0xCCDD_EEFF,
    "mov x11, #8; ldr x9, [x10, x11]": READ,
    "ldtr x9, [x10]": READ,
    "ldar w9, [x10]": 0xCCDD_EEFF,
    "ldrb w9, [x10, #0xfff]": 0xFF,
}


@each(
    "2.3",
    "of a result the low `width` bytes count, extended as the load says: {}",
    {name: name for name in _LOADS},
)
def loads(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(_IMAGE)
    before = {} if "x11" not in instruction else {11: 8}
    reply = plan.run(instruction, {9: SEED, 10: REGION, **before})
    count = plan.smc(FID, 1)
    yield
    loaded(reply, _LOADS[instruction])
    equal(count.x[0], 1, "accesses that the app saw")


_STORES = {
    "strb w9, [x10]": 1,
    "strh w9, [x10]": 2,
    "str w9, [x10]": 4,
    "str x9, [x10]": 8,
    "stur x9, [x10, #8]": 8,
    "stlr w9, [x10]": 4,
    "strb w9, [x10, #0xfff]": 1,
}


@each(
    "2.3", "a written value is zero-extended from its width: {}", {each: each for each in _STORES}
)
def stores(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(_IMAGE)
    value = 0xF1F2_F3F4_F5F6_F7F8
    reply = plan.access(instruction, REGION, value)
    kept = plan.smc(FID, 1)
    yield
    stored(reply)
    answered(kept, 1, value & (1 << 8 * _STORES[instruction]) - 1)


@case("2.3", "the zero register: a store of it writes 0, a load to it changes nothing")
def zero_register(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    store = plan.access("str wzr, [x10]", REGION)
    load = plan.access("ldr xzr, [x10]", REGION)
    pointer = plan.run("mov x11, sp; ldr xzr, [x10]; mov x12, sp", {10: REGION})
    kept = plan.smc(FID, 1)
    yield
    stored(store)
    stored(load)
    equal(pointer.x[11], pointer.x[12], "the stack pointer, whose number it shares")
    equal(kept.x[0], 3, "accesses that the app saw")


_NEVER = {
    "unaligned by 1": ("ldr w9, [x10]", REGION + 1),
    "unaligned by 2": ("str w9, [x10]", REGION + 2),
    "unaligned, 8 bytes": ("ldr x9, [x10]", REGION + 4),
    "unaligned, 2 bytes": ("strh w9, [x10]", REGION + 0xFFD),
    "leaves the region": ("ldr w9, [x10]", REGION + 0xFFE),
    "behind the region": ("ldrb w9, [x10]", REGION + 0x1000),
    "before the region": ("strb w9, [x10]", REGION - 1),
    "load of a pair": ("ldp x9, x11, [x10]", REGION),
    "store of a pair": ("stp w9, w11, [x10]", REGION),
    "load exclusive": ("ldxr w9, [x10]", REGION),
    "store exclusive": ("stxr w11, w9, [x10]", REGION),
    "load of a SIMD register": ("ldr d0, [x10]", REGION),
    "store of a SIMD register": ("str q0, [x10]", REGION),
}
_ENABLE = "mov x11, #0x300000; msr cpacr_el1, x11; isb"


@each("2.3", "unclaimed, and never reach the app: {}", _NEVER)
def never(plan: Plan, access: tuple[str, int]) -> Iterator[None]:
    instruction, ipa = access
    plan.app(_IMAGE)
    plan.run(_ENABLE)
    reply, count = plan.access(instruction, ipa), plan.smc(FID, 1)
    yield
    # A store exclusive that finds its monitor clear accesses nothing, which is right, too.
    if "stxr" not in instruction or reply.exceptions:
        aborted(reply)
    answered(count, 0, 0)


@case("2.3", "a fetch from the region never reaches the app")
def fetch(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    fetch = plan.run("blr x10", {10: REGION})
    reply = plan.smc(FID, 1)
    yield
    equal([each.esr >> 26 for each in fetch.exceptions], [0x21], "exception classes")
    answered(reply, 0, 0)


@case("2.3", "each access of a guest is one call, in the order of its program")
def in_order(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    replies = [
        plan.access("str x9, [x10]; strb w11, [x10]; ldr w12, [x10]", REGION, value)
        for value in (5, 6)
    ]
    kept = plan.smc(FID, 1)
    yield
    equal([reply.exceptions for reply in replies], [(), ()], "exceptions")
    equal(kept.x[0], 6, "accesses that the app saw")


@case("2.3", "each guest and each vCPU of it has the region")
def everybody(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    replies = [
        plan.access("ldrb w9, [x10]", REGION, domid=domid, vcpu=vcpu)
        for domid, vcpu in ((1, 0), (1, 1), (2, 0))
    ]
    yield
    for reply in replies:
        loaded(reply, 0xFF)
