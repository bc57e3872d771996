"""System calls of every shape, and ways to end a call (ABI.md 2.2, 3)."""

from tests.hostile.case import Case
from tests.hostile.images import Manifest, call_smc, guest_memory, io, irq
from tests.hostile.verdict import Condemned, Error
from tests.hostile.world import FID, World

TITLE = "System calls"

_PATTERN = "; ".join(f"li x{n}, 0x0123456789ab0000 + {n}" for n in range(1, 31) if n != 8)
_COMPARE = "; ".join(
    f"li x8, 0x0123456789ab0000 + {n}; cmp x{n}, x8; b.ne changed" for n in range(5, 31) if n != 8
)
_COMPARE_4 = "; ".join(
    f"li x8, 0x0123456789ab0000 + {n}; cmp x{n}, x8; b.ne changed" for n in range(1, 5)
)


def _number(value: int) -> str:
    return f"li x8, {value}; mov x0, #0; mov x1, #7; svc #0; reply"


def _kept(number: int, x0: int, errno: int) -> Case:
    """System call `number` answers an error and changes nothing else."""
    return Case(
        f"kept-registers-{number}",
        "3",
        f"looks for traces in x1..x30 of a refused system call {number}",
        Error({38: "ENOSYS", 1: "EPERM", 14: "EFAULT"}[errno]),
        code=f"{_PATTERN}; li x0, {x0}; li x8, {number}; svc #0; {_COMPARE_4}; {_COMPARE};"
        "reply; changed: answer",
    )


def _status(name: str, value: int, verdict: Condemned | Error) -> Case:
    return Case(
        f"status-{name}",
        "2.2",
        f"ends its call with status {value:#x}" if value > 0 else f"ends its call with {value}",
        verdict,
        code=f"mov x1, #1; mov x2, #2; mov x3, #3; mov x4, #4; li x0, {value}; mov x8, #0; svc #0",
        steps=_refused_answer if isinstance(verdict, Condemned) else _no_answer,
    )


def _refused_answer(world: World) -> None:
    answer = world.attack()
    world.expect(
        "the guest's registers", dict(answer.registers), {0: (1 << 64) - 1, 1: 0, 2: 0, 3: 0}
    )


def _no_answer(world: World) -> None:
    answer = world.attack()
    kept = getattr(answer.outcome, "errno", None) is None
    wanted = {0: (1 << 64) - 1, **({} if kept else {1: 0, 2: 0, 3: 0})}
    world.expect("the guest's registers", dict(answer.registers), wanted)


def _levels(world: World) -> None:
    answer = world.attack()
    world.expect("levels", [int(line.level) for line in answer.log], [0, 1, 2, 3, 2, 2, 2])


def _log_at(level: int) -> str:
    return f"adr x0, text; mov x1, #1; li x2, {level}; sys 1"


def _ungranted(name: str, number: int, arguments: str, more: Manifest | None = None) -> Case:
    return Case(
        f"ungranted-{name}",
        "3",
        f"{name} without having declared it",
        Error("EPERM"),
        code=f"{arguments}; sys {number}; reply",
        manifest=more or Manifest(),
    )


def _eight_results(world: World) -> None:
    """r7 is in x9, and x8 is the system call's number."""
    answer = world.attack(FID, 0)
    world.expect(
        "results", dict(answer.registers), dict(enumerate([11, 12, 13, 14, 15, 16, 17, 19]))
    )
    world.attack(FID, 1)


def _inject(world: World) -> None:
    world.call()
    world.expect("pending", world.domain(1).pending, [41])
    world.expect("taken", world.domain(1).take_interrupt(), 41)


_LEVELS = (0, 1, 2, 3, 4, 1 << 32, (1 << 64) - 1)

CASES = [
    Case(
        "log-levels",
        "3.2",
        "logs at levels that there are, and at others",
        Error("EPERM"),
        code=f'{"; ".join(_log_at(level) for level in _LEVELS)}; fail 1; text: .ascii "x";.align 2',
        steps=_levels,
    ),
    Case(
        "every-number",
        "3",
        "tries every system call number from 10 to 5000",
        Error("ENOSYS", (5000, 0, 0)),
        code="mov x20, #10; li x21, 5000; more: mov x8, x20; mov x0, #0; svc #0; cmn x0, #38;"
        "b.ne out; cmp x20, x21; b.eq out; add x20, x20, #1; b more;"
        "out: mov x1, x0; mov x2, x20; mov x3, #0; mov x4, #0; answer",
    ),
    *(
        Case(
            f"x8-{value:#x}",
            "3",
            f"system call number {value:#x}",
            Error("ENOSYS"),
            code=_number(value),
        )
        for value in (1 << 32, 1 << 32 | 1, 1 << 32 | 2, 1 << 63, (1 << 64) - 1, 1 << 16 | 4)
    ),
    *(
        Case(
            f"svc-{value:#x}",
            "3",
            f"`svc #{value:#x}`",
            Condemned("exception", f"SVC #{value:#x}", 0, esr=0x5600_0000 | value),
            code=f"mov x8, #9; svc #{value:#x}; answer",
        )
        for value in (1, 0x100, 0x5500, 0xFFFF)
    ),
    _kept(10, 5, 38),
    _kept(1, 0, 14),
    *(_kept(number, 0, 1) for number in (3, 4, 5, 6, 7, 8)),
    Case(
        "kept-registers-call_smc",
        "3",
        "looks for traces of the hypervisor in x5..x30 of an answered call_smc",
        Error("EPERM"),
        code=f"{_PATTERN}; li x0, 0xC2000001; li x8, 3; svc #0; {_COMPARE};"
        "cbnz x0, changed; li x8, 0xf1; cmp x4, x8; b.ne changed;"
        "mov x0, #0; li x8, 10; svc #0; cmn x0, #38; b.ne changed; fail 1; changed: answer",
        manifest=Manifest(needs=(call_smc(0xC200_0001),)),
    ),
    _status("2", 2, Condemned("status", "status 2", 0)),
    _status("2-32", 1 << 32, Condemned("status", f"status {1 << 32}", 0)),
    _status("1-and-2-32", 1 << 32 | 1, Condemned("status", f"status {1 << 32 | 1}", 0)),
    _status("2-63", 1 << 63, Condemned("status", f"status {-(1 << 63)}", 0)),
    _status("minus-4096", -4096, Condemned("status", "status -4096", 0)),
    _status("minus-4095", -4095, Error("4095")),
    _status("minus-1", -1, Error("EPERM")),
    _status("enosys", -38, Error("unclaimed")),
    _status("enosys-32-bits", 0xFFFF_FFDA, Condemned("status", f"status {0xFFFF_FFDA}", 0)),
    Case(
        "eight-results",
        "2.2",
        "gives eight results once, then hides a status in x9",
        Condemned("status", "status 9", 0),
        code="cbnz x2, bad; mov x0, #1; mov x1, #11; mov x2, #12; mov x3, #13; mov x4, #14;"
        "mov x5, #15; mov x6, #16; mov x7, #17; mov x9, #19; mov x8, #0; svc #0;"
        "bad: mov x0, #9; mov x9, #1; mov x8, #0; svc #0",
        steps=_eight_results,
    ),
    _ungranted("call_smc", 3, "li x0, 0xC2000001"),
    _ungranted("map_guest_page", 4, "li x0, 0x40000000; mov x1, #0"),
    _ungranted("unmap", 5, "li x0, 0x100000000"),
    _ungranted("map_io", 6, "mov x0, #0"),
    _ungranted("inject_irq", 7, "mov x0, #40"),
    _ungranted("set_timer", 8, "li x0, 2000000"),
    _ungranted(
        "map_guest_page to write",
        4,
        "li x0, 0x40000000; mov x1, #1",
        Manifest(needs=(guest_memory(1),)),
    ),
    *(
        Case(
            f"map_io-index-{index:#x}",
            "3.5",
            f"map_io of region {index:#x} of one",
            Error("EINVAL"),
            code=f"li x0, {index}; sys 6; reply",
            manifest=Manifest(needs=(io("dev", 0x2100_0000),)),
        )
        for index in (1, 1 << 32, (1 << 64) - 1)
    ),
    *(
        Case(
            f"map-flags-{flags:#x}",
            "3.4",
            f"map_guest_page with flags {flags:#x}",
            Error("EINVAL"),
            code=f"li x0, 0x40000000; li x1, {flags}; sys 4; reply",
            manifest=Manifest(needs=(guest_memory(3),)),
        )
        for flags in (2, 3, 1 << 32, 1 << 63)
    ),
    *(
        Case(
            f"inject-{virq:#x}",
            "3.6",
            f"makes interrupt {virq:#x} pending, declared is 41",
            Error("EPERM"),
            code=f"li x0, {virq}; sys 7; reply",
            manifest=Manifest(needs=(irq(41),)),
        )
        for virq in (0, 31, 40, 42, 1020, 1 << 32 | 41, (1 << 64) - 41)
    ),
    Case(
        "inject-many",
        "3.6",
        "makes its interrupt pending a hundred times, then another one",
        Error("EPERM"),
        code="mov x20, #100; more: mov x0, #41; sys 7; cbnz x0, out; subs x20, x20, #1; b.ne more;"
        "mov x0, #43; sys 7; out: reply",
        manifest=Manifest(needs=(irq(41),)),
        steps=_inject,
    ),
    Case(
        "panic-reason",
        "3",
        "panics with a reason of 64 bits; eight count",
        Condemned("panic", "reason 44", 0),
        code="li x0, 0x100000000 + 300; mov x1, #0; mov x2, #9; sys 2; answer",
    ),
    Case(
        "panic-named",
        "3",
        "panics as if the compiler had made a check fail, with a text of its own",
        Condemned("panic", "INDEX", 0, "xap-fault: name=bystander??"),
        code="adr x1, text; mov x0, #5; mov x2, #27; sys 2; answer;"
        'text: .ascii "xap-fault: name=bystander\\001\\177"; .align 2',
    ),
    Case(
        "panic-and-go-on",
        "3",
        "calls panic and has code behind it",
        Condemned("panic", "PANIC", 0),
        code="mov x0, #8; mov x1, #0; mov x2, #0; sys 2; answer",
    ),
]
