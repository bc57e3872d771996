"""Tables of an image that a loader does not need: sections, symbols, notes."""

from collections.abc import Iterator
from dataclasses import dataclass

from xaprt import abi, elf
from xaprt.debug.place import printable
from xaprt.verify.symbols import MAX_NAME, MAX_SYMBOLS


@dataclass(frozen=True)
class Section:
    """A loaded one. `zeroed` takes memory and no room in the file."""

    name: str
    address: int
    size: int
    zeroed: bool


@dataclass(frozen=True)
class Symbol:
    """A function's."""

    name: str
    address: int
    size: int


@dataclass(frozen=True)
class Note:
    owner: str
    type: int
    size: int
    """Of its descriptor, in bytes."""


_Header = tuple[int, int, int, int, int, int, int, int, int, int]


class Tables:
    """Of a file that `xaprt.image` has read: its headers lie in the file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._header = elf.EHDR.unpack_from(data)
        at, count = self._header[6], self._header[12]
        table = data[at : at + count * elf.SHDR.size]
        self._sections: list[_Header] = list(elf.SHDR.iter_unpack(table))

    def sections(self) -> Iterator[Section]:
        number = self._header[13]
        names = self._content(self._sections[number]) if number < len(self._sections) else b""
        for name, kind, flags, address, _, size, *_ in self._sections:
            if flags & elf.SHF_ALLOC:
                yield Section(_string(names, name), address, size, kind == elf.SHT_NOBITS)

    def symbols(self) -> Iterator[Symbol]:
        """Of the first table: a file has one (gABI)."""
        section = next((each for each in self._sections if each[1] == elf.SHT_SYMTAB), None)
        if section is None or section[6] >= len(self._sections):
            return
        names = self._content(self._sections[section[6]])
        table = self._content(section)[: MAX_SYMBOLS * elf.SYM.size]
        whole = len(table) - len(table) % elf.SYM.size
        for name, info, _, _, value, size in elf.SYM.iter_unpack(table[:whole]):
            if info & 0xF == elf.STT_FUNC and size:
                yield Symbol(_string(names, name), value, size)

    def _content(self, section: _Header) -> bytes:
        return self._data[section[4] : section[4] + section[5]]

    def notes(self) -> Iterator[Note]:
        """Those that a loader sees."""
        for kind, _, offset, _, _, size, _, align in self._programs():
            if kind == elf.PT_NOTE:
                yield from _notes_of(self._data[offset : offset + size], 8 if align == 8 else 4)

    def zeroed(self) -> dict[int, int]:
        """Address of a segment -> bytes that follow its content in memory, up to where it ends:
        what fills the last page is not counted."""
        return {
            address: memory - size
            for kind, _, _, address, _, size, memory, _ in self._programs()
            if kind == elf.PT_LOAD
        }

    def _programs(self) -> Iterator[tuple[int, ...]]:
        at, count = self._header[5], self._header[10]
        return elf.PHDR.iter_unpack(self._data[at : at + count * elf.PHDR.size])


def _string(names: bytes, at: int) -> str:
    return printable(names[at : at + MAX_NAME].partition(b"\0")[0].decode(errors="replace"))


def _notes_of(content: bytes, align: int) -> Iterator[Note]:
    at = 0
    while len(content) - at >= elf.NHDR.size:
        owner_size, size, type_ = elf.NHDR.unpack_from(content, at)
        at += elf.NHDR.size
        owner = _string(content[at : at + owner_size], 0)
        at += -(-owner_size // align) * align
        yield Note(owner, type_, size)
        at += -(-size // align) * align


def permissions(*, writable: bool, executable: bool) -> str:
    return f"R{'W' if writable else '-'}{'X' if executable else '-'}"


def pages(size: int) -> int:
    return -(-size // abi.PAGE_SIZE)
