"""Control, stack and addresses: what is accepted, and what is refused at which place."""

import pytest
from xaprt import abi, elf
from xaprt.image import read
from xaprt.manifest import Route
from xaprt.verify import Refusal, Report, Rule, verify
from xaprt.verify.text import Text

from tests.verify.images import CONSTANTS, EXIT, STATE, Segment, assemble, image, words

CALL = f"bl f; {EXIT}; f: "
"""The entry calls `f`, which follows, and ends the call."""
LEAVE = "ldp x29, x30, [sp], #16; ret"
ENTER = "stp x29, x30, [sp, #-16]!; mov x29, sp"


def accepted(source: str | bytes, **changes: object) -> Report:
    return verify(image(source, **changes))


def refused(source: str | bytes, **changes: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        verify(image(source, **changes))
    return caught.value


# --- what good images of any toolchain do ---------------------------------------------------

GOOD = {
    "only the exit": EXIT,
    "its frame by registers": "sub sp, sp, #32; mov x4, #3; str x0, [sp, x4, lsl #3];"
    f" mov w5, #-1; add x6, sp, #8; ldr x1, [x6, w5, sxtw #3]; ldr x2, [sp, w4, uxtw #3]; {EXIT}",
    "state by a register": f"adrp x3, STATE; mov x4, #2; str w0, [x3, x4, lsl #2]; {EXIT}",
    "a register that is not known": CALL + "sub sp, sp, #32; and x4, x0, #3;"
    " str x1, [sp, x4, lsl #3]; add sp, sp, #32; ret",
    "an endless loop": "b .",
    "a panic ends the call": "mov x8, #2; svc #0",
    "a failed check ends the call": "brk #0x5508",
    "a number by another way": "mov w8, wzr; svc #0",
    "a number that is moved": "mov x9, #0; mov x8, x9; svc #0",
    "a number from another block": "mov x8, #0; cbz x0, end; mov x0, #1; end: svc #0",
    "null that is tested for in between": CALL + "mov x8, #0; cbz x0, s; ldr x8, [x1];"
    " s: cbz x8, t; ldr x2, [x8]; t: sub sp, sp, #16; str x8, [sp]; ldr x8, [sp]; cbz x8, u;"
    " ldr x2, [x8]; u: add sp, sp, #16; ret",
    "null on the stack": CALL + "mov x8, #0; sub sp, sp, #16; str x8, [sp]; cbz x0, s;"
    " s: ldr x8, [sp]; cbz x8, u; ldr x2, [x8]; u: add sp, sp, #16; ret",
    "a number by way of the stack": CALL + "sub sp, sp, #16; mov x8, xzr; str x8, [sp, #8];"
    " ldr x8, [sp, #8]; svc #0",
    "a leaf": CALL + "add x0, x0, #1; ret",
    "a frame": CALL + f"{ENTER}; {LEAVE}",
    "a frame pointer restores sp": CALL + f"{ENTER}; sub sp, sp, #64; mov sp, x29; {LEAVE}",
    "a frame pointer above sp": CALL + "sub sp, sp, #48; stp x29, x30, [sp, #32]; add x29, sp, #32;"
    " sub sp, x29, #32; ldp x29, x30, [sp, #32]; add sp, sp, #48; ret",
    "a large frame": CALL + "sub sp, sp, #16, lsl #12; add sp, sp, #16, lsl #12; ret",
    "a frame of a computed size": CALL + "mov x12, #8192; sub sp, sp, x12; add sp, sp, x12; ret",
    "a frame of two steps": CALL + "movz x12, #0; movk x12, #4112; sub sp, sp, x12;"
    " add sp, sp, #16; add sp, sp, #1, lsl #12; ret",
    "saved registers": CALL + "stp x20, x19, [sp, #-32]!; stp x29, x30, [sp, #16]; bl g;"
    " ldp x29, x30, [sp, #16]; ldp x20, x19, [sp], #32; ret; g: mov x19, #0; ret",
    "the return address in a register": CALL + "mov x15, x30; bl g; mov x30, x15; ret; g: ret",
    "the return address in an argument": CALL + "mov x1, x30; bl g; mov x30, x1; ret; g: ret",
    "a callee that keeps the frame pointer": CALL + f"{ENTER}; sub sp, sp, #32; bl g; mov sp, x29;"
    f" {LEAVE}; g: {ENTER}; mov x29, #0; {LEAVE}",
    "a callee that ends the call": CALL + f"cbz x0, bad; ret; bad: bl end; end: {EXIT}",
    "such a callee at the end of the text": f"b f; end: {EXIT}; f: bl end",
    "such a callee reached by a branch": CALL + f"sub sp, sp, #16; b end; bl end; end: {EXIT}",
    "a tail call": CALL + "b g; bl g; g: ret",
    "a conditional tail call": CALL + "cbz x0, g; ret; bl g; g: ret",
    "falling into the next function": CALL + "cbz x0, g; bl h; g: ret; h: brk #0x5508",
    "one function right after another": CALL + "add x0, x0, #1; g: ret; bl g",
    "a loop to the own start": CALL + "sub x0, x0, #1; cbnz x0, f; ret",
    "a trap shared by different depths": CALL + f"cbz x0, bad; {ENTER}; cbz x1, bad; {LEAVE};"
    " bad: brk #0x5501",
    "an epilogue shared by functions": f"bl f; bl g; {EXIT}; f: {ENTER}; b out; g: {ENTER}; nop;"
    f" out: {LEAVE}",
    "a prologue made by a callee": f"bl f; {EXIT}; f: stp x29, x30, [sp, #-32]!; bl save;"
    " ldp x29, x30, [sp], #32; ret; save: stp x19, x20, [sp, #16]; ret",
    "stacked arguments": f"sub sp, sp, #16; str x0, [sp]; bl f; {EXIT}; f: ldr x0, [sp, #8]; ret",
    # LLVM, for a struct that was loaded from a page byte by byte (the oracle's seed 2000788).
    "an odd pointer, copied": CALL + "add x1, x1, #29; mov x2, x1; stur w0, [x2, #-29]; ret",
    "pointer authentication": CALL + f"hint #25; {ENTER}; {LEAVE[:-5]}; hint #29; ret",
    "the other key": CALL + f"hint #27; {ENTER}; {LEAVE[:-5]}; hint #31; ret",
    "key without the stack pointer": CALL + f"hint #24; {ENTER}; {LEAVE[:-5]}; hint #28; ret",
    "landing pads": f"hint #34; bl f; {EXIT}; f: hint #34; ret",
    "an unknown system call": CALL + "mov x8, x0; svc #0; ret",
    "a constant": "adrp x0, CONSTANTS; ldr x1, [x0, #8]; " + EXIT,
    "state": "adrp x0, STATE; add x0, x0, #16; str x1, [x0], #8; ldr x1, [x0]; " + EXIT,
    "one past the end": f"adrp x0, {CONSTANTS + 0x1000:#x}; {EXIT}",
    "a pointer that walks": "adrp x0, STATE; adrp x1, 0x21000; l: str x2, [x0], #8; cmp x0, x1;"
    " b.ne l; " + EXIT,
    "a word between words": "ldur x1, [x0, #4]; " + EXIT,
    "bytes before words": CALL + "add x5, x0, #25; stur x1, [x5, #-1]; ret",
    "a byte at any distance": "ldurb w1, [x0, #-3]; strb w2, [x0], #1; " + EXIT,
    "an absolute number as index": "mov x1, #3; ldrb w0, [x1, x0]; " + EXIT,
    "device registers": "dmb oshst; str w0, [x1]; ldr w0, [x1]; dmb oshld; " + EXIT,
    "ordered accesses": "ldar x0, [x1]; stlr w0, [x1]; ldarb w2, [x3]; " + EXIT,
    "a result is not the argument": "mov x0, #0; mov x8, #9; svc #0; ldr w1, [x0]; " + EXIT,
    "five results": "mov x4, #0; mov x8, #3; svc #0; ldr w1, [x4]; " + EXIT,
    "results of an unknown call": "mov x4, #0; mov x8, x5; svc #0; ldr w1, [x4]; " + EXIT,
    "an address on one of two paths": "b m; j: ldr x1, [x0, #4096]; " + EXIT +
    "; m: adrp x0, STATE; cbz x3, j; k: ldr x0, [x2]; cbz x5, k; b j",
    "the requester": "mrs x0, tpidrro_el0; " + EXIT,
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_abi_md_allows_is_accepted(name):
    assert accepted(GOOD[name], stack_bytes=abi.MAX_STACK_BYTES)


def test_zeros_between_functions_and_at_the_end():
    text = assemble(f"bl 24; {EXIT}") + bytes(12) + assemble("ret") + bytes(3)
    assert accepted(text)


def test_functions_that_nothing_reaches():
    """A static library leaves some; they need be instructions, and no more."""
    assert accepted(f"{EXIT}; dead: sub sp, sp, #24; ldr x0, [sp, #1]; bl dead; ret")


def test_a_literal_in_text_that_is_an_instruction():
    text = assemble(f"ldr w0, 12; {EXIT}") + words(0xD503201F)
    assert accepted(text)


def test_two_text_segments():
    far = Segment(CONSTANTS, assemble("ret"), elf.PF_R | elf.PF_X)
    assert accepted(f"bl CONSTANTS; {EXIT}", more=(far,))
    assert refused(f"bl 0x8000; {EXIT}", more=(far,)).rule is Rule.BRANCH
    assert refused("bl CONSTANTS", more=(far,)).rule is Rule.FALL_OFF


def test_an_entry_in_the_middle():
    assert accepted(f"ret; nop; {EXIT}", entry=8).entry == 8


# --- what is refused, and where -------------------------------------------------------------

BAD = {
    "branch before the text": ("b -4", Rule.BRANCH, 0),
    "branch behind the text": (f"{EXIT}; b 16", Rule.BRANCH, 8),
    "branch right behind the text": (f"b.eq 12; {EXIT}", Rule.BRANCH, 0),
    "call of data": (f"bl CONSTANTS; {EXIT}", Rule.BRANCH, 0),
    "test and branch away": (f"tbz x0, #3, 0x7000; {EXIT}", Rule.BRANCH, 0),
    "no end": ("nop", Rule.FALL_OFF, 0),
    "end that comes back": ("mov x8, #1; svc #0", Rule.FALL_OFF, 4),
    "end by an unknown number": ("mov x8, x0; svc #0", Rule.FALL_OFF, 4),
    "end on one path only": ("mov x8, #0; cbz x0, e; mov x8, #1; e: svc #0", Rule.FALL_OFF, 12),
    "a call that comes back at the end": (f"b m; f: ret; {EXIT}; m: bl f", Rule.FALL_OFF, 16),
    "return from the entry": ("ret", Rule.ENTRY_RETURN, 0),
    "return for the entry": ("b f; bl f; f: ret", Rule.ENTRY_RETURN, 0),
    "recursion": (CALL + f"{ENTER}; bl f; {LEAVE}", Rule.RECURSION, 20),
    "mutual recursion": (CALL + f"{ENTER}; bl g; {LEAVE}; g: {ENTER}; bl f; {LEAVE}",
                         Rule.RECURSION, 40),
    "recursion through a tail": (CALL + f"{ENTER}; bl g; {LEAVE}; g: b f", Rule.RECURSION, 32),
    "the entry calls itself": (f"bl 0; {EXIT}", Rule.RECURSION, 0),
    "lost return address": (CALL + "bl g; ret; g: ret", Rule.RETURN_ADDRESS, 16),
    "loaded return address": (CALL + "ldr x30, [x0]; ret", Rule.RETURN_ADDRESS, 16),
    "another return address": (CALL + "mov x30, x1; ret", Rule.RETURN_ADDRESS, 16),
    "computed return address": (CALL + "adr x30, f; ret", Rule.RETURN_ADDRESS, 16),
    "return address from the wrong slot": (
        CALL + "stp x29, x30, [sp, #-16]!; ldp x30, x29, [sp], #16; ret", Rule.RETURN_ADDRESS, 20),
    "overwritten slot": (
        CALL + f"{ENTER}; str x0, [sp, #8]; {LEAVE}", Rule.RETURN_ADDRESS, 28),
    "half overwritten slot": (
        CALL + f"{ENTER}; str w0, [sp, #12]; {LEAVE}", Rule.RETURN_ADDRESS, 28),
    "byte of the slot by the frame pointer": (
        CALL + f"{ENTER}; strb w0, [x29, #15]; {LEAVE}", Rule.RETURN_ADDRESS, 28),
    "slot overwritten by the callee": (
        CALL + f"{ENTER}; bl g; {LEAVE}; g: str x0, [sp, #8]; ret", Rule.RETURN_ADDRESS, 28),
    "slot below sp at a call": (
        CALL + "stp x29, x30, [sp, #-16]!; add sp, sp, #16; bl g; sub sp, sp, #16;"
        " ldp x29, x30, [sp], #16; ret; g: ret", Rule.RETURN_ADDRESS, 32),
    "half of a return address": (
        CALL + f"{ENTER}; ldr w30, [sp, #8]; add sp, sp, #16; ret", Rule.RETURN_ADDRESS, 28),
    "saved on one path only": (
        CALL + "sub sp, sp, #16; cbz x0, s; str x30, [sp]; s: ldr x30, [sp]; add sp, sp, #16; ret",
        Rule.RETURN_ADDRESS, 32),
    "other registers saved in one slot": (
        CALL + "sub sp, sp, #16; cbz x0, s; str x30, [sp]; b j; s: str x19, [sp]; j: ldr x30, [sp];"
        " add sp, sp, #16; ret", Rule.RETURN_ADDRESS, 40),
    "slot overwritten among others": (
        CALL + f"{ENTER}; bl g; {LEAVE}; g: str x0, [sp, #8]; sub sp, sp, #16; str x0, [sp, #16];"
        " add sp, sp, #16; ret", Rule.RETURN_ADDRESS, 28),
    "slot overwritten by the callee's callee": (
        CALL + f"{ENTER}; bl g; {LEAVE}; g: {ENTER}; bl h; {LEAVE}; h: str x0, [sp, #24]; ret",
        Rule.RETURN_ADDRESS, 28),
    "signed and returned": (CALL + "hint #25; ret", Rule.RETURN_ADDRESS, 16),
    "authenticated at another depth": (
        CALL + "hint #25; sub sp, sp, #16; hint #29; add sp, sp, #16; ret",
        Rule.RETURN_ADDRESS, 28),
    "authenticated by another key": (CALL + "hint #25; hint #31; ret", Rule.RETURN_ADDRESS, 20),
    "not signed but authenticated": (CALL + "hint #29; ret", Rule.RETURN_ADDRESS, 16),
    "tail call without return address": (
        CALL + "bl g; b g; g: ret", Rule.RETURN_ADDRESS, 16),

    "sp from a register": (CALL + "mov sp, x0; ret", Rule.SP_UNKNOWN, 12),
    "sp less a register": (CALL + "sub sp, sp, x0; ret", Rule.SP_UNKNOWN, 12),
    "sp by and": (CALL + "and sp, x0, #-16; ret", Rule.SP_UNKNOWN, 12),
    "sp as a number": (CALL + "orr sp, xzr, #16; ret", Rule.SP_UNKNOWN, 12),
    "sp from a number": (CALL + "mov x1, #64; mov sp, x1; ret", Rule.SP_UNKNOWN, 16),
    "sp of 32 bits": (CALL + "add wsp, wsp, #0; ret", Rule.SP_UNKNOWN, 12),
    "sp from the frame pointer of another": (
        CALL + f"{ENTER}; bl g; mov sp, x29; {LEAVE}; g: mov x29, #0; ret", Rule.SP_UNKNOWN, 24),
    "sp from the frame pointer of a tail call": (
        CALL + f"{ENTER}; bl g; mov sp, x29; {LEAVE}; g: b h; bl h; h: mov x29, #0; ret",
        Rule.SP_UNKNOWN, 24),
    "a loop that eats the stack": (
        CALL + "l: sub sp, sp, #16; cbnz x0, l; ldr x1, [sp]; ret", Rule.SP_UNKNOWN, 12),
    "sp that depends on the path": (
        CALL + "cbz x0, s; sub sp, sp, #16; s: ldr x0, [sp]; ret", Rule.SP_UNKNOWN, 20),
    "call at an unknown depth": (
        CALL + "cbz x0, s; sub sp, sp, #16; s: bl g; g: brk #0x5508", Rule.SP_UNKNOWN, 20),
    "frame left behind": (CALL + "sub sp, sp, #16; ret", Rule.SP_UNBALANCED, 16),
    "frame left on one path": (
        CALL + f"{ENTER}; cbz x0, out; {LEAVE}; out: ldr x30, [sp, #8]; ret",
        Rule.SP_UNBALANCED, 36),
    "more given back than taken": (CALL + "add sp, sp, #16; ret", Rule.SP_UNBALANCED, 12),
    "popped once too often": (
        CALL + "str x30, [sp, #-16]!; ldr x30, [sp], #32; ret", Rule.SP_UNBALANCED, 16),
    "tail call with a frame": (CALL + "sub sp, sp, #16; b g; bl g; g: ret", Rule.SP_UNBALANCED, 16),
    "sp by eights": (CALL + "str x30, [sp, #-8]!; ldr x30, [sp], #8; ret", Rule.SP_ALIGNED, 16),
    "call on a crooked stack": (
        CALL + "sub sp, sp, #8; bl g; add sp, sp, #8; g: ret", Rule.SP_ALIGNED, 16),
    "red zone": (CALL + "str x0, [sp, #-16]; ret", Rule.BELOW_SP, 12),
    "below the frame": (
        CALL + "mov x9, sp; sub sp, sp, #16; ldr x0, [x9, #-24]; add sp, sp, #16; ret",
        Rule.BELOW_SP, 20),
    "given back too early": (
        CALL + f"{ENTER}; add sp, sp, #16; ldr x30, [sp, #-8]; ret", Rule.BELOW_SP, 24),
    "above the stack": (f"ldr x0, [sp]; {EXIT}", Rule.ABOVE_STACK, 0),
    "above the stack by a callee": (f"bl f; {EXIT}; f: ldr x0, [sp, #8]; ret", Rule.ABOVE_STACK, 0),
    "beyond the caller's frame": (
        f"sub sp, sp, #16; bl f; {EXIT}; f: ldr x0, [sp, #16]; ret", Rule.ABOVE_STACK, 4),

    "misaligned on the stack": ("sub sp, sp, #16; ldur x0, [sp, #1]; " + EXIT, Rule.MISALIGNED, 4),
    "misaligned pair": (
        "sub sp, sp, #32; add x9, sp, #4; stp x0, x1, [x9]; " + EXIT, Rule.MISALIGNED, 8),
    "half a word on the stack": (
        "sub sp, sp, #16; add x9, sp, #2; ldr w0, [x9]; " + EXIT, Rule.MISALIGNED, 8),
    "misaligned constant": ("adr x0, 13; ldrh w1, [x0]; " + EXIT, Rule.MISALIGNED, 4),
    "misaligned state": ("adrp x0, STATE; ldur x1, [x0, #4]; " + EXIT, Rule.MISALIGNED, 4),
    "misaligned literal": (f"ldr x0, 12; {EXIT}; nop; nop", Rule.MISALIGNED, 0),
    "misaligned by a register": (
        "sub sp, sp, #32; mov x4, #3; ldr w0, [sp, x4]; " + EXIT, Rule.MISALIGNED, 8),
    "below the stack pointer by a register": (
        "sub sp, sp, #32; mov x4, #-8; str x0, [sp, x4]; " + EXIT, Rule.BELOW_SP, 8),
    "below the stack pointer by half a register": (
        "sub sp, sp, #32; mov w4, #-1; str x0, [sp, w4, sxtw #3]; " + EXIT, Rule.BELOW_SP, 8),
    "above the stack by a register": (
        "sub sp, sp, #32; mov x4, #4; str x0, [sp, x4, lsl #3]; " + EXIT, Rule.ABOVE_STACK, 8),
    "the return address by a register": (
        CALL + f"{ENTER}; mov x4, #1; str x0, [sp, x4, lsl #3]; {LEAVE}", Rule.RETURN_ADDRESS, 32),
    "text by a register": (
        "adr x3, .; mov w4, #8; str w0, [x3, w4, uxtw]; " + EXIT, Rule.ADDRESS, 8),
    "odd word": (CALL + "ldur w0, [x1, #1]; ret", Rule.MISALIGNED, 12),
    "odd doubleword": (CALL + "stur x0, [x1, #-3]; ret", Rule.MISALIGNED, 12),
    "odd halfword": (CALL + "ldurh w0, [x1, #3]; ret", Rule.MISALIGNED, 12),

    "write to text": ("adr x0, 0; str w1, [x0]; " + EXIT, Rule.ADDRESS, 4),
    "write to constants": ("adrp x0, CONSTANTS; str x1, [x0, #8]; " + EXIT, Rule.ADDRESS, 4),
    "read between segments": ("adrp x0, CONSTANTS; ldr x1, [x0, #4096]; " + EXIT, Rule.ADDRESS, 4),
    "address behind the image": (f"adrp x0, 0x40000; {EXIT}", Rule.ADDRESS, 0),
    "address before the image": (f"adrp x0, -4096; {EXIT}", Rule.ADDRESS, 0),
    "near address outside": (f"adr x0, 0xf000; {EXIT}", Rule.ADDRESS, 0),
    "offset that leaves the image": (
        f"adrp x0, {STATE + 0x1000:#x}; add x0, x0, #8; {EXIT}", Rule.ADDRESS, 4),
    "walk out of the state": (
        f"adrp x0, {STATE + 0x1000:#x}; ldr x1, [x0, #-8]!; ldr x1, [x0, #8]; {EXIT}",
        Rule.ADDRESS, 8),
    "literal outside": (f"ldr x0, 0x8000; {EXIT}", Rule.ADDRESS, 0),
    "absolute address": (f"movz x0, #0x900, lsl #16; ldr w1, [x0]; {EXIT}", Rule.ADDRESS, 4),
    "an argument is kept": (f"mov x4, #0; mov x8, #1; svc #0; ldr w1, [x4]; {EXIT}",
                            Rule.ADDRESS, 12),
    "null": (f"mov x0, xzr; str w1, [x0, #16]; {EXIT}", Rule.ADDRESS, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_breaks_a_rule_is_refused_there(name):
    source, rule, address = BAD[name]
    refusal = refused(source, stack_bytes=abi.MAX_STACK_BYTES)
    assert (refusal.rule, refusal.address) == (rule, address), str(refusal)
    assert "\n" not in str(refusal)


def test_control_does_not_run_into_padding():
    refusal = refused(assemble("nop") + bytes(8) + assemble(EXIT))
    assert (refusal.rule, refusal.address) == (Rule.FALL_OFF, 4)


def test_data_in_the_text_is_no_instruction():
    """ABI.md 1.1: constants stand in R--."""
    refusal = refused(assemble(f"ldr w0, 12; {EXIT}") + words(0x0001_0001))
    assert (refusal.rule, refusal.address) == (Rule.UNALLOCATED, 12)


def test_calls_too_deep_to_follow_are_refused():
    refusal = refused(words(*[0x9400_0001] * 5000) + assemble(EXIT))
    assert refusal.rule is Rule.EFFORT


def test_more_paths_than_anyone_needs_are_refused():
    """Every one of many functions goes through the same long code."""
    count, tail = 3000, 1000
    calls = [0x9400_0000 | count + 2 for _ in range(count)]
    jumps = [0x1400_0000 | count - n for n in range(count)]
    text = words(*calls) + assemble(EXIT) + words(*jumps) + assemble("nop; " * tail + "ret")
    refusal = refused(text)
    assert refusal.rule is Rule.EFFORT


# --- around the text ------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0x0100_0000, 0x8400_0000, 0xC500_0001, 0x8400_FF01])
def test_a_route_that_is_the_hypervisors_own_is_refused(first):
    """ABI.md 4.2."""
    route = Route(abi.RouteKind.HVC, first, first, abi.RouteFlag.NONE)
    refusal = refused(EXIT, routes=(route,))
    assert refusal.rule is Rule.ROUTE
    assert refusal.address is None
    assert f"HVC {first:#010x}" in str(refusal)


def test_routes_of_guest_memory_are_not_identifiers():
    route = Route(abi.RouteKind.MMIO_WRITE, 0, 0xFFF, abi.RouteFlag.POSTED)
    assert accepted(EXIT, routes=(route,))


def test_an_entry_outside_the_text_is_refused():
    """`xaprt.image` says so first; the text does not rely on it."""
    segments = read(image(EXIT)).segments
    for entry in (2, 8, -4, CONSTANTS):
        with pytest.raises(Refusal) as caught:
            Text(segments, entry)
        assert caught.value.rule is Rule.ENTRY
    with pytest.raises(Refusal) as caught:
        Text([each for each in segments if not each.executable], 0)
    assert caught.value.rule is Rule.ENTRY


# --- what a refusal says --------------------------------------------------------------------


def test_a_refusal_names_address_instruction_function_line_and_rule():
    data = image(CALL + "hvc #1; ret", symbols={"_start": (0, 12), "handler": (12, 8)})
    with pytest.raises(Refusal) as caught:
        verify(data, line=lambda address: f"app.py:{address}")
    refusal = caught.value
    assert isinstance(refusal, ValueError)
    assert (refusal.address, refusal.word, refusal.mnemonic) == (12, 0xD400_0022, "hvc")
    assert (refusal.function, refusal.line) == ("handler", "app.py:12")
    assert str(refusal) == (
        "0xc in handler (app.py:12): d4000022 hvc: hypervisor call "
        "[privileged: no instruction needs more than EL0, ABI.md 1.2]"
    )


def test_what_is_not_known_is_left_out():
    assert str(refused("hvc #0")).startswith("0x0: d4000002 hvc: ")


def test_recursion_tells_the_cycle():
    assert "0xc -> 0x20 -> 0xc" in str(refused(BAD["mutual recursion"][0]))


def test_the_first_of_several_is_told():
    assert refused("hvc #0; wfi").mnemonic == "hvc"
