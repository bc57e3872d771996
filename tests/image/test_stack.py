"""The stack bound is exact: what a run takes, and what LLVM reports (ABI.md 1.3)."""

from io import BytesIO

import pytest
from elftools.dwarf.callframe import FDE
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt import image
from xaprt.link import LinkError, StackLimitError, link
from xaprt.verify import verify

from tests.image.support import (
    APP,
    RET,
    Label,
    Part,
    Processor,
    compiled,
    entry,
    entry_of,
    function,
    object_of,
    words,
)

Graph = list[tuple[int, list[int], bool]]


def module(graph: Graph) -> str:
    """Function n has a buffer of so many bytes and calls the others, all of higher number; one
    with nine arguments takes one on the stack."""
    made = []
    for number, (size, callees, many) in enumerate(graph):
        calls = []
        for place, callee in enumerate(callees):
            nine = ", i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7, i64 8" * graph[callee][2]
            given = f"i64 %v{nine}"
            calls.append(f'%c{place} = call i64 @"f{callee}"({given})')
            calls.append(f"%d{place} = add i64 %c{place}, %v")
        params = "i64 %a" + "".join(f", i64 %a{n}" for n in range(8)) * many
        last = f"%d{len(callees) - 1}" if callees else "%v"
        extra = f"%r = add i64 {last}, %a7\nret i64 %r" if many else f"ret i64 {last}"
        body = (
            f"%b = alloca [{size} x i8], align 8\n"
            f"%at = getelementptr i8, ptr %b, i64 {size - 1}\n"
            "store volatile i8 3, ptr %at\n%n = load volatile i8, ptr %at\n"
            "%w = zext i8 %n to i64\n%v = add i64 %w, %a\n" + "\n".join(calls) + "\n" + extra
        )
        made.append(function(f"f{number}", body, params))
    first = ", i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7, i64 8" * graph[0][2]
    return "".join(made) + entry(
        f"%r = call i64 @f0(i64 %x1{first})", values=["0", "%r", "0", "0", "0"]
    )


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 5))
    sizes = st.integers(1, 100) | st.integers(450, 600) | st.integers(4000, 9000)
    return [
        (
            draw(sizes),
            sorted(draw(st.sets(st.integers(number + 1, count - 1), max_size=3)))
            if number + 1 < count
            else [],
            draw(st.booleans()),
        )
        for number in range(count)
    ]


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_the_bound_is_what_the_deepest_path_takes(graph: Graph) -> None:
    """Every path is run, so the deepest is."""
    made = link(compiled(module(graph)), APP)
    run = Processor(made, 0x10_0000).call(0, 5)
    assert image.read(made).manifest.stack_bytes == run.depth
    report = verify(made)
    assert report.stack_bytes == report.stack_limit == run.depth


def test_a_leaf_without_a_frame_takes_nothing() -> None:
    assert image.read(link(compiled(entry("")), APP)).manifest.stack_bytes == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6000))
def test_a_frame_is_what_the_unwind_table_says(size: int) -> None:
    """Of a function without calls: there LLVM describes the whole frame."""
    body = (
        f"%b = alloca [{size} x i8], align 8\n%at = getelementptr i8, ptr %b, i64 {size - 1}\n"
        "store volatile i8 3, ptr %at"
    )
    object = compiled(entry(body))
    entries = ELFFile(BytesIO(object)).get_dwarf_info().EH_CFI_entries()
    [table] = [each.get_decoded().table for each in entries if isinstance(each, FDE)]
    assert image.read(link(object, APP)).manifest.stack_bytes == max(r["cfa"].offset for r in table)


# --- refused ---------------------------------------------------------------------------------


def refused(object: bytes, error: type[LinkError] = LinkError) -> str:
    with pytest.raises(error) as caught:
        link(object, APP)
    assert type(caught.value) is error
    return str(caught.value)


def test_what_has_no_proof_has_no_bound_and_is_no_image() -> None:
    """The message is the verifier's; tests/verify has all of what is refused."""
    text = (
        "declare i64 @xap_sys_time()\n"
        + function("even", "%a = call i64 @odd(i64 %n)\n%b = add i64 %a, 1\nret i64 %b", "i64 %n")
        + function("odd", "%a = call i64 @even(i64 %n)\n%b = add i64 %a, 1\nret i64 %b", "i64 %n")
        + entry("%a = call i64 @even(i64 %x1)")
    )
    assert "even -> odd -> even" in refused(compiled(text))
    alone = function(
        "alone", "%a = call i64 @alone(i64 %n)\n%b = add i64 %a, 1\nret i64 %b", "i64 %n"
    )
    assert "alone -> alone" in refused(compiled(alone + entry("%a = call i64 @alone(i64 %x1)")))
    indirect = entry("%f = inttoptr i64 %x1 to ptr\ncall void %f()")
    assert " in xap_entry: " in refused(compiled(indirect))
    assert "[indirect-branch: " in refused(compiled(indirect))
    computed = entry("%b = alloca i8, i64 %x1\nstore volatile i8 1, ptr %b")
    assert "[sp-unknown: " in refused(compiled(computed))


def test_a_bound_is_whole_slots() -> None:
    """The stack pointer may be anywhere where it is not used."""
    part, label = entry_of(words(0xD10063FF, 0x910063FF, RET))  # sub sp, sp, #24; add ...
    assert image.read(link(object_of([part], [label]), APP)).manifest.stack_bytes == 32


def test_a_tail_call_counts_as_a_call() -> None:
    other = Part(".text.other", words(0xD10083FF, 0x910083FF, RET))
    part, label = entry_of(words(0x1400_0000), (0, 282, "other", 0))
    labels = [label, Label("other", ".text.other", size=12)]
    made = link(object_of([part, other], labels), APP)
    assert image.read(made).manifest.stack_bytes == 32


def test_a_stack_beyond_64_kibibytes_is_refused_with_its_path() -> None:
    """ABI.md 1.4."""

    def app(size: int) -> bytes:
        leaf = f"%b = alloca [{size} x i8], align 16\nstore volatile i8 3, ptr %b\nret i64 1"
        return compiled(function("leaf", leaf) + entry("%a = call i64 @leaf()"))

    assert image.read(link(app((64 << 10) - 32), APP)).manifest.stack_bytes == 64 << 10
    message = refused(app((64 << 10) - 16), StackLimitError)
    assert "65552" in message
    assert "_start 0 -> xap_entry 16 -> leaf 65536" in message
