"""Images that were good before somebody changed them (issue 5, "how it is judged")."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt.verify import Refusal, Report, Rule, verify

from tests.verify.encoded import allowed_words
from tests.verify.images import assemble, image, words

GOOD = """
    cmp x0, #1; b.eq handle; mov x8, #0; mov x0, #-38; svc #0
handle:
    bl handler; mov x8, #0; svc #0
handler:
    stp x29, x30, [sp, #-48]!; mov x29, sp; stp x20, x19, [sp, #32]
    mov x19, x1; str x2, [sp, #16]
    adrp x20, STATE; ldr x3, [x20, #8]; add x3, x3, #1; str x3, [x20, #8]
    cmp x3, #100; b.hi bad
loop:
    add x0, sp, #16; mov x1, x19; bl sum; subs x19, x19, #1; b.ne loop
    ldp x20, x19, [sp, #32]; ldp x29, x30, [sp], #48; ret
bad:
    brk #0x5501
sum:
    ldr x2, [x0]; madd x0, x1, x2, x1; mrs x3, tpidrro_el0; eor x0, x0, x3, lsr #32; ret
"""
CODE = assemble(GOOD)
WORDS = [int.from_bytes(CODE[at : at + 4], "little") for at in range(0, len(CODE), 4)]


def outcome(data: bytes) -> Report | Rule:
    """Anything but these two is an error of the verifier."""
    try:
        return verify(data)
    except Refusal as refusal:
        assert str(refusal)
        return refusal.rule


def replaced(index: int, word: int) -> bytes:
    return image(words(*WORDS[:index], word, *WORDS[index + 1 :]))


def test_it_is_good_to_begin_with():
    report = verify(image(GOOD))
    assert report.stack_bytes == 48
    assert report.used == {0}


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("hvc #0", Rule.PRIVILEGED), ("smc #0", Rule.PRIVILEGED), ("eret", Rule.PRIVILEGED),
        ("msr daifset, #2", Rule.PRIVILEGED), ("mrs x0, sctlr_el1", Rule.PRIVILEGED),
        ("tlbi vmalle1", Rule.PRIVILEGED), ("br x3", Rule.INDIRECT), ("blr x3", Rule.INDIRECT),
        ("ret x3", Rule.INDIRECT), ("ldxr x0, [x1]", Rule.EXCLUSIVE),
        ("stlxr w0, x1, [x2]", Rule.EXCLUSIVE), ("fmov d0, x0", Rule.FP_SIMD),
        ("ldr q0, [x0]", Rule.FP_SIMD), ("add v0.4s, v0.4s, v0.4s", Rule.FP_SIMD),
        ("wfi", Rule.WAIT), ("wfe", Rule.WAIT), ("mrs x0, cntvct_el0", Rule.COUNTER),
        ("dc zva, x0", Rule.CACHE), ("ic ivau, x0", Rule.CACHE), ("hlt #0", Rule.DEBUG),
        ("svc #1", Rule.SVC), ("brk #0", Rule.BRK), ("ldur x3, [x4, #1]", None),
        ("b 0x40000", Rule.BRANCH), ("bl -0x40000", Rule.BRANCH), ("cbz x0, 0x8000", Rule.BRANCH),
        ("bl 0", Rule.RECURSION), ("mov sp, x4", None), ("adrp x9, 0x700000", Rule.ADDRESS),
    ],
)  # fmt: skip
def test_one_instruction_replaced_anywhere(source, rule):
    """Everywhere but where control ends before it."""
    word = int.from_bytes(assemble(source), "little")
    for index in range(len(WORDS)):
        found = outcome(replaced(index, word))
        assert isinstance(found, Rule), index
        if rule is not None and rule is not Rule.RECURSION:
            assert found is rule, (index, found)


@pytest.mark.parametrize(
    ("index", "source", "rule"),
    [
        (8, "sub sp, sp, #48", Rule.RETURN_ADDRESS),
        (8, "stp x29, x30, [sp, #-64]!", Rule.SP_UNBALANCED),
        (8, "stp x29, x30, [sp, #-56]!", Rule.SP_ALIGNED),
        (8, "stp x29, x30, [sp, #-48]", Rule.BELOW_SP),
        (8, "nop", Rule.SP_UNBALANCED),
        (10, "stp x20, x19, [sp]", Rule.RETURN_ADDRESS),
        (12, "str x2, [sp, #8]", Rule.RETURN_ADDRESS),
        (12, "stur x2, [sp, #12]", Rule.MISALIGNED),
        (12, "str x2, [sp, #-16]", Rule.BELOW_SP),
        (12, "str x2, [sp, #48]", Rule.ABOVE_STACK),
        (13, "adrp x20, 0", Rule.ADDRESS),
        (14, "ldur x3, [x20, #4]", Rule.MISALIGNED),
        (16, "str x3, [x20, #4096]", Rule.ADDRESS),
        (25, "ldp x29, x30, [sp], #32", Rule.SP_UNBALANCED),
        (25, "ldp x30, x29, [sp], #48", Rule.RETURN_ADDRESS),
        (25, "add sp, sp, #48", Rule.RETURN_ADDRESS),
        (25, "add sp, sp, x0", Rule.SP_UNKNOWN),
        (31, "bl -64", Rule.RECURSION),
        (31, "mov x30, x0", Rule.RETURN_ADDRESS),
        (32, "nop", Rule.FALL_OFF),
        (6, "mov x8, #1", Rule.RETURN_ADDRESS),
    ],
)
def test_one_instruction_replaced_here(index, source, rule):
    found = outcome(replaced(index, int.from_bytes(assemble(source), "little")))
    assert found is rule


@pytest.mark.parametrize("index", range(len(WORDS)))
def test_every_bit_of_an_instruction_flipped(index):
    for bit in range(32):
        outcome(replaced(index, WORDS[index] ^ 1 << bit))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WORDS) - 1), allowed_words()), max_size=6))
def test_allowed_instructions_anywhere(changes):
    changed = list(WORDS)
    for index, (_, word) in changes:
        changed[index] = word
    outcome(image(words(*changed)))


@settings(max_examples=150, deadline=None)
@given(st.lists(allowed_words(), min_size=1, max_size=60), st.integers(0, 59))
def test_programs_of_nothing_but_allowed_instructions(program, entry):
    text = words(*[word for _, word in program])
    outcome(image(text, entry=4 * min(entry, len(program) - 1)))


@given(st.binary(max_size=300))
def test_other_files(data):
    with pytest.raises(Refusal) as caught:
        verify(data)
    assert caught.value.rule is Rule.IMAGE
