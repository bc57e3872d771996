"""The image reader: an ELF file as a loader sees it (ABI.md section 1, clauses 1, 3 and 4).

Only headers, segments and notes are read; instructions are the verifier's affair. Addresses are
relative to the base that the loader picks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from xaprt import abi, elf
from xaprt.manifest import Manifest, ManifestError, decode

# Beyond any use; they keep a hostile file from taking long.
MAX_PROGRAM_HEADERS = 32
MAX_NOTE_BYTES = 64 << 10
MAX_DYNAMIC_BYTES = 64 << 10

_MACHINES = {
    3: "x86", 8: "MIPS", 20: "PowerPC", 21: "PowerPC 64", 22: "s390", 40: "32-bit Arm",
    62: "x86-64", 243: "RISC-V", 247: "BPF", 258: "LoongArch",
}  # fmt: skip
_TYPES = {1: "a relocatable object", 2: "an executable of fixed address", 4: "a core file"}
_PERMISSIONS = {
    elf.PF_R | elf.PF_X: (False, True),
    elf.PF_R: (False, False),
    elf.PF_R | elf.PF_W: (True, False),
}


class ImageError(ValueError):
    """One line: what is wrong with the file."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`size` is whole pages; `bytes_` is the content, zeros follow it up to `size`."""

    address: int
    size: int
    bytes_: bytes
    writable: bool
    executable: bool


@dataclass(frozen=True, slots=True)
class Image:
    manifest: Manifest
    entry: int
    segments: tuple[Segment, ...]
    build_id: str
    """In hexadecimal."""


@dataclass(frozen=True, slots=True)
class _Header:
    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int


def read(data: bytes) -> Image:
    """Every check of the clauses above; ImageError with one line for any other bytes."""
    entry, headers = _headers(data)
    for header in headers:
        _refuse_foreign(data, header)
    _require_stack(headers)
    loads = [header for header in headers if header.type == elf.PT_LOAD]
    if not 1 <= len(loads) <= abi.MAX_LOAD_SEGMENTS:
        raise ImageError(f"{len(loads)} PT_LOAD segments, must be 1 to {abi.MAX_LOAD_SEGMENTS}")
    segments = tuple(_segment(data, header) for header in loads)
    _require_order(segments)
    _require_entry(entry, loads)
    manifest = _manifest(data, headers)
    if manifest.entry != entry:
        raise ImageError(
            f"the manifest's entry is {manifest.entry:#x}, the ELF header's is {entry:#x}"
        )
    return Image(manifest, entry, segments, manifest.build_id.hex())


# --- headers ---------------------------------------------------------------------------------


def _headers(data: bytes) -> tuple[int, list[_Header]]:
    """Entry point and program headers."""
    if data[:4] != elf.MAGIC:
        raise ImageError("not an ELF file")
    if len(data) < elf.EHDR.size:
        raise ImageError("the ELF header is cut")
    (ident, type_, machine, version, entry, phoff, shoff, _, ehsize, phentsize, phnum, shentsize,
     shnum, _) = elf.EHDR.unpack_from(data)  # fmt: skip
    if ident[5] == 2:
        machine = machine >> 8 | (machine & 0xFF) << 8
    if machine != elf.EM_AARCH64:
        raise ImageError(f"an ELF for {_MACHINES.get(machine, f'machine {machine}')}, not AArch64")
    if ident[4] != elf.CLASS64:
        raise ImageError("not an ELF of the 64-bit class")
    if ident[5] != elf.DATA2LSB:
        raise ImageError("not a little-endian ELF")
    if ident[6] != elf.EV_CURRENT or version != elf.EV_CURRENT:
        raise ImageError("the ELF version is not 1")
    if type_ != elf.ET_DYN:
        raise ImageError(f"{_TYPES.get(type_, f'ELF type {type_}')}, not an image (ET_DYN)")
    if ehsize != elf.EHDR.size:
        raise ImageError(f"the ELF header says that it has {ehsize} bytes, not {elf.EHDR.size}")
    if phentsize != elf.PHDR.size:
        raise ImageError(f"program headers of {phentsize} bytes, not {elf.PHDR.size}")
    if not 1 <= phnum <= MAX_PROGRAM_HEADERS:
        raise ImageError(f"{phnum} program headers, must be 1 to {MAX_PROGRAM_HEADERS}")
    _require_inside(data, phoff, phnum * phentsize, "the program headers")
    _refuse_loaded_relocations(data, shoff, shentsize, shnum)
    headers = [_Header(*elf.PHDR.unpack_from(data, phoff + n * phentsize)) for n in range(phnum)]
    return entry, headers


def _require_inside(data: bytes, offset: int, size: int, what: str) -> None:
    if offset + size >= 1 << 64:
        raise ImageError(f"{what}: offset {offset:#x} and size {size:#x} wrap around")
    if offset + size > len(data):
        raise ImageError(
            f"{what}: {size:#x} bytes at {offset:#x} reach beyond the file's {len(data):#x}"
        )


def _refuse_loaded_relocations(data: bytes, offset: int, entry_size: int, count: int) -> None:
    """By the section headers, where the file has them: a static image can hold relocations
    that no PT_DYNAMIC tells of."""
    if count == 0:
        return
    if entry_size != elf.SHDR.size:
        raise ImageError(f"section headers of {entry_size} bytes, not {elf.SHDR.size}")
    _require_inside(data, offset, count * entry_size, "the section headers")
    table = memoryview(data)[offset : offset + count * entry_size]
    for number, (_, type_, flags, _, _, size, *_) in enumerate(elf.SHDR.iter_unpack(table)):
        is_relocations = type_ in (elf.SHT_REL, elf.SHT_RELA, elf.SHT_RELR)
        if is_relocations and flags & elf.SHF_ALLOC and size:
            raise ImageError(f"section {number} holds dynamic relocations")


def _refuse_foreign(data: bytes, header: _Header) -> None:
    if header.type == elf.PT_INTERP:
        raise ImageError("PT_INTERP: an image has no interpreter")
    if header.type == elf.PT_TLS:
        raise ImageError("PT_TLS: an image has no thread-local storage")
    if header.type == elf.PT_DYNAMIC:
        _require_inside(data, header.offset, header.filesz, "PT_DYNAMIC")
        if header.filesz > MAX_DYNAMIC_BYTES:
            raise ImageError(f"PT_DYNAMIC: {header.filesz} bytes")
        end = header.offset + header.filesz
        for at in range(header.offset, end - elf.DYN.size + 1, elf.DYN.size):
            tag, _ = elf.DYN.unpack_from(data, at)
            if tag == elf.DT_NULL:
                break
            if tag in elf.DT_RELOCATIONS:
                raise ImageError(f"dynamic relocations ({elf.DT_RELOCATIONS[tag]})")
            if tag == elf.DT_NEEDED:
                raise ImageError("DT_NEEDED: an image needs no library")


def _require_stack(headers: list[_Header]) -> None:
    stacks = [header.flags for header in headers if header.type == elf.PT_GNU_STACK]
    if len(stacks) != 1:
        raise ImageError(f"{len(stacks)} PT_GNU_STACK headers, must be one")
    if stacks[0] != elf.PF_R | elf.PF_W:
        raise ImageError(f"PT_GNU_STACK has flags {_flags(stacks[0])}, must have RW-")


def _flags(flags: int) -> str:
    known = "".join(
        letter if flags & bit else "-"
        for letter, bit in (("R", elf.PF_R), ("W", elf.PF_W), ("X", elf.PF_X))
    )
    return known if flags <= 7 else f"{flags:#x}"


# --- segments --------------------------------------------------------------------------------


def _segment(data: bytes, header: _Header) -> Segment:
    where = f"the segment at {header.vaddr:#x}"
    if header.flags not in _PERMISSIONS:
        reason = "is writable and executable" if header.flags == 7 else "must be R-X, R-- or RW-"
        raise ImageError(f"{where}: {_flags(header.flags)} {reason}")
    if header.vaddr % abi.PAGE_SIZE:
        raise ImageError(f"{where}: does not start on a page of {abi.PAGE_SIZE} bytes")
    if header.memsz == 0:
        raise ImageError(f"{where}: is empty")
    if header.filesz > header.memsz:
        raise ImageError(
            f"{where}: {header.filesz:#x} bytes in the file, only {header.memsz:#x} in memory"
        )
    _require_inside(data, header.offset, header.filesz, where)
    if header.vaddr + header.memsz >= 1 << 64:
        raise ImageError(f"{where}: its size {header.memsz:#x} wraps around")
    if header.vaddr + header.memsz > abi.MAX_IMAGE_BYTES:
        raise ImageError(
            f"{where}: ends at {header.vaddr + header.memsz:#x}, "
            f"beyond the limit of {abi.MAX_IMAGE_BYTES:#x}"
        )
    if header.align > 1 and (
        header.align & (header.align - 1) or (header.vaddr - header.offset) % header.align
    ):
        raise ImageError(f"{where}: address and offset do not fit the alignment {header.align:#x}")
    writable, executable = _PERMISSIONS[header.flags]
    size = -(-header.memsz // abi.PAGE_SIZE) * abi.PAGE_SIZE
    content = bytes(data[header.offset : header.offset + header.filesz])
    return Segment(header.vaddr, size, content, writable, executable)


def _require_order(segments: tuple[Segment, ...]) -> None:
    for one, other in pairwise(segments):
        if other.address <= one.address:
            raise ImageError(
                f"segments are not ascending: {other.address:#x} follows {one.address:#x}"
            )
        if other.address < one.address + one.size:
            raise ImageError(
                f"the segments at {one.address:#x} and {other.address:#x} share a page"
            )


def _require_entry(entry: int, loads: list[_Header]) -> None:
    if entry % 4:
        raise ImageError(f"the entry point {entry:#x} is not a multiple of 4")
    for header in loads:
        if header.flags & elf.PF_X and header.vaddr <= entry < header.vaddr + header.filesz:
            return
    raise ImageError(f"the entry point {entry:#x} is not in the text")


# --- notes -----------------------------------------------------------------------------------


def _manifest(data: bytes, headers: list[_Header]) -> Manifest:
    found = [
        (type_, descriptor)
        for header in headers
        if header.type == elf.PT_NOTE
        for owner, type_, descriptor in _notes(data, header)
        if owner == abi.NOTE_OWNER.encode() + b"\0"
    ]
    if not found:
        raise ImageError("no XAP note: not an app for a hypervisor")
    if len(found) > 1:
        raise ImageError(f"{len(found)} XAP notes, must be one")
    type_, descriptor = found[0]
    if type_ != abi.NOTE_TYPE_MANIFEST:
        raise ImageError(f"the XAP note has type {type_}, must have {abi.NOTE_TYPE_MANIFEST}")
    try:
        return decode(descriptor)
    except ManifestError as problem:
        raise ImageError(f"manifest: {problem}") from None


def _notes(data: bytes, header: _Header) -> Iterator[tuple[bytes, int, bytes]]:
    """Owner with its terminator, type, descriptor."""
    _require_inside(data, header.offset, header.filesz, "PT_NOTE")
    if header.filesz > MAX_NOTE_BYTES:
        raise ImageError(f"PT_NOTE: {header.filesz} bytes of notes, the limit is {MAX_NOTE_BYTES}")
    align = 8 if header.align == 8 else 4
    notes = data[header.offset : header.offset + header.filesz]
    at = 0
    while len(notes) - at >= elf.NHDR.size:
        owner_size, size, type_ = elf.NHDR.unpack_from(notes, at)
        owner_at = at + elf.NHDR.size
        start = _aligned(owner_at + owner_size, align)
        if start > len(notes) or start + size > len(notes):
            raise ImageError(f"PT_NOTE: the note at byte {at} reaches beyond the segment")
        yield notes[owner_at : owner_at + owner_size], type_, notes[start : start + size]
        at = _aligned(start + size, align)
    if any(notes[at:]):
        raise ImageError(f"PT_NOTE: the note at byte {at} is cut")


def _aligned(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment
