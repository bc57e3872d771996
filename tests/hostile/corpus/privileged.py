"""Instructions that EL0 does not have, of every class (ABI.md 1.2, 5.1).

Each is tried in the second call, whose processor state is a restored one, and after the block that
it is in has been translated.
"""

from tests.hostile.case import Case
from tests.hostile.images import Manifest
from tests.hostile.verdict import Condemned
from tests.hostile.world import FID, World

TITLE = "Privileged instructions"

_UNDEFINED = {
    "system register": (
        "mrs x1, sctlr_el1", "msr sctlr_el1, x1", "msr vbar_el1, x1", "mrs x1, ttbr0_el1",
        "msr ttbr0_el1, x1", "mrs x1, esr_el1", "msr elr_el1, x1", "mrs x1, sp_el0",
        "msr tpidrro_el0, x1", "msr cpacr_el1, x1", "mrs x1, midr_el1", "mrs x1, currentel",
        "mrs x1, s3_0_c12_c12_0",
    ),
    "EL2 register": (
        "msr hcr_el2, x1", "msr vttbr_el2, x1", "mrs x1, elr_el2", "msr vbar_el2, x1",
        "mrs x1, scr_el3",
    ),
    "process state": ("msr daifset, #15", "msr daifclr, #2", "msr spsel, #1",
                      ".word 0xd500419f", ".word 0xd503413f"),  # msr pan, #1
    "TLB": ("tlbi vmalle1", "tlbi alle2", "tlbi vae1, x1"),
    "cache": (("ic "
               "iallu"), ("ic "
                          "ialluis"), "dc isw, x1", "dc cisw, x1", "mrs x1, ctr_el0", "dc zva, x28",
              "at s1e1r, x1"),
    "exception": ("eret", "hvc #0", "smc #0", "hvc #0x4a48", "drps", "hlt #0xf000", "dcps1"),
    "counter": ("mrs x1, cntvct_el0", "mrs x1, cntpct_el0", "msr cntv_ctl_el0, x1",
                "mrs x1, cntfrq_el0", "msr cntkctl_el1, x1", "mrs x1, pmccntr_el0"),
    "debug": ("mrs x1, mdscr_el1", "msr mdscr_el1, x1", "msr oslar_el1, x1", "mrs x1, dbgbcr0_el1"),
    "unallocated": (".word 0", ".word 0x00000001"),
}  # fmt: skip
_TRAPPED = {
    "FP or SIMD instruction": (
        "fmov d0, x1", "ldr q0, [sp, #-16]", "mrs x1, fpcr", "msr fpsr, x1", "movi v0.4s, #0",
        "str s0, [sp]", "ldp d0, d1, [sp]", "ldr d0, [x28]", "msr fpcr, x1", "mrs x1, fpsr",
        "dup v0.2d, x1", "ldr d0, #8",
    ),
    "WFI or WFE": ("wfi", "wfe"),
}  # fmt: skip
_ESR = {"FP or SIMD instruction": 0x1E00_0000, "wfi": 0x0600_0000, "wfe": 0x0600_0001}


def _twice(world: World) -> None:
    answer = world.attack(FID, 0)
    world.expect("the first call's result", answer.registers[0], 0x600D)
    world.attack(FID, 1)
    world.advance(100_000_000)
    answer = world.attack(FID, 0)
    world.expect("after a restart", answer.registers[0], 0x600D)
    world.attack(FID, 1)


def _case(kind: str, instruction: str, reason: str, esr: int) -> Case:
    return Case(
        instruction.replace(" ", "-")
        .replace(",", "")
        .replace("[", "")
        .replace("]", "")
        .replace("#", ""),
        "1.2",
        f"{kind}: `{instruction}`",
        Condemned("exception", reason, 0, esr=esr),
        code=f"cbz x2, fine; mov x9, #1; {instruction}; mov x9, #2; fine: li x1, 0x600d; answer",
        manifest=Manifest(restart=2),
        steps=_twice,
    )


CASES = [
    _case(kind, instruction, "undefined instruction", 0x0200_0000)
    for kind, instructions in _UNDEFINED.items()
    for instruction in instructions
] + [
    _case(reason.split()[0], instruction, reason, _ESR.get(instruction, _ESR.get(reason, 0)))
    for reason, instructions in _TRAPPED.items()
    for instruction in instructions
]
