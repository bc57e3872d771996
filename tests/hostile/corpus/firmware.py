"""Calls of the firmware that nobody is granted, and what reaches it (ABI.md 3.3)."""

from tests.hostile.case import Case
from tests.hostile.images import TIMER, Manifest, call_smc
from tests.hostile.verdict import Error
from tests.hostile.world import FID, MS, Steps, World

TITLE = "The firmware"

_U64 = (1 << 64) - 1


def _refused(fid: int, what: str, near: int | None = None) -> Case:
    """Declared and granted; with `near` asked first, which is answered."""
    ids = (fid & 0xFFFF_FFFF, *(() if near is None else (near,)))
    first = (
        ""
        if near is None
        else f"li x0, {near}; mov x1, #0; sys 3; cbnz x0, bad; li x2, {near}; cmp x1, x2; b.ne bad;"
    )
    return Case(
        f"firmware-{fid:#x}", "3.3", f"calls {what}, though it was granted", Error("EPERM"),
        code=f"{first} li x0, {fid}; mov x1, #0; sys 3; reply; bad: mov x1, #7; answer",
        manifest=Manifest(needs=(call_smc(*ids),)), steps=_unasked(fid),
    )  # fmt: skip


def _unasked(fid: int) -> Steps:
    def steps(world: World) -> None:
        world.attack()
        world.expect(
            "calls of the firmware", [call for call in world.firmware.calls if call[0] == fid], []
        )

    return steps


def _identity(world: World) -> None:
    """x7 is the hypervisor's to set: the requester's domid + 1; x1..x6 are the app's."""
    world.attack(domid=2)
    asked = [call for call in world.firmware.calls if call[0] == 0xC200_0001]
    world.expect("asked", asked, [(0xC200_0001, (_U64, 2, 3, 4, 5, 6), 3)])


def _nobody(world: World) -> None:
    world.call(FID, 0)
    world.advance(5 * MS)
    asked = [call for call in world.firmware.calls if call[0] == 0xC200_0001]
    world.expect("asked", asked, [(0xC200_0001, (1, 0, 0, 0, 0, 0), 0)])
    world.call(FID, 1)


def _answers(world: World) -> None:
    """x0..x3 of the firmware come in x1..x4."""
    answer = world.attack()
    world.expect("results", dict(answer.registers), {0: 0xC200_0001, 1: 21, 2: 2, 3: 0xF1})
    world.attack(FID, 0)


CASES = [
    _refused(0x01FF_FFFF, "an identifier below 0x02000000", 0x0200_0000),
    _refused(0x0000_0001, "identifier 1"),
    _refused(0x8000_0001, "SMCCC_ARCH_FEATURES"),
    _refused(0xC000_0000, "a 64-bit identifier of owner 0"),
    _refused(0x8400_0000, "PSCI_VERSION"),
    _refused(0xC400_0003, "CPU_ON"),
    _refused(0x8400_0008, "SYSTEM_OFF"),
    _refused(0xC400_0020, "SDEI_VERSION"),
    _refused(0x8400_003F, "the last function of SDEI", 0x8400_0040),
    _refused(0x8400_0060, "FFA_ERROR", 0x8400_005F),
    _refused(0xC400_0066, "FFA_RXTX_MAP"),
    _refused(0x8400_00FF, "the last function of FF-A", 0x8400_0100),
    _refused(0x8400_FF00, "the call count of the standard services", 0x8400_FEFF),
    _refused(0xC400_FFFF, "the last function of owner 4", 0xC400_FEFF),
    _refused(1 << 32 | 0xC200_0001, "a granted identifier with bit 32 set", 0xC200_0001),
    _refused(1 << 63 | 0xC200_0001, "a granted identifier with bit 63 set"),
    Case(
        "firmware-other",
        "3.3",
        "calls the identifier that the bystander was granted",
        Error("EPERM"),
        code="li x0, 0xC2000002; sys 3; reply",
        manifest=Manifest(needs=(call_smc(0xC200_0001),)),
    ),
    Case(
        "firmware-app",
        "3.3",
        "calls another app through the firmware",
        Error("EPERM"),
        code="li x0, 0xC7000001; sys 3; reply",
        manifest=Manifest(needs=(call_smc(0xC200_0001),)),
    ),
    Case(
        "firmware-identity",
        "3.3",
        "passes another client's identity in x7",
        Error("EPERM"),
        code=(
            "li x0, 0xC2000001; li x1, -1; mov x2, #2; mov x3, #3; mov x4, #4; mov x5, #5; "
            "mov x6, #6; li x7, 77; sys 3; cbnz x0, bad; fail 1; bad: answer"
        ),
        manifest=Manifest(needs=(call_smc(0xC200_0001),)),
        steps=_identity,
    ),
    Case(
        "firmware-nobody",
        "3.3",
        "calls the firmware in TIMER, for nobody",
        Error("EPERM"),
        handlers={
            "smc": "cbnz x2, no; li x0, 2000000; sys 8; reply; no: fail 1",
            "timer": "li x0, 0xC2000001; mov x1, #1; mov x2, #0; mov x8, #3; svc #0; answer",
        },
        manifest=Manifest(needs=(call_smc(0xC200_0001), TIMER)),
        steps=_nobody,
    ),
    Case(
        "firmware-results",
        "3.3",
        "takes more than the four results of a call",
        Error("EPERM"),
        code=(
            "cbz x2, no; li x0, 0xC2000001; mov x1, #1; mov x2, #2; mov x3, #3; mov x4, #4; "
            "mov x5, #5; mov x6, #6; sys 3; answer; no: fail 1"
        ),
        manifest=Manifest(needs=(call_smc(0xC200_0001),)),
        steps=_answers,
    ),
]
