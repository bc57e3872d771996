"""Signing files, and the checks of a signature: before anything else of the file is parsed."""

from collections.abc import Collection
from dataclasses import dataclass

from xaprt.signature.keys import PrivateKey, PublicKey, SignatureError
from xaprt.signature.trailer import (
    FORMAT,
    MAGIC,
    MAX_VERSION,
    SIGNATURE_BYTES,
    TRAILER_BYTES,
    Trailer,
    head,
    split,
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A file whose signature was found right. `content` is all that may be parsed of it."""

    content: bytes
    version: int
    key: PublicKey


def sign(data: bytes, key: PrivateKey, version: int = 0) -> bytes:
    """The file with a signature at its end, in place of one that it has.

    `version` is the image security version, 0 to 2**32 - 1: it grows when older files must no
    longer be loaded. The same arguments give the same bytes.
    """
    if not 0 <= version <= MAX_VERSION:
        raise SignatureError(f"version {version} is not in 0..{MAX_VERSION}")
    signed = content(data) + head(version, key.public.id)
    return signed + key.sign(signed)


def content(data: bytes) -> bytes:
    """The file without its signature, of which nothing is checked."""
    end = len(data)
    while end >= TRAILER_BYTES and data.startswith(MAGIC, end - TRAILER_BYTES):
        end -= TRAILER_BYTES
    return data[:end]


def verify(data: bytes, keys: Collection[PublicKey], minimum_version: int = 0) -> Signed:
    """SignatureError unless one of `keys` signed the whole file, as of that version or later."""
    rest, trailer = split(data)
    if trailer is None:
        raise SignatureError(_why_none(data))
    if trailer.format != FORMAT:
        raise SignatureError(f"a signature of format {trailer.format}; only {FORMAT} is known")
    if split(rest)[1] is not None:
        raise SignatureError("two signatures: a file has one, over all of it")
    key = _key(trailer, keys)
    if not key.accepts(trailer.signature, data[:-SIGNATURE_BYTES]):
        raise SignatureError("the signature is not of these bytes: the file was changed")
    if trailer.version < minimum_version:
        raise SignatureError(
            f"security version {trailer.version} is older than {minimum_version}, "
            "the oldest that is accepted"
        )
    return Signed(rest, trailer.version, key)


def opened(data: bytes, keys: Collection[PublicKey] | None, minimum_version: int = 0) -> bytes:
    """What may be parsed of a file: where keys are configured, only what one of them signed.

    None: no keys are configured, a signature is dropped unread. An empty collection accepts
    nothing.
    """
    if keys is not None:
        return verify(data, keys, minimum_version).content
    if minimum_version:
        raise SignatureError("an oldest version means nothing without a key")
    return content(data)


def _key(trailer: Trailer, keys: Collection[PublicKey]) -> PublicKey:
    for key in keys:
        if key.id == trailer.key_id:
            return key
    known = ", ".join(key.id.hex() for key in keys) or "none"
    raise SignatureError(f"signed by key {trailer.key_id.hex()}; the keys given: {known}")


def _why_none(data: bytes) -> str:
    """Bytes that look like a signature in the wrong place tell what happened to the file."""
    at = data.rfind(MAGIC)
    if at < 0:
        return "not signed"
    after = len(data) - at
    if after < TRAILER_BYTES:
        return f"the signature is cut: {after} bytes of {TRAILER_BYTES}"
    return (
        f"no signature at the end of the file, but {after - TRAILER_BYTES} bytes before it: "
        "it was moved, or something was appended"
    )
