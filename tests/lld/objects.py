"""Random relocatable objects: every relocation that the linker resolves, in sections of every kind.

No compiler would make them: what counts is where things go and what is written there, so their
code is never run, nor verified.
"""

from dataclasses import dataclass, field
from random import Random

from xaprt import abi, elf, memory

from tests.image.support import TEXT, Label, Part, object_of

CONSTANT, STATE = elf.SHF_ALLOC, elf.SHF_ALLOC | elf.SHF_WRITE
PREL64, PREL32, ABS64, ABS32 = 260, 261, 257, 258
CODE = {
    273: (0x5800_0000, 0x1800_0000),  # ldr (literal)
    274: (0x1000_0000,),  # adr
    275: (0x9000_0000,),  # adrp
    277: (0x9100_0000, 0x1100_0000),  # add
    278: (0x3940_0000, 0x3900_0000),  # ldrb, strb
    279: (0x3600_0000, 0xB7F8_0000),  # tbz, tbnz
    280: (0x5400_0000, 0xB500_0000),  # b.cond, cbnz
    282: (0x1400_0000,),  # b
    283: (0x9400_0000,),  # bl
    284: (0x7940_0000, 0x7980_0000),  # ldrh, ldrsh
    285: (0xB940_0000, 0xB980_0000),  # ldr, ldrsw
    286: (0xF940_0000, 0xF900_0000),  # ldr, str
    299: (0x3DC0_0000, 0x3D80_0000),  # ldr, str of 128 bits
}
"""Instructions whose field is zero, by the relocation that fills it."""
_UNIT = {284: 2, 285: 4, 286: 8, 299: 16, 273: 4, 279: 4, 280: 4, 282: 4, 283: 4}
"""What the target has to be a multiple of."""
_KINDS = {
    ".text": (TEXT, elf.SHT_PROGBITS),
    ".rodata": (CONSTANT, elf.SHT_PROGBITS),
    ".data": (STATE, elf.SHT_PROGBITS),
    ".bss": (STATE, elf.SHT_NOBITS),
}
_DEBUG = ("info", "line", "ranges", "loc", "addr", "aranges", "rnglists", "loclists", "frame")
_ROUTINES = (
    *memory.SOURCES,
    "xap_return8",
    *(f"xap_sys_{number.name.lower()}" for number in abi.Syscall),
)


@dataclass
class _Maker:
    rng: Random
    parts: list[Part] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    wrong: float = 0.0
    """The share of relocations whose target need not fit."""

    def make(self) -> bytes:
        rng = self.rng
        self.section(".text.xap_entry", *_KINDS[".text"], size=4 * rng.randrange(3, 80))
        entry = rng.choice(["xap_entry", "xap_entry9"])
        self.labels.append(Label(entry, ".text.xap_entry", size=len(self.parts[0].data)))
        for number in range(rng.randrange(1, 14)):
            kind = rng.choice(list(_KINDS))
            self.section(f"{kind}.s{number}", *_KINDS[kind], size=self._size(kind))
        loaded = list(self.parts)
        for part in loaded:
            self.symbols(part)
        for part in loaded:
            if part.type != elf.SHT_NOBITS:
                self.relocate(part, list(self._places(part)))
        for name in rng.sample(_DEBUG, rng.randrange(3)):
            self.debug(f".debug_{name}")
        rng.shuffle(self.parts)
        return object_of(self.parts, self.labels)

    def _size(self, kind: str) -> int:
        unit = 4 if kind == ".text" else 1
        most = self.rng.choice([16, 200, 200, 5000])
        return unit * self.rng.randrange(most // unit)

    def section(self, name: str, flags: int, type_: int, *, size: int) -> None:
        align = self.rng.choice([4, 4, 8, 16, 64] if flags == TEXT else [1, 2, 4, 8, 8, 32, 256])
        data = self.rng.randbytes(size)
        if flags == TEXT:
            data = b"".join(self._word().to_bytes(4, "little") for _ in range(size // 4))
        self.parts.append(Part(name, data, flags, type_, align, []))

    def _word(self) -> int:
        """With registers, but with zero where the relocation writes."""
        return self.rng.choice(list(CODE.values()))[0] | self.rng.randrange(31)

    def symbols(self, part: Part) -> None:
        stem = part.name.strip(".").replace(".", "_")
        type_ = elf.STT_FUNC if part.flags == TEXT else elf.STT_OBJECT
        for number in range(self.rng.randrange(1, 4)):
            at = self.rng.randrange(len(part.data) + 1) if number else 0
            at -= at % 4 if part.flags == TEXT else 0
            size = self.rng.randrange(len(part.data) - at + 1)
            kind = self.rng.choice([type_, type_, elf.STT_NOTYPE])
            binding = self.rng.choice([elf.STB_LOCAL, elf.STB_GLOBAL])
            self.labels.append(Label(f"{stem}_{number}", part.name, at, size, kind, binding))
        self.labels.append(Label(f"{stem}_all", part.name, 0, 0, elf.STT_SECTION, elf.STB_LOCAL))

    def _places(self, part: Part) -> list[int]:
        step = 4 if part.flags == TEXT else self.rng.choice([9, 16, 40])
        places = range(0, len(part.data) - 8, step)
        most = 16 if part is self.parts[0] else 8
        return self.rng.sample(places, self.rng.randrange(min(len(places), most) + 1))

    def relocate(self, part: Part, places: list[int]) -> None:
        data = bytearray(part.data)
        made = []
        for at in sorted(places):
            type_ = self.rng.choice([PREL32, PREL64])
            if part.flags == TEXT:
                type_ = self.rng.choice([*CODE, *CODE, PREL32])
            if self.rng.random() < self.wrong:
                wide = [] if part.flags == TEXT else [PREL64, ABS64]  # into the next one
                type_ = self.rng.choice([*CODE, PREL32, ABS32, *wide])
            if type_ in CODE:
                word = self.rng.choice(CODE[type_]) | self.rng.randrange(31)
                data[at : at + 4] = word.to_bytes(4, "little")
            made.append((at, type_, *self._target(type_)))
        part.data, part.relocations = bytes(data), made

    def _target(self, type_: int) -> tuple[str, int]:
        """Symbol and addend."""
        if type_ in (282, 283) and self.rng.random() < 0.3:
            return self.rng.choice(_ROUTINES), 0
        label = self.rng.choice(self.labels)
        addend = self.rng.choice([0, 0, 0, 4, 8, 24, 4096, -4, -16, 1, -3])
        unit = _UNIT.get(type_, 1)
        if self.rng.random() >= self.wrong:
            # Sections are aligned by what the object says, so their parts are as aligned as that.
            part = next(part for part in self.parts if part.name == label.section)
            part.align = max(part.align, unit)
            addend -= (label.value + addend) % unit
        elif self.rng.random() < 0.3:
            far = self.rng.choice([1 << 14, 1 << 19, -(1 << 20), 1 << 31, 1 << 33])
            # A target of BL before the image's first byte lld takes for one that is far.
            addend += abs(far) if type_ in (282, 283) else far
        return label.name, addend

    def debug(self, name: str) -> None:
        """Addresses of code that is kept and of code that is not."""
        part = Part(name, self.rng.randbytes(96), 0, elf.SHT_PROGBITS, 1, [])
        code = [label for label in self.labels if label.section != name]
        part.relocations = [
            (at, ABS64, self.rng.choice(code).name, self.rng.choice([0, 0, 4, 16]))
            for at in range(0, 80, 8)
            if self.rng.random() < 0.5
        ]
        self.parts.append(part)


def random_object(seed: int, *, wrong: bool = False) -> bytes:
    """`wrong`: one in six of its relocations may be one that cannot be resolved."""
    return _Maker(Random(seed), wrong=1 / 6 if wrong else 0.0).make()
