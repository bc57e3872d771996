"""Branches and accesses that go wild, stacks that overflow, endless loops (ABI.md 1.1, 2.1, 5)."""

from typing import Any

from xap_harness.emulator.backend import IMAGE_BASE, STACK_TOP

from tests.hostile.asm import PAGE, assemble
from tests.hostile.case import Case
from tests.hostile.images import (
    MMIO_READ,
    MMIO_WRITE,
    POSTED,
    PT_LOAD,
    SMC,
    TIMER,
    Elf,
    Header,
    Manifest,
    R,
    X,
    guest_memory,
    route,
)
from tests.hostile.verdict import Budget, Condemned, Error, Load
from tests.hostile.world import FID, MS, World

TITLE = "Control, memory and time"

_M64 = (1 << 64) - 1
_10US = Manifest(budget=10)
_MMIO = 0x0B00_0000


def _wild(name: str, what: str, code: str, reason: str, far: int, esr: int | None = None,
          **more: Any) -> Case:  # fmt: skip
    return Case(name, "2.1", what, Condemned("exception", reason, far & _M64, esr=esr),
                code=f"{code}; answer", **more)  # fmt: skip


_PERMISSION = "instruction abort: execute, permission"
_UNMAPPED = "instruction abort: execute, not mapped"
_MISALIGNED = "misaligned program counter"


def _odd_text(elf: Elf) -> None:
    elf.of(PT_LOAD).content += b"\0"


def _second_text(elf: Elf) -> None:
    elf.headers.append(Header(PT_LOAD, R | X, assemble("mov x1, #1; fmov d0, x1; answer"), 0x7000))


def _warm(world: World) -> None:
    """The block of the loop has been translated and run before."""
    answer = world.attack(FID, 5)
    world.expect("a short loop", answer.registers[0], 0x600D)
    world.attack(FID, 0)


def _exact(world: World) -> None:
    """1000 instructions, the last system call included, are within a budget of 1 us."""
    answer = world.attack(FID, 495, 0)
    world.expect("instructions", (answer.registers[0], answer.spent), (0x600D, 1000))
    answer = world.attack(FID, 495, 1)
    world.expect("one instruction more", answer.spent, 1000)


def _after_timer(world: World) -> None:
    world.attack(FID, 0)
    world.advance(5 * MS)
    world.attack(FID, 1)


def _post(world: World) -> None:
    world.hypervisor.advance(1)
    world.attacker.mmio_write(_MMIO, 7)  # type: ignore[union-attr]  # it is loaded
    world.attack()


def _create(world: World) -> None:
    """A guest comes, of whom the app is told; then a request."""
    world.hypervisor.create_domain(9)
    world.attack()
    world.hypervisor.destroy_domain(9)


def _reports_budget(world: World) -> None:
    world.attack()
    world.expect(
        "the report",
        [line for line in world.lines if line.startswith("xap-fault")],
        [
            (
                'xap-fault: name=attack domid=1 vcpu=0 kind=budget reason="budget of 10000 '
                'instructions spent"'
            ),
            "xap-fault: syscall=none spent=10000 build=abad",
            "xap-fault: pc=0x28 sp=0x80000000 esr=none far=0x0",
        ],
    )


CASES = [
    _wild("branch-null", "branches to address 0", "mov x1, #0; br x1", _UNMAPPED, 0, 0x8200_0007),
    _wild(
        "branch-minus-4",
        "branches to the last word of the address space",
        "li x1, -4; br x1",
        _UNMAPPED,
        -4,
    ),
    _wild(
        "branch-minus-1",
        "branches to the last byte of the address space",
        "li x1, -1; br x1",
        _MISALIGNED,
        -1,
        0x8A00_0000,
    ),
    _wild(
        "branch-odd", "branches to text + 2", "add x1, x28, #2; br x1", _MISALIGNED, IMAGE_BASE + 2
    ),
    _wild("branch-1", "branches to address 1", "mov x1, #1; br x1", _MISALIGNED, 1),
    _wild(
        "branch-state",
        "branches into its state",
        "add x1, x28, #5, lsl #12; br x1",
        _PERMISSION,
        IMAGE_BASE + 0x5000,
        0x8200_000F,
    ),
    _wild(
        "branch-constants",
        "branches into its constants",
        "add x1, x28, #3, lsl #12; br x1",
        _PERMISSION,
        IMAGE_BASE + 0x3000,
    ),
    _wild(
        "branch-stack",
        "executes what it wrote to its stack",
        "li x1, 0xd65f03c0; str x1, [sp, #-16]!; mov x1, sp; br x1",
        _PERMISSION,
        STACK_TOP - 16,
    ),
    _wild(
        "branch-guard",
        "branches into the guard page",
        "sub x1, x27, #2, lsl #12; br x1",
        _UNMAPPED,
        STACK_TOP - 2 * PAGE,
    ),
    _wild(
        "branch-above-stack",
        "branches to where EL0 was entered from",
        "mov x1, x27; br x1",
        _UNMAPPED,
        STACK_TOP,
    ),
    _wild(
        "branch-hole",
        "branches between its segments",
        "add x1, x28, #1, lsl #12; br x1",
        _UNMAPPED,
        IMAGE_BASE + PAGE,
    ),
    _wild(
        "branch-end",
        "runs off the end of its text into the rest of the page",
        "adr x1, end; br x1; end: nop",
        "undefined instruction",
        0,
        change=lambda elf: setattr(elf.of(1), "content", elf.of(1).content[:-12]),
    ),
    _wild("return-at-entry", "returns, as if it had been called", "ret", _UNMAPPED, 0),
    _wild(
        "call-chain",
        "calls through a pointer into nothing",
        "li x1, 0x123456789000; blr x1",
        _UNMAPPED,
        0x1234_5678_9000,
    ),
    _wild(
        "fall-off-page",
        "runs off its last page",
        "add x1, x28, #1, lsl #12; sub x1, x1, #4; br x1",
        _UNMAPPED,
        IMAGE_BASE + PAGE,
        change=lambda elf: setattr(
            elf.of(1), "content", elf.of(1).content.ljust(PAGE - 4, b"\0") + b"\x1f\x20\x03\xd5"
        ),
    ),
    _wild(
        "write-text",
        "writes to its text",
        "str x1, [x28]",
        "data abort: write, permission",
        IMAGE_BASE,
        0x9200_004F,
    ),
    _wild(
        "write-constants",
        "writes to its constants",
        "add x1, x28, #3, lsl #12; strb w1, [x1]",
        "data abort: write, permission",
        IMAGE_BASE + 0x3000,
    ),
    _wild(
        "read-null",
        "reads address 0",
        "mov x1, #0; ldr x1, [x1]",
        "data abort: read, not mapped",
        0,
        0x9200_0007,
    ),
    _wild(
        "write-null",
        "writes address 0",
        "mov x1, #0; str x1, [x1]",
        "data abort: write, not mapped",
        0,
        0x9200_0047,
    ),
    _wild(
        "read-top",
        "reads the last word of the address space",
        "li x1, -8; ldr x1, [x1]",
        "data abort: read, not mapped",
        -8,
    ),
    _wild(
        "read-kernel",
        "reads an address of the upper half",
        "li x1, 0xffff000000000000; ldr x1, [x1]",
        "data abort: read, not mapped",
        0xFFFF << 48,
    ),
    _wild(
        "read-behind-state",
        "reads eight bytes, four of them behind its state",
        "add x1, x28, #6, lsl #12; sub x1, x1, #4; ldr x1, [x1]",
        "data abort: read, not mapped",
        IMAGE_BASE + 0x6000,
    ),
    _wild(
        "read-above-stack",
        "reads above its stack",
        "ldr x1, [sp]",
        "data abort: read, not mapped",
        STACK_TOP,
    ),
    _wild(
        "read-bystander",
        "reads where another app has its stack",
        "sub x1, x27, #2, lsl #12; ldr x1, [x1]",
        "data abort: read, not mapped",
        STACK_TOP - 2 * PAGE,
    ),
    Case(
        "request-page-write",
        "2.5",
        "writes to its request page",
        Condemned("exception", "data abort: write, permission", 0x40_0000),
        handlers={
            "init": "add x10, x28, #5, lsl #12; str x2, [x10]; answer",
            "smc": "add x10, x28, #5, lsl #12; ldr x1, [x10]; str x1, [x1]; answer",
        },
        manifest=Manifest(
            routes=(
                route(SMC, FID),
                route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, POSTED),
                route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
            )
        ),
    ),
    Case(
        "request-page-none",
        "2.5",
        "reads where the request page of another app is, having none itself",
        Condemned("exception", "data abort: read, not mapped", 0x40_0000),
        code="li x1, 0x400000; ldr x1, [x1]; answer",
    ),
    # --- breakpoints ---
    Case(
        "brk-check",
        "5.1",
        "fails a check of the language itself",
        Condemned("check", "OVERFLOW", 0, esr=0xF200_5501),
        code="brk #0x5501",
    ),
    *(
        Case(
            f"brk-{value:#x}",
            "5.1",
            f"`brk #{value:#x}`, which is no check of the language",
            Condemned("exception", f"BRK #{value:#x}", 0, esr=0xF200_0000 | value),
            code=f"brk #{value:#x}",
        )
        for value in (0, 1, 0x5500, 0x5509, 0x5601, 0xFFFF)
    ),
    # --- the stack ---
    _wild(
        "stack-overflow",
        "pushes for ever",
        "more: stp x0, x1, [sp, #-16]!; b more",
        "data abort: write, not mapped",
        STACK_TOP - PAGE - 16,
    ),
    _wild(
        "stack-overflow-two",
        "pushes for ever on two pages",
        "more: stp x0, x1, [sp, #-16]!; b more",
        "data abort: write, not mapped",
        STACK_TOP - 2 * PAGE - 16,
        manifest=Manifest(stack=PAGE + 1),
    ),
    _wild(
        "stack-none",
        "pushes for ever, having declared no stack",
        "more: stp x0, x1, [sp, #-16]!; b more",
        "data abort: write, not mapped",
        STACK_TOP - PAGE - 16,
        manifest=Manifest(stack=0),
    ),
    _wild(
        "recursion",
        "calls itself for ever",
        "more: stp x29, x30, [sp, #-16]!; mov x29, sp; bl more",
        "data abort: write, not mapped",
        STACK_TOP - PAGE - 16,
    ),
    _wild(
        "stack-jump",
        "moves its stack pointer far below the guard page",
        "sub sp, sp, #16, lsl #12; str x0, [sp]",
        "data abort: write, not mapped",
        STACK_TOP - 16 * PAGE,
    ),
    _wild(
        "stack-in-text",
        "makes its text its stack",
        "add x1, x28, #64; mov sp, x1; stp x0, x1, [sp, #-16]!",
        "data abort: write, permission",
        IMAGE_BASE + 48,
    ),
    Case(
        "fp-second-text",
        "1.2",
        "has two segments of text, and executes FP in the second",
        Condemned("exception", "FP or SIMD instruction", 0),
        change=_second_text,
        code="add x9, x28, #7, lsl #12; br x9",
    ),
    Case(
        "fp-late",
        "1.2",
        "executes FP as the last but one of a long block",
        Condemned("exception", "FP or SIMD instruction", 0, spent=20),
        code="b on; on: " + "nop; " * 15 + "fmov d0, x1; b out; out: answer",
    ),
    Case(
        "text-odd",
        "1.1",
        "has a text that is no whole number of instructions",
        Error("EPERM"),
        change=_odd_text,
        code="fail 1",
    ),
    Case(
        "spent-block",
        "5.3",
        "faults at the first of several instructions behind a branch",
        Condemned("exception", "data abort: read, not mapped", 0x1234_5000, spent=7),
        code="li x9, 0x12345000; b on; on: ldr x9, [x9]; nop; nop; nop; answer",
    ),
    # --- loops ---
    Case(
        "loop",
        "5.4",
        "loops for ever, in a block that is translated already",
        Budget(10_000),
        code="cbz x2, ever; more: subs x2, x2, #1; b.ne more; li x1, 0x600d; answer; ever: b ever",
        manifest=_10US,
        steps=_warm,
    ),
    Case(
        "loop-warm",
        "5.4",
        "loops for ever in the same block that ended well before",
        Budget(10_000),
        code="more: subs x2, x2, #1; b.ne more; li x1, 0x600d; answer",
        manifest=_10US,
        steps=_warm,
    ),
    Case(
        "loop-report",
        "5.3",
        "loops for ever from its first instruction on",
        Budget(10_000),
        handlers={"smc": "b smc_"},
        manifest=_10US,
        steps=_reports_budget,
    ),
    Case(
        "loop-default",
        "5.4",
        "loops for ever with no budget declared",
        Budget(1_000_000),
        code="ever: " + "nop; " * 400 + "b ever",
    ),
    Case(
        "loop-most",
        "5.4",
        "loops for ever with the largest budget",
        Budget(10_000_000),
        code="ever: " + "nop; " * 900 + "b ever",
        manifest=Manifest(budget=10_000),
    ),
    Case(
        "loop-exact",
        "5.4",
        "ends with the last instruction of its budget, then one later",
        Budget(1000),
        code=(
            "more: subs x2, x2, #1; b.ne more; nop; cbz x3, fine; nop; fine: li x1, 0x600d; answer"
        ),
        manifest=Manifest(budget=1),
        steps=_exact,
    ),
    Case(
        "loop-of-calls",
        "5.4",
        "makes system calls for ever",
        Budget(10_000),
        code="ever: mov x8, #9; svc #0; b ever",
        manifest=_10US,
    ),
    Case(
        "loop-of-refused-calls",
        "5.4",
        "makes unknown system calls for ever",
        Budget(10_000),
        code="mov x8, #77; ever: svc #0; b ever",
        manifest=_10US,
    ),
    Case(
        "loop-of-mappings",
        "5.4",
        "maps and unmaps a page for ever",
        Budget(10_000),
        code="ever: li x0, 0x40000000; mov x1, #1; sys 4; sys 5; b ever",
        manifest=Manifest(budget=10, needs=(guest_memory(3),)),
    ),
    Case(
        "loop-holding-pages",
        "3.4",
        "loops for ever with eight pages mapped",
        Budget(10_000),
        code=(
            "mov x20, #8; more: li x0, 0x40000000; mov x1, #1; sys 4; subs x20, x20, #1; "
            "b.ne more; ever: b ever"
        ),
        manifest=Manifest(budget=10, needs=(guest_memory(3),), restart=5),
    ),
    Case(
        "loop-before-trap",
        "5.4",
        "has a trap behind the end of its budget",
        Budget(1000),
        code="more: subs x2, x2, #1; b.ne more; nop; nop; wfi",
        manifest=Manifest(budget=1),
        steps=lambda world: world.attack(FID, 497),
    ),
    Case(
        "loop-then-trap",
        "5.4",
        "has a trap within its budget, behind a loop",
        Condemned("exception", "WFI or WFE", 0, spent=3 + 2 * 497 + 2),
        code="more: subs x2, x2, #1; b.ne more; nop; wfi",
        manifest=Manifest(budget=1),
        steps=lambda world: world.attack(FID, 497),
    ),
    Case(
        "abort-at-the-end",
        "5.4",
        "faults with the last instruction of its budget",
        Condemned("exception", "data abort: read, not mapped", 0, spent=999),
        code="more: subs x2, x2, #1; b.ne more; mov x1, #0; ldr x1, [x1]",
        manifest=Manifest(budget=1),
        steps=lambda world: world.attack(FID, 497),
    ),
    Case(
        "loop-in-init",
        "6.1",
        "loops for ever in INIT",
        Load("app 'attack' refused: INIT: budget of 10000 instructions spent"),
        whole="b #0",
        manifest=_10US,
    ),
    Case(
        "loop-in-timer",
        "6.5",
        "loops for ever in TIMER",
        Error("unclaimed"),
        handlers={"smc": "li x0, 1000000; sys 8; answer", "timer": "ever: b ever"},
        manifest=Manifest(budget=10, needs=(TIMER,)),
        steps=_after_timer,
    ),
    Case(
        "loop-in-event",
        "6.6",
        "loops for ever when a guest comes, two restarts in a row",
        Error("unclaimed"),
        handlers={"smc": "answer", "event": "cmp x2, #9; b.eq ever; fail 38; ever: b ever"},
        manifest=Manifest(budget=10),
        steps=_create,
    ),
    Case(
        "loop-in-posted",
        "2.5",
        "loops for ever over posted writes",
        Error("unclaimed"),
        handlers={"smc": "answer", "posted": "ever: b ever"},
        manifest=Manifest(
            budget=10,
            routes=(
                route(SMC, FID),
                route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, POSTED),
                route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
            ),
        ),
        steps=_post,
    ),
]
