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
    on_stack = False
    while True:
        before = moved, on_stack
        for word in words:
            first, base, second = word & 31, word >> 5 & 31, word >> 16 & 31
            if word >> 25 & 5 == 4:  # loads and stores (Arm ARM C4.1)
                if base == SP:
                    registers = 1 << first | 1 << (word >> 10 & 31)
                    if word >> 22 & 1:
                        moved |= registers if on_stack else 0
                    else:
                        on_stack = on_stack or bool(moved & registers)
            elif word >> 26 & 7 != 5 and moved & (1 << base | 1 << second) & _EVERY:  # no branch
                moved |= 1 << first
        moved &= _EVERY
        if (moved, on_stack) == before:
            return moved
