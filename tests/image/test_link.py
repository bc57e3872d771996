"""The linker: LLVM's objects become images that run, and what cannot become one is refused."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt import abi, elf, image
from xaprt.link import LimitError, LinkError, link

from tests.image.support import (
    APP,
    BRK,
    RET,
    TEXT,
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
from tests.image.symbols import symbols

BASES = (0x1_0000, 0x7FFF_F000_1000)
CALL26, ABS64, ABS32 = 283, 257, 258

COUNTER = (
    """
@count = internal global i64 5, section ".data.count", align 8
@seen = internal global [16 x i64] zeroinitializer, section ".bss.seen", align 16
@table = internal constant [4 x i16] [i16 7, i16 -9, i16 11, i16 13], section ".rodata.t", align 2
@text = internal constant [5 x i8] c"count", section ".rodata.text", align 1
declare i64 @xap_sys_log(ptr, i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""
    + function(
        "pick",
        """
  %copy = alloca [4 x i16], align 8
  call void @llvm.memcpy.p0.p0.i64(ptr %copy, ptr @table, i64 8, i1 false)
  %at = getelementptr [4 x i16], ptr %copy, i64 0, i64 %which
  %value = load volatile i16, ptr %at
  %wide = sext i16 %value to i64
  ret i64 %wide""",
        "i64 %which",
    )
    + entry(
        """
  %old = load i64, ptr @count
  %new = add i64 %old, %x1
  store i64 %new, ptr @count
  %slot = getelementptr [16 x i64], ptr @seen, i64 0, i64 %x2
  %before = load i64, ptr %slot
  store i64 %new, ptr %slot
  %picked = call i64 @pick(i64 %x3)
  call i64 @xap_sys_log(ptr @text, i64 5, i64 2)""",
        values=["0", "%new", "%before", "%picked", "0"],
    )
)


@pytest.fixture(scope="module")
def counter() -> bytes:
    return link(compiled(COUNTER), APP)


@pytest.mark.parametrize("base", BASES)
def test_an_image_runs_at_any_page(counter: bytes, base: int) -> None:
    """ABI.md 1.1: code, constants, state, zeroed state, a system call and a memory routine."""
    app = Processor(counter, base)
    total, seen = 5, [0] * 16
    for x1, x2, x3 in [(1, 0, 0), (10, 15, 1), (100, 0, 2), (1 << 63, 15, 3)]:
        run = app.call(abi.Function.HANDLE_SMC, x1, x2, x3)
        total = (total + x1) % (1 << 64)
        expected = [0, total, seen[x2], (7, -9, 11, 13)[x3] % (1 << 64), 0]
        seen[x2] = total
        assert run.registers[:5] == expected
        [(number, given)] = run.calls
        assert number == abi.Syscall.LOG
        assert given[1:3] == [5, 2]
        assert bytes(app.uc.mem_read(given[0], 5)) == b"count"


def test_the_layout_is_text_constants_state(counter: bytes) -> None:
    """docs/architecture.md, "Layout of the file"."""
    text, constants, state = image.read(counter).segments
    assert [(s.address, s.writable, s.executable) for s in (text, constants, state)] == [
        (0, False, True),
        (0x1000, False, False),
        (0x2000, True, False),
    ]
    assert len(constants.bytes_) == 8 + 5
    assert state.bytes_.rstrip(b"\0") == b"\5"
    headers = [elf.PHDR.unpack_from(counter, 64 + 56 * n) for n in range(5)]
    loads = [header for header in headers if header[0] == elf.PT_LOAD]
    assert [offset for _, _, offset, *_ in loads] == [0x1000, 0x2000, 0x3000]
    assert loads[2][6] - loads[2][5] == 16 * 8


@pytest.mark.parametrize("datum", ["global", "constant"])
def test_an_image_has_only_the_segments_that_it_needs(datum: str) -> None:
    section = ".bss.d" if datum == "global" else ".rodata.d"
    text = f'@d = internal {datum} [3 x i64] zeroinitializer, section "{section}", align 8\n'
    for body, count in [("", 1), ("%at = load volatile i64, ptr @d", 2)]:
        made = link(compiled(text + entry(body)), APP)
        segments = image.read(made).segments
        assert len(segments) == count
        if count == 2:
            assert not any(segments[1].bytes_)
            assert segments[1].writable == (datum == "global")
        Processor(made, BASES[0]).call()


def test_what_is_not_reached_is_left_out() -> None:
    text = (
        '@used = internal constant i64 1, section ".rodata.used"\n'
        '@kept = internal constant i64 1, section ".rodata.kept"\n'
        'define i64 @dead(i64 %a) nounwind section ".text.dead" {\n'
        "%b = load volatile i64, ptr @used\nret i64 %b\n}\n"
        + function("live", "%b = load volatile i64, ptr @kept\nret i64 %b")
        + entry("%v = call i64 @live()")
    )
    names = [symbol.name for symbol in symbols(link(compiled(text), APP))]
    assert sorted(filter(None, names)) == ["_start", "kept", "live", "xap_entry"]


def test_the_runtime_is_linked_only_where_it_is_reached(counter: bytes) -> None:
    """hello.py must load at most 1.5 KiB in all."""
    names = {symbol.name for symbol in symbols(counter)}
    assert "xap_sys_log" in names
    assert not names & {"memmove", "memcpy", "memset", "bcmp", "xap_sys_time", "xap_return8"}
    moved = "declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)\n" + entry(
        "%p = inttoptr i64 %x1 to ptr\n%q = inttoptr i64 %x2 to ptr\n"
        "call void @llvm.memmove.p0.p0.i64(ptr %p, ptr %q, i64 %x3, i1 false)"
    )
    assert {"memmove", "memcpy"} <= {s.name for s in symbols(link(compiled(moved), APP))}


def test_symbols_name_every_function_with_its_size(counter: bytes) -> None:
    for data in (counter, link(compiled(COUNTER), APP, debug=False)):
        found = symbols(data)
        functions = sorted((s.address, s.size) for s in found if s.type == elf.STT_FUNC)
        text = image.read(data).segments[0].bytes_
        assert functions[0][0] == 0
        ends = [address + size for address, size in functions]
        assert ends == [address for address, _ in functions[1:]] + [len(text)]
        assert [s.name for s in found if s.type == elf.STT_SECTION] == [""] * 4
        objects = {s.name: s.size for s in found if s.type == elf.STT_OBJECT}
        assert objects == {"count": 8, "seen": 128, "table": 8, "text": 5}


def test_the_same_input_gives_the_same_bytes(counter: bytes) -> None:
    assert link(compiled(COUNTER), APP) == counter


def test_the_build_id_is_that_of_what_is_loaded_and_asked_for(counter: bytes) -> None:
    first = image.read(counter)
    assert first.build_id == image.read(link(compiled(COUNTER), APP, debug=False)).build_id
    assert bytes.fromhex(first.build_id) in counter[counter.index(b"GNU\0") :]
    other_app = link(compiled(COUNTER), replace(APP, budget_us=7))
    other_code = link(compiled(COUNTER.replace("i64 5, section", "i64 6, section")), APP)
    zeroed = link(compiled(COUNTER.replace("[16 x i64]", "[17 x i64]")), APP)
    assert (
        len({first.build_id, *(image.read(d).build_id for d in (other_app, other_code, zeroed))})
        == 4
    )


def test_the_manifest_is_completed(counter: bytes) -> None:
    found = image.read(counter).manifest
    assert replace(found, stack_bytes=0, build_id=b"") == APP
    assert found.stack_bytes > 0
    assert len(found.build_id) == 20


def test_a_small_app_is_a_small_file() -> None:
    """Issue: hello.py loads at most 1.5 KiB and is at most 12 KiB of file without debug."""
    text = (
        '@hello = internal constant [5 x i8] c"hello", section ".rodata.hello", align 1\n'
        "declare i64 @xap_sys_log(ptr, i64, i64)\n"
        + entry("call i64 @xap_sys_log(ptr @hello, i64 5, i64 2)")
    )
    made = link(compiled(text), APP, debug=False)
    assert len(made) <= 12 << 10
    assert sum(len(segment.bytes_) for segment in image.read(made).segments) <= 128


# --- refused ---------------------------------------------------------------------------------


def refused(object: bytes, error: type[LinkError] = LinkError) -> str:
    with pytest.raises(error) as caught:
        link(object, APP)
    assert type(caught.value) is error
    assert "\n" not in str(caught.value)
    return str(caught.value)


def hand_made(*parts: Part, labels: tuple[Label, ...] = (), target: str = "other") -> bytes:
    """An object whose `xap_entry` calls `target`."""
    part, label = entry_of(words(0x9400_0000, RET), (0, CALL26, target, 0))
    return object_of([part, *parts], [label, *labels])


def text_of(name: str, *code: int) -> tuple[Part, Label]:
    return Part(f".text.{name}", words(*code)), Label(name, f".text.{name}", size=4 * len(code))


def test_an_undefined_symbol_is_named() -> None:
    assert ".text.xap_entry+0x0: other is not defined" in refused(hand_made())


def test_one_entry_is_needed() -> None:
    part, label = text_of("other", RET)
    assert "it defines 0" in refused(object_of([part], [label]))
    both = [entry_of(words(RET)), text_of("xap_entry9", RET)]
    assert "it defines 2" in refused(object_of([p for p, _ in both], [n for _, n in both]))


@pytest.mark.parametrize("name", ["_start", "memcpy", "xap_sys_log"])
def test_the_runtime_is_not_defined_twice(name: str) -> None:
    part, label = text_of(name, RET)
    assert f"{name} is the runtime's" in refused(hand_made(part, labels=(label,), target=name))


@pytest.mark.parametrize("kind", ["constant", "global"])
def test_an_absolute_address_in_data_would_need_a_dynamic_relocation(kind: str) -> None:
    """ABI.md 1.1."""
    section = ".rodata.p" if kind == "constant" else ".data.p"
    text = (
        "@other = internal global i64 1\n"
        f'@p = internal {kind} ptr @other, section "{section}"\n'
        + entry("%a = load volatile ptr, ptr @p")
    )
    message = refused(compiled(text))
    assert f"{section}+0x0: R_AARCH64_ABS64: the absolute address of" in message


def test_an_external_datum_goes_through_a_table_that_images_do_not_have() -> None:
    part = Part(".text.f", words(0, RET), relocations=[(0, 311, "datum", 0)])
    datum = Part(".data.d", bytes(8), elf.SHF_ALLOC | elf.SHF_WRITE, align=8)
    labels = (Label("other", ".text.f", size=8), Label("datum", ".data.d", type=elf.STT_OBJECT))
    assert "cannot resolve R_AARCH64_ADR_GOT_PAGE" in refused(hand_made(part, datum, labels=labels))


TLS = elf.SHF_ALLOC | elf.SHF_WRITE | elf.SHF_TLS


@pytest.mark.parametrize(
    ("parts", "labels", "message"),
    [
        ([Part(".tdata", bytes(8), TLS)], [], "section .tdata: thread-local storage"),
        ([], [Label("t", type=elf.STT_TLS)], "t: thread-local storage"),
        ([], [Label("c", elf.SHN_COMMON)], "c: a common symbol"),
        ([], [Label("i", type=elf.STT_GNU_IFUNC)], "i: an indirect function"),
        ([Part(".init_array", bytes(8), 3, elf.SHT_INIT_ARRAY)], [], ".init_array: constructors"),
        ([Part(".group", bytes(8), 0, elf.SHT_GROUP)], [], ".group: a section group"),
        ([Part(".debug_x", bytes(8), elf.SHF_COMPRESSED)], [], ".debug_x: compressed"),
        ([Part(".wx", bytes(8), 7)], [], ".wx: is writable and executable"),
    ],
)
def test_what_an_image_cannot_hold_is_refused_by_name(
    parts: list[Part], labels: list[Label], message: str
) -> None:
    code, label = text_of("other", RET)
    assert message in refused(hand_made(code, *parts, labels=(label, *labels)))


def test_two_definitions_are_refused() -> None:
    one, label = text_of("other", RET)
    two = replace(one, name=".text.again")
    again = Label("other", ".text.again")
    assert "other is defined twice" in refused(hand_made(one, two, labels=(label, again)))


def test_code_needs_no_symbol() -> None:
    """What is known of it comes from the instructions."""
    part, label = text_of("other", RET, RET)
    short, late = replace(label, size=4), Label("late", part.name, value=4)
    leaf, start = entry_of(words(0x1400_0000), (0, 282, "other", 0))
    for labels in ([start, short], [start, label, late]):
        assert link(object_of([leaf, part], labels), APP)


def test_a_relocation_in_zeroed_state_is_refused() -> None:
    bss = Part(
        ".bss.b",
        b"",
        elf.SHF_ALLOC | elf.SHF_WRITE,
        elf.SHT_NOBITS,
        relocations=[(0, 260, "xap_entry", 0)],
    )
    code, label = text_of("other", 0, RET)
    code.relocations = [(0, 275, "b", 0)]
    datum = Label("b", ".bss.b", type=elf.STT_OBJECT)
    assert ".bss.b: relocations" in refused(hand_made(code, bss, labels=(label, datum)))


@pytest.mark.parametrize("kind", [".bss.big", ".data.big"])
def test_an_image_beyond_a_mebibyte_is_refused(kind: str) -> None:
    """ABI.md 1.4: text takes a page of it."""
    value = "zeroinitializer" if "bss" in kind else 'c"' + "A" * ((1 << 20) - 8192) + "XXXX" + '"'

    def app(size: int) -> bytes:
        given = value.replace("XXXX", "A" * (size - (1 << 20) + 8192))
        datum = f'@big = internal global [{size} x i8] {given}, section "{kind}", align 8\n'
        return compiled(datum + entry("store volatile i8 1, ptr @big"))

    link(app((1 << 20) - 4096), APP)
    message = refused(app((1 << 20) - 4095), LimitError)
    assert "the limit is 1048576" in message


@pytest.mark.parametrize("size", [0, 4, 63, 64, 200])
def test_a_damaged_object_is_refused(size: int) -> None:
    assert refused(compiled(COUNTER)[:size])
    assert refused(b"\x7fELF" + bytes(size))


def test_a_section_table_beyond_all_memory_is_refused() -> None:
    """Found by the mutations below: an offset that no C integer of Python's holds."""
    object = bytearray(compiled(COUNTER))
    object[47] = 128  # the highest byte of e_shoff
    assert refused(bytes(object))


@settings(max_examples=150)
@given(st.data())
def test_a_mutated_object_is_linked_or_refused(data: st.DataObject) -> None:
    """Nothing but LinkError."""
    object = bytearray(compiled(COUNTER))
    for _ in range(data.draw(st.integers(1, 4))):
        object[data.draw(st.integers(0, len(object) - 1))] = data.draw(st.integers(0, 255))
    try:
        image.read(link(bytes(object), APP))
    except LinkError as problem:
        assert "\n" not in str(problem)


def test_a_manifest_that_no_loader_takes_is_refused() -> None:
    with pytest.raises(LinkError, match="manifest: BUDGET"):
        link(compiled(entry("")), replace(APP, budget_us=10_001))


def test_sections_are_aligned_as_they_ask() -> None:
    """Gaps in text are UDF #0, which the verifier knows as padding."""
    data = [Part(f".rodata.{n}", bytes([n]) * n, elf.SHF_ALLOC, align=n) for n in (1, 2, 64, 8)]
    code = Part(".text.f", words(RET), TEXT, align=64)
    labels = [Label(f"d{p.align}", p.name, type=elf.STT_OBJECT) for p in data]
    uses = [(0, CALL26, "f", 0)]
    uses += [(4 + 4 * n, 275, label.name, 0) for n, label in enumerate(labels)]
    part, start = entry_of(words(0x9400_0000, *[0x9000_0000] * 4, BRK), *uses)
    made = link(object_of([part, code, *data], [start, Label("f", ".text.f"), *labels]), APP)
    found = {s.name: s.address for s in symbols(made)}
    assert found["f"] % 64 == 0
    for part in data:
        assert found[f"d{part.align}"] % part.align == 0
    text = image.read(made).segments[0].bytes_
    assert not any(text[16 + 24 : found["f"]])
