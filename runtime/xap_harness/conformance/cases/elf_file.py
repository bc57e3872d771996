"""The ELF file (ABI.md 1.1)."""

from collections.abc import Callable, Iterator

from xaprt import elf

from xap_harness.conformance.images import (
    DATA,
    DONE,
    FID,
    App,
    Header,
    edit_file_header,
    edit_program_headers,
    is_load,
    probe,
    program_headers,
    smc_route,
)
from xap_harness.conformance.judge import accepted, answered, equal, refused, that
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import case, each

M64 = (1 << 64) - 1
_GOOD = App("la x9, CONSTANTS; ldr x1, [x9]; la x9, DATA; ldr x2, [x9]; ldr x3, [x9, #0xff8];"
            "mov x4, #0;" + DONE, data=(77).to_bytes(8, "little"),
            constants=(55).to_bytes(8, "little"))  # fmt: skip
_IMAGE = _GOOD.image()

Edit = Callable[[bytes], bytes]
_TEXT, _STATE, _CONSTANTS, _NOTES, _STACK = range(5)
"""Its program headers."""


@case("1.1", "ET_DYN, little-endian, AArch64, text R-X, constants R--, state RW-: accepted")
def good(plan: Plan) -> Iterator[None]:
    app = plan.app(_IMAGE)
    reply = plan.smc(FID)
    yield
    accepted(app.verdict)
    answered(reply, 55, 77, 0, 0)


@case("1.1", "the loader maps and copies, at any page-aligned base")
def base(plan: Plan) -> Iterator[None]:
    plan.app(probe("adr x1, DATA; adr x2, smc_; and x1, x1, #0xfff; adr x3, DATA;"
                   "sub x2, x3, x2; mov x3, #0; mov x4, #0;" + DONE))  # fmt: skip
    reply = plan.smc(FID)
    yield
    equal(reply.x[0], 0, "offset of the state in its page")
    that(0 < reply.x[1] < DATA, "state lies behind the text as in the file")


@case("1.1", "accepted: with its program headers elsewhere in the file")
def headers_elsewhere(plan: Plan) -> Iterator[None]:
    app = plan.app(edit_program_headers(_BAD, lambda headers: headers))
    yield
    accepted(app.verdict)


# --- refused -----------------------------------------------------------------------------------


def _file(**changes: int | bytes) -> Edit:
    return lambda image: edit_file_header(image, **changes)


def _ident(at: int, value: int) -> Edit:
    return lambda image: image[:at] + bytes([value]) + image[at + 1 :]


def _header(number: int, **changes: int) -> Edit:
    def edit(headers: list[Header]) -> list[Header]:
        headers[number] |= changes
        return headers

    return lambda image: edit_program_headers(image, edit)


def _more(**fields: int) -> Edit:
    """One program header more: the stack's, changed."""
    return lambda image: edit_program_headers(image, lambda old: [*old, old[_STACK] | fields])


def _without(number: int) -> Edit:
    return lambda image: edit_program_headers(
        image, lambda old: [header for n, header in enumerate(old) if n != number]
    )


def _order(*numbers: int) -> Edit:
    return lambda image: edit_program_headers(image, lambda old: [old[n] for n in numbers])


def _five_segments(image: bytes) -> bytes:
    def edit(old: list[Header]) -> list[Header]:
        more = [old[_CONSTANTS] | {"vaddr": 0x10000 + n * 0x1000} for n in range(2)]
        return [*old[:3], *more, *old[3:]]

    return edit_program_headers(image, edit)


def _dynamic(image: bytes, *entries: int) -> bytes:
    """With a PT_DYNAMIC of those tags and values."""
    table = b"".join(each.to_bytes(8, "little") for each in (*entries, 0, 0))
    at = len(image)
    fields = {"type": elf.PT_DYNAMIC, "offset": at, "filesz": len(table), "memsz": len(table)}
    return edit_program_headers(image + table, lambda old: [*old, old[_STACK] | fields])


def _relocation_section(image: bytes) -> bytes:
    """A loaded SHT_RELA, which the section headers tell of."""
    at = len(image) + -len(image) % 8
    rela = elf.SHDR.pack(0, elf.SHT_RELA, elf.SHF_ALLOC, DATA, 0x1000, 24, 0, 0, 8, 24)
    image = image.ljust(at, b"\0") + bytes(elf.SHDR.size) + rela
    return edit_file_header(image, shoff=at, shnum=2, shstrndx=0)


_RWX = elf.PF_R | elf.PF_W | elf.PF_X
_BAD = App(DONE, name="bad", routes=(), constants=b"1", data=b"12").image()
_REFUSED: dict[str, Edit] = {
    "no ELF": lambda image: b"#!/bin/sh\n" * 100,
    "empty": lambda image: b"",
    "cut in its header": lambda image: image[:40],
    "ELF32": _ident(4, 1),
    "big-endian": _ident(5, 2),
    "x86-64": _file(machine=62),
    "32-bit Arm": _file(machine=40),
    "ET_EXEC": _file(type=2),
    "ET_REL": _file(type=1),
    "no PT_LOAD": lambda image: edit_program_headers(
        image, lambda old: [header for header in old if not is_load(header)]
    ),
    "five PT_LOAD": _five_segments,
    "not ascending": _order(_TEXT, _CONSTANTS, _STATE, _NOTES, _STACK),
    "two segments of one page": _header(_CONSTANTS, vaddr=DATA),
    "a segment that reaches into the next": _header(_TEXT, memsz=0x1001),
    "a segment not on a page": _header(_CONSTANTS, vaddr=0x2008),
    "writable and executable text": _header(_TEXT, flags=_RWX),
    "writable and executable state": _header(_STATE, flags=_RWX),
    "a segment that may only be written": _header(_STATE, flags=elf.PF_W),
    "more bytes in the file than in memory": _header(_STATE, memsz=1),
    "no PT_GNU_STACK": _without(_STACK),
    "an executable stack": _header(_STACK, flags=_RWX),
    "an interpreter": _more(type=elf.PT_INTERP),
    "PT_DYNAMIC with DT_RELA": lambda image: _dynamic(image, 7, DATA),
    "PT_DYNAMIC with DT_REL": lambda image: _dynamic(image, 17, DATA),
    "PT_DYNAMIC with DT_JMPREL": lambda image: _dynamic(image, 23, DATA),
    "a section of relocations that is loaded": _relocation_section,
    "content beyond the file": _header(_STATE, offset=0x10_0000),
    "an offset whose sum with the size wraps": _header(_STATE, offset=M64 - 7),
    "an address whose sum with the size wraps": _header(_CONSTANTS, vaddr=M64 - 0xFFF),
    "a size in memory that wraps": _header(_CONSTANTS, memsz=M64 - 0x1FFF),
    "program headers beyond the file": _file(phoff=0x10_0000),
    "program headers whose sum wraps": _file(phoff=M64 - 7),
}


@each("1.1", "refused: {}", _REFUSED)
def refused_file(plan: Plan, edit: Edit) -> Iterator[None]:
    good, bad = plan.app(_IMAGE), plan.app(edit(_BAD))
    reply = plan.smc(FID)
    yield
    accepted(good.verdict)
    refused(bad.verdict)
    answered(reply, 55, 77, 0, 0)


@case("1.1", "one to four PT_LOAD: one, and four")
def one_and_four(plan: Plan) -> Iterator[None]:
    one = plan.app(probe("mov x1, #1; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE, data_bytes=0))

    def four(old: list[Header]) -> list[Header]:
        return [*old[:3], old[_CONSTANTS] | {"vaddr": 0x10000}, *old[3:]]

    image = probe("adr x9, DATA; add x9, x9, #0xf, lsl #12; ldr x1, [x9]; mov x2, #0; mov x3, #0;"
                  "mov x4, #0;" + DONE, name="four", constants=(5).to_bytes(8, "little"),
                  routes=(smc_route(FID + 1),))  # fmt: skip
    other = plan.app(edit_program_headers(image, four))
    replies = plan.smc(FID), plan.smc(FID + 1)
    yield
    accepted(one.verdict)
    accepted(other.verdict)
    answered(replies[0], 1)
    answered(replies[1], 5)


@case("1.1", "what the file does not fill is zero")
def zeroed(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x9, DATA; mov x10, #0x3000; mov x1, #0; next: ldr x11, [x9], #8;"
                   "orr x1, x1, x11; sub x10, x10, #8; cbnz x10, next; mov x2, #0; mov x3, #0;"
                   "mov x4, #0;" + DONE, data=b"\x10", data_bytes=0x3000))  # fmt: skip
    reply = plan.smc(FID)
    yield
    answered(reply, 0x10)


@case("1.1", "segments in the file may lie anywhere: offsets are not addresses")
def offsets(plan: Plan) -> Iterator[None]:
    headers = program_headers(_IMAGE)
    moved = len(_IMAGE) + -len(_IMAGE) % 0x1000
    text = _IMAGE[headers[_TEXT]["offset"] :][: headers[_TEXT]["filesz"]]
    plan.app(_header(_TEXT, offset=moved)(_IMAGE.ljust(moved, b"\0") + text))
    reply = plan.smc(FID)
    yield
    answered(reply, 55, 77, 0, 0)
