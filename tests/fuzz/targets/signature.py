"""Signatures, before anything else is parsed."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from xaprt.signature import TRAILER_BYTES, PrivateKey, SignatureError, content, opened, verify

from tests.fuzz.mutate import signature

KEYS = tuple(PrivateKey(Ed25519PrivateKey.from_private_bytes(bytes([n] * 32))) for n in (1, 2))
_TRUSTED = (KEYS[0].public,)
_OLDEST = 2

REFUSALS = (SignatureError,)
mutate = signature.mutator(KEYS)


def judge(data: bytes) -> None:
    """What is accepted is signed by the key that is trusted, to the last byte, and not too old."""
    assert opened(data, None) == content(data)
    signed = verify(data, _TRUSTED, _OLDEST)
    assert signed.content == data[:-TRAILER_BYTES] == opened(data, _TRUSTED, _OLDEST)
    assert signed.version >= _OLDEST
    assert KEYS[0].sign(data[:-64]) == data[-64:]
