"""Guests that attack the app and the hypervisor by their own instructions (ABI.md 2.3, 4.3).

The app answers whatever reaches it and counts it. What does not reach it the guest is told as the
architecture tells it: x20 is its ESR_EL1, x21 its FAR_EL1, x22 its ELR_EL1.
"""

from xap_harness.hypervisor.guests import GuestError

from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import HVC, MMIO_READ, MMIO_WRITE, SMC, Manifest, irq, route
from tests.hostile.verdict import Error
from tests.hostile.world import FID, RAM, RAM_BYTES, SEED, VECTORS, WITH_VECTORS, World

TITLE = "Hostile guests"

_U64 = (1 << 64) - 1
_MMIO = 0x0B00_0000
_MANIFEST = Manifest(
    routes=(
        route(SMC, FID),
        route(HVC, FID),
        route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
        route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1),
    ),
    needs=(irq(41),),
)
_APP = {
    # SMC(1): how many loads and stores came, and the last one's width and value.
    "smc": (
        "add x20, x28, #5, lsl #12; cbz x2, no; ldr x1, [x20]; ldr x2, [x20, #8]; "
        "ldr x3, [x20, #16]; ldr x4, [x20, #24]; answer; no: fail 1"
    ),
    "hvc": "li x1, 0x4b; answer",
    "mmio": "add x20, x28, #5, lsl #12; ldr x10, [x20]; add x10, x10, #1; str x10, [x20]; "
    "str x3, [x20, #8]; str x4, [x20, #16]; str x2, [x20, #24];"
    "li x1, 0xf1f2f3f485868788; tbz x2, #8, out; li x1, 0x7172737405060708; out: answer",
}
_DATA_ABORT, _INSTRUCTION_ABORT, _UNDEFINED = 0x9600_0010, 0x8600_0010, 0x0200_0000
_WNR = 1 << 6


def _abort(
    name: str,
    what: str,
    instruction: str,
    address: int,
    esr: int = _DATA_ABORT,
    far: int | None = None,
) -> Case:
    def steps(world: World) -> None:
        given = {0: address, 1: 0x1111, 2: 0x2222, 30: VECTORS}
        answers, after = world.run_guest(WITH_VECTORS + instruction, given)
        world.expect(
            "the abort that it takes",
            (after[20], after[21]),
            (esr, address if far is None else far),
        )
        world.expect("x0..x3", after[:4], (address, 0x1111, 0x2222, SEED + 3))
        world.expect("accesses", world.call(FID, 1).registers[0], 0)
        world.answers += [answer for answer in answers if answer.outcome is None]

    return Case(
        f"guest-{name}",
        "2.3",
        what,
        Error("unclaimed"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=steps,
    )


def _access(
    name: str,
    what: str,
    instruction: str,
    *,
    width: int,
    value: int = 0,
    offset: int = 0,
    loaded: int | None = None,
    register: int = 1,
) -> Case:
    """Reaches the app exactly so; then the guest fails to get more out of it."""

    def steps(world: World) -> None:
        given = {0: _MMIO, 1: 0x8877_6655_4433_2211, 2: 8, 30: VECTORS}
        _, after = world.run_guest(WITH_VECTORS + instruction, given)
        wanted = given.get(register, SEED + register) if loaded is None else loaded
        world.expect("the register", after[register], wanted)
        world.expect("x0 and x2", (after[0], after[2]), (_MMIO, 8))
        seen = world.call(FID, 1).registers
        world.expect(
            "accesses, form, value, offset", [seen[n] for n in range(4)], [1, width, value, offset]
        )
        world.attack(FID, 0)

    return Case(
        f"guest-{name}", "2.3", what, Error("EPERM"), handlers=_APP, manifest=_MANIFEST, steps=steps
    )


def _call(name: str, what: str, source: str, wanted: int = _U64) -> Case:
    def steps(world: World) -> None:
        answers, after = world.run_guest(source, {0: FID, 1: 1})
        world.expect("x0", after[0], wanted)
        world.expect("x1..x30", after[1:], (1, *(SEED + n for n in range(2, 31))))
        world.answers += answers

    return Case(
        f"guest-{name}",
        "4.3",
        what,
        Error("unclaimed"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=steps,
    )


def _hvc(world: World) -> None:
    _, after = world.run_guest("hvc #0", {0: FID})
    world.expect("HVC", after[:2], (0x4B, SEED + 1))
    world.attack(FID, 0)


def _interrupts(world: World) -> None:
    """Its interrupt comes to the guest that asked, on its vCPU 0, once."""
    for _ in range(3):
        world.call(FID, 0, domid=1)
    _, after = world.run_guest(WITH_VECTORS + "msr daifclr, #2; nop; nop", {30: VECTORS})
    world.expect("the interrupt taken", after[24], 41)
    _, after = world.run_guest(WITH_VECTORS + "msr daifclr, #2; nop; nop", {30: VECTORS})
    world.expect("no other", after[24], SEED + 24)
    world.call(FID, 1)


def _other_vcpu(world: World) -> None:
    """An interrupt is vCPU 0's; another vCPU of the guest does not take it."""
    world.call()
    unmasked = WITH_VECTORS + "msr daifclr, #2; nop; nop"
    _, after = world.run_guest(unmasked, {30: VECTORS}, vcpu=1)
    world.expect("vCPU 1", after[24], SEED + 24)
    _, after = world.run_guest(unmasked, {30: VECTORS})
    world.expect("vCPU 0", after[24], 41)
    world.call(FID, 1)


def _no_vectors(world: World) -> None:
    """It cannot go on, and that is its own affair."""
    try:
        world.run_guest("mov x1, #0; ldr x1, [x1]", {})
    except GuestError as error:
        world.expect(
            "the guest's end", str(error).startswith("domain 1 took an exception at"), True
        )
    else:
        world.expect("a guest without vectors", "went on", "ended")
    world.attack(FID, 0, domid=2)


def _no_vectors_irq(world: World) -> None:
    """Without vectors it takes no interrupt."""
    world.domain(1).make_pending(41)
    _, after = world.run_guest("msr daifclr, #2; mov x1, #7; nop; mov x2, #8", {}, budget=100)
    world.expect("x1, x2", after[1:3], (7, 8))
    world.expect("pending", world.domain(1).take_interrupt(), 41)
    world.attack(FID, 0, domid=2)


def _spurious(world: World) -> None:
    _, after = world.run_guest(
        (
            "mrs x1, s3_0_c12_c12_0; msr s3_0_c12_c12_1, x1; mrs x2, s3_0_c4_c6_0; "
            "mrs xzr, s3_0_c12_c12_0"
        ),
        {},
    )
    world.expect("ICC_IAR1_EL1, ICC_PMR_EL1", after[1:3], (1023, 0))
    world.attack(FID, 0)


def _undefined(world: World) -> None:
    # ICH_HCR_EL2 is the hypervisor's; `.word 0` is nobody's.
    for instruction, esr in (
        ("mrs x1, s3_4_c12_c11_0", _UNDEFINED),
        # Each is a bit or two from ICC_IAR1_EL1, s3_0_c12_c12_0.
        *((f"mrs x1, {name}", _UNDEFINED) for name in _NEAR_IAR1),
        (".word 0", _UNDEFINED),
        ("msr hcr_el2, x1", _UNDEFINED),
        ("brk #7", 0xF200_0007),
        ("svc #7", 0x5600_0007),
    ):
        _, after = world.run_guest(WITH_VECTORS + instruction, {1: 5, 30: VECTORS})
        world.expect(instruction, (after[20], after[21], after[23], after[1]), (esr, 0, 1, 5))
    world.attack(FID, 0)


def _all_widths(world: World) -> None:
    """Loads of every width and sign, of 0xf1f2f3f485868788 and of 0x7172737405060708."""
    loads = {
        "ldrb w1, [x0]": 0x88,
        "ldrh w2, [x0]": 0x8788,
        "ldr w3, [x0]": 0x8586_8788,
        "ldr x4, [x0]": 0xF1F2_F3F4_8586_8788,
        "ldrsb w5, [x0]": 0xFFFF_FF88,
        "ldrsb x6, [x0]": _U64 - 0x77,
        "ldrsh w7, [x0]": 0xFFFF_8788,
        "ldrsh x8, [x0]": _U64 - 0x7877,
        "ldrsw x9, [x0]": _U64 - 0x7A79_7877,
        "ldur w10, [x0, #4]": 0x8586_8788,
        "ldtr w11, [x0]": 0x8586_8788,
        "ldr x12, [x0, x30]": 0xF1F2_F3F4_8586_8788,
        "ldar w13, [x0]": 0x8586_8788,
        "ldrsb w14, [x0, #0x100]": 0x08,
        "ldrsb x15, [x0, #0x100]": 0x08,
        "ldrsh w16, [x0, #0x100]": 0x0708,
        "ldrsh x17, [x0, #0x100]": 0x0708,
        "ldrsw x18, [x0, #0x100]": 0x0506_0708,
        "ldr x19, [x0, #0x100]": 0x7172_7374_0506_0708,
        "ldar x20, [x0]": 0xF1F2_F3F4_8586_8788,
    }
    _, after = world.run_guest("; ".join(loads), {0: _MMIO, 30: 8})
    seen = dict(zip(loads, map(hex, after[1:]), strict=False))
    world.expect("loaded", seen, {load: hex(value) for load, value in loads.items()})
    world.expect("loads", world.call(FID, 1).registers[0], len(loads))
    world.attack(FID, 0)


_BEHIND = RAM + 0x2_0000


def _literal(world: World) -> None:
    """The region is within a mebibyte of the guest's program."""
    _, after = world.run_guest(
        "ldr w1, #0x20000; nop; ldr x2, #0x20000; ldrsw x3, #0x20000; ldr w4, #0x20000", {}
    )
    wanted = (0x8586_8788, 0xF1F2_F3F4_8586_8788, _U64 - 0x7A79_7877, 0x8586_8788)
    world.expect("loaded", after[1:5], wanted)
    world.expect("loads", world.call(FID, 1).registers[0], 4)
    world.attack(FID, 0)


_NEAR_IAR1 = (
    "s2_0_c12_c12_0", "s3_1_c12_c12_0", "s3_2_c12_c12_0", "s3_4_c12_c12_0", "s3_0_c13_c12_0",
    "s3_0_c14_c12_0", "s3_0_c8_c12_0", "s3_0_c12_c13_0", "s3_0_c12_c14_0", "s3_0_c12_c12_6",
)  # fmt: skip

CASES = [
    _call("smc-1", "`smc #1`", "smc #1"),
    _call("smc-ffff", "`smc #0xffff`", "smc #0xffff"),
    _call("hvc-1", "`hvc #1`", "hvc #1"),
    _call("hvc-ffff", "`hvc #0xffff`", "hvc #0xffff"),
    Case(
        "guest-unknown",
        "4.3",
        "asks for an identifier that nobody has",
        Error("unclaimed"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=lambda world: world.attack(0xC6FF_0000),
    ),
    Case(
        "guest-hvc",
        "2",
        "asks by HVC and by SMC, which are two routes",
        Error("EPERM"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=_hvc,
    ),
    _abort("pair", "a load of two registers from the region", "ldp x1, x2, [x0]", _MMIO),
    _abort("store-pair", "a store of two registers", "stp x1, x2, [x0]", _MMIO, _DATA_ABORT | _WNR),
    _abort("exclusive", "a load-exclusive", "ldxr x1, [x0]", _MMIO),
    _abort("exclusive-32", "a load-acquire-exclusive", "ldaxr w1, [x0]", _MMIO),
    _abort("simd", "a load of a SIMD register", "ldr q1, [x0]", _MMIO),
    _abort("simd-store", "a store of a SIMD register", "str d1, [x0]", _MMIO, _DATA_ABORT | _WNR),
    _abort("simd-b", "a load of a byte into a SIMD register", "ldr b1, [x0]", _MMIO),
    _abort("write-back", "a load that writes its base back", "ldr x1, [x0], #8", _MMIO),
    _abort(
        "write-back-pre",
        "a store that writes its base back",
        "str x1, [x0, #8]!",
        _MMIO,
        _DATA_ABORT | _WNR,
        _MMIO + 8,
    ),
    _abort("load-literal-pair", "a load of a signed pair", "ldpsw x1, x2, [x0]", _MMIO),
    *(
        _abort(
            f"unaligned-{width}",
            f"a load of {width} bytes at an address that is no multiple",
            f"{name}, [x0]",
            _MMIO + width // 2,
        )
        for width, name in ((2, "ldrh w1"), (4, "ldr w1"), (8, "ldr x1"))
    ),
    _abort(
        "unaligned-store",
        "a store of 8 bytes at a multiple of 4",
        "str x1, [x0]",
        _MMIO + 4,
        _DATA_ABORT | _WNR,
    ),
    _abort("behind", "a load right behind the region", "ldr x1, [x0]", _MMIO + PAGE),
    _abort("below", "a load right below the region", "ldr x1, [x0]", _MMIO - 8),
    _abort(
        "straddle-low", "a load of which the upper half is in the region", "ldr x1, [x0]", _MMIO - 4
    ),
    _abort(
        "straddle",
        "a load of which the lower half is in the region",
        "ldr x1, [x0]",
        _MMIO + PAGE - 4,
    ),
    _abort(
        "behind-ram",
        "a store right behind its RAM",
        "str x1, [x0]",
        RAM + RAM_BYTES,
        _DATA_ABORT | _WNR,
    ),
    _abort("below-ram", "a load right below its RAM", "ldr x1, [x0]", RAM - 8),
    _abort(
        "others-region", "a load where only the platform has a device", "ldr w1, [x0]", 0x2000_0000
    ),
    _access(
        "byte", "a store of one byte of a wider register", "strb w1, [x0]", width=0x101, value=0x11
    ),
    _access(
        "half", "a store of two bytes", "strh w1, [x0, #2]", width=0x102, value=0x2211, offset=2
    ),
    _access(
        "word",
        "a store of four bytes at the end of the region",
        "str w1, [x0, #4092]",
        width=0x104,
        value=0x4433_2211,
        offset=4092,
    ),
    _access(
        "double",
        "a store of eight bytes at the end of the region",
        "str x1, [x0, #4088]",
        width=0x108,
        value=0x8877_6655_4433_2211,
        offset=4088,
    ),
    _access(
        "unscaled",
        "an unscaled store",
        "stur w1, [x0, #4]",
        width=0x104,
        value=0x4433_2211,
        offset=4,
    ),
    _access(
        "indexed",
        "a store with a register offset",
        "str w1, [x0, x2]",
        width=0x104,
        value=0x4433_2211,
        offset=8,
    ),
    _access("release", "a store-release", "stlr w1, [x0]", width=0x104, value=0x4433_2211),
    _access("zero", "a store of xzr", "str xzr, [x0]", width=0x108),
    _access("load-zero", "a load into xzr", "ldr xzr, [x0]", width=8),
    _access(
        "load-signed", "a signed load of one byte", "ldrsb x1, [x0]", width=1, loaded=_U64 - 0x77
    ),
    _access("load-release", "a load-acquire of a byte", "ldarb w1, [x0]", width=1, loaded=0x88),
    Case(
        "guest-widths",
        "2.3",
        "loads of every form and width",
        Error("EPERM"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=_all_widths,
    ),
    Case(
        "guest-literal",
        "2.3",
        "loads from the region by LDR (literal)",
        Error("EPERM"),
        handlers=_APP,
        steps=_literal,
        manifest=Manifest(
            routes=(route(SMC, FID), route(MMIO_READ, _BEHIND, _BEHIND + 8 * PAGE - 1))
        ),
    ),
    Case(
        "guest-fetch",
        "2.3",
        "executes the region",
        Error("unclaimed"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=lambda world: _fetch(world, _MMIO),
    ),
    Case(
        "guest-fetch-null",
        "2.3",
        "executes address 0",
        Error("unclaimed"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=lambda world: _fetch(world, 0),
    ),
    Case(
        "guest-interrupts",
        "3.6",
        "is made an interrupt pending three times",
        Error("EPERM"),
        handlers={"smc": "cbnz x2, no; mov x0, #41; sys 7; reply; no: fail 1"},
        manifest=_MANIFEST,
        steps=_interrupts,
    ),
    Case(
        "guest-other-vcpu",
        "3.6",
        "has an interrupt pending, and two vCPUs",
        Error("EPERM"),
        handlers={"smc": "cbnz x2, no; mov x0, #41; sys 7; reply; no: fail 1"},
        manifest=_MANIFEST,
        steps=_other_vcpu,
    ),
    Case(
        "guest-no-vectors-irq",
        "3.6",
        "has an interrupt pending, and no vectors",
        Error("EPERM"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=_no_vectors_irq,
    ),
    Case(
        "guest-no-vectors",
        "4.3",
        "takes an abort and has no vectors",
        Error("EPERM"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=_no_vectors,
    ),
    Case(
        "guest-spurious",
        "3.6",
        "acknowledges an interrupt that is not there",
        Error("EPERM"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=_spurious,
    ),
    Case(
        "guest-undefined",
        "2.3",
        "executes what EL1 does not have",
        Error("EPERM"),
        handlers=_APP,
        manifest=_MANIFEST,
        steps=_undefined,
    ),
]


def _fetch(world: World, address: int) -> None:
    """The vectors go on behind the branch: x30 of `blr` is where."""
    source = WITH_VECTORS + "adr x25, back; br x0; back: nop"
    # The handler returns to ELR + 4, which aborts again: so it is run for a while only.
    answers, after = world.run_guest(source, {0: address, 30: VECTORS})
    world.expect("the abort that it takes", after[20], _INSTRUCTION_ABORT)
    world.expect("accesses", world.call(FID, 1).registers[0], 0)
    world.answers += [answer for answer in answers[:1] if answer.outcome is None]
