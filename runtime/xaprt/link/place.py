"""Addresses: text at 0, constants and state each from the next page (docs/architecture.md)."""

from collections.abc import Callable
from dataclasses import dataclass

from xaprt import abi, elf
from xaprt.link.errors import LimitError, LinkError
from xaprt.link.model import Relocation, Section, Symbol
from xaprt.link.reach import Reached
from xaprt.link.relocate import ABS32, ABS64, apply


@dataclass(slots=True)
class Output:
    """A section of the image. `data` is empty where the type is SHT_NOBITS."""

    name: str
    type: int
    flags: int
    address: int
    size: int
    align: int
    data: bytes
    parts: list[Section]

    @property
    def end(self) -> int:
        return self.address + self.size


def _is_zeroed(section: Section) -> bool:
    return section.is_writable and section.type == elf.SHT_NOBITS


_KINDS: tuple[tuple[str, Callable[[Section], bool], int, int], ...] = (
    (".text", lambda s: s.is_text, elf.SHT_PROGBITS, elf.SHF_EXECINSTR),
    (".rodata", lambda s: not s.is_text and not s.is_writable, elf.SHT_PROGBITS, 0),
    (
        ".data",
        lambda s: s.is_writable and s.type != elf.SHT_NOBITS,
        elf.SHT_PROGBITS,
        elf.SHF_WRITE,
    ),
    (".bss", _is_zeroed, elf.SHT_NOBITS, elf.SHF_WRITE),
)


def place(reached: Reached) -> list[list[Output]]:
    """The segments, each the sections in it, with content resolved. LimitError beyond 1 MiB."""
    segments: list[list[Output]] = []
    flags_before, end = None, 0
    for name, belongs, type_, flags in _KINDS:
        parts = [section for section in reached.sections if belongs(section)]
        # Tools judge a segment by its sections, and do not count zeroed ones.
        is_needed = bool(parts) or (name == ".data" and any(map(_is_zeroed, reached.sections)))
        if not is_needed:
            continue
        if flags != flags_before:
            segments.append([])
            end = _aligned(end, abi.PAGE_SIZE)
        made = _lay(name, type_, flags | elf.SHF_ALLOC, end, parts)
        segments[-1].append(made)
        flags_before, end = flags, made.end
    if _aligned(end, abi.PAGE_SIZE) > abi.MAX_IMAGE_BYTES:
        raise LimitError(f"the image has {end} bytes, the limit is {abi.MAX_IMAGE_BYTES}")
    for segment in segments:
        for made in segment:
            made.data = _content(made, reached)
    # Data without a byte are not mapped; whether code may make their address is the verifier's.
    return [segment for segment in segments if any(made.size for made in segment)]


def _lay(name: str, type_: int, flags: int, address: int, parts: list[Section]) -> Output:
    align = max((part.align for part in parts), default=1)
    start = end = _aligned(address, align)
    for part in parts:
        part.address = _aligned(end, part.align)
        end = part.address + part.size
    return Output(name, type_, flags, start, end - start, align, b"", parts)


def _content(made: Output, reached: Reached) -> bytes:
    """Gaps are zero, which in text is an instruction that is undefined for good."""
    if made.type == elf.SHT_NOBITS:
        for part in made.parts:
            if part.relocations:
                raise LinkError(f"{part.name}: relocations in zeroed state")
        return b""
    content = bytearray(made.size)
    for part in made.parts:
        whole = bytearray(part.data.ljust(part.size, b"\0"))
        for relocation in part.relocations:
            apply(part, relocation, whole, _target(relocation, reached.definitions))
        at = part.address - made.address
        content[at : at + part.size] = whole
    return bytes(content)


def _target(relocation: Relocation, definitions: dict[str, Symbol]) -> int:
    symbol = relocation.symbol
    found = symbol if symbol.section is not None else definitions[symbol.name]
    assert found.section is not None
    return found.section.address + found.value + relocation.addend


def _aligned(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment


# --- debug information -----------------------------------------------------------------------

_TOMBSTONE = -1
"""For the address of code that was left out; no address of an image, as lld's 0 would be."""
_LIST_TOMBSTONE = -2
"""Where -1 has a meaning: it selects a base address."""
_LISTS = (".debug_ranges", ".debug_loc")


def debug_sections(sections: list[Section], reached: Reached) -> list[Output]:
    """The DWARF sections, with the addresses of what was kept."""
    kept = set(reached.sections)
    return [
        Output(
            section.name,
            section.type,
            section.flags,
            0,
            section.size,
            section.align,
            _resolved(section, kept, reached.definitions),
            [],
        )
        for section in sections
        if not section.is_loaded and section.name.startswith(".debug_")
    ]


def _resolved(section: Section, kept: set[Section], definitions: dict[str, Symbol]) -> bytes:
    content = bytearray(section.data)
    for relocation in section.relocations:
        symbol = relocation.symbol
        target = symbol.section or getattr(definitions.get(symbol.name), "section", None)
        if target is not None and (target in kept or not target.is_loaded):
            apply(section, relocation, content, _target(relocation, definitions))
            continue
        size = {ABS64: 8, ABS32: 4}.get(relocation.type)
        if size is None:
            raise LinkError(f"{section.name}+{relocation.offset:#x}: refers to dropped code")
        value = _LIST_TOMBSTONE if section.name in _LISTS else _TOMBSTONE
        content[relocation.offset : relocation.offset + size] = value.to_bytes(
            size, "little", signed=True
        )
    return bytes(content)
