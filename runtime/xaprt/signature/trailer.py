"""Where a signature is: in the last bytes of the file, whatever the rest of it is."""

import struct
from dataclasses import dataclass

MAGIC = b"XAP-SIGN"
FORMAT = 1
"""Ed25519 (RFC 8032, pure) over all bytes of the file before the signature."""

KEY_ID_BYTES = 16
SIGNATURE_BYTES = 64

# magic, format, version, key id: little-endian as the manifest. The signature follows.
HEAD = struct.Struct(f"<8sII{KEY_ID_BYTES}s")
TRAILER_BYTES = HEAD.size + SIGNATURE_BYTES

MAX_VERSION = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Trailer:
    """Nothing of it is believed before the signature was checked."""

    format: int
    version: int
    key_id: bytes
    signature: bytes


def split(data: bytes) -> tuple[bytes, Trailer | None]:
    """The file without its trailer, and the trailer if it has one."""
    start = len(data) - TRAILER_BYTES
    if start < 0 or not data.startswith(MAGIC, start):
        return data, None
    _, format_, version, key_id = HEAD.unpack_from(data, start)
    return data[:start], Trailer(format_, version, key_id, data[start + HEAD.size :])


def head(version: int, key_id: bytes) -> bytes:
    """The trailer up to the signature; that much of it is signed too."""
    return HEAD.pack(MAGIC, FORMAT, version, key_id)
