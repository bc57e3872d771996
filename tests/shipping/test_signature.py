"""Signatures: what was signed is accepted, everything else refused (ABI.md 6.2, issue 5)."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st
from xaprt.fit import Packed, pack, unpack
from xaprt.image import read
from xaprt.signature import (
    TRAILER_BYTES,
    PrivateKey,
    PublicKey,
    SignatureError,
    content,
    opened,
    read_private_key,
    read_public_key,
    sign,
    verify,
)
from xaprt.verify import verify as prove

from tests.shipping.apps import ONE, TWO, output_of, tool

SIGNATURE = 64


@pytest.fixture(scope="module")
def key(keys: Path) -> PrivateKey:
    return read_private_key((keys / "key.pem").read_bytes())


@pytest.fixture(scope="module")
def other(keys: Path) -> PrivateKey:
    return read_private_key((keys / "other-key.pem").read_bytes())


def refusal(data: bytes, *keys: PublicKey, minimum: int = 0) -> str:
    with pytest.raises(SignatureError) as caught:
        verify(data, keys, minimum)
    (line,) = str(caught.value).splitlines()
    return line


# --- round trip ---------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_what_was_signed_is_accepted(key: PrivateKey, data: bytes, version: int) -> None:
    signed = sign(data, key, version)
    assert len(signed) == len(content(data)) + TRAILER_BYTES
    found = verify(signed, [key.public], version)
    assert (found.content, found.version, found.key) == (content(data), version, key.public)
    assert sign(data, key, version) == signed


def test_signing_again_replaces_the_signature(key: PrivateKey, other: PrivateKey) -> None:
    again = sign(sign(sign(ONE, key, 1), key, 2), other, 3)
    assert verify(again, [key.public, other.public]).version == 3
    assert again == sign(ONE, other, 3)


@pytest.mark.parametrize("version", [-1, 1 << 32])
def test_versions_have_32_bits(key: PrivateKey, version: int) -> None:
    with pytest.raises(SignatureError, match="is not in"):
        sign(ONE, key, version)


# --- tampering ----------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.data())
def test_no_changed_byte_is_accepted(key: PrivateKey, data: st.DataObject) -> None:
    """Anywhere: content, magic, format, version, key id, signature."""
    signed = bytearray(sign(ONE[:200], key, 7))
    at = data.draw(st.integers(0, len(signed) - 1))
    signed[at] ^= data.draw(st.integers(1, 255))
    refusal(bytes(signed), key.public)


@given(st.data())
def test_no_cut_file_is_accepted(key: PrivateKey, data: st.DataObject) -> None:
    signed = sign(ONE[:200], key)
    refusal(signed[: data.draw(st.integers(0, len(signed) - 1))], key.public)
    refusal(signed[data.draw(st.integers(1, len(signed))) :], key.public)


@given(st.binary(min_size=1, max_size=2 * TRAILER_BYTES), st.integers(0, 296))
def test_nothing_can_be_put_in(key: PrivateKey, more: bytes, at: int) -> None:
    signed = sign(ONE[:200], key)
    refusal(signed[:at] + more + signed[at:], key.public)


def test_not_signed(key: PrivateKey) -> None:
    assert refusal(ONE, key.public) == "not signed"
    assert refusal(b"", key.public) == "not signed"


def test_a_signature_that_was_stripped(key: PrivateKey) -> None:
    assert refusal(sign(ONE, key)[:-TRAILER_BYTES], key.public) == "not signed"


def test_a_signature_that_is_cut(key: PrivateKey) -> None:
    assert refusal(sign(ONE, key)[:-1], key.public) == "the signature is cut: 95 bytes of 96"


def test_bytes_appended(key: PrivateKey) -> None:
    assert "5 bytes before it: it was moved, or something was appended" in refusal(
        sign(ONE, key) + b"later", key.public
    )


def test_a_signature_moved_to_the_front(key: PrivateKey) -> None:
    signed = sign(ONE, key)
    moved = signed[-TRAILER_BYTES:] + signed[:-TRAILER_BYTES]
    assert "it was moved" in refusal(moved, key.public)


def test_a_signature_moved_to_another_file(key: PrivateKey) -> None:
    assert "not of these bytes" in refusal(TWO + sign(ONE, key)[-TRAILER_BYTES:], key.public)


def test_a_signature_twice(key: PrivateKey, other: PrivateKey) -> None:
    signed = sign(ONE, key)
    assert "two signatures" in refusal(signed + signed[-TRAILER_BYTES:], key.public)
    assert "two signatures" in refusal(signed + sign(TWO, other)[-TRAILER_BYTES:], other.public)


def test_another_format(key: PrivateKey) -> None:
    signed = bytearray(sign(ONE, key))
    signed[-TRAILER_BYTES + 8] = 2
    assert "format 2" in refusal(bytes(signed), key.public)


def test_another_key(key: PrivateKey, other: PrivateKey) -> None:
    said = refusal(sign(ONE, key), other.public)
    assert key.public.id.hex() in said
    assert other.public.id.hex() in said


def test_a_key_id_is_only_a_hint(key: PrivateKey, other: PrivateKey) -> None:
    """Signed by one key, said to be of another that is trusted."""
    signed = bytearray(sign(ONE, other))
    signed[-80:-64] = key.public.id
    assert "not of these bytes" in refusal(bytes(signed), key.public)


def test_a_version_cannot_be_raised(key: PrivateKey) -> None:
    signed = bytearray(sign(ONE, key, 1))
    signed[-84] = 2
    assert "not of these bytes" in refusal(bytes(signed), key.public, minimum=2)


def test_older_versions_are_refused(key: PrivateKey) -> None:
    assert verify(sign(ONE, key, 5), [key.public], 5).version == 5
    assert refusal(sign(ONE, key, 4), key.public, minimum=5) == (
        "security version 4 is older than 5, the oldest that is accepted"
    )


# --- keys configured, or not --------------------------------------------------------------------


def test_without_keys_a_signature_is_dropped_unread(key: PrivateKey) -> None:
    damaged = sign(ONE, key)[:-1] + b"?"
    assert opened(damaged, None) == opened(ONE, None) == ONE


def test_an_empty_set_of_keys_accepts_nothing(key: PrivateKey) -> None:
    """A configuration that lost its keys does not open the door."""
    for data in (ONE, sign(ONE, key)):
        with pytest.raises(SignatureError):
            opened(data, [])


def test_an_oldest_version_without_keys_is_a_mistake() -> None:
    with pytest.raises(SignatureError, match="without a key"):
        opened(ONE, None, 3)


def test_a_file_of_nothing_but_signatures() -> None:
    """Linear: the file is looked at, not copied, for each."""
    assert content((b"XAP-SIGN" + bytes(88)) * 100_000) == b""


# --- who knows nothing of signatures ------------------------------------------------------------


def test_other_loaders_do_not_see_it(key: PrivateKey) -> None:
    signed = sign(ONE, key)
    assert read(signed) == read(ONE)
    assert prove(signed) == prove(ONE)
    assert ELFFile(BytesIO(signed)).num_segments() == ELFFile(BytesIO(ONE)).num_segments()


def test_the_tools_take_signed_files(key: PrivateKey, tmp_path: Path) -> None:
    elf, fit, out = tmp_path / "one.elf", tmp_path / "apps.fit", tmp_path / "out"
    elf.write_bytes(sign(ONE, key))
    output_of(tool("readelf", "binutils"), "-aW", elf)
    fit.write_bytes(sign(pack([Packed("one", "one", ONE)]), key))
    dumpimage = tool("dumpimage", "u-boot-tools")
    assert "Image 0 (one)" in output_of(dumpimage, "-l", fit)
    output_of(dumpimage, "-T", "flat_dt", "-p", "0", "-o", out, fit)
    assert out.read_bytes() == ONE


def test_a_bundle_is_signed_as_a_whole(key: PrivateKey) -> None:
    inner = sign(ONE, key, 1)
    bundle = sign(pack([Packed("one", "one", inner)]), key, 2)
    assert verify(bundle, [key.public]).version == 2
    (app,) = unpack(content(bundle))
    assert app.data == inner


# --- openssl as the other implementation --------------------------------------------------------


def test_openssl_accepts_it_and_makes_the_same(key: PrivateKey, keys: Path, tmp_path: Path) -> None:
    openssl = tool("openssl", "openssl")
    signed = sign(ONE, key, 9)
    message, signature, theirs = (tmp_path / name for name in ("message", "ours", "theirs"))
    message.write_bytes(signed[:-SIGNATURE])
    signature.write_bytes(signed[-SIGNATURE:])
    said = output_of(
        openssl, "pkeyutl", "-verify", "-pubin", "-inkey", keys / "pub.pem", "-rawin",
        "-in", message, "-sigfile", signature,
    )  # fmt: skip
    assert "Signature Verified Successfully" in said
    output_of(
        openssl, "pkeyutl", "-sign", "-inkey", keys / "key.pem", "-rawin",
        "-in", message, "-out", theirs,
    )  # fmt: skip
    assert theirs.read_bytes() == signature.read_bytes()


def test_openssl_gives_the_same_key_id(key: PrivateKey, keys: Path, tmp_path: Path) -> None:
    openssl, der = tool("openssl", "openssl"), tmp_path / "pub.der"
    output_of(openssl, "pkey", "-pubin", "-in", keys / "pub.pem", "-outform", "DER", "-out", der)
    digest = output_of(openssl, "dgst", "-sha256", "-r", der)
    assert digest.startswith(key.public.id.hex())


# --- keys ---------------------------------------------------------------------------------------


def test_a_private_key_does_not_show_itself(key: PrivateKey) -> None:
    assert repr(key) == f"PrivateKey(id={key.public.id.hex()})"


def test_keys_that_are_none(keys: Path, tmp_path: Path) -> None:
    ec = tmp_path / "ec.pem"
    openssl = tool("openssl", "openssl")
    output_of(openssl, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
              "-out", ec)  # fmt: skip
    public = output_of(openssl, "pkey", "-in", ec, "-pubout").encode()
    for pem, reason in (
        (b"", "no private key in PEM"),
        (b"\xff" * 99, "no private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        ((keys / "pub.pem").read_bytes(), "a public key; the private one signs"),
        ((keys / "encrypted.pem").read_bytes(), "the key is encrypted"),
        (ec.read_bytes(), "a private key, but not of Ed25519"),
    ):
        with pytest.raises(SignatureError, match=reason):
            read_private_key(pem)
    for pem, reason in (
        (b"", "no public key in PEM"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key"),
        ((keys / "key.pem").read_bytes(), "a private key; who verifies has the public one"),
        ((keys / "encrypted.pem").read_bytes(), "a private key; who verifies"),
        (public, "a public key, but not of Ed25519"),
    ):
        with pytest.raises(SignatureError, match=reason):
            read_public_key(pem)


@given(st.binary(max_size=200))
def test_no_key_file_makes_it_fall(pem: bytes) -> None:
    for read_key in (read_private_key, read_public_key):
        for text in (pem, b"-----BEGIN PUBLIC KEY-----\n" + pem):
            with pytest.raises(SignatureError):
                read_key(text)


def test_without_the_library_one_is_told_what_to_install(keys: Path, tmp_path: Path) -> None:
    """In a process of its own, where `cryptography` is not installed."""
    image = tmp_path / "one.elf"
    image.write_bytes(ONE)
    program = "import sys; sys.modules['cryptography'] = None; from xapc.cli import main; "
    for arguments in (
        ["sign", str(image), "--key", str(keys / "key.pem")],
        ["verify", str(image), "--key", str(keys / "pub.pem")],
    ):
        done = subprocess.run(
            [sys.executable, "-c", program + f"sys.exit(main({arguments!r}))"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.endswith(
            "signatures need the package 'cryptography': pip install 'xap[sign]'\n"
        )
