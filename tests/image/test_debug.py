"""Debug information of an image: lines of what is there, nothing of what is not."""

from io import BytesIO

import pytest
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.elf.elffile import ELFFile
from xaprt import image
from xaprt.link import LinkError, link

from tests.image.support import (
    APP,
    RET,
    Label,
    Part,
    compiled,
    entry_of,
    object_of,
    words,
)
from tests.image.symbols import symbols

NAMES = ("dead", "live", "xap_entry", "late")


def source() -> str:
    """Functions in order, each with one line, 10 * its place; `dead` and `late` are not reached."""
    bodies = {
        "dead": "%v = load volatile i64, ptr %p, !dbg !{line}\n ret i64 %v, !dbg !{line}",
        "live": "%v = load volatile i64, ptr %p, !dbg !{line}\n ret i64 %v, !dbg !{line}",
        "xap_entry": "%v = call i64 @live(ptr %p), !dbg !{line}\n ret i64 %v, !dbg !{line}",
        "late": "%v = load volatile i64, ptr %p, !dbg !{line}\n ret i64 %v, !dbg !{line}",
    }
    text, meta = "", [
        "!llvm.dbg.cu = !{!0}", "!llvm.module.flags = !{!3, !4}",
        "!0 = distinct !DICompileUnit(language: DW_LANG_Python, file: !1, producer: \"t\", "
        "isOptimized: true, emissionKind: FullDebug)",
        '!1 = !DIFile(filename: "app.py", directory: ".")',
        "!2 = !DISubroutineType(types: !{})",
        '!3 = !{i32 2, !"Debug Info Version", i32 3}', '!4 = !{i32 7, !"Dwarf Version", i32 4}',
    ]  # fmt: skip
    for number, name in enumerate(NAMES):
        scope, line = 10 + 2 * number, 11 + 2 * number
        text += (
            f"define i64 @{name}(ptr %p) noinline nounwind uwtable "
            f'section ".text.{name}" !dbg !{scope} {{\n' + bodies[name].format(line=line) + "\n}\n"
        )
        meta += [
            f'!{scope} = distinct !DISubprogram(name: "{name}", scope: !1, file: !1, '
            f"line: {10 * number + 10}, type: !2, unit: !0, spFlags: DISPFlagDefinition)",
            f"!{line} = !DILocation(line: {10 * number + 10}, column: 3, scope: !{scope})",
        ]
    return text + "\n".join(meta)


def dwarf(data: bytes) -> DWARFInfo:
    file = ELFFile(BytesIO(data))
    assert file.has_dwarf_info()
    return file.get_dwarf_info(relocate_dwarf_sections=False)


def test_every_instruction_has_the_line_of_its_function() -> None:
    made = link(compiled(source()), APP)
    found = {s.name: s for s in symbols(made)}
    assert not found.keys() & {"dead", "late"}
    end = len(image.read(made).segments[0].bytes_)
    lines: dict[int, int] = {}
    info = dwarf(made)
    for unit in info.iter_CUs():
        for row in info.line_program_for_CU(unit).get_entries():
            if row.state is not None and not row.state.end_sequence and row.state.line:
                lines.setdefault(row.state.address, row.state.line)
    inside = {address: line for address, line in lines.items() if address <= end}
    for name, line in [("live", 20), ("xap_entry", 30)]:
        first, last = found[name].address, found[name].address + found[name].size
        assert {inside.pop(a) for a in list(inside) if first <= a < last} == {line}
    # Text begins at 0: a row of dropped code there would be taken for the entry stub.
    assert inside == {}


def test_dropped_functions_have_no_address_in_the_image() -> None:
    made = link(compiled(source()), APP)
    starts = {}
    for unit in dwarf(made).iter_CUs():
        for die in unit.iter_DIEs():
            if die.tag == "DW_TAG_subprogram":
                name = die.attributes["DW_AT_name"].value.decode()
                starts[name] = die.attributes["DW_AT_low_pc"].value
    found = {s.name: s.address for s in symbols(made)}
    assert starts == {
        "dead": 2**64 - 1,
        "live": found["live"],
        "xap_entry": found["xap_entry"],
        "late": 2**64 - 1,
    }


def test_without_debug_nothing_of_it_is_left_and_the_same_is_loaded() -> None:
    with_debug = link(compiled(source()), APP)
    without = link(compiled(source()), APP, debug=False)
    assert not any(s.name.startswith(".debug") for s in ELFFile(BytesIO(without)).iter_sections())
    assert b"app.py" not in without
    assert image.read(with_debug) == image.read(without)
    assert symbols(with_debug) == [
        type(s)(s.name, s.address, s.size, s.type) for s in symbols(without)
    ]


def addresses(name: str, type_: int) -> bytes:
    """A debug section with the addresses of code that is kept, and of code that is not."""
    part, label = entry_of(words(RET))
    dead = Part(".text.dead", words(RET))
    debug = Part(
        name, bytes(16), 0, relocations=[(0, type_, "xap_entry", 4), (8, type_, "dead", 4)]
    )
    made = link(object_of([part, dead, debug], [label, Label("dead", ".text.dead")]), APP)
    return bytes(ELFFile(BytesIO(made)).get_section_by_name(name).data())


@pytest.mark.parametrize(
    ("name", "tombstone"), [(".debug_x", -1), (".debug_ranges", -2), (".debug_loc", -2)]
)
def test_the_tombstones_are_no_addresses_of_an_image(name: str, tombstone: int) -> None:
    """In lists -1 would select a base address."""
    wide = addresses(name, 257)
    assert int.from_bytes(wide[:8], "little") == 16 + 4
    assert int.from_bytes(wide[8:], "little", signed=True) == tombstone
    narrow = addresses(name, 258)
    assert int.from_bytes(narrow[:8], "little") == 16 + 4
    assert int.from_bytes(narrow[8:12], "little", signed=True) == tombstone
    assert narrow[12:] == bytes(4)


def test_a_distance_to_dropped_code_is_refused() -> None:
    with pytest.raises(LinkError, match=r"\.debug_x\+0x8: refers to dropped code"):
        addresses(".debug_x", 261)
