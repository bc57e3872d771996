"""Which registers may hold a pointer to bytes: one that was moved by bytes, or a copy of one.

Only asked where a function makes an access at an odd distance from its base. It looks at every
word of the function, in any order, and so finds rather too many than too few.
"""

from collections.abc import Sequence
from typing import Final

from xaprt.verify.state import SP

_MOST_WORDS: Final = 16_384
"""Of a longer function every register may: looking would take too long."""
_EVERY: Final = (1 << 31) - 1


def byte_pointers(words: Sequence[int], moved: int) -> int:
    """A bit for each of x0..x30; `moved` are those that an instruction moves by bytes."""
    if len(words) > _MOST_WORDS:
        return _EVERY
    copies = [0] * 32
    """Of each register: those that it is copied to."""
    stored = loaded = 0
    for word in set(words):
        first, base, second = word & 31, word >> 5 & 31, word >> 16 & 31
        if word >> 25 & 5 == 4:  # loads and stores (Arm ARM C4.1)
            registers = 1 << first | 1 << (word >> 10 & 31)
            if base != SP:
                continue
            if word >> 22 & 1:
                loaded |= registers
            else:
                stored |= registers
        elif word >> 26 & 7 != 5:  # no branch
            copies[base] |= 1 << first
            copies[second] |= 1 << first
    return _closure(moved & _EVERY, copies, stored, loaded)


def _closure(moved: int, copies: Sequence[int], stored: int, loaded: int) -> int:
    """With all that is copied from them, by way of the stack too."""
    while True:
        before = moved
        for register, copied in enumerate(copies[:SP]):
            if moved >> register & 1:
                moved |= copied
        if moved & stored & _EVERY:
            moved |= loaded
        moved &= _EVERY
        if moved == before:
            return moved
