"""The detector of double fetches: one app that has one, one that has none, on both backends."""

from pathlib import Path

import pytest
import xap_harness
from xap_harness import BACKENDS, DoubleFetch
from xaprt.debug.place import Place

from tests.hostile.asm import assemble, source_of
from tests.hostile.corpus.fetch import BAD, GOOD
from tests.hostile.images import Manifest, guest_memory, image

RAM, FID = 0x4000_0000, 0xC600_0001


def fetches(path: Path, backend: str = "emulator", *arguments: int) -> list[DoubleFetch]:
    found: list[DoubleFetch] = []
    app = xap_harness.load(path, backend, double_fetches=found, prove=False)
    app.domain().write(RAM + 16, (5).to_bytes(4, "little"))
    assert app.smc(FID, *(arguments or (RAM,))).status == "ok"
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_length_that_is_checked_and_read_again_is_told(tmp_path: Path, backend: str) -> None:
    """ABI.md 3.4: the guest's other vCPUs may write the page at any time."""
    path = tmp_path / "bad.py"
    path.write_text(BAD)
    lines = BAD.splitlines()
    first = lines.index("        if page.load(u32, 16) > 64:") + 1
    second = lines.index("        length = page.load(u32, 16)") + 1
    places = [Place("handle", str(path), line) for line in (first, second)]
    (found,) = fetches(path, backend)
    assert (found.app, found.requester, found.offset, found.size) == ("attack", (1, 0), 16, 4)
    assert [found.first, found.second] == places
    assert str(found).endswith(f"{path}:{first} in handle, and again at {path}:{second} in handle")


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_read_once_is_not_told(tmp_path: Path, backend: str) -> None:
    path = tmp_path / "good.py"
    path.write_text(GOOD)
    assert fetches(path, backend) == []


def assembled(tmp_path: Path, code: str) -> Path:
    path = tmp_path / "app.elf"
    manifest = Manifest(needs=(guest_memory(3),))
    path.write_bytes(image(assemble(source_of({"smc": code})), manifest.encoded()).bytes())
    return path


MAP = "li x0, 0x40000000; mov x1, #1; sys 4"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (f"{MAP}; ldr x1, [x0]; ldr w1, [x0, #4]; answer", [(4, 4)]),
        (f"{MAP}; ldrb w1, [x0]; ldr x1, [x0, #1]; answer", []),
        (f"{MAP}; ldp x1, x2, [x0]; ldrh w1, [x0, #14]; answer", [(14, 2)]),
        (f"{MAP}; ldr x1, [x0]; str x1, [x0]; ldr x1, [x0, #8]; answer", []),
        (f"{MAP}; mov x20, x0; {MAP}; ldr w1, [x0]; ldr w1, [x20]; answer", [(0, 4)]),
        (f"{MAP}; ldr w1, [x0]; sys 5; {MAP}; ldr w1, [x0]; answer", [(0, 4)]),
        (f"ldr x1, [sp, #-8]!; {MAP}; ldr x1, [sp]; ldr x1, [x0]; answer", []),
    ],
    ids=["word", "neighbours", "pair", "written", "mapped-twice", "mapped-again", "stack"],
)
def test_a_byte_is_the_guests_whatever_it_is_read_by(
    tmp_path: Path, code: str, wanted: list[tuple[int, int]]
) -> None:
    """Two mappings of a page are one; stores and other memory do not count."""
    assert [(each.offset, each.size) for each in fetches(assembled(tmp_path, code))] == wanted


def test_without_lines_the_places_are_addresses(tmp_path: Path) -> None:
    code = f"{MAP}; ldr w1, [x0]; ldr w2, [x0]; answer"
    (found,) = fetches(assembled(tmp_path, code))
    assert isinstance(found.first, int)
    assert found.second == found.first + 4
    assert f"address {found.first:#x}, and again at address {found.second:#x}" in str(found)


def test_the_next_call_begins_anew(tmp_path: Path) -> None:
    found: list[DoubleFetch] = []
    path = assembled(tmp_path, f"{MAP}; ldr w1, [x0]; answer")
    app = xap_harness.load(path, double_fetches=found, prove=False)
    for _ in range(2):
        assert app.smc(FID).status == "ok"
    assert found == []
