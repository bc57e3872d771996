"""Names of functions, from the symbol table of an image that nobody vouches for.

Names are for messages and reports only. What is malformed is no symbol; nothing is refused.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from xaprt import elf

_KINDS: Final = (elf.STT_NOTYPE, elf.STT_FUNC)
_NOWHERE: Final = (elf.SHN_UNDEF, elf.SHN_ABS)
_MAX_SYMBOLS: Final = 1 << 16
_MAX_NAME: Final = 128


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
    """Address, size, name of what may be a function."""
    sections = _sections(data)
    for kind, offset, size, link in sections:
        if kind != elf.SHT_SYMTAB or link >= len(sections):
            continue
        table = data[offset : offset + min(size, _MAX_SYMBOLS * elf.SYM.size)]
        table = table[: len(table) // elf.SYM.size * elf.SYM.size]
        strings = data[sections[link][1] :][: sections[link][2]]
        for name, info, _, section, address, length in elf.SYM.iter_unpack(table):
            if info & 15 in _KINDS and section not in _NOWHERE:
                text = _name(strings, name)
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


def _name(strings: bytes, at: int) -> str:
    """Empty for what names no function: mapping symbols, and names that are not printable."""
    raw = strings[at : at + _MAX_NAME].split(b"\0", 1)[0]
    if raw.startswith(b"$") or not all(0x20 < byte < 0x7F for byte in raw):
        return ""
    return raw.decode("ascii")
