"""Instruction words of the allow-list, for property tests."""

import re
from functools import cache

from hypothesis import strategies as st
from xaprt.verify.decode import alternatives, mask_and_value
from xaprt.verify.encodings import ROWS

INTERESTING = (0, 1, 8, 19, 29, 30, 31)
"""Registers that mean something to the verifier, so that instructions meet."""


@cache
def patterns() -> tuple[tuple[str, str], ...]:
    """Mnemonic and 32-character pattern of each encoding."""
    return tuple((row.mnemonic, bits) for row in ROWS for bits in alternatives(row.pattern))


@st.composite
def words_of(draw: st.DrawFn, bits: str) -> int:
    """A word that matches; its register fields are often interesting ones."""
    mask, value = mask_and_value(bits)
    word = draw(st.integers(0, 0xFFFF_FFFF)) & ~mask | value
    if draw(st.booleans()):
        for at in _register_fields(bits):
            word = word & ~(31 << at) | draw(st.sampled_from(INTERESTING)) << at
    return word


@cache
def _register_fields(bits: str) -> tuple[int, ...]:
    """The lowest bit of each."""
    return tuple(32 - found.end() for found in re.finditer("d{5}|n{5}|m{5}|a{5}|t{5}", bits))


def allowed_words() -> st.SearchStrategy[tuple[str, int]]:
    """Mnemonic and word."""
    return st.sampled_from(patterns()).flatmap(
        lambda each: words_of(each[1]).map(lambda word: (each[0], word))
    )
