"""The allow-list against other people's knowledge of A64 (ABI.md 1.2)."""

import re
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt.verify.decode import decode, describe, mask_and_value
from xaprt.verify.encodings import ROWS
from xaprt.verify.rules import Rule

from tests.verify.encoded import patterns

capstone = pytest.importorskip("capstone", reason="the oracle of the decoder")
_DISASSEMBLER = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)

ALIASES = {
    "orr": {"mov"}, "orn": {"mvn"}, "ands": {"tst"}, "adds": {"cmn"}, "sub": {"neg"},
    "subs": {"cmp", "negs"}, "movn": {"mov"}, "movz": {"mov"}, "add": {"mov"},
    "sbfm": {"asr", "sbfiz", "sbfx", "sxtb", "sxth", "sxtw"}, "bfm": {"bfc", "bfi", "bfxil"},
    "ubfm": {"lsl", "lsr", "ubfiz", "ubfx", "uxtb", "uxth"}, "extr": {"ror"},
    "csinc": {"cinc", "cset"}, "csinv": {"cinv", "csetm"}, "csneg": {"cneg"},
    "sbc": {"ngc"}, "sbcs": {"ngcs"}, "madd": {"mul"}, "msub": {"mneg"},
    "smaddl": {"smull"}, "smsubl": {"smnegl"}, "umaddl": {"umull"}, "umsubl": {"umnegl"},
    "lslv": {"lsl"}, "lsrv": {"lsr"}, "asrv": {"asr"}, "rorv": {"ror"},
}  # fmt: skip
MNEMONICS = {row.mnemonic for row in ROWS}.union(*ALIASES.values())
NOT_GENERAL = re.compile(r"\b[vqdshbzp]\d+\b")
ELSEWHERE = re.compile(r"ldtr|sttr")
"""Capstone refuses some unprivileged loads as if they wrote their base back."""


def disassemble(word: int) -> tuple[str, str] | None:
    for _, _, mnemonic, operands in _DISASSEMBLER.disasm_lite(word.to_bytes(4, "little"), 0):
        return re.sub(r"^b\.\w+$", "b.cond", mnemonic), operands
    return None


def allowed(word: int) -> bool:
    return not isinstance(decode(word), Rule)


def assert_known(word: int) -> None:
    """An allowed word is what the row says, and touches general registers only."""
    mnemonic, _ = describe(word)
    seen = disassemble(word)
    if seen is None:
        assert ELSEWHERE.match(mnemonic), (hex(word), mnemonic)
        return
    assert seen[0] in {mnemonic} | ALIASES.get(mnemonic, set()), (hex(word), mnemonic, seen)
    assert not NOT_GENERAL.search(seen[1]), (hex(word), seen)


# --- what is refused although it has an allowed name ----------------------------------------


def _clashes(word: int) -> bool:
    """A load or store that loads one register twice, or moves the base that it writes back."""
    base, first, second = word >> 5 & 31, word & 31, word >> 10 & 31
    if word & 0x3E00_0000 == 0x2800_0000:
        twice = word >> 22 & 1 and first == second
        return bool(twice or (word >> 23 & 1 and base != 31 and base in (first, second)))
    return word & 0x3F20_0400 == 0x3800_0400 and base == first != 31


def excused(word: int, mnemonic: str) -> bool:
    """Why an allowed mnemonic does not make an allowed word."""
    return (
        mnemonic in ("mrs", "msr", "svc", "brk", "udf", "dsb", "dmb", "isb")  # their own tests
        or (mnemonic == "ret" and word >> 5 & 31 != 30)
        or (mnemonic in ("smulh", "umulh") and word >> 10 & 31 != 31)
        or _clashes(word)
    )


def assert_not_missing(word: int) -> None:
    """What others know by an allowed name, of general registers, is allowed."""
    seen = disassemble(word)
    if seen is None or allowed(word):
        return
    mnemonic, operands = seen
    if mnemonic in MNEMONICS and not NOT_GENERAL.search(operands):
        assert excused(word, mnemonic), (hex(word), seen)


# --- sampled --------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 64))
def test_an_allowed_word_is_known_by_the_name_of_its_row(seed):
    random = Random(seed)
    for _, bits in patterns():
        mask, value = mask_and_value(bits)
        word = random.getrandbits(32) & ~mask | value
        if allowed(word):
            assert_known(word)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 64))
def test_near_an_allowed_word_all_is_either_known_or_refused(seed):
    random = Random(seed)
    for _, bits in patterns():
        mask, value = mask_and_value(bits)
        word = random.getrandbits(32) & ~mask | value
        for near in (word ^ 1 << random.randrange(32), random.getrandbits(32)):
            if allowed(near):
                assert_known(near)
            else:
                assert_not_missing(near)


def test_no_word_matches_two_rows():
    encodings = [mask_and_value(bits) for _, bits in patterns()]
    for number, (mask, value) in enumerate(encodings):
        for other_mask, other_value in encodings[number + 1 :]:
            assert (value ^ other_value) & mask & other_mask


def test_every_row_is_reached():
    """A row that no word reaches would be a mistake in its pattern."""
    random = Random(1)
    for mnemonic, bits in patterns():
        mask, value = mask_and_value(bits)
        tries = [random.getrandbits(32) & ~mask | value for _ in range(4000)]
        if mnemonic == "brk":
            tries = [value | (0x5501 << 5)]
        if mnemonic == "svc":
            tries = [value]
        assert any(map(allowed, tries)), (mnemonic, bits)
        assert all(describe(word)[0] == mnemonic for word in tries)


# --- whole fields ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        ("ioo100100iiiiiiiiiiiii0100001010", "logical immediate"),
        ("ioo100110iiiiiiiiiiiii0100001010", "bitfield"),
        ("ioo100101oo00000000000011110ooooo", "move wide"),
        ("ioo100111ii00100iiiiii0100001010", "extract"),
        ("ioo01011oo100100iiiiii0100001010", "add or subtract, extended"),
        ("ioo01011oo000100iiiiii0100001010", "add or subtract, shifted"),
        ("iooo1010iiiiii00iiiiii0100001010", "logical, conditional and data processing"),
        ("ioo11011ooo00011i0001101000 01010", "three sources"),
        ("oo1110oo oo i00001 0000oo 01000 01010", "loads and stores of one register"),
        ("oo101000 oo 0000001 00011 01000 01010", "loads and stores of pairs"),
        ("oo001000 ooo 11111 o 11111 01000 01010", "ordered and exclusive"),
        ("oo011000 00000000000000000000 0101", "literal"),
    ],
)
def test_a_field_as_a_whole(template, fields):
    """Every value of the fields that tell instructions apart (`i` and `o`)."""
    bits = template.replace(" ", "")[:32]
    free = [31 - at for at, bit in enumerate(bits) if bit in "io"]
    base = int(re.sub("[io]", "0", bits), 2)
    for values in product((0, 1), repeat=len(free)):
        word = base | sum(value << at for value, at in zip(values, free, strict=True))
        if allowed(word):
            assert_known(word)
        else:
            assert_not_missing(word)


def test_barriers_hints_and_system_registers():
    """Of 65536 words that begin 0xd503 and of all MRS and MSR, exactly these."""
    accepted = {word for word in range(0xD503_0000, 0xD504_0000) if allowed(word)}
    barriers = {0xD503_309F | option << 8 for option in range(16) if option % 4}
    barriers |= {word | 0x20 for word in barriers} | {0xD503_3FDF}
    hints = {0, 1, 20, 32, 34, 36, 38, 7, 8, 10, 12, 14, *range(24, 32)}
    assert accepted == barriers | {0xD503_201F | hint << 5 for hint in hints}
    registers = {
        word: disassemble(word)
        for head in (0xD510_0005, 0xD530_0005)
        for field in range(1 << 16)
        if allowed(word := head | field << 5)
    }
    assert set(registers.values()) == {
        ("mrs", "x5, tpidr_el0"), ("msr", "tpidr_el0, x5"), ("mrs", "x5, tpidrro_el0"),
        ("mrs", "x5, nzcv"), ("msr", "nzcv, x5"),
    }  # fmt: skip
    assert not any(
        allowed(0xD500_0000 | field)
        for field in range(0x5, 0x20_0000, 0x20)
        if field >> 16 != 3 and field >> 20 == 0
    )  # SYS: caches, TLBs, PSTATE


def test_svc_and_brk():
    """ABI.md 3: #0 only. 5.1: 0x5500 and a reason of LANGUAGE.md's closed list."""
    calls = [n for n in range(1 << 16) if allowed(0xD400_0001 | n << 5)]
    traps = [n for n in range(1 << 16) if allowed(0xD420_0000 | n << 5)]
    assert calls == [0]
    assert traps == list(range(0x5501, 0x5509))
