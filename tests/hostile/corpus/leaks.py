"""What is left behind by others: registers, stack, state, pages (ABI.md 2.1, 2.5, 5.5, 6.3).

An app that looks for it ends its call with -ENOENT if there is nothing, else well.
"""

from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import (
    MMIO_READ,
    MMIO_WRITE,
    POSTED,
    SMC,
    TIMER,
    Manifest,
    guest_memory,
    route,
)
from tests.hostile.verdict import Condemned, Error
from tests.hostile.world import FID, MS, VECTORS, World

TITLE = "Leaks"

_SECRETS = "; ".join(f"li x{n}, 0x5ec4e70000 + {n}" for n in range(1, 31) if n != 8)
_LEAVE = f"li x1, 0x5ec4e7; msr tpidr_el0, x1; li x1, 0xf0000000; msr nzcv, x1; {_SECRETS}"
_OR = "; ".join(f"orr x9, x9, x{n}" for n in range(10, 31))
_LOOK = f"{_OR}; mrs x10, tpidr_el0; orr x9, x9, x10; mrs x10, nzcv; orr x9, x9, x10"
_NOTHING = "cbz x9, none; mov x1, x9; answer; none: fail 2"


def _register(name: str, what: str, look: str, first: str = "nop") -> Case:
    """All of it is left by guest 1's call, looked for in guest 2's."""
    return Case(
        f"leak-{name}", "2.1", (f"looks for what another guest's call left in "
                                f"{what}"), Error("ENOENT"),
        whole=f"{first}; cmp x0, #1; b.ne other; cbz x2, leave;"
        f"{look}; {_NOTHING};"
        f"leave: {_LEAVE}; mov x0, #0; mov x8, #0; svc #0; other: fail 38",
        steps=_leave_and_look,
    )  # fmt: skip


def _leave_and_look(world: World) -> None:
    world.attack(FID, 0)
    world.attack(FID, 1, domid=2)


def _fault_and_look(world: World) -> None:
    world.attack(FID, 0)
    world.advance(10 * MS)
    world.attack(FID, 1)


def _post_both(world: World) -> None:
    for offset in range(0, 40, 4):
        world.attacker.mmio_write(_MMIO + offset, 0x5EC4E7)  # type: ignore[union-attr]  # it is loaded
    world.attacker.mmio_write(_MMIO, 1, domid=2)  # type: ignore[union-attr]  # it is loaded
    world.advance(50 * MS)
    world.call()


def _results(world: World) -> None:
    """-EPERM: nothing of what the app left in its registers reaches the guest."""
    answer = world.attack()
    world.expect(
        "the guest's registers", dict(answer.registers), {0: (1 << 64) - 1, 1: 0, 2: 0, 3: 0}
    )


def _answer_only(world: World) -> None:
    answer = world.attack(FID, 0)
    world.expect("the guest's registers", dict(answer.registers), {0: 1, 1: 2, 2: 3, 3: 4})
    world.attack(FID, 1)


def _arguments(world: World) -> None:
    """All eight, and the upper half of x0 cut off."""
    given = [0xABCD_0000_0000_0000 | FID, *(0x1111_0000_0000_0000 + n for n in range(1, 8))]
    answer = world.attack(*given)
    world.expect("x1 + .. + x8", answer.registers[0], (FID + sum(given[1:])) & (1 << 64) - 1)
    answer = world.attack(*given, domid=2, vcpu=3)
    world.expect("TPIDRRO_EL0", answer.registers[1], 2 << 32 | 3)
    world.attack(FID, *[0] * 7, domid=1)


def _after_timer(world: World) -> None:
    world.advance(5 * MS)
    world.attack(FID, *[0] * 7)


def _silent(world: World) -> None:
    world.attack()
    world.expect("secrets on the console", [x for x in world.lines if "5ec4e7" in x], [])


def _store_then_load(world: World) -> None:
    """Guest 1's value must not come back in guest 2's load of another width."""
    registers = {0: _MMIO + 8, 1: 0x1122_3344_5566_7788, 30: VECTORS}
    world.run_guest(
        "str x1, [x0]; strb w1, [x0, #1]; strh w1, [x0, #2]; str w1, [x0, #4]", registers
    )
    _, after = world.run_guest("ldrb w2, [x0]; ldrsb x3, [x0]; ldr x4, [x0]", registers, 2)
    world.expect("loaded", after[2:5], (0xF0, (1 << 64) - 16, 0xF1F2_F3F4_F5F6_F7F0))
    world.attack()


_MMIO = 0x0B00_0000
_WINDOW = (route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1), route(MMIO_READ, _MMIO, _MMIO + PAGE - 1))
_POSTED = Manifest(
    routes=(
        route(SMC, FID),
        route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, POSTED),
        route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
    )
)
_SUM_PAGE = (
    "mov x12, #0; mov x13, #512; word: ldr x14, [x11], #8; orr x12, x12, x14; "
    "subs x13, x13, #1; b.ne word; mov x9, x12"
)

CASES = [
    _register("registers", "x9..x30", _OR),
    _register("tpidr_el0", "TPIDR_EL0", "mrs x9, tpidr_el0"),
    _register("nzcv", "NZCV", "nop", "mrs x9, nzcv"),
    _register("link", "x29 and x30", "orr x9, x29, x30"),
    Case(
        "leak-init",
        "2.1",
        "looks in INIT, and later in TIMER, for what the hypervisor left in registers",
        Error("ENOENT"),
        whole=f"mov x20, #0; orr x9, x9, x3; orr x9, x9, x4; orr x9, x9, x5; orr x9, x9, x6; "
        f"orr x9, x9, x7; orr x9, x9, x8; {_LOOK};"
        "adr x28, #-112; add x20, x28, #5, lsl #12; cmp x0, #1; b.eq smc; ldr x10, [x20]; "
        "orr x10, x10, x9; str x10, [x20];"
        f"cbnz x0, done; li x0, 1000000; sys 8; done: {_SECRETS}; mov x0, #0; mov x8, #0; svc #0;"
        f"smc: ldr x9, [x20]; {_NOTHING}",
        manifest=Manifest(needs=(TIMER,)),
        steps=_after_timer,
    ),
    Case(
        "leak-state-fresh",
        "2.1",
        "looks for what the loader left in its state and constants",
        Error("ENOENT"),
        code="add x11, x28, #5, lsl #12; mov x12, #0; mov x13, #512; word: ldr x14, [x11], #8; "
        "orr x12, x12, x14;"
        "subs x13, x13, #1; b.ne word; add x11, x28, #3, lsl #12; mov x13, #512; "
        "more: ldr x14, [x11], #8;"
        f"orr x12, x12, x14; subs x13, x13, #1; b.ne more; mov x9, x12; {_NOTHING}",
    ),
    Case(
        "leak-text-tail",
        "2.1",
        "looks for what the loader left behind the text in its page",
        Error("ENOENT"),
        code="add x11, x28, #0x800; mov x12, #0; mov x13, #256; word: ldr x14, [x11], #8; "
        "orr x12, x12, x14;"
        f"subs x13, x13, #1; b.ne word; mov x9, x12; {_NOTHING}",
    ),
    Case(
        "leak-stack-fresh",
        "2.1",
        "looks for what others left on its stack, before it has one of its own",
        Error("ENOENT"),
        code=f"sub x11, x27, #1, lsl #12; {_SUM_PAGE}; {_NOTHING}",
    ),
    Case(
        "leak-state-after-fault",
        "5.5",
        "looks for its state of before a fault",
        Error("ENOENT"),
        code="add x11, x28, #5, lsl #12; cbnz x2, look; mov x10, #7; str x10, [x11]; "
        "str x10, [x11, #4088];"
        f"str x10, [x11, #64]; brk #1; look: ldr x10, [x11]; cmp x10, #3; b.ne bad; {_SUM_PAGE}; "
        f"sub x9, x9, #3; {_NOTHING}; bad: answer",
        data=b"\3",
        manifest=Manifest(restart=1),
        steps=_fault_and_look,
    ),
    Case(
        "leak-stack-after-fault",
        "5.5",
        "looks for its stack of before a fault",
        Error("ENOENT"),
        code=(
            f"sub x11, x27, #1, lsl #12; cbnz x2, look; str x27, [x11]; str x27, [sp, #-16]!; "
            f"brk #1; look: {_SUM_PAGE}; {_NOTHING}"
        ),
        manifest=Manifest(restart=1),
        steps=_fault_and_look,
    ),
    Case(
        "leak-per-domain",
        "6.3",
        "looks for another guest's state, each having an instance of its own",
        Error("ENOENT"),
        code=(
            f"add x11, x28, #5, lsl #12; cbnz x2, look; str x27, [x11]; answer; "
            f"look: ldr x9, [x11]; {_NOTHING}"
        ),
        manifest=Manifest(per_domain=True),
        steps=_leave_and_look,
    ),
    Case(
        "leak-request-page",
        "2.5",
        "looks for another guest's posted writes behind its own",
        Error("ENOENT"),
        handlers={
            "init": "add x20, x28, #5, lsl #12; str x2, [x20]; answer",
            "posted": "add x20, x28, #5, lsl #12; ldr x11, [x20]; str x1, [x20, #8]; "
            "mov x15, #4; mul x15, x15, x1;"
            "mov x13, #512; sub x13, x13, x15; add x11, x11, x15, lsl #3; mov x12, #0; "
            "word: cbz x13, end; ldr x14, [x11], #8; orr x12, x12, x14;"
            "sub x13, x13, #1; b word; end: ldr x14, [x20, #16]; orr x12, x12, x14; "
            "str x12, [x20, #16]; answer",
            "smc": (
                f"add x20, x28, #5, lsl #12; ldr x9, [x20, #8]; cmp x9, #1; b.ne none_; "
                f"ldr x9, [x20, #16]; {_NOTHING}; none_: answer"
            ),
        },
        manifest=_POSTED,
        steps=_post_both,
    ),
    Case(
        "leak-guest-registers",
        "2.1",
        "leaves secrets in every register and fails its call",
        Error("EPERM"),
        code=f"{_SECRETS}; fail 1",
        steps=_results,
    ),
    Case(
        "leak-guest-registers-done",
        "2.1",
        "leaves secrets in every register but the results",
        Error("EPERM"),
        code=(
            f"cbnz x2, no; {_SECRETS}; mov x1, #1; mov x2, #2; mov x3, #3; mov x4, #4; "
            f"mov x0, #0; mov x8, #0; svc #0; no: fail 1"
        ),
        steps=_answer_only,
    ),
    Case(
        "leak-arguments",
        "2.3",
        "adds up what it was given, which is its requester's alone",
        Error("EPERM"),
        code="cbz x2, zero; mov x9, #0; "
        + "; ".join(f"add x9, x9, x{n}" for n in range(1, 9))
        + (
            "; mov x1, x9; mrs x2, tpidrro_el0; mov x3, #0; mov x4, #0; mov x0, #0; mov x8, #0; "
            "svc #0; zero: fail 1"
        ),
        steps=_arguments,
    ),
    Case(
        "leak-mmio",
        "2.3",
        "answers a narrow load with a full register",
        Error("ENOENT"),
        handlers={
            "mmio": (
                "tbnz x3, #8, store; li x1, 0xf1f2f3f4f5f6f7f0; li x2, -1; li x3, -1; "
                "answer; store: answer"
            ),
            "smc": "fail 2",
        },
        manifest=Manifest(routes=(route(SMC, FID), *_WINDOW)),
        steps=_store_then_load,
    ),
    Case(
        "leak-panic-text",
        "5.3",
        "panics, so that its registers are printed",
        Condemned("panic", "reason 99", 0),
        code=f"{_SECRETS}; mov x0, #99; mov x1, #0; sys 2",
        steps=_silent,
    ),
    Case(
        "leak-pages",
        "3.4",
        "reads the whole page that it mapped, and no more",
        Condemned("exception", "data abort: read, not mapped"),
        code=(
            "li x0, 0x40000000; mov x1, #0; sys 4; mov x11, x0; mov x13, #513; "
            "word: ldr x14, [x11], #8; subs x13, x13, #1; b.ne word; answer"
        ),
        manifest=Manifest(needs=(guest_memory(1),)),
    ),
]
