"""What an app can make a fault report say (ABI.md 5.3): its registers and its stack are its own."""

from collections.abc import Sequence

from xap_harness.emulator.backend import STACK_TOP

from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import Manifest
from tests.hostile.verdict import Condemned
from tests.hostile.world import Steps, World

TITLE = "Fault reports"

_BRK = Condemned("exception", "BRK #0x1", 0)


def _frames(*frames: int) -> Steps:
    """Image-relative return addresses, innermost first."""

    def steps(world: World) -> None:
        fault = world.attack().outcome
        if world.hostile:
            world.expect("frames", fault.registers.frames, frames)
            lines = [line for line in world.lines if line.startswith("xap-fault: frames=")]
            told = ",".join(f"{each:#x}" for each in frames)
            world.expect("lines", lines, [f"xap-fault: frames={told}"] if frames else [])

    return steps


def _stack(name: str, what: str, code: str, frames: Sequence[int], size: int = PAGE) -> Case:
    return Case(
        f"report-{name}", "5.3", what, _BRK, code=f"{code}; brk #1",
        manifest=Manifest(stack=size), steps=_frames(*frames),
    )  # fmt: skip


def _lines(*wanted: str) -> Steps:
    def steps(world: World) -> None:
        world.attack()
        told = [line for line in world.lines if line.startswith("xap-fault")]
        world.expect("the report", told, [f"xap-fault: {line}" for line in wanted])

    return steps


# Where the handler of an SMC begins: six instructions of the prologue, four that answer -ENOSYS
# to the rest.
_START = 0x28
_LINK = "add x30, x28, #0x40"

CASES = [
    _stack("frames", "calls two functions deep and faults", "bl one; brk #2; one: stp x29, x30,"
           "[sp, #-16]!; mov x29, sp; bl two; brk #3; two: stp x29, x30, [sp, #-16]!; mov x29, sp",
           (_START + 5 * 4, _START + 4)),
    _stack("frames-leaf", "faults in a function that has no record of its own", "bl one; brk #2;"
           "one: stp x29, x30, [sp, #-16]!; mov x29, sp; bl two; brk #3; two: nop",
           (_START + 5 * 4, _START + 4)),
    _stack("link-only", "has only x30", f"{_LINK}; mov x29, #0", (0x40,)),
    _stack("link-first", "has the first instruction of its text in x30", "mov x30, x28", (0,)),
    _stack("link-last", "has the last word of its text's page in x30", "add x30, x28, #1, lsl #12;"
           "sub x30, x30, #4", (PAGE - 4,)),
    _stack("link-odd", "has an odd address in x30", "add x30, x28, #0x42", ()),
    _stack("link-behind", "has the address behind its text in x30", "add x30, x28, #1, lsl #12",
           ()),
    _stack("link-below", "has the address below its text in x30", "sub x30, x28, #4", ()),
    _stack("link-state", "has an address of its state in x30", "add x30, x28, #5, lsl #12", ()),
    _stack("link-constants", "has an address of its constants in x30", "add x30, x28, #3, lsl #12",
           ()),
    _stack("record-null", "has x29 at 0", f"{_LINK}; mov x29, #0", (0x40,)),
    _stack("record-state", "has a record in its state", "add x29, x28, #5, lsl #12; add x10, x28,"
           "#0x44; str x10, [x29, #8]", ()),
    _stack("record-guard", "has a record that begins in the guard page", f"{_LINK};"
           "sub x29, x27, #1, lsl #12; str x30, [x29]; sub x29, x29, #8", (0x40,)),
    _stack("record-lowest", "has a record at the very bottom of its stack", "sub x29, x27, #1,"
           f"lsl #12; add x10, x28, #0x44; stp xzr, x10, [x29]; {_LINK}", (0x40, 0x44)),
    _stack("record-top", "has a record at the very top of its stack", "sub x29, x27, #16;"
           f"add x10, x28, #0x44; stp xzr, x10, [x29]; {_LINK}", (0x40, 0x44)),
    _stack("record-above", "has a record of which the half lies above its stack", f"{_LINK};"
           "sub x29, x27, #8; str x30, [x29]", (0x40,)),
    _stack("record-misaligned", "has a record at an address that is no multiple of 8",
           f"sub x29, x27, #28; add x10, x28, #0x44; str x10, [x29, #8]; {_LINK}", (0x40,)),
    _stack("record-loop", "has a record that is its own caller's", "sub x29, x27, #32;"
           f"add x10, x28, #0x44; stp x29, x10, [x29]; {_LINK}", (0x40, 0x44)),
    _stack("record-next", "has two records that touch", "sub x29, x27, #32; sub x11, x27, #16;"
           "add x10, x28, #0x44; stp x11, x10, [x29]; add x10, x28, #0x48; stp xzr, x10, [x11];"
           f"{_LINK}", (0x40, 0x44, 0x48)),
    _stack("record-overlap", "has two records that overlap", "sub x29, x27, #32; sub x11, x27, #24;"
           f"add x10, x28, #0x44; stp x11, x10, [x29]; str x10, [x11, #8]; {_LINK}", (0x40, 0x44)),
    _stack("record-down", "has records in descending order", "sub x29, x27, #32; sub x11, x27, #64;"
           "add x10, x28, #0x44; stp x11, x10, [x29]; add x10, x28, #0x48; stp xzr, x10, [x11];"
           f"{_LINK}", (0x40, 0x44)),
    _stack("record-bad-link", "has a record with a return address outside its text", "sub x29, x27,"
           "#32; sub x11, x27, #16; stp x11, x27, [x29]; add x10, x28, #0x44; stp xzr, x10, [x11];"
           f"{_LINK}", (0x40,)),
    _stack("record-same-link", "has the same return address twice", "sub x29, x27, #32; sub x11,"
           "x27, #16; add x30, x28, #0x44; stp x11, x30, [x29]; add x10, x28, #0x44;"
           "stp xzr, x10, [x11]", (0x44,)),
    _stack("records-40", "has forty records", "sub x29, x27, #640; mov x11, x29; add x10, x28,"
           "#0x44; more: add x12, x11, #16; stp x12, x10, [x11]; mov x11, x12; add x10, x10, #4;"
           f"cmp x11, x27; b.ne more; {_LINK}", (0x40, *(0x44 + 4 * n for n in range(15)))),
    _stack("records-two-pages", "has records on both pages of its stack", "sub x29, x27, #2,"
           "lsl #12; sub x11, x27, #16; add x10, x28, #0x44; stp x11, x10, [x29]; add x10, x28,"
           f"#0x48; stp xzr, x10, [x11]; {_LINK}", (0x40, 0x44, 0x48), 2 * PAGE),
    Case("report-system-call", "5.3", "faults behind a system call", _BRK,
         code="sys 9; sub sp, sp, #32; brk #1",
         steps=_lines(
             'name=attack domid=1 vcpu=0 kind=exception reason="BRK #0x1"',
             "syscall=9 spent=7 build=abad",
             f"pc={_START + 12:#x} sp={STACK_TOP - 32:#x} esr=0xf2000001 far=0x0",
         )),
    Case("report-svc-check", "5.1", "executes an SVC with the number of a failed check",
         Condemned("exception", "SVC #0x5501", 0), code="svc #0x5501"),
    Case("report-abort", "5.3", "faults on a wild address",
         Condemned("exception", "data abort: read, not mapped", 0x1234_5678),
         code="li x1, 0x12345678; ldr x1, [x1]",
         steps=_lines(
             'name=attack domid=1 vcpu=0 kind=exception reason="data abort: read, not mapped"',
             "syscall=none spent=6 build=abad",
             f"pc={_START + 8:#x} sp={STACK_TOP:#x} esr=0x92000007 far=0x12345678",
         )),
    Case("report-forged", "5.3", "panics with a text that looks like other keys of the report",
         Condemned("panic", "PANIC", 0, 'x" kind=check name="bystander\\'),
         code='adr x1, text; mov x0, #8; mov x2, #30; sys 2; text: .ascii "x\\" kind=check '
         'name=\\"bystander\\\\\\n"; .align 2',
         steps=_lines(
             'name=attack domid=1 vcpu=0 kind=panic reason=PANIC message="x\\" kind=check '
             'name=\\"bystander\\\\"',
             "syscall=2 spent=9 build=abad",
             f"pc={_START + 16:#x} sp={STACK_TOP:#x} esr=0x56000000 far=0x0",
         )),
    Case("report-quote", "5.3", "panics with a quotation mark in one word",
         Condemned("panic", "PANIC", 0, 'a"b'),
         code='adr x1, text; mov x0, #8; mov x2, #3; sys 2; text: .ascii "a\\"b"; .align 2',
         steps=_lines(
             'name=attack domid=1 vcpu=0 kind=panic reason=PANIC message="a\\"b"',
             "syscall=2 spent=9 build=abad",
             f"pc={_START + 16:#x} sp={STACK_TOP:#x} esr=0x56000000 far=0x0",
         )),
    Case("report-lines", "5.3", "panics with a text of two lines, which is one in the report",
         Condemned("panic", "PANIC", 0, "a xap-fault: name=x"),
         code='adr x1, text; mov x0, #8; mov x2, #19; sys 2; text: .ascii "a\\nxap-fault: name=x";'
         ".align 2",
         steps=_lines(
             'name=attack domid=1 vcpu=0 kind=panic reason=PANIC message="a xap-fault: name=x"',
             "syscall=2 spent=9 build=abad",
             f"pc={_START + 16:#x} sp={STACK_TOP:#x} esr=0x56000000 far=0x0",
         )),
]  # fmt: skip
