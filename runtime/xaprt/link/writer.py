"""The ELF file (docs/architecture.md, "Layout of the file")."""

from xaprt import abi, elf
from xaprt.link.model import Symbol
from xaprt.link.place import Output

_PERMISSIONS = {
    elf.SHF_EXECINSTR: elf.PF_R | elf.PF_X,
    elf.SHF_WRITE: elf.PF_R | elf.PF_W,
    0: elf.PF_R,
}


def write(
    entry: int, segments: list[list[Output]], notes: list[Output], debug: list[Output]
) -> bytes:
    """All that the file holds, each section once."""
    return _Writer(entry, segments, notes, debug).write()


class _Writer:
    def __init__(
        self, entry: int, segments: list[list[Output]], notes: list[Output], debug: list[Output]
    ) -> None:
        self._entry = entry
        self._segments, self._notes, self._debug = segments, notes, debug
        self._file = bytearray()
        self._programs: list[bytes] = []
        self._headers = [bytes(elf.SHDR.size)]
        self._names = bytearray(b"\0")

    def write(self) -> bytes:
        count = len(self._segments) + 2
        self._file += bytes(elf.EHDR.size + count * elf.PHDR.size)
        note_start = len(self._file)
        for note in self._notes:
            self._place(note)
        note_size = len(self._file) - note_start
        for segment in self._segments:
            self._load(segment)
        stack = elf.PF_R | elf.PF_W
        self._program(elf.PT_NOTE, elf.PF_R, note_start, 0, note_size, 0, 4)
        self._program(elf.PT_GNU_STACK, stack, 0, 0, 0, 0, abi.STACK_ALIGN)
        for section in self._debug:
            self._place(section)
        self._write_symbols()
        names = len(self._headers)
        self._table(".shstrtab", elf.SHT_STRTAB, self._names)
        self._align(8)
        table = len(self._file)
        for header in self._headers:
            self._file += header
        self._file[: elf.EHDR.size] = elf.EHDR.pack(
            elf.IDENT, elf.ET_DYN, elf.EM_AARCH64, elf.EV_CURRENT, self._entry, elf.EHDR.size,
            table, 0, elf.EHDR.size, elf.PHDR.size, count, elf.SHDR.size, len(self._headers), names,
        )  # fmt: skip
        programs = b"".join(self._programs)
        self._file[elf.EHDR.size : elf.EHDR.size + len(programs)] = programs
        return bytes(self._file)

    # --- parts -------------------------------------------------------------------------------

    def _align(self, alignment: int) -> None:
        self._file += bytes(-len(self._file) % alignment)

    def _name(self, name: str) -> int:
        at = len(self._names)
        self._names += name.encode("utf-8") + b"\0"
        return at

    def _header(
        self, name: str, type_: int, flags: int, address: int, offset: int, size: int, align: int,
        link: int = 0, info: int = 0, entry_size: int = 0,
    ) -> None:  # fmt: skip
        self._headers.append(
            elf.SHDR.pack(
                self._name(name), type_, flags, address, offset, size, link, info, align, entry_size
            )
        )

    def _program(
        self, type_: int, flags: int, offset: int, address: int, filesz: int, memsz: int, align: int
    ) -> None:
        self._programs.append(
            elf.PHDR.pack(type_, flags, offset, address, address, filesz, memsz, align)
        )

    def _place(self, made: Output) -> None:
        self._align(made.align)
        entry_size = 1 if made.flags & elf.SHF_STRINGS else 0
        self._header(
            made.name, made.type, made.flags, made.address, len(self._file), made.size, made.align,
            entry_size=entry_size,
        )  # fmt: skip
        self._file += made.data

    def _load(self, segment: list[Output]) -> None:
        """Zeroed state comes last and takes no room in the file."""
        self._align(abi.PAGE_SIZE)
        base, offset = segment[0].address & -abi.PAGE_SIZE, len(self._file)
        for made in segment:
            if made.data:
                self._file += bytes(offset + made.address - base - len(self._file))
            self._place(made)
        flags = _PERMISSIONS[segment[0].flags & ~elf.SHF_ALLOC]
        self._program(
            elf.PT_LOAD, flags, offset, base, len(self._file) - offset, segment[-1].end - base,
            abi.PAGE_SIZE,
        )  # fmt: skip

    def _table(self, name: str, type_: int, data: bytearray) -> None:
        size = len(data) + (len(name) + 1 if data is self._names else 0)
        self._header(name, type_, 0, 0, len(self._file), size, 1)
        self._file += data

    # --- symbols -----------------------------------------------------------------------------

    def _write_symbols(self) -> None:
        """The loaded sections, and the functions and data in them; local ones come first."""
        entries = [elf.SYM.pack(0, 0, 0, 0, 0, 0)]
        names = bytearray(b"\0")
        first = 1 + len(self._notes)
        numbered = list(enumerate((o for segment in self._segments for o in segment), first))
        for number, output in numbered:
            entries.append(elf.SYM.pack(0, elf.STT_SECTION, 0, number, output.address, 0))
        found = sorted(
            ((symbol, number) for number, output in numbered for symbol in _symbols(output)),
            key=lambda pair: (pair[0].is_global, _address(pair[0]), pair[0].name),
        )
        local = len(entries) + sum(not symbol.is_global for symbol, _ in found)
        for symbol, number in found:
            binding = elf.STB_GLOBAL if symbol.is_global else elf.STB_LOCAL
            entries.append(
                elf.SYM.pack(
                    len(names), binding << 4 | symbol.type, 0, number, _address(symbol), symbol.size
                )
            )
            names += symbol.name.encode("utf-8") + b"\0"
        self._align(8)
        data = b"".join(entries)
        strings = len(self._headers) + 1
        self._header(
            ".symtab", elf.SHT_SYMTAB, 0, 0, len(self._file), len(data), 8,
            link=strings, info=local, entry_size=elf.SYM.size,
        )  # fmt: skip
        self._file += data
        self._table(".strtab", elf.SHT_STRTAB, names)


def _symbols(output: Output) -> list[Symbol]:
    kinds = (elf.STT_FUNC, elf.STT_OBJECT)
    return [s for part in output.parts for s in part.symbols if s.type in kinds and s.name]


def _address(symbol: Symbol) -> int:
    assert symbol.section is not None
    return symbol.section.address + symbol.value
