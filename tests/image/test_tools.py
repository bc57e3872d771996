"""Others' tools read the file without complaint."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from xaprt.link import link

from tests.image.support import APP, compiled, entry
from tests.image.test_debug import source
from tests.image.test_link import COUNTER

ONLY_ZEROED = '@z = internal global [9 x i64] zeroinitializer, section ".bss.z", align 8\n' + entry(
    "store volatile i64 1, ptr @z"
)
MODULES = {"plain": entry(""), "all": COUNTER, "zeroed": ONLY_ZEROED, "lines": source()}

# The contract fixes owner and number of these notes (ABI.md 1.3), and elflint knows neither.
OWN_NOTES = re.compile(r"unknown object file note type \d with owner name '(XAP|Xen)'")


def output(tool: str, *arguments: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run(
        [tool, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout


@pytest.fixture(params=[(name, debug) for name in MODULES for debug in (True, False)], ids=str)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    name, debug = request.param
    path = tmp_path / "app.elf"
    path.write_bytes(link(compiled(MODULES[name]), APP, debug=debug))
    return str(path)


def test_readelf(file: str) -> None:
    said = output("readelf", "--all", "--wide", file)
    assert not re.search("warning|error|corrupt|invalid", said, re.IGNORECASE), said
    assert "There is no dynamic section" in said
    assert "There are no relocations" in said
    assert re.search("Build ID: [0-9a-f]{40}", said)


def test_elflint(file: str) -> None:
    said = output("eu-elflint", "--gnu-ld", file).splitlines()
    assert [line for line in said if not OWN_NOTES.search(line) and line != "No errors"] == []
