"""Instruction words: other instructions, other operands, other places, other targets."""

import struct
from collections.abc import Callable
from functools import cache
from random import Random

from xaprt.verify.decode import alternatives, mask_and_value
from xaprt.verify.encodings import ROWS
from xaprt.verify.refused import NAMES

MOST_WORDS = 4096
"""That repetition makes: larger texts are for benchmarks/verify_worst.py."""

_REGISTERS = (0, 1, 8, 19, 29, 30, 31)
"""Those that mean something to the verifier."""
_FRAME = struct.unpack("<8I", bytes.fromhex(
    "fd7bbfa9"  # stp x29, x30, [sp, #-16]!
    "fd7bc1a8"  # ldp x29, x30, [sp], #16
    "ff4300d1"  # sub sp, sp, #16
    "ff430091"  # add sp, sp, #16
    "fe0300f9"  # str x30, [sp]
    "fe0340f9"  # ldr x30, [sp]
    "c0035fd6"  # ret
    "010000d4"  # svc #0
))  # fmt: skip
_BRANCHES = ((0xFC000000, 0x14000000, 0, 26), (0xFC000000, 0x94000000, 0, 26),
             (0x7E000000, 0x34000000, 5, 19), (0xFF000010, 0x54000000, 5, 19),
             (0x7E000000, 0x36000000, 5, 14))  # fmt: skip
"""Mask, value, where the offset is, and its bits (Arm ARM C4.1)."""

Words = list[int]


@cache
def _encodings() -> tuple[tuple[int, int], ...]:
    return tuple(
        mask_and_value(bits) for row in (*ROWS, *ROWS, *NAMES) for bits in alternatives(row.pattern)
    )


def _some_word(rng: Random) -> int:
    """Three of four are of instructions that are allowed."""
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(_FRAME)
    mask, value = rng.choice(_encodings())
    word = rng.getrandbits(32)
    if kind < 0.6:
        for at in (0, 5, 10, 16):
            word = word & ~(31 << at) | rng.choice(_REGISTERS) << at
    return word & ~mask | value


def mutate(words: Words, rng: Random) -> Words:
    """One change; the result may be longer or shorter."""
    return rng.choice(_CHANGES)(words, rng) if words else [_some_word(rng)]


def _replace(words: Words, rng: Random) -> Words:
    words[rng.randrange(len(words))] = _some_word(rng)
    return words


def _flip(words: Words, rng: Random) -> Words:
    words[rng.randrange(len(words))] ^= 1 << rng.randrange(32)
    return words


def _insert(words: Words, rng: Random) -> Words:
    words.insert(rng.randrange(len(words) + 1), _some_word(rng))
    return words


def _delete(words: Words, rng: Random) -> Words:
    at = rng.randrange(len(words))
    del words[at : at + rng.choice((1, 1, 2, 8))]
    return words


def _move(words: Words, rng: Random) -> Words:
    at, to, size = rng.randrange(len(words)), rng.randrange(len(words)), rng.choice((1, 2, 5, 20))
    taken = words[at : at + size]
    words[to : to + (len(taken) if rng.random() < 0.7 else 0)] = taken
    return words


def _retarget(words: Words, rng: Random) -> Words:
    """A branch to another place, or one where there was none."""
    at = rng.randrange(len(words))
    if rng.random() < 0.8:
        following = (*range(at, len(words)), *range(at))
        at = next((n for n in following if words[n] >> 26 & 7 == 5), at)
    mask, value, low, bits = next(
        (each for each in _BRANCHES if words[at] & each[0] == each[1]), rng.choice(_BRANCHES)
    )
    other = words[at] if words[at] & mask == value else rng.getrandbits(32) & ~mask | value
    field = (1 << bits) - 1
    words[at] = other & ~(field << low) | (rng.randrange(len(words)) - at & field) << low
    return words


def _repeat(words: Words, rng: Random) -> Words:
    """A piece as often as there is room, at times."""
    if rng.random() < 0.9:
        return _move(words, rng)
    at, size = rng.randrange(len(words)), rng.choice((1, 1, 2, 3, 4, 8))
    piece = words[at : at + size]
    count = rng.choice((16, 64, MOST_WORDS)) // len(piece)
    return [*words[:at], *piece * count, *words[at:]][:MOST_WORDS]


_CHANGES: tuple[Callable[[Words, Random], Words], ...] = (
    _replace, _replace, _replace, _flip, _flip, _insert, _insert, _delete, _move, _retarget,
    _retarget, _repeat,
)  # fmt: skip
