"""`xapc bundle`: what goes in, what comes out, and what is refused before it ships (issue 5)."""

import os
from pathlib import Path

import pytest
from xaprt import abi
from xaprt.fit import MAX_APPS, unpack
from xaprt.manifest import Need
from xaprt.signature import read_private_key, sign

from tests.shipping.apps import FID, ONE, TWO, Shell, app

SMC = Need(abi.NeedKind.CALL_SMC, (0xC400_0053,))


def test_apps_in_the_order_of_the_command(xapc: Shell) -> None:
    one, two = xapc.file("one.elf", ONE), xapc.file("two.elf", TWO)
    out = xapc.folder / "apps.fit"
    status, said, err = xapc("bundle", two, one, "-o", out)
    assert (status, err) == (0, "")
    assert said.splitlines() == [
        f"{out}: 2 apps, {out.stat().st_size} bytes",
        f"  two          {len(TWO)} bytes",
        f"  one          {len(ONE)} bytes",
    ]
    found = unpack(out.read_bytes())
    assert [(each.name, each.description, each.data) for each in found] == [
        ("two", "two 1.0.0", TWO),
        ("one", "one 1.0.0", ONE),
    ]


def test_the_same_images_give_the_same_bytes(xapc: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder, on any day; a timestamp only by SOURCE_DATE_EPOCH."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    made = []
    for name in ("a", "another place"):
        folder = xapc.folder / name
        folder.mkdir()
        (folder / "one.elf").write_bytes(ONE)
        os.utime(folder / "one.elf", (len(made), len(made)))
        monkeypatch.chdir(folder)
        assert xapc("bundle", "one.elf", "-o", "apps.fit")[0] == 0
        made.append((folder / "apps.fit").read_bytes())
    assert made[0] == made[1]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert xapc("bundle", "one.elf", "-o", "dated.fit")[0] == 0
    dated = Path("dated.fit").read_bytes()
    assert len(dated) == len(made[0])
    assert (1_700_000_000).to_bytes(4, "big") in dated


@pytest.mark.parametrize("date", ["", "tomorrow", "-1", "4294967296", "1.5", "²"])
def test_a_date_that_is_none(xapc: Shell, monkeypatch: pytest.MonkeyPatch, date: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    one = xapc.file("one.elf", ONE)
    said = xapc.refusal("bundle", one, "-o", xapc.folder / "apps.fit")
    assert "SOURCE_DATE_EPOCH=" in said


def test_signed_images_are_taken_as_they_are(xapc: Shell, keys: Path) -> None:
    signed = sign(ONE, read_private_key((keys / "key.pem").read_bytes()))
    out = xapc.folder / "apps.fit"
    assert xapc("bundle", xapc.file("one.elf", signed), "-o", out)[0] == 0
    assert unpack(out.read_bytes())[0].data == signed


# --- refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (app("two", uuid=1, fid=FID + 1), "app 'two' refused: app 'one' has the same UUID"),
        (app("two", uuid=2), "app 'two' refused: SMC 0xc6000001 is served by app 'one'"),
        (app("one", uuid=2, fid=FID + 1), "both apps are called 'one'"),
    ],
)
def test_apps_that_are_in_each_others_way(xapc: Shell, second: bytes, reason: str) -> None:
    """ABI.md 4.2: with both names, and with the file."""
    one, two = xapc.file("a.elf", ONE), xapc.file("b.elf", second)
    out = xapc.folder / "apps.fit"
    said = xapc.refusal("bundle", one, two, "-o", out)
    assert reason in said
    assert str(two) in said
    assert not out.exists()


def test_one_route_for_different_guests(xapc: Shell) -> None:
    """ABI.md 4.1: two apps conflict only if they share a guest, and grants tell that."""
    one, two = xapc.file("a.elf", ONE), xapc.file("b.elf", app("two", uuid=2))
    out = xapc.folder / "apps.fit"
    apart = xapc.file("apart.toml", "[one]\nserves = [1]\n[two]\nserves = [2]\n")
    assert xapc("bundle", one, two, "-o", out, "--grants", apart)[0] == 0
    both = xapc.file("both.toml", "[one]\nserves = [1]\n[two]\nserves = [1, 2]\n")
    said = xapc.refusal("bundle", one, two, "-o", out, "--grants", both)
    assert "is served by app 'one'" in said


def test_a_need_beyond_the_grants(xapc: Shell) -> None:
    one = xapc.file("a.elf", app("one", uuid=1, needs=[SMC]))
    grants = xapc.file("apps.toml", "[one]\nserves = [1]\ncall_smc = [0xC4000050]\n")
    said = xapc.refusal("bundle", one, "-o", xapc.folder / "x", "--grants", grants)
    assert "app 'one' refused: needs call_smc of 0xc4000053, which is not granted" in said


@pytest.mark.parametrize(
    ("grants", "reason"),
    [
        ("", "[one] serves no guest; say which: serves = [1]"),
        ("[one]\n", "[one] serves no guest"),
        ("[one]\nserves = [1]\n[two]\nserves = [1]\n", "[two]: no such app; there are: one"),
        ("[one]\nserves = 1\n", "[one] serves: 1 is no list"),
        ("[one", "no TOML"),
    ],
)
def test_grants_that_do_not_fit(xapc: Shell, grants: str, reason: str) -> None:
    one, toml = xapc.file("a.elf", ONE), xapc.file("apps.toml", grants)
    said = xapc.refusal("bundle", one, "-o", xapc.folder / "x", "--grants", toml)
    assert f"{toml}: {reason}" in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an ELF file"),
        (ONE[:500], "ABI.md 1]"),
        (b"from xap import App\n", "not an ELF file"),
        (app("one", uuid=1, fid=0x8400_0000), "PSCI is the hypervisor's own"),
    ],
)
def test_what_is_no_good_image(xapc: Shell, content: bytes, reason: str) -> None:
    """The verifier's word, before it ships."""
    file = xapc.file("bad.elf", content)
    said = xapc.refusal("bundle", file, "-o", xapc.folder / "x")
    assert said.startswith(f"xapc bundle: {file}: ")
    assert reason in said


def test_a_source_is_no_image(xapc: Shell) -> None:
    file = xapc.file("app.py", "from xap import App\n")
    assert xapc.refusal("bundle", file, "-o", xapc.folder / "x").endswith("(xapc build makes one)")


def test_too_many(xapc: Shell) -> None:
    one = xapc.file("a.elf", ONE)
    said = xapc.refusal("bundle", *[one] * (MAX_APPS + 1), "-o", xapc.folder / "x")
    assert f"at most {MAX_APPS}" in said


def test_no_file_is_replaced_by_another(xapc: Shell) -> None:
    one, toml = xapc.file("a.elf", ONE), xapc.file("apps.toml", "[one]\nserves = [1]\n")
    out = xapc.folder / "out"
    tree = ("--grants", toml, "--address", "0", "--device-tree")
    assert "is another file" in xapc.refusal("bundle", one, "-o", one)
    assert "is another file" in xapc.refusal("bundle", one, "-o", out, *tree, out)
    assert "is another file" in xapc.refusal("bundle", one, "-o", out, *tree, one)
    assert "is another file" in xapc.refusal("bundle", one, "-o", toml, *tree, out)
    assert one.read_bytes() == ONE


def test_files_that_cannot_be_read_or_written(xapc: Shell) -> None:
    one = xapc.file("a.elf", ONE)
    missing = xapc.folder / "missing"
    assert f"{missing}: No such file" in xapc.refusal("bundle", missing, "-o", missing / "x")
    assert "No such file" in xapc.refusal("bundle", one, "-o", missing / "x")
    assert "No such file" in xapc.refusal("bundle", one, "-o", "x", "--grants", missing)


@pytest.mark.parametrize("address", ["-4096", "4095", "x", "0x1000000000000"])
def test_addresses_that_are_none(xapc: Shell, address: str) -> None:
    one = xapc.file("a.elf", ONE)
    said = xapc.refusal("bundle", one, "-o", xapc.folder / "x", f"--address={address}")
    assert "invalid address value" in said


def test_images_beyond_the_last_address(xapc: Shell) -> None:
    one = xapc.file("a.elf", ONE)
    said = xapc.refusal("bundle", one, "-o", xapc.folder / "x", "--address", hex((1 << 48) - 4096))
    assert "reach beyond 48 bits" in said


def test_a_tree_needs_grants_and_an_address(xapc: Shell) -> None:
    one = xapc.file("a.elf", ONE)
    said = xapc.refusal("bundle", one, "-o", xapc.folder / "x", "--device-tree", "y")
    assert "--device-tree needs --grants and --address" in said
