"""Bytes without a format, and the numbers that are worth trying."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Literal

Mutator = Callable[[bytes, Random], bytes]
Order = Literal["little", "big"]

_SMALL = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 4096, 4097, 65535)


def number(rng: Random, bits: int, near: Sequence[int] = ()) -> int:
    """Around zero, powers of two, the limits of a field of so many bits, or one of `near`."""
    kind = rng.randrange(6)
    if kind == 0 and near:
        value = rng.choice(near) + rng.choice((-4096, -16, -8, -4, -1, 0, 0, 1, 4, 8, 16, 4096))
    elif kind == 1:
        value = (1 << rng.randrange(bits + 1)) + rng.choice((-1, 0, 1))
    elif kind == 2:
        value = -rng.choice(_SMALL)
    elif kind == 3:
        value = rng.getrandbits(bits)
    else:
        value = rng.choice(_SMALL)
    return value & (1 << bits) - 1


def mutate(data: bytes, rng: Random, order: Order = "little") -> bytes:
    """One change."""
    return rng.choice(_CHANGES)(bytearray(data), rng, order)


def _place(data: bytearray, rng: Random, width: int = 1) -> int:
    return rng.randrange(max(1, len(data) - width + 1))


def _flip(data: bytearray, rng: Random, order: Order) -> bytes:
    if data:
        data[_place(data, rng)] ^= 1 << rng.randrange(8)
    return bytes(data)


def _field(data: bytearray, rng: Random, order: Order) -> bytes:
    width = rng.choice((1, 2, 4, 4, 8))
    at = _place(data, rng, width)
    at -= at % width if rng.random() < 0.8 else 0
    near = (int.from_bytes(data[at : at + width], order), len(data))
    data[at : at + width] = number(rng, 8 * width, near).to_bytes(width, order)
    return bytes(data)


def _delete(data: bytearray, rng: Random, order: Order) -> bytes:
    at = _place(data, rng)
    del data[at : at + _length(rng)]
    return bytes(data)


def _insert(data: bytearray, rng: Random, order: Order) -> bytes:
    at, size = _place(data, rng), _length(rng)
    data[at:at] = rng.choice((bytes(size), rng.randbytes(size), b"\xff" * size))
    return bytes(data)


def _copy(data: bytearray, rng: Random, order: Order) -> bytes:
    at, to, size = _place(data, rng), _place(data, rng), _length(rng)
    taken = data[at : at + size]
    data[to : to + (len(taken) if rng.random() < 0.5 else 0)] = taken
    return bytes(data)


def _cut(data: bytearray, rng: Random, order: Order) -> bytes:
    return bytes(data[: _place(data, rng)])


def _append(data: bytearray, rng: Random, order: Order) -> bytes:
    return bytes(data) + rng.randbytes(_length(rng))


def _length(rng: Random) -> int:
    return rng.choice((1, 1, 2, 4, 4, 8, 16, 24, 40, 64, 96, 256))


_CHANGES: tuple[Callable[[bytearray, Random, Order], bytes], ...] = (
    _flip, _flip, _field, _field, _field, _delete, _insert, _copy, _copy, _cut, _append,
)  # fmt: skip
