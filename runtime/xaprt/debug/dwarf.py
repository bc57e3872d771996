"""An image's debug information: from addresses to Python lines (ABI.md 5.3).

The line table gives the line of an
instruction, the tree of subprograms and inlined subroutines (DWARF 4, 2.17 and 3.3.8) the
functions that it is in and the lines that they were called from.
"""

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.dwarf.lineprogram import LineProgram
from elftools.dwarf.ranges import BaseAddressEntry
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from xaprt.debug.bounded import Calls, TooLong
from xaprt.debug.place import Place, printable

_ENTRY = ("xap_entry", "xap_entry9")
"""What LLVM compiled from the routes: no function of the user's."""
_LIBRARY = "<xap>"
"""The folder of the in-app library."""

Ranges = tuple[tuple[int, int], ...]
"""First address, and the one behind the last."""


@dataclass
class _Scope:
    """A function, or one inlined into it: `call` is the file and line that called it there."""

    name: str
    ranges: Ranges
    call: tuple[str, int] | None
    inlined: "list[_Scope]" = field(default_factory=list)

    def holds(self, address: int) -> bool:
        return any(low <= address < high for low, high in self.ranges)


@dataclass(frozen=True)
class _Row:
    address: int
    file: str
    line: int
    """0: the instruction is of no line; -1: the sequence ended before."""


class DwarfSymbols:
    """Reads the file at the first fault. Addresses are relative to the image.

    Files are named as in the debug information, joined to `folder` if that is given. Nothing is
    known any more once `most_calls` (see `bounded`) were made: the library that reads DWARF has no
    bounds, not even on loops.
    """

    def __init__(
        self, elf: bytes, folder: PurePath | None = None, *, most_calls: int | None = None
    ) -> None:
        self._elf = elf
        self._folder = folder
        self._calls = None if most_calls is None else Calls(most_calls)

    def chain(self, pc: int, frames: Sequence[int]) -> tuple[Place, ...]:
        """Innermost first; empty without debug information. An inlined function has a place of
        its own, as if it had been called."""
        try:
            with nullcontext() if self._calls is None else self._calls.counted():
                return self._chain(pc, frames)
        except (Exception, TooLong):  # noqa: BLE001 - an image may say anything: then nothing is known
            return ()

    def place(self, address: int) -> Place | None:
        """Of one instruction: the innermost function that the app's author wrote."""
        return next(iter(self.chain(address, ())), None)

    def _chain(self, pc: int, frames: Sequence[int]) -> tuple[Place, ...]:
        # A call lies before its return address, which may be another function's beginning.
        calls = [each - 4 for each in frames]
        if calls and self._one_function(pc, calls[0]):
            # x30 from a call that this function made itself, before it failed.
            calls = calls[1:]
        addresses = [pc, *calls]
        return tuple(place for address in addresses for place in self._places(address))

    # --- one address -------------------------------------------------------------------------

    def _places(self, address: int) -> Iterator[Place]:
        at = self._row(address)
        if at is None:
            return
        file, line = at.file, at.line
        for scope in reversed(self._scopes_of(address)):
            if scope.name not in _ENTRY and not file.startswith(_LIBRARY):
                yield Place(_own_name(scope.name), self._path(file), line)
            if scope.call is not None:
                file, line = scope.call

    def _scopes_of(self, address: int) -> list[_Scope]:
        """The function, then what is inlined into it, outermost first."""
        found = []
        level = self._functions
        while scope := next((each for each in level if each.holds(address)), None):
            found.append(scope)
            level = scope.inlined
        if not found:
            # Line tables only: functions into which nothing is inlined are not described.
            symbol = self._symbol(address)
            found = [] if symbol is None else [_Scope(symbol[2], (), None)]
        return found

    def _row(self, address: int) -> _Row | None:
        at = bisect_right(self._addresses, address) - 1
        if at < 0 or self._rows[at].line < 0:
            return None
        while self._rows[at].line == 0 and at > 0 and self._rows[at - 1].line >= 0:
            at -= 1
        return self._rows[at] if self._rows[at].line > 0 else None

    def _path(self, file: str) -> str:
        return file if self._folder is None else str(self._folder / file)

    # --- symbols -----------------------------------------------------------------------------

    def _one_function(self, one: int, other: int) -> bool:
        symbol = self._symbol(one)
        return symbol is not None and symbol[0] <= other < symbol[1]

    def _symbol(self, address: int) -> tuple[int, int, str] | None:
        at = bisect_right(self._symbols, address, key=lambda each: each[0]) - 1
        return self._symbols[at] if at >= 0 and address < self._symbols[at][1] else None

    @cached_property
    def _symbols(self) -> list[tuple[int, int, str]]:
        """First address, the one behind the last, name; by address."""
        table = self._file.get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            return []
        return sorted(
            (symbol["st_value"], symbol["st_value"] + symbol["st_size"], printable(symbol.name))
            for symbol in table.iter_symbols()
            if symbol["st_info"]["type"] == "STT_FUNC" and symbol["st_size"]
        )

    # --- DWARF -------------------------------------------------------------------------------

    @cached_property
    def _file(self) -> ELFFile:
        return ELFFile(io.BytesIO(self._elf))

    @cached_property
    def _dwarf(self) -> DWARFInfo | None:
        sections = [each for each in self._file.iter_sections() if each["sh_type"] != "SHT_NOBITS"]
        size = sum(each["sh_size"] for each in sections)
        packed = any(
            each["sh_flags"] & SH_FLAGS.SHF_COMPRESSED or each.name.startswith(".z")
            for each in sections
        )
        # Each is copied, and what is unpacked may have any size.
        if packed or size > len(self._elf) or not self._file.has_dwarf_info():
            return None
        return self._file.get_dwarf_info(relocate_dwarf_sections=False)

    @cached_property
    def _functions(self) -> list[_Scope]:
        if self._dwarf is None:
            return []
        return [
            scope
            for unit in self._dwarf.iter_CUs()
            for scope in _Unit(self._dwarf, unit).scopes(unit.get_top_DIE())
        ]

    @cached_property
    def _rows(self) -> list[_Row]:
        """The line tables of all units, by address."""
        if self._dwarf is None:
            return []
        rows = [row for unit in self._dwarf.iter_CUs() for row in _Unit(self._dwarf, unit).rows()]
        # Where a sequence ends another may begin: then that one counts.
        return sorted(rows, key=lambda row: (row.address, row.line >= 0))

    @cached_property
    def _addresses(self) -> list[int]:
        return [row.address for row in self._rows]


class _Unit:
    """One compilation unit."""

    def __init__(self, dwarf: DWARFInfo, unit: CompileUnit) -> None:
        self._dwarf = dwarf
        self._unit = unit
        self._program: LineProgram | None = dwarf.line_program_for_CU(unit)
        self._names: dict[int, str] = {}

    def rows(self) -> Iterator[_Row]:
        if self._program is None:
            return
        for entry in self._program.get_entries():
            state = entry.state
            if state is not None:
                line = -1 if state.end_sequence else state.line
                yield _Row(state.address, self._name(state.file), line)

    def scopes(self, parent: DIE) -> list[_Scope]:
        """The functions right below a DIE, those in blocks included."""
        found = []
        for die in parent.iter_children():
            if die.tag in ("DW_TAG_subprogram", "DW_TAG_inlined_subroutine"):
                ranges = self._ranges(die)
                if ranges:  # else the abstract one, which others refer to
                    made = _Scope(_named(die), ranges, self._call(die), self.scopes(die))
                    found.append(made)
            elif die.has_children:
                found += self.scopes(die)
        return found

    def _call(self, die: DIE) -> tuple[str, int] | None:
        line = die.attributes.get("DW_AT_call_line")
        if line is None:
            return None
        return self._name(die.attributes["DW_AT_call_file"].value), line.value

    def _name(self, number: int) -> str:
        if number not in self._names:
            self._names[number] = self._file_name(number)
        return self._names[number]

    def _file_name(self, number: int) -> str:
        """A file of the line table; its numbers begin at 1, from DWARF 5 on at 0."""
        if self._program is None:
            return "?"
        header = self._program.header
        modern = header.version >= 5
        entry = header.file_entry[number if modern else number - 1]
        folders = header.include_directory
        index = entry.dir_index if modern else entry.dir_index - 1
        folder = folders[index] if 0 <= index < len(folders) else b""
        return printable(str(PurePath(folder.decode()) / entry.name.decode()))

    def _ranges(self, die: DIE) -> Ranges:
        low = die.attributes.get("DW_AT_low_pc")
        high = die.attributes.get("DW_AT_high_pc")
        if low is not None and high is not None:
            is_size = high.form != "DW_FORM_addr"
            return ((low.value, low.value + high.value if is_size else high.value),)
        ranges = die.attributes.get("DW_AT_ranges")
        lists = self._dwarf.range_lists()
        if ranges is None or lists is None:
            return ()
        top = self._unit.get_top_DIE().attributes.get("DW_AT_low_pc")
        base = 0 if top is None else top.value
        found = []
        for entry in lists.get_range_list_at_offset(ranges.value, self._unit):
            if isinstance(entry, BaseAddressEntry):
                base = entry.base_address
            else:
                origin = 0 if entry.is_absolute else base
                found.append((origin + entry.begin_offset, origin + entry.end_offset))
        return tuple(found)


def _named(die: DIE) -> str:
    """Its name, or that of the function that it is an instance of."""
    if "DW_AT_name" not in die.attributes:
        die = die.get_DIE_from_attribute("DW_AT_abstract_origin")
    return printable(die.attributes["DW_AT_name"].value.decode())


def _own_name(name: str) -> str:
    """Of `module.function` and `Class.method` the last, as Python's tracebacks name it."""
    return name.rpartition(".")[2]
