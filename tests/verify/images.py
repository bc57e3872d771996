"""Images made by hand, so that the verifier is tested without the linker."""

import struct
from dataclasses import dataclass, replace
from functools import cache

from keystone import KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN, Ks
from xaprt import abi, elf
from xaprt.manifest import Manifest, Need, Route, encode

PAGE = abi.PAGE_SIZE
CONSTANTS, STATE = 0x10_000, 0x20_000
"""Where `image` puts its other two segments; the text is at 0."""

EXIT = "mov x8, #0; svc #0"
MANIFEST = Manifest(
    abi_version=abi.VERSION,
    entry=0,
    uuid=bytes(15) + b"\1",
    name="plain",
    app_version=(1, 0, 0),
    stack_bytes=4096,
    routes=(Route(abi.RouteKind.SMC, 0xC600_0001, 0xC600_0001, abi.RouteFlag.NONE),),
    needs=(Need(abi.NeedKind.TIMER, ()),),
    instances=abi.Instances.SHARED,
    restart_limit=0,
    budget_us=0,
    build_id=b"\1",
)


@cache
def assemble(source: str) -> bytes:
    """By keystone, at address 0. `CONSTANTS` and `STATE` are known names."""
    source = source.replace("CONSTANTS", hex(CONSTANTS)).replace("STATE", hex(STATE))
    code, _ = Ks(KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN).asm(source)
    assert code, source
    return bytes(code)


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


@dataclass(frozen=True)
class Segment:
    address: int
    data: bytes
    flags: int


def image(
    text: bytes | str,
    *,
    entry: int = 0,
    symbols: dict[str, tuple[int, int]] | None = None,
    more: tuple[Segment, ...] = (),
    whole: tuple[Segment, ...] = (),
    **changes: object,
) -> bytes:
    """Text at 0, then `more` or a page of constants and one of state; or `whole` and no more.

    `symbols` are name -> address, size. `changes` are fields of the manifest.
    """
    code = assemble(text) if isinstance(text, str) else text
    note = _note(encode(replace(MANIFEST, entry=entry, **changes)))  # type: ignore[arg-type]  # any field
    segments = whole or (
        Segment(0, code, elf.PF_R | elf.PF_X),
        *(more or (_CONSTANTS, _STATE)),
    )
    count = len(segments) + 2
    file = bytearray(elf.EHDR.size + count * elf.PHDR.size)
    headers = [(elf.PT_NOTE, elf.PF_R, len(file), 0, 0, len(note), len(note), 8)]
    file += note
    for segment in segments:
        file += bytes(-len(file) % PAGE)
        headers.append(
            (elf.PT_LOAD, segment.flags, len(file), segment.address, segment.address,
             len(segment.data), len(segment.data), PAGE)
        )  # fmt: skip
        file += segment.data
    headers.append((elf.PT_GNU_STACK, elf.PF_R | elf.PF_W, 0, 0, 0, 0, 0, 16))
    section_offset, section_count = _add_symbols(file, symbols or {})
    elf.EHDR.pack_into(
        file, 0, elf.IDENT, elf.ET_DYN, elf.EM_AARCH64, 1, entry, elf.EHDR.size, section_offset,
        0, elf.EHDR.size, elf.PHDR.size, count, elf.SHDR.size, section_count, 0,
    )  # fmt: skip
    for number, header in enumerate(headers):
        elf.PHDR.pack_into(file, elf.EHDR.size + number * elf.PHDR.size, *header)
    return bytes(file)


_CONSTANTS = Segment(CONSTANTS, bytes(range(256)) * 16, elf.PF_R)
_STATE = Segment(STATE, bytes(PAGE), elf.PF_R | elf.PF_W)


def _note(descriptor: bytes) -> bytes:
    name = abi.NOTE_OWNER.encode() + b"\0"
    padded = descriptor + bytes(-len(descriptor) % 4)
    return elf.NHDR.pack(len(name), len(descriptor), abi.NOTE_TYPE_MANIFEST) + name + padded


def _add_symbols(file: bytearray, symbols: dict[str, tuple[int, int]]) -> tuple[int, int]:
    if not symbols:
        return 0, 0
    table, strings = bytearray(elf.SYM.size), bytearray(1)
    for name, (address, size) in symbols.items():
        table += elf.SYM.pack(len(strings), elf.STB_GLOBAL << 4 | elf.STT_FUNC, 0, 1, address, size)
        strings += name.encode() + b"\0"
    table_at = len(file)
    file += table
    strings_at = len(file)
    file += strings
    at = len(file)
    file += bytes(elf.SHDR.size)
    file += elf.SHDR.pack(0, elf.SHT_SYMTAB, 0, 0, table_at, len(table), 2, 1, 8, elf.SYM.size)
    file += elf.SHDR.pack(0, elf.SHT_STRTAB, 0, 0, strings_at, len(strings), 0, 0, 1, 0)
    return at, 3
