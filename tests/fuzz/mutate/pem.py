"""PEM files: labels, base64, and the DER in it."""

import base64
import binascii
import re
from collections.abc import Callable
from random import Random

from tests.fuzz.mutate import raw

_LABELS = (b"PUBLIC KEY", b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY",
           b"EC PRIVATE KEY", b"DSA PRIVATE KEY", b"OPENSSH PRIVATE KEY", b"RSA PUBLIC KEY",
           b"CERTIFICATE", b"EC PARAMETERS", b"X")  # fmt: skip
_BLOCK = re.compile(rb"-----BEGIN ([^-]*)-----(.*?)-----END [^-]*-----", re.DOTALL)


def mutate(data: bytes, rng: Random) -> bytes:
    """One change."""
    found = _BLOCK.search(data)
    if found is None or rng.random() < 0.2:
        return raw.mutate(data, rng)
    label, der = found[1], _decoded(found[2])
    if rng.random() < 0.15:
        label = rng.choice(_LABELS)
    else:
        der = rng.choice((_value, _length, _value, raw.mutate))(der, rng)
    made = _pem(label, der)
    if rng.random() < 0.1:
        return data + made
    return data[: found.start()] + made + data[found.end() :]


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _pem(label: bytes, der: bytes) -> bytes:
    text = base64.encodebytes(der)
    return b"-----BEGIN " + label + b"-----\n" + text + b"-----END " + label + b"-----\n"


def _elements(der: bytes, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Of each element, inner ones too: where its tag, its content and what follows are."""
    found = []
    while begin + 2 <= end:
        size, at = der[begin + 1], begin + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(der[at : at + count], "big"), at + count
        if at + size > end:
            break
        found.append((begin, at, at + size))
        if der[begin] & 0x20 or der[begin] == 4:
            found += _elements(der, at, at + size)
        begin = at + size
    return found


def _value(der: bytes, rng: Random) -> bytes:
    """The content of an element, with the lengths around it made right."""
    elements = _elements(der, 0, len(der))
    if not elements:
        return raw.mutate(der, rng)
    begin, at, end = rng.choice(elements)
    content = raw.mutate(der[at:end], rng, "big")
    around = [each for each in elements if each[1] <= begin and end <= each[2]]
    made = der[begin : begin + 1] + _size(len(content)) + content
    for outer, inside, after in reversed(around):
        content = der[inside:begin] + made + der[end:after]
        made = der[outer : outer + 1] + _size(len(content)) + content
        begin, end = outer, after
    return der[:begin] + made + der[end:]


def _size(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    count = (size.bit_length() + 7) // 8
    return bytes([0x80 | count]) + size.to_bytes(count, "big")


def _length(der: bytes, rng: Random) -> bytes:
    elements = _elements(der, 0, len(der))
    if not elements:
        return raw.mutate(der, rng)
    begin, at, _ = rng.choice(elements)
    return der[: begin + 1] + rng.choice(_LENGTHS)(rng) + der[at:]


_LENGTHS: tuple[Callable[[Random], bytes], ...] = (
    lambda rng: _size(raw.number(rng, 16)),
    lambda rng: b"\x80",
    lambda rng: b"\x84" + rng.randbytes(4),
    lambda rng: b"\x88" + b"\xff" * 8,
)
