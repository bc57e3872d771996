"""Nothing keeps the verifier busy for long (issue 5, part 8): work is bounded, whatever the bytes.

How long it takes is for benchmarks/verify_worst.py to say; here are the bounds that make it so.
"""

import gc
from contextlib import suppress

import pytest
from xaprt import elf
from xaprt.verify import Refusal, Rule, verify
from xaprt.verify.function import Function

from benchmarks.verify_worst import FAMILIES, made_of
from tests.verify.images import EXIT, Segment, assemble, image, words


@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_that_is_out_to_be_slow_is_judged(family: str) -> None:
    try:
        verify(made_of(family, 64))
    except Refusal as refusal:
        assert refusal.rule in (Rule.EFFORT, Rule.SP_UNKNOWN, Rule.BELOW_SP, Rule.UNALLOCATED)


def test_the_work_is_bounded_by_the_size_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every block that is visited: those that are refused count as well."""
    visits = 0

    def counted(self: Function) -> tuple[int, int]:
        nonlocal visits
        visits += 1
        return following(self)

    following = Function._next
    monkeypatch.setattr(Function, "_next", counted)
    for family in ("blocks", "refused_blocks", "shared", "functions", "far_blocks"):
        visits = 0
        data = made_of(family, 256)
        try:
            verify(data)
        except Refusal as refusal:
            assert refusal.rule in (Rule.EFFORT, Rule.SP_UNKNOWN)
        assert 0 < visits < 2 * (256 << 10) // 4, family


def test_what_is_saved_first_is_remembered() -> None:
    """A frame full of saved registers: what the prologue saved is not forgotten for the rest."""
    more = "".join(f"str x{20 + n % 8}, [sp, #{16 + 8 * n}];" for n in range(200))
    body = f"sub sp, sp, #2048; stp x29, x30, [sp]; {more} bl g; ldp x29, x30, [sp];"
    source = f"bl f; {EXIT}; f: {body} add sp, sp, #2048; ret; g: ret"
    report = verify(image(source, stack_bytes=4096))
    assert report.stack_bytes == 2048


def test_a_slot_that_is_overwritten_makes_room() -> None:
    saves = "".join(f"str x{20 + n % 8}, [sp, #{8 * n}];" for n in range(64))
    body = f"sub sp, sp, #1024; {saves} str x0, [sp, #0]; str x30, [sp, #800]; bl g;"
    leave = "ldr x30, [sp, #800]; add sp, sp, #1024; ret"
    source = f"bl f; {EXIT}; f: add x0, x0, x1; {body} {leave}; g: ret"
    assert verify(image(source))
    full = source.replace("str x0, [sp, #0];", "")
    with pytest.raises(Refusal) as caught:
        verify(image(full))
    assert caught.value.rule is Rule.RETURN_ADDRESS


def test_a_function_that_falls_into_the_next_has_its_own_size() -> None:
    """It was counted a word too long while the next one was not proven yet, and its way there was
    told to be the next one's first word."""
    report = verify(image(f"bl f; bl g; {EXIT}; f: nop; nop; g: ret"))
    assert [each.size for each in report.functions] == [16, 8, 4]
    assert [call.address for call in report.functions[1].calls] == [20]


def test_the_collector_runs_again_afterwards() -> None:
    for data in (image(EXIT), image("hvc #0")):
        with suppress(Refusal):
            verify(data)
        assert gc.isenabled()
    gc.disable()
    try:
        verify(image(EXIT))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_library_of_small_functions_is_no_reason_to_refuse() -> None:
    """As many as an image has room for, ten words each."""
    body = assemble("stp x29, x30, [sp, #-16]!; add x0, x0, x1; eor x0, x0, x2; ldr x3, [x0];"
                    "cbz x3, 8; add x0, x0, #8; sub x0, x0, #4; and x0, x0, #7;"
                    "ldp x29, x30, [sp], #16; ret")  # fmt: skip
    count = 22_000
    calls = [0x9400_0000 | count + 2 + 9 * n for n in range(count)]
    text = words(*calls) + assemble(EXIT) + body * count
    segment = Segment(0, text, elf.PF_R | elf.PF_X)
    report = verify(image(b"", whole=(segment,)))
    assert len(report.functions) == count + 1
    assert report.stack_bytes == 16
