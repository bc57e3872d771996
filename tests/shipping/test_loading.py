"""The emulated loader: bundles, and signatures where keys are configured (ABI.md 6.1, 6.2)."""

import json
from pathlib import Path

import pytest
import xap_harness
from xap_harness import RegisterFile, RequiredError, Rights, load, load_bundle
from xap_harness.emulator.assembler import assemble
from xap_harness.hypervisor.core import Hypervisor
from xaprt import abi
from xaprt.fit import FitError, Packed, pack
from xaprt.grants import Grant, GrantError, read_grants
from xaprt.image import ImageError
from xaprt.manifest import Need
from xaprt.signature import SignatureError, read_private_key, read_public_key, sign

from tests.shipping.apps import FID, ONE, TWO, Shell, app

IO = app(
    "io",
    uuid=4,
    fid=FID + 3,
    needs=[Need(abi.NeedKind.IO, ("uart", 0x0904_0000, 0x1000))],
)
DYING = app("dying", uuid=5, fid=FID + 4, status=-1)
RIVAL = app("rival", uuid=6, fid=FID)


def bundle(folder: Path, **images: bytes) -> Path:
    file = folder / "apps.fit"
    file.write_bytes(pack([Packed(name, "", image) for name, image in images.items()]))
    return file


@pytest.fixture
def signed(keys: Path, tmp_path: Path) -> Path:
    """ONE as of version 3."""
    file = tmp_path / "signed.elf"
    file.write_bytes(sign(ONE, read_private_key((keys / "key.pem").read_bytes()), 3))
    return file


# --- bundles ------------------------------------------------------------------------------------


def test_all_apps_on_one_hypervisor_in_the_order_of_the_bundle(tmp_path: Path) -> None:
    found = load_bundle(bundle(tmp_path, two=TWO, one=ONE))
    assert list(found.apps) == ["two", "one"]
    assert found.refused == {}
    assert found.apps["one"].smc(FID).x0 == found.apps["two"].smc(FID).x0 == 11
    assert found.apps["one"].smc(FID + 1).x0 == 22


@pytest.mark.parametrize(
    ("name", "image", "reason"),
    [
        ("dying", DYING, "INIT"),
        ("rival", RIVAL, "app 'rival' refused: SMC 0xc6000001 is served by app 'one'"),
        ("other", TWO, "the image is app 'two'"),
        ("broken", b"\x7fELF", "the ELF header is cut"),
    ],
)
def test_one_that_is_refused_is_reported_and_the_others_go_on(
    tmp_path: Path, name: str, image: bytes, reason: str
) -> None:
    """ABI.md 6.1: a failure leaves the system as it was and is reported; boot goes on."""
    found = load_bundle(
        bundle(tmp_path, one=ONE, **{name: image}, three=app("three", uuid=3, fid=FID + 5))
    )
    assert list(found.apps) == ["one", "three"]
    assert reason in found.refused[name]
    (line,) = [line for line in found.hypervisor.console.lines if line.startswith("xap: ")]
    assert line == f"xap: {name}: {found.refused[name]}"
    assert [each.manifest.name for each in found.hypervisor.apps] == ["one", "three"]
    assert found.apps["one"].smc(FID).x0 == 11


def test_what_is_not_proven_is_refused_unless_it_is_wanted(tmp_path: Path) -> None:
    """ABI.md 1.2, 6.2: one app of a bundle, and an image that `xapc run` is given."""
    bad = TWO.replace(assemble("svc #0"), assemble("hvc #0"))
    assert bad != TWO
    file = bundle(tmp_path, one=ONE, two=bad)
    found = load_bundle(file)
    assert list(found.apps) == ["one"]
    assert "hvc: hypervisor call" in found.refused["two"]
    assert "INIT: undefined instruction" in load_bundle(file, prove=False).refused["two"]


def test_run_refuses_what_is_not_proven(xapc: Shell) -> None:
    bad = xapc.file("bad.elf", ONE.replace(assemble("svc #0"), assemble("hvc #0")))
    assert f"xapc run: {bad}: 0x" in xapc.refusal("run", bad, "smc", hex(FID))


def test_what_was_refused_leaves_no_device(tmp_path: Path) -> None:
    hypervisor = Hypervisor()
    nothing = {"io": Grant(serves=frozenset([1]))}
    found = load_bundle(bundle(tmp_path, io=IO), grants=nothing, hypervisor=hypervisor)
    assert "needs io region 'uart'" in found.refused["io"]
    (region,) = Rights.asked_by(xap_harness.load(_file(tmp_path, IO)).manifest).io
    assert hypervisor.device_at(region) is None


def test_no_boot_without_what_is_required(tmp_path: Path) -> None:
    grants = read_grants(b"[one]\nserves = [1]\n[dying]\nserves = [1]\nrequired = true\n")
    with pytest.raises(RequiredError, match="dying is required: app 'dying' refused"):
        load_bundle(bundle(tmp_path, one=ONE, dying=DYING), grants=grants)


def test_grants_say_whom_an_app_serves_and_what_it_has(tmp_path: Path) -> None:
    """ABI.md 4.1: none by default, and a guest not served sees no routes."""
    grants = read_grants(
        b"[one]\nserves = [1]\n"
        b"[rival]\nserves = [2]\n"
        b"[io]\nserves = [2]\nio = [{ base = 0x09040000, size = 0x1000 }]\n"
    )
    file = bundle(tmp_path, one=ONE, rival=RIVAL, io=IO, two=TWO)
    found = load_bundle(file, grants=grants, devices={"uart": RegisterFile(0x1000)})
    assert found.refused == {}
    one = found.apps["one"]
    assert one.smc(FID, domid=1).x0 == 11
    assert one.smc(FID, domid=2).x0 == 0
    assert one.smc(FID, domid=3).status == "not_handled"
    assert one.smc(FID + 3, domid=2).status == "ok"
    assert one.smc(FID + 1, domid=1).status == "not_handled"


def test_a_bundle_beside_apps_that_are_there(tmp_path: Path) -> None:
    first = load(_file(tmp_path, RIVAL))
    found = load_bundle(bundle(tmp_path, one=ONE, two=TWO), hypervisor=first.hypervisor)
    assert list(found.apps) == ["two"]
    assert "is served by app 'rival'" in found.refused["one"]


def test_a_bundle_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="not a flattened device tree"):
        load_bundle(_file(tmp_path, ONE))
    with pytest.raises(GrantError, match=r"\[tow\]: no such app"):
        load_bundle(bundle(tmp_path, two=TWO), grants={"tow": Grant()})
    with pytest.raises(ValueError, match="a bundle of apps, which load_bundle loads"):
        load(bundle(tmp_path, two=TWO))


# --- signatures ---------------------------------------------------------------------------------


def test_only_what_was_signed_is_loaded(signed: Path, keys: Path, tmp_path: Path) -> None:
    pem = keys / "pub.pem"
    for key in (pem, str(pem), read_public_key(pem.read_bytes())):
        assert load(signed, keys=[key], minimum_version=3).smc(FID).x0 == 11
    unsigned = _file(tmp_path, ONE)
    for file, options, reason in (
        (unsigned, {"keys": [pem]}, "not signed"),
        (unsigned, {"keys": []}, "not signed"),
        (signed, {"keys": []}, "the keys given: none"),
        (signed, {"keys": [keys / "other-pub.pem"]}, "signed by key"),
        (signed, {"keys": [pem], "minimum_version": 4}, "security version 3 is older than 4"),
        (signed, {"minimum_version": 1}, "without a key"),
        (signed, {"keys": [keys / "key.pem"]}, "key.pem: a private key"),
    ):
        with pytest.raises(SignatureError, match=reason):
            load(file, **options)  # type: ignore[arg-type]  # of many types


def test_a_signature_is_checked_before_the_file_is_parsed(keys: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.elf"
    broken.write_bytes(b"\x7fELF")
    with pytest.raises(SignatureError):
        load(broken, keys=[keys / "pub.pem"])
    with pytest.raises(SignatureError):
        load_bundle(broken, keys=[keys / "pub.pem"])


def test_headers_cannot_reach_into_the_signature(keys: Path, tmp_path: Path) -> None:
    """What is parsed ends where the signature begins, with keys and without."""
    private = read_private_key((keys / "key.pem").read_bytes())
    file = tmp_path / "short.elf"
    file.write_bytes(sign(ONE[:-8], private))
    for options in ({}, {"keys": [keys / "pub.pem"]}):
        with pytest.raises(ImageError, match="beyond the file"):
            load(file, **options)  # type: ignore[arg-type]  # of many types


@pytest.mark.parametrize("backend", xap_harness.BACKENDS)
def test_a_source_is_not_signed(keys: Path, tmp_path: Path, backend: str) -> None:
    source = tmp_path / "app.py"
    source.write_text("from xap import App\n")
    with pytest.raises(SignatureError, match="a Python file carries no signature"):
        load(source, backend, keys=[keys / "pub.pem"])


def test_a_signed_bundle(keys: Path, tmp_path: Path) -> None:
    """The bundle's own signature counts; those of the images inside do not open it."""
    private = read_private_key((keys / "key.pem").read_bytes())
    file = bundle(tmp_path, one=sign(ONE, private), two=TWO)
    with pytest.raises(SignatureError, match="no signature at the end"):
        load_bundle(file, keys=[keys / "pub.pem"])
    file.write_bytes(sign(file.read_bytes(), private, 2))
    assert load_bundle(file, keys=[keys / "pub.pem"], minimum_version=2).refused == {}
    assert load_bundle(file).refused == {}
    with pytest.raises(SignatureError, match="older than 3"):
        load_bundle(file, keys=[keys / "pub.pem"], minimum_version=3)


# --- xapc run -----------------------------------------------------------------------------------


def test_run_asks_the_app_that_takes_the_call(xapc: Shell, tmp_path: Path) -> None:
    file = bundle(tmp_path, one=ONE, two=TWO)
    for fid, x0 in ((FID, 11), (FID + 1, 22)):
        status, out, err = xapc("run", file, "--json", "smc", hex(fid))
        assert (status, err, json.loads(out)["x0"]) == (0, "", x0)
    assert json.loads(xapc("run", file, "--json", "hvc", hex(FID))[1])["status"] == "not_handled"


def test_run_tells_what_was_refused(xapc: Shell, tmp_path: Path) -> None:
    status, out, err = xapc("run", bundle(tmp_path, dying=DYING, two=TWO), "smc", hex(FID + 1))
    assert status == 0
    assert "0x0000000000000016" in out
    assert "app 'dying' refused" in err
    status, _, err = xapc("run", bundle(tmp_path, dying=DYING), "smc", "1")
    assert status == 1
    assert err.splitlines()[-1].endswith("no app of the bundle could be loaded")


def _file(folder: Path, image: bytes) -> Path:
    file = folder / "image.elf"
    file.write_bytes(image)
    return file
