"""A loader and caller of images, written from ABI.md and the description of the manifest.

It shares nothing with the project, numbers included: what it accepts and how it calls is a
second reading of the contract. Small enough to be a model of what a hypervisor has to do.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from unicorn import (
    UC_ARCH_ARM64,
    UC_HOOK_INTR,
    UC_MODE_ARM,
    UC_PROT_EXEC,
    UC_PROT_READ,
    UC_PROT_WRITE,
    Uc,
)
from unicorn import arm64_const as reg

PAGE = 4096
U64 = (1 << 64) - 1
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_GNU_STACK = 1, 2, 3, 4, 0x6474E551
PF_X, PF_W, PF_R = 1, 2, 4
SVC_0, BRK = 0xD4000001, 0xD4200000
# msr spsr_el1, x0; msr elr_el1, x1; eret; svc #0
TO_EL0 = struct.pack("<4I", 0xD5184000, 0xD5184021, 0xD69F03E0, SVC_0)
X = [getattr(reg, f"UC_ARM64_REG_X{n}") for n in range(31)]

Firmware = Callable[[int, list[int]], tuple[int, int, int, int]]


class Rejected(Exception):
    """The image breaks section 1."""


def require(holds: bool, rule: str) -> None:
    if not holds:
        raise Rejected(rule)


@dataclass
class Segment:
    address: int
    size: int
    flags: int
    content: bytes


@dataclass
class Image:
    entry: int
    segments: list[Segment]
    notes: list[tuple[str, int, bytes]]
    records: dict[int, list[bytes]] = field(default_factory=dict)

    def u32(self, record: int) -> int:
        return int.from_bytes(self.records[record][0], "little")


ABI_VERSION, ENTRY, UUID, NAME, APP_VERSION, STACK, ROUTE, NEED = range(1, 9)


def parse(data: bytes) -> Image:
    require(data[:7] == b"\x7fELF\x02\x01\x01", "ELF64, little-endian")
    kind, machine, _, entry, phoff, _, _, _, phentsize, phnum = struct.unpack_from(
        "<HHIQQQIHHH", data, 16
    )
    require((kind, machine, phentsize) == (3, 183, 56), "ET_DYN for AArch64")
    image = Image(entry, [], [])
    end = 0
    for at in range(phoff, phoff + phnum * phentsize, phentsize):
        p_type, flags, offset, vaddr, _, filesz, memsz, align = struct.unpack_from(
            "<IIQQQQQQ", data, at
        )
        content = data[offset : offset + filesz]
        require(p_type not in (PT_DYNAMIC, PT_INTERP), "no interpreter, no dynamic relocations")
        require(p_type != PT_GNU_STACK or flags == PF_R | PF_W, "a stack that is RW")
        if p_type == PT_LOAD:
            require(flags in (PF_R, PF_R | PF_X, PF_R | PF_W), "never writable and executable")
            require(vaddr % PAGE == 0 and vaddr >= end and align % PAGE == 0, "ascending pages")
            require(len(content) == filesz <= memsz, "a segment lies in the file")
            end = vaddr + memsz
            image.segments.append(Segment(vaddr, memsz, flags, content))
        elif p_type == PT_NOTE:
            image.notes += notes(content)
    require(1 <= len(image.segments) <= 4 and end <= 1 << 20, "one to four segments, 1 MiB")
    manifests = [body for owner, number, body in image.notes if (owner, number) == ("XAP", 1)]
    require(len(manifests) == 1, "exactly one manifest")
    image.records = records(manifests[0])
    require(image.u32(ABI_VERSION) == 0x1_0000, "ABI version 1.0")
    require(image.u32(ENTRY) == entry, "the manifest's entry is the ELF header's")
    return image


def notes(data: bytes) -> list[tuple[str, int, bytes]]:
    found, at = [], 0
    while at < len(data):
        namesz, descsz, number = struct.unpack_from("<III", data, at)
        owner = data[at + 12 : at + 12 + namesz].rstrip(b"\0").decode("ascii")
        start = at + 12 + (namesz + 3 & ~3)
        found.append((owner, number, data[start : start + descsz]))
        at = start + (descsz + 3 & ~3)
    return found


def records(manifest: bytes) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    at = 0
    while at < len(manifest):
        kind, length = struct.unpack_from("<II", manifest, at)
        require(at + 8 + length <= len(manifest), "records lie in the note")
        require(kind < 1 << 31, "no unknown record is required")
        found.setdefault(kind, []).append(manifest[at + 8 : at + 8 + length])
        at += 8 + (length + 7 & ~7)
    return found


@dataclass
class Answer:
    """How a call ended: system call 0 with this status and r0.., or a fault (brk, panic)."""

    status: int | None
    results: list[int]
    log: list[str]
    fault: str | None = None


class Instance:
    """An image at `base`, called at EL0."""

    def __init__(self, data: bytes, base: int, firmware: Firmware) -> None:
        self.image = parse(data)
        self._base, self._firmware = base, firmware
        self._own: list[tuple[int, int]] = []
        self._answer: Answer | None = None
        self._uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        for segment in self.image.segments:
            self._map(base + segment.address, segment.size, segment.flags, segment.content)
        stack = -(-self.image.u32(STACK) // PAGE) * PAGE
        self._sp = base + (1 << 28)
        self._map(self._sp - stack, stack, PF_R | PF_W, b"")
        self._uc.hook_add(UC_HOOK_INTR, self._interrupt)
        self._drop_to_el0()

    def call(self, function: int, *arguments: int, requester: int = 1 << 32) -> Answer:
        """Section 2, clause 1. `arguments` from x1 on; `requester` is domid << 32 | vcpu."""
        for register in (*X, reg.UC_ARM64_REG_NZCV, reg.UC_ARM64_REG_TPIDR_EL0):
            self._uc.reg_write(register, 0)
        for register, value in zip(X, (function, *arguments), strict=False):
            self._uc.reg_write(register, value)
        self._uc.reg_write(reg.UC_ARM64_REG_SP, self._sp)
        self._uc.reg_write(reg.UC_ARM64_REG_TPIDRRO_EL0, requester)
        self._answer = Answer(None, [], [])
        self._uc.emu_start(self._base + self.image.entry, 0)
        return self._answer

    def _map(self, address: int, size: int, flags: int, content: bytes) -> None:
        if size == 0:
            return
        rights = UC_PROT_READ
        rights |= UC_PROT_WRITE if flags & PF_W else 0
        rights |= UC_PROT_EXEC if flags & PF_X else 0
        whole = -(-size // PAGE) * PAGE
        self._uc.mem_map(address, whole, rights)
        self._uc.mem_write(address, content)
        self._own.append((address, address + whole))

    def _drop_to_el0(self) -> None:
        """By a real eret, once; its page is gone before the app runs."""
        page = self._base - 16 * PAGE
        self._uc.mem_map(page, PAGE, UC_PROT_READ | UC_PROT_EXEC)
        self._uc.mem_write(page, TO_EL0)
        self._uc.reg_write(X[1], page + 12)
        self._uc.emu_start(page, 0)
        self._uc.mem_unmap(page, PAGE)

    # --- section 3 -----------------------------------------------------------------------------

    def _interrupt(self, uc: Uc, number: int, _: object) -> None:
        if self._answer is None:  # the svc after eret
            uc.emu_stop()
            return
        word = int.from_bytes(uc.mem_read(uc.reg_read(reg.UC_ARM64_REG_PC) - 4, 4), "little")
        if number == 2 and word == SVC_0:
            self._system_call(self._answer, [uc.reg_read(x) for x in X[:10]])
            return
        at = int.from_bytes(uc.mem_read(uc.reg_read(reg.UC_ARM64_REG_PC), 4), "little")
        self._fault(self._answer, f"brk {at >> 5 & 0xFFFF:#x}" if number == 7 else f"trap {number}")

    def _fault(self, answer: Answer, what: str) -> None:
        answer.fault = what
        self._uc.emu_stop()

    def _system_call(self, answer: Answer, x: list[int]) -> None:
        match x[8]:
            case 0:
                answer.status = x[0] - (1 << 64 if x[0] >> 63 else 0)
                answer.results = [*x[1:8], x[9]] if answer.status == 1 else x[1:5]
                self._uc.emu_stop()
            case 1:
                text = self._read(x[0], x[1])
                if text is not None:
                    answer.log.append(text[:256].decode("ascii"))
                self._uc.reg_write(X[0], -14 & U64 if text is None else 0)
            case 2:
                text = self._read(x[1], x[2]) if x[1] else b""
                self._fault(answer, f"panic {x[0] & 0xFF}: {(text or b'').decode('ascii')}")
            case 3:
                for register, value in zip(X[1:5], self._firmware(x[0], x[1:7]), strict=True):
                    self._uc.reg_write(register, value)
                self._uc.reg_write(X[0], 0)
            case _:
                self._uc.reg_write(X[0], -38 & U64)

    def _read(self, address: int, length: int) -> bytes | None:
        """Clause 1: only what lies in the image or the stack."""
        inside = any(low <= address and address + length <= high for low, high in self._own)
        return bytes(self._uc.mem_read(address, length)) if inside else None
