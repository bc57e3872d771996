"""Debug information that keeps a reader busy: small files without an end in sight."""

import struct
import zlib

from xaprt import elf

from tests.verify.images import image

_SUBPROGRAM, _UNIT = 0x2E, 0x11
_SIBLING, _NAME, _STMT_LIST, _LOW, _HIGH, _RANGES = 0x01, 0x03, 0x10, 0x11, 0x12, 0x55
_ADDRESS, _DATA4, _STRING, _REF4, _SEC_OFFSET = 0x01, 0x06, 0x08, 0x13, 0x17


def with_sections(data: bytes, sections: dict[str, bytes], flags: int = 0) -> bytes:
    """An image with these sections, and no others."""
    file, rows = bytearray(data), [bytes(elf.SHDR.size)]
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    for name, content in {**sections, ".shstrtab": names}.items():
        kind = elf.SHT_STRTAB if name == ".shstrtab" else elf.SHT_PROGBITS
        at = names.index(name.encode() + b"\0")
        rows.append(elf.SHDR.pack(at, kind, flags if kind == elf.SHT_PROGBITS else 0, 0, len(file),
                                  len(content), 0, 0, 1, 0))  # fmt: skip
        file += content
    header = list(elf.EHDR.unpack_from(file))
    header[6], header[11], header[12], header[13] = (
        len(file), elf.SHDR.size, len(rows), len(rows) - 1,
    )  # fmt: skip
    elf.EHDR.pack_into(file, 0, *header)
    return bytes(file) + b"".join(rows)


def _abbreviations(*each: tuple[int, bool, tuple[tuple[int, int], ...]]) -> bytes:
    """Tag, whether it has children, attributes with their forms."""
    made = b""
    for number, (tag, children, attributes) in enumerate(each, start=1):
        made += bytes([number, tag, children]) + bytes(sum(attributes, ())) + b"\0\0"
    return made + b"\0"


def _unit(content: bytes) -> bytes:
    """Version 4, addresses of 8 bytes."""
    return struct.pack("<IHIB", 7 + len(content), 4, 0, 8) + content


def _line_table(version: int, tables: bytes, program: bytes) -> bytes:
    sizes = b"\x08\0" if version == 5 else b""
    body = struct.pack("<BBBbBB", 1, 1, 1, -5, 14, 1) + tables
    head = struct.pack("<H", version) + sizes + struct.pack("<I", len(body))
    return struct.pack("<I", len(head) + len(body) + len(program)) + head + body + program


_NO_FOLDER_ONE_FILE = b"\0f\0\0\0\0\0"
_TWO_ROWS = b"\0\x09\2" + bytes(8) + b"\x06\x3f\0\1\1"
"""of the first words."""


def described(abbreviations: bytes, units: bytes, **more: bytes) -> bytes:
    """An image whose first word is refused: its line is looked for."""
    sections = {
        "abbrev": abbreviations,
        "info": units,
        "line": _line_table(4, _NO_FOLDER_ONE_FILE, _TWO_ROWS),
        **more,
    }
    named = {f".debug_{name}": content for name, content in sections.items()}
    return with_sections(image("hvc #0"), named)


def sibling_before() -> bytes:
    """A function whose next sibling is itself."""
    abbreviations = _abbreviations(
        (_UNIT, True, ((_STMT_LIST, _SEC_OFFSET),)), (_SUBPROGRAM, True, ((_SIBLING, _REF4),)),
    )  # fmt: skip
    return described(abbreviations, _unit(b"\1" + bytes(4) + b"\2" + struct.pack("<IH", 16, 0)))


def folders_of_nothing() -> bytes:
    """A line table of 2**60 folders, each of which takes no byte."""
    abbreviations = _abbreviations((_UNIT, False, ((_STMT_LIST, _SEC_OFFSET),)))
    table = _line_table(5, b"\0" + b"\x80" * 8 + b"\x10" + b"\0\0", b"")
    return described(abbreviations, _unit(b"\1" + bytes(4)), line=table)


def packed(size: int = 1 << 30) -> bytes:
    """A section that unpacks to a thousand times its size."""
    packer = zlib.compressobj(9)
    content = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    head = struct.pack("<IIQQ", 1, 0, size, 1)
    sections = {".debug_abbrev": head + content, ".debug_info": head + content}
    return with_sections(image("hvc #0"), sections, flags=elf.SHF_COMPRESSED)


def packed_as_gnu_does(size: int = 1 << 30) -> bytes:
    """The same in the older way, told by the name."""
    packer = zlib.compressobj(9)
    content = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    section = b"ZLIB" + size.to_bytes(8, "big") + content
    return with_sections(image("hvc #0"), {".zdebug_abbrev": section, ".zdebug_info": section})


def one_table_for_all(units: int = 5000, lines: int = 20_000) -> bytes:
    """Many compilation units, all of one long line table."""
    abbreviations = _abbreviations((_UNIT, False, ((_STMT_LIST, _SEC_OFFSET),)))
    table = _line_table(4, b"\0\0", b"\x20" * lines)
    return described(abbreviations, _unit(b"\1" + bytes(4)) * units, line=table)


def one_list_of_ranges_for_all(functions: int = 5000, ranges: int = 5000) -> bytes:
    """Many functions, all of one long list of ranges."""
    abbreviations = _abbreviations(
        (_UNIT, True, ((_STMT_LIST, _SEC_OFFSET),)),
        (_SUBPROGRAM, False, ((_NAME, _STRING), (_RANGES, _SEC_OFFSET))),
    )
    info = _unit(b"\1" + bytes(4) + (b"\2f\0" + bytes(4)) * functions + b"\0")
    listed = struct.pack("<QQ", 1 << 30, 1 << 31) * ranges + bytes(16)
    return described(abbreviations, info, ranges=listed)


def named_to_disturb() -> bytes:
    """A folder, a file and a function with characters that a terminal obeys."""
    abbreviations = _abbreviations(
        (_UNIT, True, ((_STMT_LIST, _SEC_OFFSET),)),
        (_SUBPROGRAM, False, ((_NAME, _STRING), (_LOW, _ADDRESS), (_HIGH, _DATA4))),
    )
    table = _line_table(4, b"a\x1b[2J\0\0b\n.py\0\1\0\0\0", _TWO_ROWS)
    function = b"\2f\x07\0" + struct.pack("<QI", 0, 4)
    return described(abbreviations, _unit(b"\1" + bytes(4) + function + b"\0"), line=table)
