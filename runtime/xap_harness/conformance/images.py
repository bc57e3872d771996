"""Images made by hand: from assembly, and bytes that no linker writes.

An image has text at 0, one page of it, and state behind; names in the source are `DATA` (the
state) and `CONSTANTS` (behind the state, if there are any).
"""

import re
import struct
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from xapc.pipeline import build
from xaprt import abi, elf
from xaprt.abi import NeedKind, RouteFlag, RouteKind
from xaprt.link.place import Output
from xaprt.link.writer import write
from xaprt.manifest import Manifest, Need, Route, encode

from xap_harness.conformance.target import Io
from xap_harness.emulator.assembler import assemble, load_immediate

FID = 0xC600_0001
DATA = 0x1000
BUILD_ID = bytes.fromhex("c0ffee00112233445566778899aabbccddeeff01")

Record = tuple[int, bytes]
"""Type and value of one of the manifest's."""
Header = dict[str, int]


def smc_route(first: int = FID, last: int | None = None) -> Route:
    return Route(RouteKind.SMC, first, first if last is None else last, RouteFlag.NONE)


def hvc_route(first: int = FID, last: int | None = None) -> Route:
    return replace(smc_route(first, last), kind=RouteKind.HVC)


def mmio(base: int, size: int = 0x1000, *, posted: bool = False) -> tuple[Route, Route]:
    """Both directions of a region; *posted* is what its writes are."""
    flags = RouteFlag.POSTED if posted else RouteFlag.NONE
    return (
        Route(RouteKind.MMIO_READ, base, base + size - 1, RouteFlag.NONE),
        Route(RouteKind.MMIO_WRITE, base, base + size - 1, flags),
    )


def calls(*ids: int) -> Need:
    return Need(NeedKind.CALL_SMC, ids)


def io(region: Io) -> Need:
    return Need(NeedKind.IO, (region.name, region.base, region.size))


def irq(virq: int) -> Need:
    return Need(NeedKind.IRQ, (virq,))


READ_MEMORY = Need(NeedKind.GUEST_MEMORY, (abi.GuestMemory.READ,))
MEMORY = Need(NeedKind.GUEST_MEMORY, (abi.GuestMemory.READ_WRITE,))
TIMER = Need(NeedKind.TIMER, ())


# --- from assembly -----------------------------------------------------------------------------

FUNCTIONS = {
    "init": abi.Function.INIT,
    "smc": abi.Function.HANDLE_SMC,
    "hvc": abi.Function.HANDLE_HVC,
    "mmio": abi.Function.HANDLE_MMIO,
    "timer": abi.Function.TIMER,
    "event": abi.Function.EVENT,
    "posted": abi.Function.HANDLE_POSTED,
}

DONE = "mov x8, #0; mov x0, #0; svc #0;"
"""The call ends with the results that x1..x4 hold."""
NOT_HANDLED = "mov x8, #0; mov x0, #-38; svc #0;"
DIE = "brk #0x5508;"


@cache
def text_of(source: str, constants_at: int = 0) -> bytes:
    """`li xN, VALUE` puts any 64-bit value into a register, `la xN, NAME` an address."""

    def immediate(match: re.Match[str]) -> str:
        return load_immediate(match[1], int(match[2], 0) & (1 << 64) - 1)

    source = re.sub(r"\bli (x\d+), (-?\w+)", immediate, source)
    source = re.sub(r"\bla (x\d+), (\w+)", r"adr \1, \2", source)
    labels = f"; .org {DATA:#x}; DATA: .word 0;"
    if constants_at:
        labels += f".org {constants_at:#x}; CONSTANTS: .word 0"
    made = assemble(source + labels)[:DATA]
    return made[: len(made.rstrip(b"\0")) + 3 & ~3]


def handlers(**each: str) -> str:
    """Source that goes on at the function's code; what has none is not handled."""
    tests = "".join(f"cmp x0, #{int(FUNCTIONS[name])}; b.eq {name}_;" for name in each)
    return tests + NOT_HANDLED + "".join(f"{name}_: {code}" for name, code in each.items())


@dataclass(frozen=True)
class App:
    """An image to be. `source` is what handles an SMC, or with `whole` all of the text."""

    source: str
    name: str = "probe"
    whole: bool = False
    routes: Sequence[Route] = (smc_route(),)
    needs: Sequence[Need] = ()
    data: bytes = b""
    data_bytes: int = 0x1000
    constants: bytes = b""
    entry: int = 0
    stack_bytes: int = 0x1000
    restart: int = 0
    budget_us: int = 0
    per_domain: bool = False
    uuid: bytes = b""
    edit_manifest: Callable[[list[Record]], list[Record]] = field(default=lambda records: records)
    edit_notes: Callable[[list[Output]], list[Output]] = field(default=lambda notes: notes)

    @property
    def manifest(self) -> Manifest:
        instances = abi.Instances.PER_DOMAIN if self.per_domain else abi.Instances.SHARED
        return Manifest(
            abi_version=abi.VERSION,
            entry=self.entry,
            uuid=self.uuid or uuid.uuid5(uuid.NAMESPACE_DNS, self.name).bytes,
            name=self.name,
            app_version=(1, 0, 0),
            stack_bytes=self.stack_bytes,
            routes=tuple(self.routes),
            needs=tuple(self.needs),
            instances=instances,
            restart_limit=self.restart,
            budget_us=self.budget_us,
            build_id=BUILD_ID,
        )

    @property
    def constants_at(self) -> int:
        return DATA + self.data_bytes

    def image(self) -> bytes:
        """The ELF."""
        source = self.source if self.whole else handlers(smc=self.source)
        text = text_of(source, self.constants_at if self.constants else 0)
        segments = [[_section(".text", elf.SHF_EXECINSTR, 0, text)]]
        if self.data_bytes:
            segments.append(_state(self.data, self.data_bytes))
        if self.constants:
            segments.append([_section(".rodata", 0, self.constants_at, self.constants)])
        descriptor = joined(self.edit_manifest(records_of(encode(self.manifest))))
        notes = self.edit_notes([note(abi.NOTE_OWNER, abi.NOTE_TYPE_MANIFEST, descriptor)])
        return write(self.entry, segments, notes, [])


def probe(source: str, **fields: object) -> bytes:
    """The image of an App."""
    return App(source, **fields).image()  # type: ignore[arg-type]  # fields of an App, as they say


def _section(name: str, flags: int, address: int, data: bytes) -> Output:
    return Output(name, elf.SHT_PROGBITS, flags | elf.SHF_ALLOC, address, len(data), 8, data, [])


def _state(data: bytes, size: int) -> list[Output]:
    made = [_section(".data", elf.SHF_WRITE, DATA, data)] if data else []
    flags = elf.SHF_WRITE | elf.SHF_ALLOC
    rest = size - len(data)
    if rest:
        made.append(Output(".bss", elf.SHT_NOBITS, flags, DATA + len(data), rest, 1, b"", []))
    return made


# --- from Python ---------------------------------------------------------------------------------

APPS = Path(__file__).parent / "apps"


@cache
def compiled(name: str) -> bytes:
    """The image that xapc makes of an app beside this file."""
    return build(APPS / f"{name}.py").elf


# --- notes and records -------------------------------------------------------------------


def note(owner: str, type_: int, descriptor: bytes) -> Output:
    name = owner.encode("ascii") + b"\0"
    data = elf.NHDR.pack(len(name), len(descriptor), type_) + _padded(name) + _padded(descriptor)
    return Output(f".note.{owner}", elf.SHT_NOTE, 0, 0, len(data), 4, data, [])


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def records_of(descriptor: bytes) -> list[Record]:
    found, at = [], 0
    while at < len(descriptor):
        number, length = struct.unpack_from("<II", descriptor, at)
        found.append((number, descriptor[at + 8 : at + 8 + length]))
        at += 8 + length + -length % 8
    return found


def joined(records: Iterable[Record]) -> bytes:
    return b"".join(
        struct.pack("<II", number, len(value)) + value + bytes(-len(value) % 8)
        for number, value in records
    )


# --- headers -----------------------------------------------------------------------------

_FILE = (
    "ident", "type", "machine", "version", "entry", "phoff", "shoff", "flags", "ehsize",
    "phentsize", "phnum", "shentsize", "shnum", "shstrndx",
)  # fmt: skip
_PROGRAM = ("type", "flags", "offset", "vaddr", "paddr", "filesz", "memsz", "align")


def edit_file_header(image: bytes, **changes: int | bytes) -> bytes:
    """Fields of the ELF header, by their names without e_."""
    values = dict(zip(_FILE, elf.EHDR.unpack_from(image), strict=True)) | changes
    return elf.EHDR.pack(*values.values()) + image[elf.EHDR.size :]


def program_headers(image: bytes) -> list[Header]:
    offset, count = elf.EHDR.unpack_from(image)[5], elf.EHDR.unpack_from(image)[10]
    return [
        dict(zip(_PROGRAM, elf.PHDR.unpack_from(image, offset + n * elf.PHDR.size), strict=True))
        for n in range(count)
    ]


def edit_program_headers(image: bytes, edit: Callable[[list[Header]], list[Header]]) -> bytes:
    """With other program headers, at the end of the file. Those for loading come first, in the
    order of `App`; then the notes and the stack."""
    headers = edit(program_headers(image))
    table = b"".join(elf.PHDR.pack(*header.values()) for header in headers)
    image += bytes(-len(image) % 8)
    return edit_file_header(image + table, phoff=len(image), phnum=len(headers))


def is_load(header: Header) -> bool:
    return header["type"] == elf.PT_LOAD
