"""What stands at the end of a signed file: changed, moved, cut, doubled, made anew."""

from random import Random

from xaprt.signature import TRAILER_BYTES, PrivateKey, sign
from xaprt.signature.trailer import HEAD, MAGIC

from tests.fuzz.mutate import raw


def mutator(keys: tuple[PrivateKey, ...]) -> raw.Mutator:
    """Of files that one of `keys` may sign again."""

    def mutate(data: bytes, rng: Random) -> bytes:
        """One change."""
        if rng.random() < 0.25:
            signed = raw.mutate(data, rng) if rng.random() < 0.5 else data
            return sign(signed, rng.choice(keys), rng.randrange(5))
        return rng.choice(_CHANGES)(data, rng)

    return mutate


def _parts(data: bytes) -> tuple[bytes, bytes]:
    at = max(0, len(data) - TRAILER_BYTES)
    return data[:at], data[at:]


def _content(data: bytes, rng: Random) -> bytes:
    rest, trailer = _parts(data)
    return raw.mutate(rest, rng) + trailer


def _trailer(data: bytes, rng: Random) -> bytes:
    rest, trailer = _parts(data)
    return rest + raw.mutate(trailer, rng)


def _fields(data: bytes, rng: Random) -> bytes:
    rest, trailer = _parts(data)
    fields = list(HEAD.unpack_from(trailer.ljust(TRAILER_BYTES, b"\0")))
    at = rng.randrange(1, 4)
    fields[at] = rng.randbytes(16) if at == 3 else raw.number(rng, 32, (fields[at],))
    return rest + HEAD.pack(MAGIC, *fields[1:]) + trailer[HEAD.size :]


def _moved(data: bytes, rng: Random) -> bytes:
    rest, trailer = _parts(data)
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + trailer + rest[at:]


def _doubled(data: bytes, rng: Random) -> bytes:
    return data + _parts(data)[1] * rng.choice((1, 1, 2, 300))


def _more(data: bytes, rng: Random) -> bytes:
    return data + rng.randbytes(rng.choice((1, 4, 95, 96, 97)))


def _less(data: bytes, rng: Random) -> bytes:
    return data[: -rng.choice((1, 4, 64, 95, 96, 97))]


_CHANGES: tuple[raw.Mutator, ...] = (
    _content, _trailer, _trailer, _fields, _fields, _moved, _doubled, _more, _less,
)  # fmt: skip
