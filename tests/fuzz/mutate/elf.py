"""ELF images: headers, segments, notes, sections, symbols and the text."""

import struct
from collections.abc import Callable
from random import Random

from xaprt import abi, elf

from tests.fuzz.mutate import manifest, raw, words
from tests.fuzz.mutate.raw import number

_PHOFF, _SHOFF, _PHNUM, _SHNUM = 5, 6, 10, 12
_TYPE, _FLAGS, _OFFSET, _ADDRESS, _PHYSICAL, _FILE_SIZE, _SIZE, _ALIGN = range(8)
_TYPES = (0, elf.PT_LOAD, elf.PT_LOAD, elf.PT_DYNAMIC, elf.PT_INTERP, elf.PT_NOTE, elf.PT_TLS,
          elf.PT_GNU_STACK)  # fmt: skip
_OWNER = abi.NOTE_OWNER.encode() + b"\0"
_MASKS = {"I": (1 << 32) - 1, "Q": (1 << 64) - 1}
_MOST_BYTES = 1 << 17
_MOST_SECTIONS = 1000


class File:
    """What can be told of it, however often it was changed."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data.ljust(elf.EHDR.size, b"\0"))
        self.header = list(elf.EHDR.unpack_from(self.data))
        self.programs = self._table(elf.PHDR, _PHOFF, _PHNUM, 32)
        self.sections = self._table(elf.SHDR, _SHOFF, _SHNUM, _MOST_SECTIONS)
        self._before = [[*row] for row in self.sections]

    def _table(self, layout: struct.Struct, offset: int, count: int, most: int) -> list[list[int]]:
        at, found = self.header[offset], []
        for _ in range(min(self.header[count], most)):
            if at + layout.size > len(self.data):
                break
            found.append(list(layout.unpack_from(self.data, at)))
            at += layout.size
        return found

    def of_type(self, kind: int, flags: int | None = None) -> list[list[int]]:
        """Program headers."""
        return [p for p in self.programs if p[_TYPE] == kind and flags in (None, p[_FLAGS])]

    def content(self, program: list[int]) -> bytes:
        return bytes(self.data[program[_OFFSET] :][: program[_FILE_SIZE]])

    def put(self, program: list[int], content: bytes) -> None:
        """In its place if there is room, else at the end of the file."""
        if len(content) > program[_FILE_SIZE]:
            step = max(program[_ALIGN], 1) if program[_ALIGN] <= abi.PAGE_SIZE else abi.PAGE_SIZE
            self.data += bytes(-len(self.data) % step)
            program[_OFFSET] = len(self.data)
        program[_FILE_SIZE] = len(content)
        if program[_TYPE] == elf.PT_LOAD:
            program[_SIZE] = len(content)
        self.data[program[_OFFSET] : program[_OFFSET] + len(content)] = content

    def bytes(self) -> bytes:
        """With the tables where they were, or behind everything if they have grown."""
        self._write(elf.PHDR, self.programs, _PHOFF, _PHNUM)
        if self.sections != self._before:
            self._write(elf.SHDR, self.sections, _SHOFF, _SHNUM)
        elf.EHDR.pack_into(self.data, 0, *self.header)
        return bytes(self.data[:_MOST_BYTES])

    def _write(self, layout: struct.Struct, rows: list[list[int]], offset: int, count: int) -> None:
        if len(rows) > self.header[count]:
            self.header[offset], self.header[count] = len(self.data), len(rows)
            self.data += bytes(layout.size * len(rows))
        for row, at in enumerate(range(self.header[offset], len(self.data), layout.size)):
            if row == len(rows) or at + layout.size > len(self.data):
                break
            layout.pack_into(self.data, at, *_fitted(layout, rows[row]))


def _fitted(layout: struct.Struct, row: list[int]) -> list[int]:
    """Changes of changes may leave the range of a field."""
    masks = map(_MASKS.__getitem__, layout.format.lstrip("<"))
    return [value & mask for value, mask in zip(row, masks, strict=True)]


Change = Callable[[File, Random], None]


def mutate(data: bytes, rng: Random) -> bytes:
    """One change."""
    kind = rng.random()
    if kind < 0.06:
        return raw.mutate(data, rng)
    if kind < 0.08:
        return data[: rng.randrange(len(data) + 1)]
    file = File(data)
    rng.choice(_TEXT if kind < 0.55 else _CHANGES)(file, rng)
    return file.bytes()


def spliced(one: bytes, other: bytes, rng: Random) -> bytes:
    """The headers of one, a segment's content of the other; or halves of both."""
    if rng.random() < 0.2:
        at = rng.randrange(1 + min(len(one), len(other)))
        return one[:at] + other[at:]
    file, source = File(one), File(other)
    kind = rng.choice((elf.PT_LOAD, elf.PT_LOAD, elf.PT_NOTE))
    into, taken = file.of_type(kind), source.of_type(kind)
    if into and taken:
        file.put(rng.choice(into), source.content(rng.choice(taken))[:_MOST_BYTES])
    return file.bytes()


# --- headers and segments -----------------------------------------------------------------------


def _header(file: File, rng: Random) -> None:
    at = rng.randrange(1, len(file.header))
    bits = (0, 16, 16, 32, 64, 64, 64, 32, 16, 16, 16, 16, 16, 16)[at]
    file.header[at] = number(rng, bits, (file.header[at], len(file.data)))


def _identification(file: File, rng: Random) -> None:
    ident = bytearray(file.header[0])
    ident[rng.randrange(16)] = rng.choice((0, 1, 2, 3, 255))
    file.header[0] = bytes(ident)


def _program(file: File, rng: Random) -> None:
    if file.programs:
        program = rng.choice(file.programs)
        at = rng.randrange(8)
        near = (program[at], len(file.data), abi.MAX_IMAGE_BYTES, rng.choice(file.programs)[at])
        program[at] = number(rng, 32 if at < 2 else 64, near)


def _permissions(file: File, rng: Random) -> None:
    if file.programs:
        rng.choice(file.programs)[_FLAGS] = rng.randrange(8)


def _kind(file: File, rng: Random) -> None:
    if file.programs:
        rng.choice(file.programs)[_TYPE] = rng.choice(_TYPES)


def _programs(file: File, rng: Random) -> None:
    """Other order, one twice, one less."""
    if file.programs:
        at, to = rng.randrange(len(file.programs)), rng.randrange(len(file.programs))
        kind = rng.randrange(3)
        if kind == 0:
            file.programs[at], file.programs[to] = file.programs[to], file.programs[at]
        elif kind == 1:
            file.programs.insert(to, list(file.programs[at]))
        else:
            file.header[_PHNUM] -= 1
            del file.programs[at]


def _overlap(file: File, rng: Random) -> None:
    """A segment over another: in the file, in memory, or both."""
    loads = file.of_type(elf.PT_LOAD)
    if len(loads) > 1:
        one, other = rng.sample(loads, 2)
        for field in rng.sample((_OFFSET, _ADDRESS, _FILE_SIZE, _SIZE), rng.randrange(1, 4)):
            one[field] = max(0, other[field] + rng.choice((-4096, -1, 0, 0, 1, 4096)))


def _move(file: File, rng: Random) -> None:
    """A whole segment to other pages; references to it go astray."""
    loads = file.of_type(elf.PT_LOAD)
    if loads:
        by = rng.choice((-4096, 4096, 65536, abi.MAX_IMAGE_BYTES - 4096))
        chosen = rng.choice(loads)
        for each in loads[loads.index(chosen) :] if rng.random() < 0.5 else [chosen]:
            each[_ADDRESS] = max(0, each[_ADDRESS] + by)


def _inflate(file: File, rng: Random) -> None:
    """Memory without content."""
    loads = file.of_type(elf.PT_LOAD)
    if loads:
        rng.choice(loads)[_SIZE] = number(rng, 21, (abi.MAX_IMAGE_BYTES, 4096))


# --- notes --------------------------------------------------------------------------------------


def _manifest(file: File, rng: Random) -> None:
    """In notes of their own: this one and no other."""
    for program in file.of_type(elf.PT_NOTE):
        content = file.content(program)
        at = content.find(_OWNER)
        if at < 12:
            continue
        _, size, kind = elf.NHDR.unpack_from(content, at - 12)
        found = content[at + 4 : at + 4 + size]
        for _ in range(rng.choice((1, 1, 1, 3))):
            found = manifest.mutate(found, rng)
        if rng.random() < 0.05:
            size, kind = number(rng, 32, (size,)), number(rng, 32)
        else:
            size = len(found)
        note = elf.NHDR.pack(len(_OWNER), size, kind) + _OWNER + found + bytes(-len(found) % 4)
        file.put(program, note)
        return


def _notes(file: File, rng: Random) -> None:
    notes = file.of_type(elf.PT_NOTE)
    if notes:
        program = rng.choice(notes)
        file.put(program, raw.mutate(file.content(program), rng))


def _dynamic(file: File, rng: Random) -> None:
    tags = [rng.choice((0, 1, *elf.DT_RELOCATIONS, rng.getrandbits(64))) for _ in range(4)]
    row = [elf.PT_DYNAMIC, 4, 0, 0, 0, 0, 0, 8]
    file.programs.append(row)
    file.put(row, b"".join(elf.DYN.pack(tag, 0) for tag in tags))


# --- sections and symbols -----------------------------------------------------------------------


def _section(file: File, rng: Random) -> None:
    if file.sections:
        section = rng.choice(file.sections)
        at = rng.randrange(10)
        bits = 32 if at in (0, 1, 6, 7) else 64
        near = (section[at], len(file.data), len(file.sections))
        section[at] = rng.randrange(20) if at == 1 else number(rng, bits, near)


def _sections(file: File, rng: Random) -> None:
    """One of them very often."""
    if file.sections:
        section = rng.choice(file.sections)
        file.sections += [list(section)] * rng.choice((1, 8, _MOST_SECTIONS - len(file.sections)))
        del file.sections[_MOST_SECTIONS:]


def _contents(file: File, rng: Random) -> None:
    """Of a section that is not loaded: symbols, names, debug information."""
    _change_one([each for each in file.sections if not each[2] & elf.SHF_ALLOC], file, rng)


def debug(data: bytes, rng: Random) -> bytes:
    """A change of what debuggers read."""
    file = File(data)
    kinds = (elf.SHT_PROGBITS, elf.SHT_PROGBITS, elf.SHT_PROGBITS, elf.SHT_SYMTAB)
    kind = rng.choice(kinds)
    _change_one([s for s in file.sections if s[1] == kind and not s[2] & elf.SHF_ALLOC], file, rng)
    return file.bytes()


def _change_one(sections: list[list[int]], file: File, rng: Random) -> None:
    if sections:
        section = rng.choice(sections)
        content = bytes(file.data[section[4] :][: section[5]])
        for _ in range(rng.choice((1, 1, 2, 4))):
            content = raw.mutate(content, rng)
        if len(content) > section[5]:
            section[4] = len(file.data)
        section[5] = len(content)
        file.data[section[4] : section[4] + len(content)] = content


# --- text ---------------------------------------------------------------------------------------


def _text(file: File, rng: Random) -> None:
    for program in file.of_type(elf.PT_LOAD, elf.PF_R | elf.PF_X)[:1]:
        content = file.content(program)
        content = content[: len(content) // 4 * 4][: 4 * words.MOST_WORDS]
        found = list(struct.unpack(f"<{len(content) // 4}I", content))
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            found = words.mutate(found, rng)
        file.put(program, struct.pack(f"<{len(found)}I", *found))


_TEXT: tuple[Change, ...] = (_text,)
_CHANGES: tuple[Change, ...] = (
    _header, _identification, _program, _program, _program, _permissions, _kind, _programs,
    _overlap, _overlap, _move, _inflate, _manifest, _manifest, _manifest, _manifest, _notes,
    _dynamic, _section, _section, _sections, _contents, _contents,
)  # fmt: skip
