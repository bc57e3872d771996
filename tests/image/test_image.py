"""The image reader: every clause of ABI.md section 1 that needs no decoding of instructions."""

import struct
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt import abi, elf, image
from xaprt.image import ImageError
from xaprt.link import link

from tests.image.support import APP, COMPLETE, compiled, entry

STATE = '@d = internal global [3 x i64] [i64 1, i64 2, i64 3], section ".data.d", align 8\n'
CONSTANT = '@c = internal constant i64 9, section ".rodata.c", align 8\n'
USE = "%a = load volatile i64, ptr @d\n%b = load volatile i64, ptr @c"
GOOD = link(compiled(STATE + CONSTANT + entry(USE)), APP)
TEXT, CONSTANTS, DATA, NOTE, STACK = range(5)
"""Its program headers."""
EHDR = {
    "type": 16, "machine": 18, "version": 20, "entry": 24, "phoff": 32, "shoff": 40,
    "ehsize": 52, "phentsize": 54, "phnum": 56, "shentsize": 58, "shnum": 60,
}  # fmt: skip
PHDR = {
    "type": 0, "flags": 4, "offset": 8, "vaddr": 16, "filesz": 32, "memsz": 40, "align": 48
}  # fmt: skip
WIDTHS = {"version": 4, "entry": 8, "phoff": 8, "shoff": 8}


def header(field: str, value: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        width = WIDTHS.get(field, 2)
        data[EHDR[field] : EHDR[field] + width] = value.to_bytes(width, "little")

    return change


def program(number: int, **fields: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        for field, value in fields.items():
            at = 64 + 56 * number + PHDR[field]
            width = 4 if field in ("type", "flags") else 8
            data[at : at + width] = value.to_bytes(width, "little")

    return change


def ident(at: int, value: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[at] = value

    return change


def field(number: int, name: str) -> int:
    at = 64 + 56 * number + PHDR[name]
    return int.from_bytes(GOOD[at : at + 8], "little")


def refused(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        image.read(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_good_image_is_read() -> None:
    found = image.read(GOOD)
    assert found.entry == found.manifest.entry == 0
    assert found.build_id == found.manifest.build_id.hex()
    assert [s.size for s in found.segments] == [4096] * 3
    assert found.segments[2].bytes_ == struct.pack("<3Q", 1, 2, 3)


@pytest.mark.parametrize("data", [b"", b"\x7f", b"#!/bin/sh\n" * 50, b"from xap import App\n" * 9])
def test_what_is_not_elf_is_said_to_be_no_elf(data: bytes) -> None:
    assert refused(data) == "not an ELF file"


MANY = 1 << 63
FIRST_PAGE = "does not start on a page"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        # ABI.md 1.1: ELF64 little-endian AArch64, ET_DYN
        (header("machine", 62), "an ELF for x86-64, not AArch64"),
        (header("machine", 40), "an ELF for 32-bit Arm, not AArch64"),
        (header("machine", 9999), "an ELF for machine 9999, not AArch64"),
        (ident(4, 1), "not an ELF of the 64-bit class"),
        (ident(5, 2), "an ELF for machine 46848, not AArch64"),
        (ident(6, 0), "the ELF version is not 1"),
        (header("version", 2), "the ELF version is not 1"),
        (header("type", 1), "a relocatable object, not an image"),
        (header("type", 2), "an executable of fixed address, not an image"),
        (header("ehsize", 52), "the ELF header says that it has 52 bytes"),
        # program headers
        (header("phentsize", 32), "program headers of 32 bytes"),
        (header("phnum", 0), "0 program headers"),
        (header("phnum", 0xFFFF), "65535 program headers, must be 1 to 32"),
        (header("phoff", len(GOOD) - 8), "the program headers: 0x118 bytes at"),
        (header("phoff", (1 << 64) - 8), "the program headers: offset 0xfffffffffffffff8 and"),
        (header("shentsize", 40), "section headers of 40 bytes"),
        (header("shoff", len(GOOD)), "the section headers: "),
        # one to four PT_LOAD, ascending, disjoint, on pages
        (program(TEXT, type=6), "the entry point 0x0 is not in the text"),
        (program(CONSTANTS, vaddr=0x1001), FIRST_PAGE),
        (program(CONSTANTS, vaddr=0x1800), FIRST_PAGE),
        (program(CONSTANTS, vaddr=0x3000), "not ascending: 0x2000 follows 0x3000"),
        (program(CONSTANTS, vaddr=0x2000), "not ascending: 0x2000 follows 0x2000"),
        (program(CONSTANTS, memsz=0x1001), "the segments at 0x1000 and 0x2000 share a page"),
        (program(CONSTANTS, filesz=0, memsz=0), "the segment at 0x1000: is empty"),
        (program(CONSTANTS, memsz=7), "8 bytes in the file, only 0x7 in memory"),
        (program(CONSTANTS, align=24), "do not fit the alignment 0x18"),
        (program(CONSTANTS, offset=0x2008), "do not fit the alignment 0x1000"),
        # sums
        (program(DATA, offset=len(GOOD) - 23), "the segment at 0x2000: 0x18 bytes at"),
        (program(DATA, offset=(1 << 64) - 8), "wrap around"),
        (program(DATA, filesz=MANY, memsz=MANY), "0x8000000000000000 bytes at"),
        (program(DATA, memsz=(1 << 64) - 0x1000), "its size 0xfffffffffffff000 wraps around"),
        (program(DATA, vaddr=(1 << 64) - 0x1000, memsz=0x1000), "wraps around"),
        (program(NOTE, offset=(1 << 64) - 8), "PT_NOTE: offset"),
        (program(NOTE, filesz=1 << 62), "PT_NOTE: 0x4000000000000000 bytes"),
        # W^X and the stack
        (program(TEXT, flags=7), "the segment at 0x0: RWX is writable and executable"),
        (program(DATA, flags=2), "the segment at 0x2000: -W- must be"),
        (program(TEXT, flags=1), "the segment at 0x0: --X must be"),
        (program(TEXT, flags=6), "the entry point 0x0 is not in the text"),
        (program(TEXT, flags=1 << 20 | 5), "the segment at 0x0: 0x100005 must be"),
        (program(STACK, flags=7), "PT_GNU_STACK has flags RWX"),
        (program(STACK, flags=4), "PT_GNU_STACK has flags R--"),
        (program(STACK, type=6), "0 PT_GNU_STACK headers"),
        (program(CONSTANTS, type=elf.PT_GNU_STACK), "2 PT_GNU_STACK headers"),
        # interpreter, thread-local storage
        (program(CONSTANTS, type=elf.PT_INTERP), "PT_INTERP"),
        (program(CONSTANTS, type=elf.PT_TLS), "PT_TLS"),
        # entry
        (header("entry", 2), "the entry point 0x2 is not a multiple of 4"),
        (header("entry", 0x1000), "the entry point 0x1000 is not in the text"),
        (header("entry", MANY), "the entry point 0x8000000000000000 is not in the text"),
        (header("entry", 8), "the manifest's entry is 0x0, the ELF header's is 0x8"),
        # notes
        (program(NOTE, type=6), "no XAP note"),
        (program(NOTE, filesz=0), "no XAP note"),
        (program(NOTE, filesz=20), "PT_NOTE: the note at byte 0 reaches beyond"),
        (program(CONSTANTS, type=elf.PT_NOTE, offset=field(NOTE, "offset"),
                 filesz=field(NOTE, "filesz")), "2 XAP notes"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(change: Callable[[bytearray], None], message: str) -> None:
    data = bytearray(GOOD)
    change(data)
    assert message in refused(bytes(data))


def test_the_largest_image_ends_at_a_mebibyte() -> None:
    """ABI.md 1.4."""
    data = bytearray(GOOD)
    program(DATA, memsz=abi.MAX_IMAGE_BYTES - 0x2000)(data)
    assert image.read(bytes(data)).segments[2].size == abi.MAX_IMAGE_BYTES - 0x2000
    program(DATA, memsz=abi.MAX_IMAGE_BYTES - 0x2000 + 1)(data)
    assert "beyond the limit of 0x100000" in refused(bytes(data))


def built(
    loads: int, *, extra: list[tuple[int, bytes]] | None = None, notes: bytes | None = None
) -> bytes:
    """An image by hand: `loads` pages of text, and segments of other types with content."""
    from xaprt.manifest import encode

    descriptor = encode(COMPLETE)
    own = struct.pack("<III", 4, len(descriptor), 1) + b"XAP\0" + descriptor
    parts = [(elf.PT_NOTE, own if notes is None else notes), *(extra or [])]
    count = loads + len(parts) + 1
    at = 64 + 56 * count
    headers, body = b"", b""
    for type_, content in parts:
        offset = at + len(body)
        headers += elf.PHDR.pack(type_, 4, offset, 0, 0, len(content), 0, 8)
        body += content + bytes(-len(content) % 8)
    start = -(-(at + len(body)) // 4096) * 4096
    for number in range(loads):
        headers += elf.PHDR.pack(1, 5, start, 4096 * number, 0, 4, 4, 4096)
    headers += elf.PHDR.pack(elf.PT_GNU_STACK, 6, 0, 0, 0, 0, 0, 16)
    head = elf.EHDR.pack(elf.IDENT, 3, 183, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
    return (head + headers + body).ljust(start, b"\0") + b"\xc0\x03\x5f\xd6"


@pytest.mark.parametrize("loads", range(6))
def test_one_to_four_segments_are_loaded(loads: int) -> None:
    """ABI.md 1.1."""
    if 1 <= loads <= 4:
        assert len(image.read(built(loads)).segments) == loads
    else:
        assert f"{loads} PT_LOAD segments, must be 1 to 4" in refused(built(loads))


def dynamic(*tags: int) -> list[tuple[int, bytes]]:
    return [(elf.PT_DYNAMIC, b"".join(struct.pack("<QQ", tag, 1) for tag in tags))]


@pytest.mark.parametrize("tag", [*elf.DT_RELOCATIONS, elf.DT_NEEDED])
def test_dynamic_relocations_and_libraries_are_refused(tag: int) -> None:
    """ABI.md 1.1."""
    assert "dynamic relocations" in refused(built(1, extra=dynamic(5, tag, 0))) or tag == 1
    refused(built(1, extra=dynamic(tag)))


def test_a_dynamic_segment_that_asks_for_nothing_is_no_reason_to_refuse() -> None:
    """ABI.md 1.1 refuses what it would do; `ld -pie` writes it always."""
    image.read(built(1, extra=dynamic(5, 6, 10, 0)))
    image.read(built(1, extra=dynamic(5, 0, 7)))


def test_relocations_that_only_the_section_headers_tell_of_are_refused() -> None:
    data = built(1)
    for type_, flags, size, good in [
        (elf.SHT_RELA, elf.SHF_ALLOC, 24, False),
        (elf.SHT_RELR, elf.SHF_ALLOC, 8, False),
        (elf.SHT_RELA, 0, 24, True),
        (elf.SHT_RELA, elf.SHF_ALLOC, 0, True),
    ]:
        whole = bytearray(data + elf.SHDR.pack(0, type_, flags, 0, 0, size, 0, 0, 0, 0))
        header("shoff", len(data))(whole)
        header("shnum", 1)(whole)
        header("shentsize", 64)(whole)
        if good:
            image.read(bytes(whole))
        else:
            assert "section 0 holds dynamic relocations" in refused(bytes(whole))


def note(owner: bytes, type_: int, descriptor: bytes, align: int = 4) -> bytes:
    name = owner.ljust(-(-(12 + len(owner)) // align) * align - 12, b"\0")
    padded = descriptor.ljust(-(-len(descriptor) // align) * align, b"\0")
    return struct.pack("<III", len(owner), len(descriptor), type_) + name + padded


def test_notes_of_other_owners_are_passed_over() -> None:
    """ABI.md 1.3; padded to 8 as the segment says."""
    from xaprt.manifest import encode

    own = note(b"XAP\0", 1, encode(COMPLETE), 8)
    others = [note(b"GNU\0", 3, bytes(5), 8), note(b"", 1, b"", 8), note(b"Longer\0", 9, b"1", 8)]
    found = image.read(built(1, notes=b"".join([*others, own, *others])))
    assert found.manifest == COMPLETE
    assert "2 XAP notes" in refused(built(1, notes=own + own))
    assert "no XAP note" in refused(built(1, notes=b"".join(others)))
    assert "no XAP note" in refused(built(1, notes=note(b"XAPP", 1, encode(COMPLETE), 8)))
    assert "the XAP note has type 2" in refused(built(1, notes=note(b"XAP\0", 2, b"", 8)))
    assert "manifest: ABI_VERSION: is missing" in refused(built(1, notes=note(b"XAP\0", 1, b"", 8)))
    assert "is cut" in refused(built(1, notes=own + b"\1"))
    assert "65544 bytes of notes, the limit" in refused(
        built(1, notes=own.ljust((64 << 10) + 8, b"\0"))
    )


@settings(max_examples=400)
@given(st.data())
def test_a_mutated_image_is_read_or_refused(data: st.DataObject) -> None:
    """Never a traceback; what is accepted keeps the limits."""
    changed = bytearray(GOOD)
    edges = st.sampled_from([0, 1, 7, 0x7F, 0x80, 0xFF])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, 64 + 56 * 5 + 400) | st.integers(0, len(GOOD) - 1))
        changed[at] = data.draw(edges | st.integers(0, 255))
    changed = changed[: data.draw(st.integers(0, len(changed)) | st.just(len(changed)))]
    try:
        found = image.read(bytes(changed))
    except ImageError as problem:
        assert "\n" not in str(problem)
        return
    end = 0
    for segment in found.segments:
        assert segment.address >= end
        assert segment.address % 4096 == segment.size % 4096 == 0
        assert len(segment.bytes_) <= segment.size
        assert not (segment.writable and segment.executable)
        end = segment.address + segment.size
    assert end <= abi.MAX_IMAGE_BYTES


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(noise: bytes) -> None:
    refused(noise)
    refused(elf.IDENT + noise)
    refused(GOOD[:64] + noise)


def test_a_hostile_file_does_not_take_long() -> None:
    """As many notes, tags and headers as the limits let in."""
    empty = note(b"", 0, b"", 8)
    tags = struct.pack("<QQ", 5, 0) * 4096
    hostile = [(elf.PT_NOTE, empty * 4096)] * 12 + [(elf.PT_DYNAMIC, tags)] * 12
    begin = time.perf_counter()
    image.read(built(1, extra=hostile))
    assert time.perf_counter() - begin < 1
