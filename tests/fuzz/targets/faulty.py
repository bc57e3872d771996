"""A reader with mistakes, for the tests of what looks for them."""

from random import Random

REFUSALS = (ValueError,)
_HELD: list[bytes] = []


def judge(data: bytes) -> None:
    match data[:1]:
        case b"k":
            raise KeyError(data)
        case b"m":
            _HELD[:] = [b"x" * (300 << 20)]
        case b"n":
            raise ValueError("two\nlines")
        case b"r":
            raise ValueError("refused")
    _HELD.clear()


def mutate(data: bytes, rng: Random) -> bytes:
    return rng.choice((b"a", b"k", b"r")) + rng.randbytes(2)
