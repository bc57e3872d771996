"""Names of functions, from the symbol table of an image that nobody vouches for.

Names are for messages and reports only. What is malformed is no symbol; nothing is refused.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from xaprt import elf

_KINDS: Final = (elf.STT_NOTYPE, elf.STT_FUNC)
_NOWHERE: Final = (elf.SHN_UNDEF, elf.SHN_ABS)
MAX_SYMBOLS: Final = 1 << 16
MAX_NAME: Final = 128


class Symbols:
    """Functions by address. A symbol without a size covers what follows, up to the next."""

    def __init__(self, data: bytes) -> None:
        named = {}
        for address, size, name in _symbols(data):
            # Of several at one address the sized one is the function's.
            if size or address not in named:
                named[address] = size, name
        self._starts = sorted(named)
        self._named = named

    def at(self, address: int) -> str | None:
        """The name of the function that begins there."""
        found = self._named.get(address)
        return found[1] if found else None

    def covering(self, address: int) -> str | None:
        before = bisect_right(self._starts, address) - 1
        if before < 0:
            return None
        start = self._starts[before]
        size, name = self._named[start]
        return name if size == 0 or address < start + size else None


def _symbols(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Address, size, name of what may be a function. A file has one table (gABI); of several that
    a hostile one has the first is read."""
    sections = _sections(data)
    table = next((each for each in sections if each[0] == elf.SHT_SYMTAB), None)
    if table is None or table[3] >= len(sections):
        return
    _, offset, size, link = table
    strings = sections[link][1]
    strings_end = strings + sections[link][2]
    rows = data[offset : offset + min(size, MAX_SYMBOLS * elf.SYM.size)]
    rows = rows[: len(rows) // elf.SYM.size * elf.SYM.size]
    for name, info, _, section, address, length in elf.SYM.iter_unpack(rows):
        if info & 15 in _KINDS and section not in _NOWHERE:
            text = _name(data[strings + name : min(strings + name + MAX_NAME, strings_end)])
            if text:
                yield address, length, text


def _sections(data: bytes) -> list[tuple[int, int, int, int]]:
    """Type, offset, size and link of each."""
    if len(data) < elf.EHDR.size:
        return []
    header = elf.EHDR.unpack_from(data)
    offset, entry_size, count = header[6], header[11], header[12]
    end = offset + count * elf.SHDR.size
    if entry_size != elf.SHDR.size or end > len(data):
        return []
    return [
        (kind, at, size, link)
        for _, kind, _, _, at, size, link, _, _, _ in elf.SHDR.iter_unpack(data[offset:end])
    ]


def _name(field: bytes) -> str:
    """Empty for what names no function: mapping symbols, and names that are not printable."""
    name = field.partition(b"\0")[0].decode("latin-1")
    if not name.isascii() or not name.isprintable() or name.startswith("$") or " " in name:
        return ""
    return name
