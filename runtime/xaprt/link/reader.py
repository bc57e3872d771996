"""Bytes of a relocatable AArch64 object to values (gABI, AAELF64)."""

import struct

from xaprt import abi, elf
from xaprt.link.errors import LinkError
from xaprt.link.model import Object, Relocation, Section, Symbol

_REFUSED_TYPES = {
    elf.SHT_INIT_ARRAY: "constructors",
    elf.SHT_FINI_ARRAY: "destructors",
    elf.SHT_PREINIT_ARRAY: "constructors",
    elf.SHT_GROUP: "a section group",
    elf.SHT_REL: "relocations without addends",
    elf.SHT_CREL: "compact relocations",
    elf.SHT_SYMTAB_SHNDX: "more sections than a symbol can name",
}
_CONTENT = (elf.SHT_PROGBITS, elf.SHT_NOBITS, elf.SHT_NOTE)
_OTHERS = (
    elf.SHT_NULL,
    elf.SHT_SYMTAB,
    elf.SHT_STRTAB,
    elf.SHT_RELA,
    elf.SHT_LLVM_ADDRSIG,
    elf.SHT_AARCH64_ATTRIBUTES,
)
"""The tables of the object itself, and what only tells of its code."""
_REFUSED_FLAGS = {
    elf.SHF_TLS: "thread-local storage",
    elf.SHF_COMPRESSED: "compressed content",
}
_REFUSED_SYMBOLS = {
    elf.STT_TLS: "thread-local storage",
    elf.STT_GNU_IFUNC: "an indirect function",
}


def read(data: bytes) -> Object:
    """LinkError for what is not an object or holds what an image cannot."""
    try:
        return _Reader(data).read()
    except (struct.error, IndexError, OverflowError, ValueError) as problem:
        raise LinkError(f"the object is damaged: {problem}") from problem


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        header = elf.EHDR.unpack_from(data)
        if header[0][:7] != elf.IDENT[:7] or header[1] != elf.ET_REL or header[2] != elf.EM_AARCH64:
            raise LinkError("not a relocatable object for AArch64")
        offset, count, self._name_table = header[6], header[12], header[13]
        self._headers = [
            elf.SHDR.unpack_from(data, offset + n * elf.SHDR.size) for n in range(count)
        ]

    def read(self) -> Object:
        names = self._content(self._name_table)
        self._sections = [self._section(n, names) for n in range(len(self._headers))]
        symbols = self._symbols()
        self._read_relocations(symbols)
        found: dict[str, Symbol] = {}
        for symbol in symbols:
            if symbol.section is not None:
                symbol.section.symbols.append(symbol)
                if symbol.is_global and found.setdefault(symbol.name, symbol) is not symbol:
                    raise LinkError(f"{symbol.name} is defined twice")
        return Object([section for section in self._sections if section is not None], found)

    def _content(self, number: int) -> bytes:
        _, type_, _, _, offset, size, *_ = self._headers[number]
        if type_ == elf.SHT_NOBITS:
            return b""
        content = self._data[offset : offset + size]
        if len(content) != size:
            raise ValueError(f"section {number} reaches beyond the file")
        return content

    def _section(self, number: int, names: bytes) -> Section | None:
        """None for the tables of the object itself."""
        name_at, type_, flags, _, _, size, _, _, align, _ = self._headers[number]
        name = _string(names, name_at)
        for refused, what in _REFUSED_TYPES.items():
            if type_ == refused:
                raise LinkError(f"section {name}: {what}")
        for refused, what in _REFUSED_FLAGS.items():
            if flags & refused:
                raise LinkError(f"section {name}: {what}")
        if flags & elf.SHF_WRITE and flags & elf.SHF_EXECINSTR:
            raise LinkError(f"section {name}: is writable and executable")
        if type_ in _OTHERS:
            return None
        if type_ not in _CONTENT:
            raise LinkError(f"section {name}: is of an unknown type, {type_:#x}")
        if align & (align - 1) or align > abi.PAGE_SIZE:
            raise LinkError(
                f"section {name}: an alignment of {align}, must be a power of two up to a page"
            )
        return Section(name, type_, flags, self._content(number), size, align or 1)

    def _symbols(self) -> list[Symbol]:
        tables = [n for n, header in enumerate(self._headers) if header[1] == elf.SHT_SYMTAB]
        if len(tables) != 1:
            raise LinkError(f"{len(tables)} symbol tables, must be one")
        names = self._content(self._headers[tables[0]][6])
        return [
            self._symbol(_string(names, name_at), info, index, value, size)
            for name_at, info, _, index, value, size in elf.SYM.iter_unpack(
                self._content(tables[0])
            )
        ]

    def _symbol(self, name: str, info: int, index: int, value: int, size: int) -> Symbol:
        type_, binding = info & 15, info >> 4
        if type_ in _REFUSED_SYMBOLS:
            raise LinkError(f"{name}: {_REFUSED_SYMBOLS[type_]}")
        if index == elf.SHN_COMMON:
            raise LinkError(f"{name}: a common symbol; every datum needs a section")
        section = None
        if index < elf.SHN_LORESERVE:
            section = self._sections[index]
        return Symbol(name, section, value, size, type_, binding != elf.STB_LOCAL)

    def _read_relocations(self, symbols: list[Symbol]) -> None:
        for number, header in enumerate(self._headers):
            target = self._sections[header[7]] if header[1] == elf.SHT_RELA else None
            if target is None:
                continue
            for offset, info, addend in elf.RELA.iter_unpack(self._content(number)):
                symbol = symbols[info >> 32]
                target.relocations.append(Relocation(offset, info & 0xFFFFFFFF, symbol, addend))


def _string(table: bytes, at: int) -> str:
    return table[at : table.index(b"\0", at)].decode("utf-8")
