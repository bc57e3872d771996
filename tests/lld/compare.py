"""What differs between the images of two linkers that were given the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section
from xaprt import image

LOADED = (".text", ".rodata", ".data", ".bss")


@dataclass(frozen=True, order=True)
class Place:
    """Of a symbol: where it is in which section of the image.

    Its binding is not compared: it matters to nobody who reads an image, and lld keeps what is
    weak and makes what is hidden local.
    """

    name: str
    section: str
    offset: int
    size: int
    type: str


def differences(ours: bytes, theirs: bytes) -> list[str]:
    """One line each; none if both put the same bytes at the same addresses and names."""
    return [*_loads(ours, theirs), *_files(_File(ours), _File(theirs))]


def _loads(ours: bytes, theirs: bytes) -> Iterator[str]:
    mine, other = image.read(ours), image.read(theirs)
    if (mine.entry, mine.manifest) != (other.entry, other.manifest):
        yield f"entry and manifest: {mine.entry:#x}, {mine.manifest} and {other}"
    *segments, _ = other.segments  # the last is that of the notes
    if list(map(_memory, mine.segments)) != list(map(_memory, segments)):
        yield "the segments differ"


def _memory(segment: image.Segment) -> tuple[int, bool, bool, bytes]:
    content = segment.bytes_.ljust(segment.size, b"\0")
    return segment.address, segment.writable, segment.executable, content


class _File:
    def __init__(self, data: bytes) -> None:
        self._elf = ELFFile(BytesIO(data))
        self.sections = {
            section.name: section for section in self._elf.iter_sections() if section["sh_size"]
        }

    def symbols(self) -> set[Place]:
        """Functions and data that have a name, in sections that have a byte."""
        found = set()
        for symbol in self._elf.get_section_by_name(".symtab").iter_symbols():
            type_ = symbol["st_info"]["type"]
            if symbol.name and type_ in ("STT_FUNC", "STT_OBJECT"):
                home = self._elf.get_section(symbol["st_shndx"])
                if home["sh_size"]:
                    at = symbol["st_value"] - home["sh_addr"]
                    found.add(Place(symbol.name, home.name, at, symbol["st_size"], type_))
        return found


def _files(mine: _File, other: _File) -> Iterator[str]:
    debug = (name for name in mine.sections if name.startswith(".debug_"))
    for name in (*LOADED, *debug):
        yield from _sections(name, mine.sections.get(name), other.sections.get(name))
    for symbol in sorted(mine.symbols() ^ other.symbols()):
        yield f"{'ours' if symbol in mine.symbols() else 'theirs'} only: {symbol}"


_HEADER = ("sh_type", "sh_addr", "sh_size", "sh_addralign")
_MERGE_STRINGS = 0x30
"""SHF_MERGE and SHF_STRINGS: lld keeps them where all parts had them. They say what a linker may
do with the section; the project's does not, and leaves them out of what is loaded."""


def _sections(name: str, mine: Section | None, other: Section | None) -> Iterator[str]:
    if mine is None or other is None:
        if mine is not other:
            yield f"{name}: only {'theirs' if mine is None else 'ours'} has it"
        return
    for field in _HEADER:
        if mine[field] != other[field]:
            yield f"{name}: {field}: {mine[field]} and {other[field]}"
    ignored = _MERGE_STRINGS if name in LOADED else 0
    if (mine["sh_flags"] ^ other["sh_flags"]) & ~ignored:
        yield f"{name}: sh_flags: {mine['sh_flags']:#x} and {other['sh_flags']:#x}"
    yield from _bytes(name, mine.data(), other.data())


def _bytes(name: str, mine: bytes, other: bytes) -> Iterator[str]:
    for at in range(0, max(len(mine), len(other)), 4):
        if mine[at : at + 4] != other[at : at + 4]:
            yield f"{name}+{at:#x}: {mine[at : at + 4].hex()} and {other[at : at + 4].hex()}"
