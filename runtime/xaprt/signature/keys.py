"""Ed25519 keys in PEM files, as `openssl genpkey -algorithm ed25519` writes them (RFC 8410).

The only importer of `cryptography`, and only when a key is used.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xaprt.signature.trailer import KEY_ID_BYTES

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What comes before the 32 bytes of the key in its DER (RFC 8410, section 4)."""

_MAX_PEM = 4096
"""Bytes of a file. One of Ed25519 has about 120; keys of other kinds, which are told apart only
once they are read, can be made so that reading them takes long."""


class SignatureError(ValueError):
    """One line: what is wrong with the signature, the key, or the installation."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Of 32 bytes, as RFC 8032 encodes it."""

    raw: bytes

    @property
    def id(self) -> bytes:
        """The first bytes of the SHA-256 of the key in DER."""
        return hashlib.sha256(_SPKI + self.raw).digest()[:KEY_ID_BYTES]

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Raises SignatureError where no key can be used."""
        _require_library()
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """Never shown."""

    _key: "Ed25519PrivateKey"

    def __repr__(self) -> str:
        return f"PrivateKey(id={self.public.id.hex()})"

    @property
    def public(self) -> PublicKey:
        return PublicKey(self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def read_private_key(pem: bytes) -> PrivateKey:
    """Of a PEM file (PKCS #8, not encrypted). SignatureError says what it is instead."""
    _require_library()
    _require_size(pem)
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"-----BEGIN PUBLIC KEY-----" in pem:
        raise SignatureError("a public key; the private one signs")
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise SignatureError(
            "the key is encrypted: give it decrypted, as `openssl pkey -in KEY` prints it"
        ) from None
    except (ValueError, UnsupportedAlgorithm, InternalError):
        raise SignatureError("no private key in PEM (PKCS #8)") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError("a private key, but not of Ed25519")
    return PrivateKey(key)


def read_public_key(pem: bytes) -> PublicKey:
    """Of a PEM file (SubjectPublicKeyInfo). SignatureError says what it is instead."""
    _require_library()
    _require_size(pem)
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY-----" in pem:
        raise SignatureError(
            "a private key; who verifies has the public one: openssl pkey -in KEY -pubout"
        )
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm, InternalError):
        raise SignatureError("no public key in PEM (SubjectPublicKeyInfo)") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureError("a public key, but not of Ed25519")
    return PublicKey(key.public_bytes_raw())


def read_pem(path: Path) -> bytes:
    """A file for the functions above: of a larger one as much as they refuse. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(_MAX_PEM + 1)


def _require_size(pem: bytes) -> None:
    if len(pem) > _MAX_PEM:
        raise SignatureError(f"no key of Ed25519 in PEM has more than {_MAX_PEM} bytes")


def _require_library() -> None:
    try:
        import cryptography  # noqa: F401  # only whether it is there
    except ModuleNotFoundError:
        raise SignatureError(
            "signatures need the package 'cryptography': pip install 'xap[sign]'"
        ) from None
