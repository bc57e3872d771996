"""An app written in assembly with xap_abi.h and linked by GNU ld is an image as it is (ABI.md 1,
issue 5, "how it is judged"): accepted, and it runs."""

import shutil
import subprocess
from pathlib import Path

import pytest
from xap_harness import load
from xaprt import abi, header, image
from xaprt.verify import Refusal, Rule, verify

FID = 0xC600_0007
NAME = '"assembled' + r"\0" * 23 + '"'
SOURCE = """
#include "xap_abi.h"

.macro record type, words:vararg
    .long \\type, 2f - 1f
1:  \\words
2:  .balign 8
.endm

.section .note.xap, "a", %note
    .long 2f - 1f, 4f - 3f, XAP_NOTE_TYPE_MANIFEST
1:  .asciz XAP_NOTE_OWNER
2:  .balign 4
3:
manifest:
    record XAP_RECORD_ABI_VERSION, .long XAP_VERSION
    record XAP_RECORD_ENTRY, .quad 0 /* where the linker puts _start: no relocation */
    record XAP_RECORD_UUID, .quad 0x1122334455667788, 0x99aabbccddeeff00
    record XAP_RECORD_NAME, .ascii NAME
    record XAP_RECORD_APP_VERSION, .long 1, 2, 3
    record XAP_RECORD_STACK, .long STACK
    record XAP_RECORD_INSTANCES, .long XAP_INSTANCES_SHARED
    record XAP_RECORD_RESTART, .long XAP_RESTART_NEVER
    record XAP_RECORD_BUDGET, .long 0
    record XAP_RECORD_ROUTE, .quad XAP_ROUTE_SMC, FID, FID /* kind, and flags 0 */
    record XAP_RECORD_BUILD_ID, .byte 1
4:

.section .rodata, "a"
hello:
    .ascii "from assembly"
hello_end:
    .balign 4
factors:
    .word 3, 5, 7

.bss
    .balign 8
count:
    .zero 8

.text
.global _start
_start:
    cmp x0, #XAP_FUNCTION_HANDLE_SMC
    b.ne 1f
    mov x0, x2
    bl answer
    mov x1, x0
    mov x0, #XAP_STATUS_DONE
    b leave
1:  mov x0, #XAP_STATUS_NOT_HANDLED
leave:
    mov x8, #XAP_SYS_RETURN
    svc #0
    brk #XAP_BRK(XAP_REASON_PANIC)

answer:
    stp x29, x30, [sp, #-32]!
    mov x29, sp
    stp x19, x20, [sp, #16]
    mov x19, x0
    adr x0, hello
    mov x1, #(hello_end - hello)
    mov x2, #XAP_LOG_INFO
    mov x8, #XAP_SYS_LOG
    svc #0
    adrp x20, count
    add x20, x20, :lo12:count
    ldr x2, [x20]
    add x2, x2, #1
    str x2, [x20]
    adr x3, factors
    mov x4, #0
    mov x0, x2
1:  ldr w5, [x3, x4, lsl #2]
    madd x0, x19, x5, x0
    add x4, x4, #1
    cmp x4, #3
    b.lo 1b
    TAMPER
    ldp x19, x20, [sp, #16]
    ldp x29, x30, [sp], #32
    ret
"""
ASSEMBLERS = {
    "GNU as": ["aarch64-linux-gnu-gcc", "-c"],
    "clang": ["clang", "--target=aarch64-linux-gnu", "-c"],
}
LINKER = "aarch64-linux-gnu-ld"


def linked(assembler: str, folder: Path, *, tamper: str = "nop", stack: int = 32) -> Path:
    command = ASSEMBLERS[assembler]
    for tool in (command[0], LINKER):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    source = folder / "app.S"
    source.write_text(SOURCE.replace("TAMPER", tamper))
    object, made = folder / "app.o", folder / "app.elf"
    options = [f"-I{header.PATH.parent}", f"-DSTACK={stack}", f"-DFID={FID:#x}", f"-DNAME={NAME}"]
    subprocess.run([*command, *options, source, "-o", object], check=True)
    subprocess.run(
        [LINKER, "-pie", "--no-dynamic-linker", "-z", "max-page-size=4096", "-z", "separate-code",
         "-z", "norelro", "-z", "noexecstack", "-e", "_start", "-T", _script(folder), object,
         "-o", made], check=True,
    )  # fmt: skip
    return made


def _script(folder: Path) -> Path:
    """Text at 0, and no table of a dynamic linker's."""
    path = folder / "app.ld"
    path.write_text("""
PHDRS { text PT_LOAD FLAGS(5); constants PT_LOAD FLAGS(4); state PT_LOAD FLAGS(6);
        note PT_NOTE FLAGS(4); stack PT_GNU_STACK FLAGS(6); }
SECTIONS {
    . = 0;
    .text : { *(.text) } :text
    . = ALIGN(4096);
    .note.xap : { *(.note.xap) } :constants :note
    .rodata : { *(.rodata) } :constants
    .dynamic : { *(.dynamic) } :constants
    . = ALIGN(4096);
    .bss : { *(.bss) } :state
    /DISCARD/ : { *(.dynsym) *(.dynstr) *(.gnu.hash) *(.hash) *(.comment) *(.interp) }
}
""")
    return path


@pytest.mark.parametrize("assembler", ASSEMBLERS)
def test_an_app_in_assembly_is_accepted_and_runs(assembler: str, tmp_path: Path) -> None:
    made = linked(assembler, tmp_path)
    report = verify(made.read_bytes())
    assert (report.stack_bytes, report.stack_limit) == (32, 32)
    assert report.used == {abi.Syscall.RETURN, abi.Syscall.LOG}
    assert [function.name for function in report.stack_path] == ["_start", "answer"]
    assert image.read(made.read_bytes()).manifest.name == "assembled"
    app = load(made)
    first, second = app.smc(FID, 10), app.smc(FID, 1)
    assert (first.x0, first.log) == (10 * 15 + 1, ["from assembly"])
    assert second.x0 == 15 + 2


@pytest.mark.parametrize(
    ("tamper", "rule"),
    [
        ("str x0, [sp, #8]", Rule.RETURN_ADDRESS),
        ("str x0, [sp, #-8]", Rule.BELOW_SP),
        ("bl answer", Rule.RECURSION),
        ("br x0", Rule.INDIRECT),
        ("ldxr x0, [x20]", Rule.EXCLUSIVE),
        ("fmov d0, x0", Rule.FP_SIMD),
        ("mrs x0, cntvct_el0", Rule.COUNTER),
        ("mrs x0, midr_el1", Rule.PRIVILEGED),
        ("svc #3", Rule.SVC),
        ("adr x1, hello; str x0, [x1, #3]", Rule.MISALIGNED),
        ("adr x1, factors; str w0, [x1]", Rule.ADDRESS),
        ("mov sp, x0", Rule.SP_UNKNOWN),
    ],
)
def test_the_same_app_with_a_bad_instruction_is_refused(
    tamper: str, rule: Rule, tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as caught:
        verify(linked("GNU as", tmp_path, tamper=tamper).read_bytes())
    assert caught.value.rule is rule
    assert caught.value.function == "answer"


def test_the_same_app_with_a_slot_less_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as caught:
        verify(linked("GNU as", tmp_path, stack=16).read_bytes())
    assert caught.value.rule is Rule.STACK_BOUND
