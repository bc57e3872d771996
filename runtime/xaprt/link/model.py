"""A relocatable object, as values: sections, the symbols in them, and their relocations."""

from dataclasses import dataclass, field

from xaprt import elf


@dataclass(eq=False, slots=True)
class Section:
    """`data` is empty where `type` is SHT_NOBITS; `address` is set when it is placed."""

    name: str
    type: int
    flags: int
    data: bytes
    size: int
    align: int
    relocations: "list[Relocation]" = field(default_factory=list)
    symbols: "list[Symbol]" = field(default_factory=list)
    """Those defined in it."""
    address: int = 0

    @property
    def is_loaded(self) -> bool:
        return bool(self.flags & elf.SHF_ALLOC)

    @property
    def is_text(self) -> bool:
        return bool(self.flags & elf.SHF_EXECINSTR)

    @property
    def is_writable(self) -> bool:
        return bool(self.flags & elf.SHF_WRITE)


@dataclass(eq=False, slots=True)
class Symbol:
    """`section` is None where it is not defined in the object."""

    name: str
    section: Section | None
    value: int
    size: int
    type: int
    is_global: bool


@dataclass(frozen=True, slots=True)
class Relocation:
    offset: int
    type: int
    symbol: Symbol
    addend: int


@dataclass(frozen=True, slots=True)
class Object:
    sections: list[Section]
    globals: dict[str, Symbol]
    """Those defined, by name."""
