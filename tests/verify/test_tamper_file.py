"""What surrounds the text, tampered with: headers, segments, notes, records (ABI.md 1.1, 1.3, 1.4;
issue 5, "how it is judged"). Each is refused, and for what was done to it."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xapc.pipeline import build
from xaprt import abi, elf
from xaprt.verify import Refusal, Rule, verify

from tests.verify.images import assemble

File = bytearray
_TYPE, _FLAGS, _OFFSET, _ADDRESS, _PHYSICAL, _FILE_SIZE, _SIZE, _ALIGN = range(8)
_EHDR_ENTRY, _EHDR_PHOFF, _EHDR_PHNUM = 4, 5, 10


@pytest.fixture(scope="module")
def good() -> bytes:
    """Three segments, an app's note, symbols and debug information."""
    return build(Path(__file__).parents[2] / "samples/trng.py").elf


def header(file: File, **changes: int) -> None:
    fields = list(elf.EHDR.unpack_from(file))
    for name, value in changes.items():
        fields[{"type": 1, "machine": 2, "entry": 4, "phoff": 5, "phnum": 10}[name]] = value
    elf.EHDR.pack_into(file, 0, *fields)


def program(file: File, kind: int, number: int = 0, **changes: int) -> None:
    """Change fields of the n-th program header of a type; a value may be given as a difference."""
    names = ("type", "flags", "offset", "vaddr", "paddr", "filesz", "memsz", "align")
    at = elf.EHDR.unpack_from(file)[_EHDR_PHOFF]
    for _ in range(elf.EHDR.unpack_from(file)[_EHDR_PHNUM]):
        fields = list(elf.PHDR.unpack_from(file, at))
        if fields[_TYPE] == kind:
            if number == 0:
                for name, value in changes.items():
                    fields[names.index(name)] = value
                elf.PHDR.pack_into(file, at, *fields)
                return
            number -= 1
        at += elf.PHDR.size
    raise AssertionError(kind)


def loads(file: File) -> list[tuple[int, ...]]:
    at = elf.EHDR.unpack_from(file)[_EHDR_PHOFF]
    count = elf.EHDR.unpack_from(file)[_EHDR_PHNUM]
    found = [elf.PHDR.unpack_from(file, at + n * elf.PHDR.size) for n in range(count)]
    return [each for each in found if each[_TYPE] == elf.PT_LOAD]


def note_at(file: File) -> int:
    """Where the descriptor of the app's note begins."""
    name = abi.NOTE_OWNER.encode() + b"\0"
    return bytes(file).index(name) + len(name)


def record_at(file: File, kind: abi.Record) -> int:
    """Where a record of the manifest begins."""
    at = note_at(file)
    while True:
        found, length = struct.unpack_from("<II", file, at)
        if found == kind:
            return at
        at += 8 + -(-length // 8) * 8


def record(file: File, kind: abi.Record, layout: str, *values: int, skip: int = 8) -> None:
    struct.pack_into(layout, file, record_at(file, kind) + skip, *values)


def note_size(file: File, *, by: int) -> None:
    at = note_at(file) - 4 - 12
    name, size, kind = elf.NHDR.unpack_from(file, at)
    elf.NHDR.pack_into(file, at, name, size + by, kind)


LOAD, NOTE, STACK = elf.PT_LOAD, elf.PT_NOTE, elf.PT_GNU_STACK
RWX = elf.PF_R | elf.PF_W | elf.PF_X
TAMPERED: dict[str, tuple[Callable[[File], None], str]] = {
    # headers
    "another machine": (lambda f: header(f, machine=62), "x86-64"),
    "not position-independent": (lambda f: header(f, type=2), "fixed address"),
    "an entry in constants": (lambda f: header(f, entry=0x1000), "entry"),
    "an entry elsewhere than told": (lambda f: header(f, entry=8), "entry"),
    "an entry between words": (lambda f: header(f, entry=2), "multiple of 4"),
    "more headers than there are": (lambda f: header(f, phnum=31), ""),
    "headers beyond the file": (lambda f: header(f, phoff=len(f)), "beyond the file"),
    "headers that wrap": (lambda f: header(f, phoff=(1 << 64) - 8), "wrap"),
    # segments
    "text that can be written": (lambda f: program(f, LOAD, 0, flags=RWX), "writable and exec"),
    "state that can be executed": (lambda f: program(f, LOAD, 2, flags=RWX), "writable and exec"),
    "text that cannot be executed": (lambda f: program(f, LOAD, 0, flags=4), "not in"),
    "constants as text": (lambda f: program(f, LOAD, 1, flags=5), ""),
    "text that cannot be read": (lambda f: program(f, LOAD, 0, flags=1), "must be"),
    "segments on one page": (lambda f: program(f, LOAD, 1, vaddr=0), "ascending"),
    "segments that overlap": (lambda f: program(f, LOAD, 0, memsz=0x1001), "share a page"),
    "segments out of order": (lambda f: program(f, LOAD, 2, vaddr=0x1000), ""),
    "an address inside a page": (lambda f: program(f, LOAD, 1, vaddr=0x1010), "start on a page"),
    "more in the file than in memory": (lambda f: program(f, LOAD, 1, memsz=1), "in memory"),
    "content beyond the file": (
        lambda f: program(f, LOAD, 2, offset=len(f) & -0x1000, filesz=0x2000, memsz=0x2000),
        "beyond the file",
    ),
    "memory beyond the limit": (lambda f: program(f, LOAD, 2, memsz=1 << 20), "limit"),
    "memory that wraps": (lambda f: program(f, LOAD, 2, memsz=(1 << 64) - 1), "wraps"),
    "an address that wraps": (lambda f: program(f, LOAD, 2, vaddr=(1 << 64) - 0x1000), "limit"),
    "a size that wraps in the file": (
        lambda f: program(f, LOAD, 1, filesz=(1 << 64) - 1, memsz=(1 << 64) - 1), "",
    ),
    "an executable stack": (lambda f: program(f, STACK, flags=RWX), "PT_GNU_STACK"),
    "no word on the stack": (lambda f: program(f, STACK, type=0), "PT_GNU_STACK"),
    "an interpreter": (lambda f: program(f, NOTE, type=elf.PT_INTERP), "PT_INTERP"),
    "thread-local storage": (lambda f: program(f, STACK, type=elf.PT_TLS), "PT_TLS"),
    "text cut short": (lambda f: program(f, LOAD, 0, filesz=64, memsz=64), None),
    # notes
    "no notes": (lambda f: program(f, NOTE, type=0), "note"),
    "notes cut in the header": (lambda f: program(f, NOTE, filesz=8), ""),
    "notes cut in the manifest": (lambda f: program(f, NOTE, filesz=100), ""),
    "notes beyond the file": (lambda f: program(f, NOTE, filesz=1 << 40), "beyond"),
    "a longer descriptor": (lambda f: note_size(f, by=8), ""),
    "a shorter descriptor": (lambda f: note_size(f, by=-8), ""),
    "a descriptor without end": (lambda f: note_size(f, by=1 << 30), ""),
    "another owner": (lambda f: f.__setitem__(note_at(f) - 4, ord("Y")), "note"),
    # records
    "a newer major version": (lambda f: record(f, abi.Record.ABI_VERSION, "<I", 2 << 16), "ABI"),
    "a newer minor version": (
        lambda f: record(f, abi.Record.ABI_VERSION, "<I", abi.VERSION + 1), "ABI_VERSION",
    ),
    "a record that is cut": (
        lambda f: record(f, abi.Record.BUILD_ID, "<I", 4000, skip=4), "reach beyond",
    ),
    "a record twice": (lambda f: record(f, abi.Record.BUDGET, "<I", abi.Record.STACK, skip=0),
                       "twice"),
    "an unknown record that is required": (
        lambda f: record(f, abi.Record.ROUTE, "<I", abi.RECORD_REQUIRED | 99, skip=0), "required",
    ),
    "a stack beyond the limit": (
        lambda f: record(f, abi.Record.STACK, "<I", (64 << 10) + 16), "STACK",
    ),
    "a slot less of stack": (
        lambda f: record(f, abi.Record.STACK, "<I", stack_of(f) - 16), "the manifest says",
    ),
    "no stack": (lambda f: record(f, abi.Record.STACK, "<I", 0), "the manifest says 0"),
    "another entry": (lambda f: record(f, abi.Record.ENTRY, "<Q", 4), "entry"),
    "no UUID": (lambda f: record(f, abi.Record.UUID, "<QQ", 0, 0), "UUID"),
    "a name to break lines with": (lambda f: record(f, abi.Record.NAME, "<B", 10), "NAME"),
    "a budget beyond the limit": (lambda f: record(f, abi.Record.BUDGET, "<I", 10_001), "BUDGET"),
    "an unknown policy": (lambda f: record(f, abi.Record.INSTANCES, "<I", 2), "INSTANCES"),
    "a route of PSCI": (
        lambda f: record(f, abi.Record.ROUTE, "<QQ", 0x8400_0000, 0x8400_0000, skip=16), "PSCI",
    ),
    "a route of everything": (
        lambda f: record(f, abi.Record.ROUTE, "<QQ", 0, 0xFFFF_FFFF, skip=16), "ROUTE",
    ),
    "routes that overlap": (
        lambda f: record(f, abi.Record.ROUTE, "<Q", 0x8400_0053, skip=24), "overlap",
    ),
    "a need of nothing": (lambda f: record(f, abi.Record.NEED, "<I", 77), "NEED"),
}  # fmt: skip


def stack_of(file: File) -> int:
    return int(struct.unpack_from("<I", file, record_at(file, abi.Record.STACK) + 8)[0])


@pytest.mark.parametrize("name", TAMPERED)
def test_a_file_that_was_tampered_with_is_refused_for_that(name: str, good: bytes) -> None:
    assert verify(good)
    tamper, told = TAMPERED[name]
    file = File(good)
    tamper(file)
    assert bytes(file) != good
    with pytest.raises(Refusal) as caught:
        verify(bytes(file))
    assert "\n" not in str(caught.value)
    if told is not None:
        assert told in str(caught.value)


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("hvc #0", Rule.PRIVILEGED), ("msr tpidr_el1, x0", Rule.PRIVILEGED),
        ("br x30", Rule.INDIRECT), ("ldaxr x0, [x1]", Rule.EXCLUSIVE), ("wfi", Rule.WAIT),
        ("fadd d0, d0, d0", Rule.FP_SIMD), ("dc civac, x0", Rule.CACHE),
        ("mrs x0, pmccntr_el0", Rule.COUNTER), ("svc #0xffff", Rule.SVC), ("brk #1", Rule.BRK),
    ],
)  # fmt: skip
def test_any_word_of_the_text_replaced(source: str, rule: Rule, good: bytes) -> None:
    """Reached or not: the word itself is refused, and the right one."""
    _, _, offset, _, _, size, *_ = loads(File(good))[0]
    for at in range(0, size, 52):
        data = good[: offset + at] + assemble(source) + good[offset + at + 4 :]
        with pytest.raises(Refusal) as caught:
            verify(data)
        assert (caught.value.rule, caught.value.address) == (rule, at)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_two_segments_anywhere(good: bytes, data: st.DataObject) -> None:
    """Sizes and places of two segments: accepted only if they are disjoint, ascending pages."""
    file = File(good)
    places = st.sampled_from([0, 0x800, 0x1000, 0x2000, 0x3000, 0xFF000, 0x100000, 1 << 63])
    sizes = st.sampled_from([0, 1, 64, 0x1000, 0x1001, 0x100000, (1 << 64) - 1])
    chosen = []
    for number in (1, 2):
        address, size = data.draw(places), data.draw(sizes)
        before = loads(file)[number]
        program(file, LOAD, number, vaddr=address, memsz=max(size, before[_FILE_SIZE]))
        chosen.append((address, max(size, before[_FILE_SIZE])))
    try:
        verify(bytes(file))
    except Refusal:
        return
    (one, one_size), (other, other_size) = chosen
    assert one >= 0x1000
    assert other >= one + one_size
    assert other + other_size <= abi.MAX_IMAGE_BYTES
    assert one % 0x1000 == other % 0x1000 == 0
