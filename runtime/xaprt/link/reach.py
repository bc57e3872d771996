"""What an image holds: the sections that the entry stub reaches, those of the runtime included."""

from collections.abc import Iterator
from dataclasses import dataclass

from xaprt import elf, stub
from xaprt.link.errors import LinkError
from xaprt.link.model import Object, Relocation, Section, Symbol
from xaprt.link.relocate import CALL26, JUMP26

_BL = 1 << 31
"""Tells BL from B, in the highest byte."""


@dataclass(frozen=True, slots=True)
class Reached:
    """`sections` in the order of the image: entry stub, object, runtime."""

    start: Symbol
    sections: list[Section]
    definitions: dict[str, Symbol]


def reach(object: Object) -> Reached:
    """LinkError for a symbol that nobody defines, or that both sides define."""
    entries = [name for name in stub.STARTS if name in object.globals]
    if len(entries) != 1:
        raise LinkError(
            f"the object must define one of {' and '.join(stub.STARTS)}, it defines {len(entries)}"
        )
    for name in object.globals:
        if name == stub.ENTRY or stub.routine(name) is not None:
            raise LinkError(f"{name} is the runtime's, the object must not define it")
    start = _section(stub.start(entries[0]))
    definitions = dict(object.globals)
    found: dict[Section, None] = {start: None}
    pending = [start]
    while pending:
        section = pending.pop()
        for symbol in _needed(section, definitions):
            assert symbol.section is not None
            if symbol.section not in found:
                found[symbol.section] = None
                pending.append(symbol.section)
    mine = [section for section in object.sections if section in found]
    known = {start, *mine}
    runtime = sorted((s for s in found if s not in known), key=lambda section: section.name)
    return Reached(start.symbols[0], [start, *mine, *runtime], definitions)


def _needed(section: Section, definitions: dict[str, Symbol]) -> Iterator[Symbol]:
    for relocation in section.relocations:
        symbol = relocation.symbol
        if symbol.section is None and symbol.name not in definitions:
            routine = stub.routine(symbol.name)
            if routine is None:
                raise LinkError(
                    f"{section.name}+{relocation.offset:#x}: {symbol.name or 'symbol 0'} "
                    "is not defined"
                )
            definitions[symbol.name] = _section(routine).symbols[0]
        target = symbol if symbol.section is not None else definitions[symbol.name]
        assert target.section is not None
        if not target.section.is_loaded:
            raise LinkError(
                f"{section.name}+{relocation.offset:#x}: {target.section.name} is not loaded"
            )
        yield target


def _section(routine: stub.Routine) -> Section:
    """A routine as if an assembler had made it."""
    made = Section(
        f".text.{routine.name}",
        elf.SHT_PROGBITS,
        elf.SHF_ALLOC | elf.SHF_EXECINSTR,
        routine.code,
        len(routine.code),
        4,
    )
    is_global = routine.name == stub.ENTRY
    made.symbols.append(Symbol(routine.name, made, 0, len(routine.code), elf.STT_FUNC, is_global))
    for offset, name in routine.branches:
        is_call = int.from_bytes(routine.code[offset : offset + 4], "little") & _BL
        target = Symbol(name, None, 0, 0, elf.STT_NOTYPE, True)
        made.relocations.append(Relocation(offset, CALL26 if is_call else JUMP26, target, 0))
    return made
