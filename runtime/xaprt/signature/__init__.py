"""Signatures of images and bundles: 96 bytes at the end of the file.

    sign(data, key, version) -> data with a signature
    verify(data, keys, minimum_version) -> Signed, or SignatureError
    content(data) -> data without a signature, unchecked
    opened(data, keys or None, minimum_version) -> what may be parsed, or SignatureError

All numbers are little-endian.

    offset  size
         0     8   "XAP-SIGN"
         8     4   format: 1
        12     4   image security version, against rollback
        16    16   key: the first half of the SHA-256 of its SubjectPublicKeyInfo in DER
        32    64   Ed25519 signature (RFC 8032) of all bytes of the file before it

A verifier needs no parser: it looks at the last 96 bytes, and parses what comes before them only
once the signature is found right. Loaders that know nothing of signatures see an ELF, or a
device tree, with bytes behind it that none of its headers speaks of.
"""

from xaprt.signature.keys import (
    PrivateKey,
    PublicKey,
    SignatureError,
    read_pem,
    read_private_key,
    read_public_key,
)
from xaprt.signature.signing import Signed, content, opened, sign, verify
from xaprt.signature.trailer import MAX_VERSION, TRAILER_BYTES

__all__ = [
    "MAX_VERSION",
    "TRAILER_BYTES",
    "PrivateKey",
    "PublicKey",
    "SignatureError",
    "Signed",
    "content",
    "opened",
    "read_pem",
    "read_private_key",
    "read_public_key",
    "sign",
    "verify",
]
