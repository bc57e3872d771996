"""Files that are no image (ABI.md 1.1, 1.3, 1.4): every rule, broken once."""

import struct

from tests.hostile.asm import CONSTANTS, PAGE, STATE
from tests.hostile.case import Case
from tests.hostile.images import (
    PT_DYNAMIC,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    PT_NOTE,
    PT_TLS,
    Change,
    Elf,
    Header,
    Manifest,
    R,
    W,
    X,
    note,
)
from tests.hostile.verdict import Load

TITLE = "Malformed ELF files and notes"

_TOP = 1 << 64
_MANIFEST = Manifest().encoded()


def _bad(
    name: str,
    what: str,
    change: Change,
    text: str,
    near: Change | None = None,
    clause: str = "1.1",
) -> Case:
    allowed = None if near is None else Case(name, clause, what, Load(""), change=near)
    return Case(f"elf-{name}", clause, what, Load(text), change=change, near=allowed)


def _field(**fields: int | bytes) -> Change:
    return lambda elf: elf.fields.update(fields)


def _said(type_: int, number: int = 0, **fields: int) -> Change:
    """A program header that says so."""
    return lambda elf: elf.of(type_, number).fields.update(fields)


def _set(type_: int, number: int = 0, **values: object) -> Change:
    """A program header that is so."""
    return lambda elf: vars(elf.of(type_, number)).update(values)


def _add(*headers: Header) -> Change:
    return lambda elf: elf.headers.extend(headers)


def _ident(at: int, value: int) -> Change:
    ident = bytearray(b"\x7fELF\2\1\1" + bytes(9))
    ident[at] = value
    return _field(ident=bytes(ident))


def _remove(type_: int) -> Change:
    return lambda elf: elf.headers.remove(elf.of(type_))


def _cut(length: int) -> Change:
    return lambda elf: setattr(elf, "length", length)


def _both(*changes: Change) -> Change:
    return lambda elf: [change(elf) for change in changes]


def _section(type_: int, flags: int, size: int, count: int = 1) -> Change:
    header = struct.pack("<IIQQQQIIQQ", 0, type_, flags, 0, 0, size, 0, 0, 0, 0)
    return lambda elf: setattr(elf, "sections", header * count)


def _dynamic(*entries: tuple[int, int]) -> Header:
    content = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    return Header(PT_DYNAMIC, R, content, align=8)


def _many_loads(count: int) -> Change:
    more = [Header(PT_LOAD, R, b"x", STATE + (n + 1) * PAGE) for n in range(count - 3)]
    return lambda elf: elf.headers.__setitem__(slice(4, 4), more)


def _many_headers(count: int) -> Change:
    return lambda elf: elf.headers.extend(Header(0x6000_0000, R, align=1) for _ in range(count - 5))


def _notes(*notes: bytes) -> Change:
    return _set(PT_NOTE, content=b"".join(notes))


def _swap(elf: Elf) -> None:
    elf.headers[2], elf.headers[3] = elf.headers[3], elf.headers[2]


_NOTE = note(_MANIFEST)
_OTHER = struct.pack("<III", 4, 0, 1) + b"Xen\0"

CASES = [
    # --- the header ---
    _bad("magic", "no ELF file", _ident(0, 0x7E), "not an ELF file"),
    _bad("empty", "an empty file", _cut(0), "not an ELF file"),
    _bad("cut", "a file that ends in its header", _cut(63), "the ELF header is cut"),
    _bad(
        "header-only",
        "a file that ends behind its header",
        _cut(64),
        "the program headers: 0x118 bytes at 0x40 reach beyond the file's 0x40",
    ),
    _bad("class", "an ELF of 32 bits", _ident(4, 1), "not an ELF of the 64-bit class"),
    _bad(
        "endian",
        "a big-endian ELF",
        _both(_ident(5, 2), lambda elf: elf.fields.update(machine=183 << 8)),
        "not a little-endian ELF",
    ),
    _bad("endian-odd", "an ELF of no byte order", _ident(5, 3), "not a little-endian ELF"),
    _bad("ident-version", "another version in e_ident", _ident(6, 2), "the ELF version is not 1"),
    _bad("version", "another version", _field(version=2), "the ELF version is not 1"),
    _bad("machine", "an ELF for x86-64", _field(machine=62), "an ELF for x86-64, not AArch64"),
    _bad(
        "machine-unknown",
        "an ELF for no machine",
        _field(machine=0x1234),
        "an ELF for machine 4660, not AArch64",
    ),
    _bad("type-rel", "an object", _field(type=1), "a relocatable object, not an image"),
    _bad(
        "type-exec",
        "an executable of fixed address",
        _field(type=2),
        "an executable of fixed address, not an image",
    ),
    _bad("type-odd", "an ELF of no type", _field(type=0xFE00), "ELF type 65024, not an image"),
    _bad(
        "ehsize",
        "a header of another size",
        _field(ehsize=52),
        "the ELF header says that it has 52 bytes",
    ),
    _bad(
        "phentsize",
        "program headers of another size",
        _field(phentsize=32),
        "program headers of 32 bytes",
    ),
    _bad("phnum-0", "no program headers", _field(phnum=0), "0 program headers"),
    _bad(
        "phnum-33",
        "more program headers than are looked at",
        _many_headers(33),
        "33 program headers, must be 1 to 32",
        _many_headers(32),
    ),
    _bad("phnum-65535", "65535 program headers", _field(phnum=65535), "65535 program headers"),
    _bad(
        "phoff-beyond",
        "program headers behind the file",
        _field(phoff=1 << 20),
        "the program headers: 0x118 bytes at 0x100000 reach beyond",
    ),
    _bad("phoff-wrap", "program headers that wrap around", _field(phoff=_TOP - 8), "wrap around"),
    # --- sections ---
    _bad(
        "shentsize",
        "section headers of another size",
        _both(_section(1, 0, 0), _field(shentsize=40)),
        "section headers of 40 bytes",
        _section(1, 0, 0),
    ),
    _bad(
        "shoff-beyond",
        "section headers behind the file",
        _field(shnum=2, shoff=1 << 20),
        "the section headers: 0x80 bytes at 0x100000 reach beyond",
        _field(shentsize=0),  # there are none
    ),
    _bad(
        "shoff-wrap",
        "section headers that wrap around",
        _field(shnum=1, shoff=_TOP - 64),
        "the section headers: offset 0xffffffffffffffc0 and size 0x40 wrap around",
    ),
    *(
        _bad(
            f"section-{name}",
            f"a loaded section of {name} relocations",
            _section(type_, 2, 24, 2),
            "section 0 holds dynamic relocations",
            _section(type_, 0x40, 24),  # SHF_INFO_LINK, as those of debug information have it
        )
        for name, type_ in (("RELA", 4), ("REL", 9), ("RELR", 19))
    ),
    _bad(
        "section-empty",
        "a loaded section of relocations behind an empty one",
        _both(_section(4, 2, 24)),
        "section 0 holds dynamic relocations",
        _section(4, 2, 0),
    ),
    # --- what does not belong ---
    _bad(
        "interpreter",
        "PT_INTERP",
        _add(Header(PT_INTERP, R, b"/lib/ld.so\0")),
        "PT_INTERP: an image has no interpreter",
    ),
    _bad("tls", "PT_TLS", _add(Header(PT_TLS, R)), "PT_TLS: an image has no thread-local storage"),
    *(
        _bad(
            f"dynamic-{tag:#x}",
            f"dynamic tag {tag:#x}, which tells of relocations",
            _add(_dynamic((5, 0), (tag, 0), (0, 0))),
            text,
            _add(_dynamic((5, 0), (0, 0), (tag, 0))),
        )
        for tag, text in (
            (7, "dynamic relocations (DT_RELA)"),
            (17, "dynamic relocations (DT_REL)"),
            (22, "(DT_TEXTREL)"),
            (23, "(DT_JMPREL)"),
            (36, "(DT_RELR)"),
            (0x6FFF_E000, "(DT_ANDROID_RELR)"),
            (1, "DT_NEEDED"),
        )
    ),
    _bad(
        "dynamic-last",
        "a dynamic tag of relocations as the last entry, with no end",
        _add(_dynamic((5, 0), (7, 0))),
        "dynamic relocations (DT_RELA)",
    ),
    _bad(
        "dynamic-beyond",
        "a dynamic section that leaves the file",
        _both(_add(_dynamic((5, 0))), _said(PT_DYNAMIC, filesz=1 << 15)),
        "PT_DYNAMIC: 0x8000 bytes",
    ),
    _bad(
        "dynamic-large",
        "a dynamic section of more than 64 KiB",
        _add(_dynamic(*[(5, 0)] * 4097)),
        "PT_DYNAMIC: 65552 bytes",
        _add(_dynamic(*[(5, 0)] * 4096)),
    ),
    # --- the stack ---
    _bad("no-stack", "no PT_GNU_STACK", _remove(PT_GNU_STACK), "0 PT_GNU_STACK headers"),
    _bad(
        "two-stacks",
        "two PT_GNU_STACK",
        _add(Header(PT_GNU_STACK, R | W)),
        "2 PT_GNU_STACK headers",
    ),
    _bad(
        "stack-executable",
        "a stack that is executable",
        _set(PT_GNU_STACK, flags=7),
        "PT_GNU_STACK has flags RWX",
    ),
    _bad(
        "stack-read-only",
        "a stack that is read-only",
        _set(PT_GNU_STACK, flags=R),
        "PT_GNU_STACK has flags R--",
    ),
    _bad(
        "stack-flags",
        "a stack with unknown flags",
        _set(PT_GNU_STACK, flags=14),
        "PT_GNU_STACK has flags 0xe",
    ),
    # --- segments ---
    _bad(
        "no-load",
        "nothing to load",
        _both(*[_remove(PT_LOAD)] * 3),
        "0 PT_LOAD segments",
    ),
    _bad(
        "five-loads",
        "five segments",
        _many_loads(5),
        "5 PT_LOAD segments, must be 1 to 4",
        _many_loads(4),
    ),
    _bad("wx", "text that is writable", _set(PT_LOAD, flags=7), "RWX is writable and executable"),
    _bad(
        "wx-state",
        "state that is executable",
        _set(PT_LOAD, 2, flags=7),
        "RWX is writable and executable",
    ),
    _bad(
        "x-only", "text that cannot be read", _set(PT_LOAD, flags=X), "--X must be R-X, R-- or RW-"
    ),
    _bad("w-only", "state that cannot be read", _set(PT_LOAD, 2, flags=W), "-W- must be"),
    _bad("no-access", "a segment without any right", _set(PT_LOAD, 1, flags=0), "--- must be"),
    _bad(
        "odd-flags", "a segment with an unknown flag", _set(PT_LOAD, 1, flags=R | 8), "0xc must be"
    ),
    _bad(
        "unaligned",
        "a segment that starts in a page",
        _set(PT_LOAD, 1, vaddr=CONSTANTS + 0x800, align=1),
        "does not start on a page",
    ),
    _bad(
        "unaligned-byte",
        "a segment that starts at an odd address",
        _set(PT_LOAD, 1, vaddr=CONSTANTS + 1, align=1),
        "does not start on a page",
    ),
    _bad("empty-segment", "an empty segment", _set(PT_LOAD, 1, content=b"", memsz=0), "is empty"),
    _bad(
        "filesz",
        "more bytes in the file than in memory",
        _set(PT_LOAD, 1, content=bytes(9), memsz=8),
        "0x9 bytes in the file, only 0x8 in memory",
        _set(PT_LOAD, 1, content=bytes(8), memsz=8),
    ),
    _bad(
        "offset-beyond",
        "a segment of which the file has one byte less",
        _said(PT_LOAD, 1, filesz=0x9999, memsz=0x9999),
        "reach beyond",
    ),
    _bad(
        "offset-wrap",
        "a segment whose place in the file wraps around",
        _said(PT_LOAD, 1, offset=_TOP - PAGE, filesz=PAGE, memsz=PAGE),
        "wrap around",
    ),
    _bad(
        "vaddr-wrap",
        "a segment whose addresses wrap around",
        _said(PT_LOAD, 2, vaddr=_TOP - PAGE, memsz=PAGE),
        "its size 0x1000 wraps around",
    ),
    _bad(
        "vaddr-wrap-more",
        "a segment whose size wraps around to a small one",
        _said(PT_LOAD, 2, memsz=_TOP - PAGE),
        "wraps around",
    ),
    _bad(
        "too-large",
        "an image of more than 1 MiB",
        _set(PT_LOAD, 2, memsz=(1 << 20) - STATE + 1),
        "beyond the limit of 0x100000",
        _set(PT_LOAD, 2, memsz=(1 << 20) - STATE),
        "1.4",
    ),
    _bad(
        "too-high",
        "a segment at 1 MiB",
        _set(PT_LOAD, 2, vaddr=1 << 20),
        "beyond the limit of 0x100000",
        None,
        "1.4",
    ),
    _bad(
        "align",
        "an alignment that is no power of two",
        _set(PT_LOAD, 1, align=0x1800, fields={"offset": 0}),
        "do not fit the alignment 0x1800",
        _said(PT_LOAD, 1, align=0),  # none is asked for
    ),
    _bad(
        "align-unmet",
        "an offset that does not fit the alignment",
        _said(PT_LOAD, 1, offset=8, filesz=8),
        "do not fit the alignment 0x1000",
        _both(_said(PT_LOAD, 1, offset=8, filesz=8), _set(PT_LOAD, 1, align=8)),
    ),
    _bad(
        "align-2",
        "an odd offset for an alignment of 2",
        _both(_said(PT_LOAD, 1, offset=9, filesz=8, align=2)),
        "do not fit the alignment 0x2",
        _said(PT_LOAD, 1, offset=9, filesz=8, align=1),
    ),
    _bad(
        "order",
        "segments in descending order",
        _swap,
        "segments are not ascending: 0x3000 follows 0x5000",
    ),
    _bad(
        "same-place",
        "two segments at one address",
        _set(PT_LOAD, 2, vaddr=CONSTANTS),
        "segments are not ascending: 0x3000 follows 0x3000",
    ),
    _bad(
        "overlap",
        "a segment that reaches a byte into the next one",
        _set(PT_LOAD, 1, memsz=STATE - CONSTANTS + 1),
        "share a page",
        _set(PT_LOAD, 1, memsz=STATE - CONSTANTS),
    ),
    # --- the entry ---
    _bad(
        "entry-odd",
        "an entry that is no instruction's address",
        lambda elf: setattr(elf, "entry", 2),
        "the entry point 0x2 is not a multiple of 4",
        None,
        "1.3",
    ),
    _bad(
        "entry-in-constants",
        "an entry in the constants",
        lambda elf: setattr(elf, "entry", CONSTANTS),
        "the entry point 0x3000 is not in the text",
        None,
        "1.3",
    ),
    _bad(
        "entry-nowhere",
        "an entry in no segment",
        lambda elf: setattr(elf, "entry", 0x2000),
        "is not in the text",
        None,
        "1.3",
    ),
    _bad(
        "entry-top",
        "an entry at the end of the address space",
        lambda elf: setattr(elf, "entry", _TOP - 4),
        "is not in the text",
        None,
        "1.3",
    ),
    _bad(
        "entry-behind",
        "an entry right behind the text in the file",
        lambda elf: setattr(elf, "entry", len(elf.of(PT_LOAD).content)),
        "is not in the text",
        None,
        "1.3",
    ),
    _bad(
        "entry-below",
        "an entry below the text",
        _both(_set(PT_LOAD, vaddr=PAGE)),
        "the entry point 0x0 is not in the text",
        None,
        "1.3",
    ),
    _bad(
        "entry-other",
        "an entry that is not the manifest's",
        lambda elf: setattr(elf, "entry", 4),
        "the manifest's entry is 0x0, the ELF header's is 0x4",
        None,
        "1.3",
    ),
    # --- notes ---
    _bad("no-note", "no notes at all", _remove(PT_NOTE), "no XAP note", None, "1.3"),
    _bad("other-note", "notes of another owner only", _notes(_OTHER), "no XAP note", None, "1.3"),
    _bad(
        "note-owner",
        "a note of the owner XAPX",
        _notes(note(_MANIFEST, b"XAPX")),
        "no XAP note",
        None,
        "1.3",
    ),
    _bad(
        "note-owner-unterminated",
        "a note of an owner without its zero",
        _notes(struct.pack("<III", 3, len(_MANIFEST), 1) + b"XAP\0" + _MANIFEST),
        "no XAP note",
        None,
        "1.3",
    ),
    _bad(
        "two-notes",
        "two manifests",
        _notes(_NOTE, _NOTE),
        "2 XAP notes, must be one",
        _notes(_OTHER, _NOTE),
        "1.3",
    ),
    _bad(
        "two-note-segments",
        "two manifests in two segments",
        _add(Header(PT_NOTE, R, _NOTE, align=8)),
        "2 XAP notes, must be one",
        _add(Header(PT_NOTE, R, _OTHER, align=8)),
        "1.3",
    ),
    _bad(
        "note-type",
        "a note of another type",
        _notes(note(_MANIFEST, type_=2)),
        "the XAP note has type 2, must have 1",
        None,
        "1.3",
    ),
    _bad(
        "note-beyond",
        "a note that leaves its segment",
        _notes(struct.pack("<III", 4, len(_MANIFEST) + 1, 1) + b"XAP\0" + _MANIFEST),
        "the note at byte 0 reaches beyond the segment",
        None,
        "1.3",
    ),
    _bad(
        "note-owner-beyond",
        "an owner that leaves its segment",
        _notes(_OTHER, struct.pack("<III", 1 << 31, 0, 1)),
        "the note at byte 16 reaches beyond the segment",
        None,
        "1.3",
    ),
    _bad(
        "note-size-most",
        "a note of 4 GiB less a byte",
        _notes(struct.pack("<III", 4, (1 << 32) - 1, 1) + b"XAP\0"),
        "reaches beyond the segment",
        None,
        "1.3",
    ),
    _bad(
        "note-cut",
        "a note's header that is cut",
        _notes(_NOTE, b"\1\2\3\4"),
        "is cut",
        _notes(_NOTE, bytes(8)),
        "1.3",
    ),
    _bad(
        "note-segment-beyond",
        "notes that leave the file",
        _said(PT_NOTE, filesz=0x10000),
        "PT_NOTE: 0x10000 bytes at",
        None,
        "1.3",
    ),
    _bad(
        "note-segment-wrap",
        "notes whose place wraps around",
        _said(PT_NOTE, offset=_TOP - 16),
        "wrap around",
        None,
        "1.3",
    ),
    _bad(
        "notes-large",
        "more than 64 KiB of notes",
        _notes(_NOTE, bytes(16) * 4097),
        "the limit is 65536",
        _notes(
            struct.pack("<III", 4, 65536 - len(_NOTE) - 16, 1)
            + b"Xen\0"
            + bytes(65536 - len(_NOTE) - 16),
            _NOTE,
        ),
        "1.3",
    ),
]
