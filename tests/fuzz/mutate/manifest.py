"""The descriptor of an app's note: its records, their values, lengths and order."""

import struct
from collections.abc import Callable
from random import Random

from xaprt import abi
from xaprt.abi import Record

from tests.fuzz.mutate import raw

Records = list[tuple[int, bytes]]

_KINDS = (*(each.value for each in Record), *(each.value for each in Record), 99,
          abi.RECORD_REQUIRED | 99, 0, 0xFFFF_FFFF)  # fmt: skip


def records(data: bytes) -> Records:
    """As far as they can be told."""
    found, at = [], 0
    while len(data) - at >= 8:
        kind, size = struct.unpack_from("<II", data, at)
        found.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size + -size % 8
    return found


def descriptor(found: Records) -> bytes:
    return b"".join(
        struct.pack("<II", kind, len(value)) + value + bytes(-len(value) % 8)
        for kind, value in found
    )


def mutate(data: bytes, rng: Random) -> bytes:
    """One change."""
    if rng.random() < 0.2:
        return raw.mutate(data, rng)
    found = records(data) or [(rng.choice(_KINDS), b"")]
    if rng.random() < 0.1:
        return _lie(descriptor(found), found, rng)
    rng.choice(_CHANGES)(found, rng)
    return descriptor(found)


def _lie(data: bytes, found: Records, rng: Random) -> bytes:
    """About the length of a record."""
    number = rng.randrange(len(found))
    at = len(descriptor(found[:number])) + 4
    size = raw.number(rng, 32, (len(found[number][1]), len(data) - at))
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def _value(found: Records, rng: Random) -> None:
    at = rng.randrange(len(found))
    found[at] = found[at][0], raw.mutate(found[at][1], rng)


def _kind(found: Records, rng: Random) -> None:
    at = rng.randrange(len(found))
    found[at] = rng.choice(_KINDS), found[at][1]


def _drop(found: Records, rng: Random) -> None:
    del found[rng.randrange(len(found))]


def _again(found: Records, rng: Random) -> None:
    found.insert(rng.randrange(len(found) + 1), rng.choice(found))


def _swap(found: Records, rng: Random) -> None:
    one, other = rng.randrange(len(found)), rng.randrange(len(found))
    found[one], found[other] = found[other], found[one]


def _route(found: Records, rng: Random) -> None:
    """One or many, next to each other or not."""
    first = raw.number(rng, rng.choice((32, 64)), (0x8400_0000, 0xC600_0000, 0x900_0000))
    kind, step = rng.randrange(6), rng.choice((0, 1, 0x1000))
    for _ in range(rng.choice((1, 1, 2, 70))):
        last = min(first + raw.number(rng, 16), (1 << 64) - 1)
        found.append((Record.ROUTE, struct.pack("<IIQQ", kind, rng.randrange(3), first, last)))
        first = min(last + step, (1 << 64) - 1)


def _need(found: Records, rng: Random) -> None:
    kind = rng.randrange(7)
    values = [raw.number(rng, 32) for _ in range(rng.choice((0, 1, 2, 3, 9, 80)))]
    found.append((Record.NEED, struct.pack(f"<{len(values) + 1}I", kind, *values)))


_CHANGES: tuple[Callable[[Records, Random], None], ...] = (
    _value, _value, _value, _kind, _drop, _again, _swap, _route, _need,
)  # fmt: skip
