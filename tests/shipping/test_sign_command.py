"""`xapc sign` and `xapc verify --key` (ABI.md 6.2, issue 5)."""

import json
from pathlib import Path

import pytest
from xap_harness import load
from xaprt.fit import Packed, pack
from xaprt.signature import SignatureError, read_private_key, read_public_key, sign

from tests.shipping.apps import FID, ONE, TWO, Shell

BUNDLE = pack([Packed("one", "one", ONE), Packed("two", "two", TWO)])


@pytest.mark.parametrize("content", [ONE, BUNDLE], ids=["image", "bundle"])
def test_in_place_and_elsewhere(xapc: Shell, keys: Path, content: bytes) -> None:
    private = read_private_key((keys / "key.pem").read_bytes())
    file, out = xapc.file("file", content), xapc.folder / "out"
    status, said, err = xapc("sign", file, "--key", keys / "key.pem", "--version", 3, "-o", out)
    assert (status, err) == (0, "")
    assert said == f"{out}: signed by key {private.public.id.hex()}, security version 3\n"
    assert file.read_bytes() == content
    assert out.read_bytes() == sign(content, private, 3)
    for version in (1, 2):
        assert xapc("sign", file, "--key", keys / "key.pem", "--version", version)[0] == 0
    assert file.read_bytes() == sign(content, private, 2)


def test_verify_checks_the_signature_and_the_image(xapc: Shell, keys: Path) -> None:
    file = xapc.file("one.elf", ONE)
    xapc("sign", file, "--key", keys / "key.pem", "--version", 3)
    public = read_public_key((keys / "pub.pem").read_bytes())
    status, said, err = xapc("verify", file, "--key", keys / "pub.pem", "--min-version", 3)
    assert (status, err) == (0, "")
    first, second, *_ = said.splitlines()
    assert first == f"{file}: signed by key {public.id.hex()}, security version 3"
    assert second == f"{file}: proven"
    assert xapc("verify", file)[0] == 0
    both = ("--key", keys / "other-pub.pem", "--key", keys / "pub.pem")
    assert xapc("verify", file, *both)[0] == 0


def test_verify_names_the_apps_of_a_bundle(xapc: Shell, keys: Path) -> None:
    file = xapc.file("apps.fit", BUNDLE)
    said = xapc("verify", file)[1]
    assert f"{file}: one: proven" in said
    assert f"{file}: two: proven" in said
    xapc("sign", file, "--key", keys / "key.pem")
    told = json.loads(xapc("verify", "--json", file, "--key", keys / "pub.pem")[1])
    assert [(each["file"], each["app"], each["accepted"]) for each in told] == [
        (str(file), "one", True),
        (str(file), "two", True),
    ]
    assert told[0]["signed"]["version"] == 0


def test_verify_refuses_one_app_of_a_bundle(xapc: Shell) -> None:
    file = xapc.file("apps.fit", pack([Packed("one", "", ONE), Packed("bad", "", b"\x7fELF")]))
    status, said, err = xapc("verify", file)
    assert status == 1
    assert f"{file}: one: proven" in said
    assert err.startswith(f"xapc verify: {file}: bad: ")


def test_what_is_signed_is_checked_before_it_is_parsed(xapc: Shell, keys: Path) -> None:
    """A file that no parser would take: the refusal is of its signature."""
    file = xapc.file("broken.elf", b"\x7fELF")
    assert "not signed" in xapc.refusal("verify", file, "--key", keys / "pub.pem")
    xapc("sign", file, "--key", keys / "other-key.pem")
    assert "signed by key" in xapc.refusal("verify", file, "--key", keys / "pub.pem")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda signed: signed[:-96], "not signed"),
        (lambda signed: signed[:-1], "the signature is cut"),
        (lambda signed: signed + b"\0", "something was appended"),
        (lambda signed: signed + signed[-96:], "two signatures"),
        (lambda signed: signed[:300] + b"?" + signed[301:], "the file was changed"),
    ],
)
def test_tampering_is_told(xapc: Shell, keys: Path, change: object, reason: str) -> None:
    signed = sign(ONE, read_private_key((keys / "key.pem").read_bytes()))
    assert callable(change)
    file = xapc.file("one.elf", change(signed))
    said = xapc.refusal("verify", file, "--key", keys / "pub.pem")
    assert said.startswith(f"xapc verify: {file}: ")
    assert reason in said
    status, out, _ = xapc("verify", "--json", file, "--key", keys / "pub.pem")
    (told,) = json.loads(out)
    assert (status, told["accepted"], told["rule"]) == (1, False, "signature")
    assert reason in told["detail"]


def test_rollback_is_told(xapc: Shell, keys: Path) -> None:
    file = xapc.file("one.elf", ONE)
    xapc("sign", file, "--key", keys / "key.pem", "--version", 2)
    said = xapc.refusal("verify", file, "--key", keys / "pub.pem", "--min-version", 3)
    assert "security version 2 is older than 3" in said


def test_a_broken_bundle_is_told(xapc: Shell) -> None:
    file = xapc.file("apps.fit", BUNDLE[:-1])
    assert "the header says" in xapc.refusal("verify", file)
    (told,) = json.loads(xapc("verify", "--json", file)[1])
    assert told["rule"] == "bundle"


def test_arguments_that_make_no_sense(xapc: Shell, keys: Path) -> None:
    file, text = xapc.file("one.elf", ONE), xapc.file("app.py", "from xap import App\n")
    key, missing = keys / "key.pem", xapc.folder / "missing"
    for said, reason in (
        (xapc.refusal("verify", file, "--min-version", 1), "--min-version needs --key"),
        (xapc.refusal("verify", file, "--key", key), f"{key}: a private key"),
        (xapc.refusal("verify", file, "--key", missing), f"{missing}: No such file"),
        (xapc.refusal("sign", file, "--key", keys / "pub.pem"), "a public key"),
        (xapc.refusal("sign", file, "--key", keys / "encrypted.pem"), "the key is encrypted"),
        (xapc.refusal("sign", file, "--key", missing), f"{missing}: No such file"),
        (xapc.refusal("sign", missing, "--key", key), f"{missing}: No such file"),
        (xapc.refusal("sign", text, "--key", key), f"{text}: neither an ELF nor a FIT"),
        (
            xapc.refusal("sign", file, "--key", key, "--version", -1),
            "no number from 0 to 4294967295",
        ),
        (xapc.refusal("sign", file, "--key", key, "-o", key), "would replace the key"),
        (xapc.refusal("sign", file, "--key", key, "-o", missing / "x"), "No such file"),
    ):
        assert reason in said
    assert file.read_bytes() == ONE


# --- running ------------------------------------------------------------------------------------


def test_run_takes_only_what_was_signed(xapc: Shell, keys: Path) -> None:
    bundle = pack([Packed("one", "", ONE)])
    for file in (xapc.file("one.elf", ONE), xapc.file("apps.fit", bundle)):
        arguments = ("run", file, "--key", keys / "pub.pem", "smc", hex(FID))
        assert xapc.refusal(*arguments) == f"xapc run: {file}: not signed"
        xapc("sign", file, "--key", keys / "key.pem", "--version", "2")
        assert xapc(*arguments)[0] == 0
        assert "older than 3" in xapc.refusal(*arguments, "--min-version", "3")
        xapc("sign", file, "--key", keys / "other-key.pem")
        assert "signed by key" in xapc.refusal(*arguments)


def test_run_has_no_oldest_version_without_a_key(xapc: Shell) -> None:
    said = xapc("run", xapc.file("one.elf", ONE), "--min-version", "3", "smc", hex(FID))[2]
    assert "--min-version needs --key" in said


def test_run_takes_no_signature_of_a_python_file(xapc: Shell, keys: Path) -> None:
    file = xapc.file("app.py", "")
    said = xapc.refusal("run", file, "--key", keys / "pub.pem", "smc", hex(FID))
    assert "a Python file carries no signature" in said


# --- numbers and files that are none ------------------------------------------------------------


@pytest.mark.parametrize("text", ["-1", "4294967296", "1_000", " 3 ", "٣", "0b1", "", "1e3"])
@pytest.mark.parametrize("option", ["--min-version", "--version"])
def test_versions_are_numbers_of_32_bits(xapc: Shell, keys: Path, option: str, text: str) -> None:
    file = xapc.file("one.elf", ONE)
    command = ("verify", file) if option == "--min-version" else ("sign", file)
    status, out, err = xapc(*command, "--key", keys / "pub.pem", f"{option}={text}")
    assert (status, out) == (1, "")
    assert f"argument {option}" in err
    assert "4294967295" in err


def test_a_version_may_be_hexadecimal(xapc: Shell, keys: Path) -> None:
    file = xapc.file("one.elf", ONE)
    assert "version 16" in xapc("sign", file, "--key", keys / "key.pem", "--version", "0x10")[1]


def test_a_key_of_any_size_is_read_no_further(xapc: Shell) -> None:
    big = xapc.file("big.pem", "")
    with big.open("r+b") as stream:
        stream.truncate(3 << 30)
    said = xapc.refusal("verify", xapc.file("one.elf", ONE), "--key", big)
    assert said == f"xapc verify: {big}: no key of Ed25519 in PEM has more than 4096 bytes"
    image = xapc.file("one.elf", ONE)
    with pytest.raises(SignatureError, match=r"big\.pem: no key of Ed25519"):
        load(image, keys=[big])


def test_json_tells_of_files_that_cannot_be_read(xapc: Shell) -> None:
    status, said, _ = xapc("verify", "--json", "nosuch", xapc.file("one.elf", ONE))
    assert status == 1
    missing, found = json.loads(said)
    assert (missing["file"], missing["accepted"], missing["rule"]) == ("nosuch", False, "file")
    assert found["accepted"]
