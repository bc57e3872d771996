"""Good files to begin with, and good enough ones: made by the compiler and by hand."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.verify.images import EXIT, image

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.dsa import DSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_ROOT = Path(__file__).parents[2]
_FRAMES = f"""
    bl f; {EXIT}
f: stp x29, x30, [sp, #-32]!; mov x29, sp; str x19, [sp, #16]; adrp x19, STATE; ldr x1, [x19, #8]
    cbz x1, g; bl h; str x0, [x19, #8]; tbz x0, #3, g; brk #0x5501
g: ldr x19, [sp, #16]; ldp x29, x30, [sp], #32; ret
h: sub sp, sp, #16; str x30, [sp]; ldrb w2, [x0, #3]; mov x8, #4; svc #0; ldr x30, [sp]
    add sp, sp, #16; ret
"""
_GRANTS = b"""[trng]
serves = [1, 2]
call_smc = [0xC4000053]
guest_memory = "read"
io = [{ base = 0x0904_0000, size = 0x1000 }]
irqs = [40]
timer = true
required = true

[other]
guest_memory = "read-write"
"""

_ENCRYPTED = b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBD3/97Thdmyoo6OyUmE
HpexAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQSPcDgd082RfEtv1F
/Z3ICwRAmrrzCRV+k0rgFNCnFP413I6rXpw00gi9hXKl5srhEK3zs8c+Ssqt9pDp
aD87WyUI6xUcx9nouwNj0r1r/5SGBg==
-----END ENCRYPTED PRIVATE KEY-----
"""

Files = dict[str, bytes]


@cache
def images() -> Files:
    from xapc.pipeline import build

    built = {name: build(_ROOT / f"samples/{name}.py").elf for name in ("hello", "crc", "trng")}
    names = {"f": (16, 40), "g": (56, 12), "h": (68, 32)}
    return built | {
        "small": image(EXIT, whole=_only_text(EXIT)),
        "frames": image(_FRAMES, symbols=names),
    }


def _only_text(source: str):  # type: ignore[no-untyped-def]  # of a helper of other tests
    from xaprt import elf

    from tests.verify.images import Segment, assemble

    return (Segment(0, assemble(source), elf.PF_R | elf.PF_X),)


def _manifests() -> Files:
    from xaprt.image import read
    from xaprt.manifest import encode

    return {name: encode(read(data).manifest) for name, data in images().items()}


def _bundles() -> Files:
    from xaprt.fit import Packed, pack

    one, two = Packed("one", "one 1.0.0", b"first!"), Packed("two", "two 1.0.0", b"second", 1 << 33)
    return {"one": pack([one]), "two": pack([one, two], 7)}


def _loadable() -> Files:
    from xaprt.fit import Packed, pack

    found = images()
    apps = [Packed(name, name, found[name]) for name in ("small", "frames", "hello")]
    return {
        **found,
        "bundle of one": pack(apps[1:2]),
        "bundle": pack([apps[0], apps[2]]),
        "signed": _signed()["image"],
    }


def _signed() -> Files:
    from xaprt.signature import sign

    from tests.fuzz.targets.signature import KEYS

    trusted, other = KEYS
    return {
        "small": sign(b"content", trusted, 2),
        "empty": sign(b"", trusted, 3),
        "old": sign(b"content", trusted, 1),
        "other": sign(b"content", other, 2),
        "image": sign(images()["small"], trusted, 2),
    }


def _keys() -> Files:
    """In PEM, of each kind that there is; always the same."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, x25519
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    raw = bytes(range(57))
    keys = {
        "ed25519": ed25519.Ed25519PrivateKey.from_private_bytes(raw[:32]),
        "ed448": ed448.Ed448PrivateKey.from_private_bytes(raw),
        "x25519": x25519.X25519PrivateKey.from_private_bytes(raw[:32]),
        "ec": ec.derive_private_key(1 << 200, ec.SECP256R1()),
        "rsa": _rsa(),
        "dsa": _dsa(),
    }
    pem, pkcs8 = Encoding.PEM, PrivateFormat.PKCS8
    spki = PublicFormat.SubjectPublicKeyInfo
    made = {name: key.private_bytes(pem, pkcs8, NoEncryption()) for name, key in keys.items()}
    made |= {f"{name} pub": key.public_key().public_bytes(pem, spki) for name, key in keys.items()}
    return {**made, "encrypted": _ENCRYPTED}


def _rsa() -> "RSAPrivateKey":
    """Of two Mersenne primes."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q, e = (1 << 607) - 1, (1 << 521) - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key()


def _dsa() -> "DSAPrivateKey":
    """Of the right sizes; nobody asks whether its numbers are prime."""
    from cryptography.hazmat.primitives.asymmetric import dsa

    p, q, g, x = (1 << 1024) - 105, (1 << 160) - 47, 2, 1 << 150
    public = dsa.DSAPublicNumbers(pow(g, x, p), dsa.DSAParameterNumbers(p, q, g))
    return dsa.DSAPrivateNumbers(x, public).private_key()


_SEEDS: dict[str, Callable[[], Files]] = {
    "image": images,
    "manifest": _manifests,
    "fit": _bundles,
    "signature": _signed,
    "pem": _keys,
    "grants": lambda: {"all": _GRANTS},
    "verifier": images,
    "loader": _loadable,
    "inspect": images,
    "lines": lambda: {name: images()[name] for name in ("hello", "crc")},
    "faulty": lambda: {"good": b"good"},
}


@cache
def seeds(target: str) -> Files:
    """By a name that tells what they are."""
    return _SEEDS[target]()
