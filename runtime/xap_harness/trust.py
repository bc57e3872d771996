"""Where keys are configured, only what was signed is parsed (ABI.md 6.2)."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from xaprt.fit import MAX_BYTES
from xaprt.signature import (
    TRAILER_BYTES,
    PublicKey,
    SignatureError,
    opened,
    read_pem,
    read_public_key,
)

Keys = Collection[str | Path | PublicKey]
"""Public keys, or their PEM files."""


class Trust(NamedTuple):
    """What `load` asks of an image before it is loaded."""

    keys: Keys | None
    minimum_version: int
    prove: bool


def read_trusted(path: Path, keys: Keys | None, minimum_version: int) -> bytes:
    """What may be parsed of the file. Raises OSError, SignatureError."""
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + TRAILER_BYTES)
    return opened(data, None if keys is None else [_key(key) for key in keys], minimum_version)


def require_no_keys(keys: Keys | None) -> None:
    """For a Python file."""
    if keys is not None:
        raise SignatureError("a Python file carries no signature; build it and sign the image")


def _key(key: str | Path | PublicKey) -> PublicKey:
    if isinstance(key, PublicKey):
        return key
    try:
        return read_public_key(read_pem(Path(key)))
    except SignatureError as problem:
        raise SignatureError(f"{key}: {problem}") from None
