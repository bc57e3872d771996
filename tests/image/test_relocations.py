"""Each relocation against keystone, which assembles the same instruction for a known target, and
at the edges of its range (AAELF64 5.7)."""

import struct
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keystone import KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN, Ks
from unicorn import UC_ARCH_ARM64, UC_MODE_ARM, Uc
from xaprt import elf
from xaprt.link import LinkError
from xaprt.link.model import Relocation, Section, Symbol
from xaprt.link.relocate import apply

from tests.image.support import TEXT, X

TARGET = Symbol("target", None, 0, 0, 0, True)
NOT_LOADED = 0


def relocated(type_: int, word: int, place: int, target: int, *, size: int = 4) -> int:
    """The word, or doubleword, at `place`."""
    flags = TEXT if size == 4 and type_ > 272 else NOT_LOADED
    section = Section(".text.f", elf.SHT_PROGBITS, flags, b"", 12, 4)
    section.address = place - 4
    content = bytearray(word.to_bytes(size, "little").rjust(4 + size, b"\xee") + b"\xdd" * 4)
    apply(section, Relocation(4, type_, TARGET, 0), content, target)
    assert content[:4] == b"\xee" * 4
    assert content[4 + size :] == b"\xdd" * 4
    return int.from_bytes(content[4 : 4 + size], "little")


@cache
def assembled(text: str, address: int) -> int:
    code, _ = Ks(KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN).asm(text, address)
    return int.from_bytes(bytes(code), "little")


MIB = 1 << 20
BRANCHES = {
    "b #{}": (282, 128 * MIB),
    "bl #{}": (283, 128 * MIB),
    "b.ne #{}": (280, MIB),
    "cbnz x7, #{}": (280, MIB),
    "tbnz x7, #33, #{}": (279, 1 << 15),
    "ldr x3, #{}": (273, MIB),
}


@pytest.mark.parametrize("form", BRANCHES)
@given(data=st.data())
def test_branches(form: str, data: st.DataObject) -> None:
    type_, reach = BRANCHES[form]
    place = 4 * data.draw(st.integers(64 * MIB, 65 * MIB))
    distance = 4 * data.draw(st.integers(-reach // 4, reach // 4 - 1))
    expected = assembled(form.format(place + distance), place)
    unresolved = assembled(form.format(place), place)
    assert relocated(type_, unresolved, place, place + distance) == expected


@pytest.mark.parametrize("form", BRANCHES)
@pytest.mark.parametrize("beyond", [True, False])
def test_a_branch_out_of_reach_or_to_half_an_instruction_is_refused(
    form: str, beyond: bool
) -> None:
    type_, reach = BRANCHES[form]
    place = 1 << 30
    for target in (place + reach, place - reach - 4) if beyond else (place + 2, place - 3):
        with pytest.raises(LinkError, match=r"R_AARCH64_.* to target"):
            relocated(type_, 0, place, target)
    relocated(type_, 0, place, place + reach - 4)
    relocated(type_, 0, place, place - reach)


def executed(word: int, place: int, x1: int = 0) -> int:
    """x0 after the one instruction at `place`."""
    uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
    uc.mem_map(place & -4096, 2 * 4096)
    uc.mem_write(place, struct.pack("<I", word))
    uc.reg_write(X[1], x1)
    uc.emu_start(place, 0, count=1)
    return int(uc.reg_read(X[0]))


@given(st.integers(1 << 28, 1 << 29), st.integers(-(1 << 20), (1 << 20) - 1))
def test_adr_reaches_any_byte_within_a_mebibyte(place: int, distance: int) -> None:
    place *= 4
    word = relocated(274, assembled("adr x0, #0", 0), place, place + distance)
    assert executed(word, place) == place + distance


@given(st.integers(1 << 34, 1 << 35), st.integers(-(1 << 32) + 4096, (1 << 32) - 4096))
def test_adrp_reaches_any_page_within_four_gibibytes(place: int, distance: int) -> None:
    place *= 4
    target = place + distance
    word = relocated(275, 0x9000_0000, place, target)
    assert executed(word, place) == target & -4096
    add = relocated(277, assembled("add x0, x1, #0", 0), place + 4, target)
    assert executed(add, place + 4, target & -4096) == target


def test_adr_and_adrp_out_of_reach_are_refused() -> None:
    place = 1 << 40
    for type_, reach, unit in ((274, 1 << 20, 1), (275, 1 << 32, 4096)):
        for target in (place + reach, place - reach - unit):
            with pytest.raises(LinkError, match="R_AARCH64_ADR"):
                relocated(type_, 0, place, target)
        relocated(type_, 0, place, place + reach - unit)
        relocated(type_, 0, place, place - reach)


LOADS = {
    "strb w3, [x4, #{}]": (278, 1),
    "ldrsh x3, [x4, #{}]": (284, 2),
    "ldr w3, [x4, #{}]": (285, 4),
    "str x3, [x4, #{}]": (286, 8),
    "ldr q3, [x4, #{}]": (299, 16),
    "add x3, x4, #{}": (277, 1),
}


@pytest.mark.parametrize("form", LOADS)
@given(data=st.data())
def test_the_low_twelve_bits_are_scaled(form: str, data: st.DataObject) -> None:
    type_, size = LOADS[form]
    target = data.draw(st.integers(0, 1 << 40))
    word = assembled(form.format(0), 0)
    if target % size:
        with pytest.raises(LinkError, match="multiple of"):
            relocated(type_, word, 0x1000, target)
        return
    assert relocated(type_, word, 0x1000, target) == assembled(form.format(target & 0xFFF), 0)


DATA = {"ABS64": (257, 8, False), "ABS32": (258, 4, False), "PREL64": (260, 8, True)}
DATA["PREL32"] = (261, 4, True)


@pytest.mark.parametrize("name", DATA)
@given(st.integers(0, (1 << 62) - 1), st.integers(-(1 << 63), (1 << 64) - 1))
def test_data(name: str, place: int, distance: int) -> None:
    type_, size, relative = DATA[name]
    target = distance + (place if relative else 0)
    bits = 8 * size
    highest = 1 << (bits - 1 if name == "PREL32" else bits)
    if -(1 << bits - 1) <= distance < highest:
        assert relocated(type_, 0, place, target, size=size) == distance % (1 << bits)
    else:
        with pytest.raises(LinkError, match=f"R_AARCH64_{name} to target: .* out of range"):
            relocated(type_, 0, place, target, size=size)


@given(st.integers(-(1 << 31), (1 << 32) - 1))
def test_data_of_32_bits(value: int) -> None:
    assert relocated(258, 0, 0, value) == value % (1 << 32)
    if value < 1 << 31:
        assert relocated(261, 0, 4000, value + 4000) == value % (1 << 32)


@pytest.mark.parametrize(
    ("type_", "name"), [(311, "R_AARCH64_ADR_GOT_PAGE"), (1024, "R_AARCH64_COPY"), (9999, "9999")]
)
def test_an_unknown_relocation_is_refused_by_name(type_: int, name: str) -> None:
    with pytest.raises(LinkError, match=f"cannot resolve .*{name}"):
        relocated(type_, 0, 0, 0)


def test_a_relocation_outside_its_section_is_refused() -> None:
    section = Section(".text.f", elf.SHT_PROGBITS, TEXT, b"", 4, 4)
    for offset in (4, 1 << 40):
        with pytest.raises(LinkError, match="outside its section"):
            apply(section, Relocation(offset, 283, TARGET, 0), bytearray(4), offset)
