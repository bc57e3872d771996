"""The symbol table of an image, by pyelftools."""

from dataclasses import dataclass
from io import BytesIO

from elftools.elf.elffile import ELFFile
from xaprt import elf

_TYPES = {
    "STT_NOTYPE": elf.STT_NOTYPE,
    "STT_OBJECT": elf.STT_OBJECT,
    "STT_FUNC": elf.STT_FUNC,
    "STT_SECTION": elf.STT_SECTION,
}


@dataclass(frozen=True)
class Found:
    name: str
    address: int
    size: int
    type: int


def symbols(data: bytes) -> list[Found]:
    table = ELFFile(BytesIO(data)).get_section_by_name(".symtab")
    return [
        Found(s.name, s["st_value"], s["st_size"], _TYPES[s["st_info"]["type"]])
        for s in table.iter_symbols()
    ][1:]
