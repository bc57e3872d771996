"""Images made by hand, byte by byte, with every field open to abuse.

The numbers are those of the ELF standard and of ABI.md; nothing of the project is asked for them,
so that a limit that is wrong in its tables is wrong here, too.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.hostile.asm import CONSTANTS, PAGE, STATE

EHDR, PHDR = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ")
EHDR_FIELDS = (
    "ident", "type", "machine", "version", "entry", "phoff", "shoff", "flags", "ehsize",
    "phentsize", "phnum", "shentsize", "shnum", "shstrndx",
)  # fmt: skip
PHDR_FIELDS = ("type", "flags", "offset", "vaddr", "paddr", "filesz", "memsz", "align")
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_TLS, PT_GNU_STACK = 1, 2, 3, 4, 7, 0x6474E551
X, W, R = 1, 2, 4

Record = tuple[int, bytes]
Change = Callable[["Elf"], object]


@dataclass
class Header:
    """A program header, and what stands in the file for it."""

    type: int
    flags: int
    content: bytes = b""
    vaddr: int = 0
    memsz: int | None = None
    align: int = PAGE
    fields: dict[str, int] = field(default_factory=dict)
    """Said in place of what is true."""


@dataclass
class Elf:
    """A file in the making; `changes` of a case act on it."""

    headers: list[Header]
    fields: dict[str, int | bytes] = field(default_factory=dict)
    entry: int = 0
    sections: bytes = b""
    length: int | None = None
    """The file is cut there."""

    def of(self, type_: int, number: int = 0) -> Header:
        return [header for header in self.headers if header.type == type_][number]

    def bytes(self) -> bytes:
        file = bytearray(EHDR.size + len(self.headers) * PHDR.size)
        for number, header in enumerate(self.headers):
            file += bytes(-len(file) % max(header.align, 1))
            size = len(header.content)
            said = dict(
                zip(
                    PHDR_FIELDS,
                    (header.type, header.flags, len(file), header.vaddr, header.vaddr, size,
                     size if header.memsz is None else header.memsz, header.align),
                    strict=True,
                )
            )  # fmt: skip
            said.update(header.fields)
            PHDR.pack_into(file, EHDR.size + number * PHDR.size, *said.values())
            file += header.content
        sections = len(file)
        file += self.sections
        count = len(self.sections) // 64
        told: dict[str, int | bytes] = dict(
            zip(
                EHDR_FIELDS,
                (b"\x7fELF\2\1\1" + bytes(9), 3, 183, 1, self.entry, EHDR.size,
                 sections if count else 0, 0, EHDR.size, PHDR.size, len(self.headers), 64, count,
                 0),
                strict=True,
            )
        )  # fmt: skip
        told.update(self.fields)
        EHDR.pack_into(file, 0, *told.values())
        return bytes(file[: self.length])


def image(
    code: bytes,
    manifest: bytes,
    *,
    data: bytes = b"",
    constants: bytes = b"",
    entry: int = 0,
) -> Elf:
    """Text, a page of constants, a page of state, the stack's header and the note."""
    return Elf(
        [
            Header(PT_NOTE, R, note(manifest), align=8),
            Header(PT_LOAD, R | X, code.ljust(4, b"\0"), 0),
            Header(PT_LOAD, R, constants.ljust(8, b"\0"), CONSTANTS),
            Header(PT_LOAD, R | W, data, STATE, memsz=PAGE),
            Header(PT_GNU_STACK, R | W, align=16),
        ],
        entry=entry,
    )


def note(descriptor: bytes, owner: bytes = b"XAP\0", type_: int = 1) -> bytes:
    padded = descriptor + bytes(-len(descriptor) % 8)
    # Aligned to 8: twelve bytes of header and four of the owner's name.
    return struct.pack("<III", len(owner), len(descriptor), type_) + owner + padded


# --- the manifest ----------------------------------------------------------------------------

ABI_VERSION, ENTRY, UUID, NAME, APP_VERSION, STACK, ROUTE, NEED = range(1, 9)
INSTANCES, RESTART, BUDGET, BUILD_ID = range(9, 13)
SMC, HVC, MMIO_READ, MMIO_WRITE = 1, 2, 3, 4
POSTED = 1


def u32(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def u64(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


def encoded(records: list[Record]) -> bytes:
    return b"".join(
        u32(number, len(value)) + value + bytes(-len(value) % 8) for number, value in records
    )


def route(kind: int, first: int, last: int | None = None, flags: int = 0) -> Record:
    return ROUTE, u32(kind, flags) + u64(first, first if last is None else last)


def call_smc(*ids: int) -> Record:
    return NEED, u32(1, *ids)


def guest_memory(mode: int) -> Record:
    """1 to read, 3 to read and write."""
    return NEED, u32(2, mode)


def io(name: str, base: int, size: int = PAGE) -> Record:
    return NEED, u32(3, 0) + u64(base, size) + name.encode().ljust(32, b"\0")


def irq(virq: int) -> Record:
    return NEED, u32(4, virq)


TIMER = (NEED, u32(5))


@dataclass(frozen=True)
class Manifest:
    """Numbers as ABI.md 1.3 has them; `more` records follow."""

    name: str = "attack"
    uuid: int = 0xA77AC4
    routes: tuple[Record, ...] = (route(SMC, 0xC600_0001),)
    needs: tuple[Record, ...] = ()
    stack: int = PAGE
    per_domain: bool = False
    restart: int = 0
    budget: int = 0
    version: int = 1 << 16
    entry: int = 0
    more: tuple[Record, ...] = ()

    @property
    def records(self) -> list[Record]:
        return [
            (ABI_VERSION, u32(self.version)),
            (ENTRY, u64(self.entry)),
            (UUID, self.uuid.to_bytes(16)),
            (NAME, self.name.encode().ljust(32, b"\0")),
            (APP_VERSION, u32(1, 0, 0)),
            (STACK, u32(self.stack)),
            (INSTANCES, u32(self.per_domain)),
            (RESTART, u32(self.restart)),
            (BUDGET, u32(self.budget)),
            (BUILD_ID, b"\xab\xad"),
            *self.routes,
            *self.needs,
            *self.more,
        ]

    def encoded(self) -> bytes:
        return encoded(self.records)
