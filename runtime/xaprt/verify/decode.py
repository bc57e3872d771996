"""An instruction word to its effect, or to why it is refused."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from xaprt.verify.effects import Effect
from xaprt.verify.encodings import ROWS
from xaprt.verify.makers import Made, Maker
from xaprt.verify.refused import NAMES
from xaprt.verify.rules import Rule

_TOP = 21
"""The rows that a word can match are looked up by its bits 31..21."""
_GROUP = 25
"""Bits 28..25 tell the groups of the architecture apart."""


def alternatives(pattern: str) -> Iterator[str]:
    """Each 32-character pattern that one with `{a|b}` stands for."""
    begin = pattern.find("{")
    if begin < 0:
        bits = pattern.replace(" ", "")
        if len(bits) != 32:
            raise ValueError(f"{len(bits)} bits: {pattern}")
        yield bits
        return
    end = _closing(pattern, begin)
    for choice in _choices(pattern[begin + 1 : end]):
        yield from alternatives(pattern[:begin] + choice + pattern[end + 1 :])


def _closing(pattern: str, begin: int) -> int:
    depth = 0
    for at in range(begin, len(pattern)):
        depth += {"{": 1, "}": -1}.get(pattern[at], 0)
        if depth == 0:
            return at
    raise ValueError(pattern)


def _choices(inside: str) -> list[str]:
    depth, choices = 0, [""]
    for character in inside:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "|" and depth == 0:
            choices.append("")
        else:
            choices[-1] += character
    return choices


def mask_and_value(bits: str) -> tuple[int, int]:
    """Of a pattern without alternatives: a word matches if `word & mask == value`."""
    mask = int("".join("1" if bit in "01" else "0" for bit in bits), 2)
    return mask, int("".join("1" if bit == "1" else "0" for bit in bits), 2)


Encoding = tuple[int, int, Maker, str]
"""Mask, value, what makes the effect, mnemonic."""

_Groups = tuple[tuple[Encoding, ...], ...]


@cache
def _groups() -> _Groups:
    groups: list[list[Encoding]] = [[] for _ in range(16)]
    for row in ROWS:
        for bits in alternatives(row.pattern):
            mask, value = mask_and_value(bits)
            for number, group in enumerate(groups):
                if (value ^ number << _GROUP) & mask & 15 << _GROUP == 0:
                    group.append((mask, value, row.make, row.mnemonic))
    return tuple(tuple(group) for group in groups)


_by_top: Final[dict[int, tuple[Encoding, ...]]] = {}


def candidates(word: int) -> tuple[Encoding, ...]:
    """The rows that agree with the word's bits 31..21."""
    top = word >> _TOP
    found = _by_top.get(top)
    if found is None:
        high, whole = top << _TOP, -1 << _TOP
        group = _groups()[word >> _GROUP & 15]
        found = tuple(each for each in group if high & each[0] == each[1] & whole)
        _by_top[top] = found
    return found


def decode(word: int) -> Made:
    """The effect of an allowed instruction, else the rule that refuses it."""
    allowed: dict[int, Effect] = {}
    refused = decode_all((word,), allowed)
    return refused[word] if refused else allowed[word]


def decode_all(words: Iterable[int], allowed: dict[int, Effect]) -> dict[int, Rule]:
    """The same of many: the effects go into `allowed`, the refused ones come back."""
    refused = {}
    for word in words:
        for mask, value, make, _ in _by_top.get(word >> _TOP) or candidates(word):
            if word & mask == value:
                made = make(word)
                break
        else:
            made = _refused(word)[0]
        if isinstance(made, Rule):
            refused[word] = made
        else:
            allowed[word] = made
    return refused


def describe(word: int) -> tuple[str, str]:
    """Mnemonic, and of a refused word what it is; for messages."""
    for mask, value, make, mnemonic in candidates(word):
        if word & mask == value:
            made = make(word)
            return mnemonic, _FIELDS.get(made, "") if isinstance(made, Rule) else ""
    _, mnemonic, what = _refused(word)
    return mnemonic, what


_FIELDS: Final = {
    Rule.SVC: "an immediate that is not 0",
    Rule.BRK: "an immediate that is no failed check",
    Rule.UNPREDICTABLE: "a register that is transferred and written back, or loaded twice",
    Rule.UNALLOCATED: "a reserved immediate",
}


@cache
def _names() -> tuple[tuple[int, int, Rule, str, str], ...]:
    return tuple(
        (*mask_and_value(bits), each.rule, each.mnemonic, each.what)
        for each in NAMES
        for bits in alternatives(each.pattern)
    )


def _refused(word: int) -> tuple[Rule, str, str]:
    for mask, value, rule, mnemonic, what in _names():
        if word & mask == value:
            return rule, mnemonic, what
    return Rule.UNALLOCATED, "(unallocated)", "no instruction that is known here"
