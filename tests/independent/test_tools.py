"""Others' tools accept the images: readelf and elfutils' elflint."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from xapc.pipeline import build

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(path.stem for path in (ROOT / "samples").glob("*.py"))


@pytest.fixture(params=[(s, d) for s in SAMPLES for d in (True, False)], ids=str)
def elf(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    sample, debug = request.param
    path = tmp_path / f"{sample}.elf"
    path.write_bytes(build(ROOT / f"samples/{sample}.py", debug=debug).elf)
    return path


# elflint knows the notes of GNU and of a few others, and reports each of any other owner; those
# of the contract (ABI.md 1.3) have two other owners.
NOTE = re.compile(r"unknown object file note type \d+ with owner name '(XAP|Xen)'")


def run(tool: str, *arguments: str) -> tuple[int, list[str]]:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run(
        [tool, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_readelf_has_no_complaint(elf: Path) -> None:
    status, said = run("readelf", "--wide", "--all", "--debug-dump=info,line", str(elf))
    assert status == 0
    assert not [line for line in said if re.search("warning|error", line, re.IGNORECASE)]
    assert "There are no relocations in this file." in said
    assert any(line.split() == ["Machine:", "AArch64"] for line in said)


def test_elflint_complains_of_nothing_but_the_owners_of_notes(elf: Path) -> None:
    _, said = run("eu-elflint", "--gnu-ld", str(elf))
    assert said, "elflint says 'No errors', or what they are"
    other = [line for line in said if line and not NOTE.search(line)]
    assert other in ([], ["No errors"])


def test_elflint_does_see_a_broken_image(elf: Path) -> None:
    image = bytearray(elf.read_bytes())
    image[32] ^= 1  # e_phoff
    elf.write_bytes(image)
    status, said = run("eu-elflint", "--gnu-ld", str(elf))
    assert status != 0
    assert [line for line in said if line and not NOTE.search(line)]
