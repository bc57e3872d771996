"""What the files themselves have to keep: nobody's machine in them, licences, size."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sdk/xap", "compiler/xapc", "runtime/xaprt", "runtime/xap_harness")


def tracked() -> Iterator[Path]:
    """The files of the project: what git knows and does not ignore; without git, all but caches."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                yield ROOT / name
        return
    for path in ROOT.rglob("*"):
        hidden = any(p.startswith(".") or p == "__pycache__" for p in path.relative_to(ROOT).parts)
        if path.is_file() and not hidden:
            yield path


# A home or working directory, or a host of one's own network; pieces, as this file is read, too.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:home|root|Users|work)" + r"/\w",
            r"/(?:opt|etc)" + r"/(?:pypi|xdg/pip)",
            r"https?://(?:localhost|\d+\.\d+\.\d+\.\d+|[\w-]+\.(?:local|internal|corp))\b",
        ]
    )
)


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    ["see /ho" + "me/ada/src", "cd /wo" + "rk/main", "http://10.0." + "0.7/simple"],
)
def test_the_machine_would_be_seen(line: str) -> None:
    assert FORBIDDEN.search(line)


def test_what_is_built_is_not_kept() -> None:
    kept = [p for p in tracked() if p.suffix in (".elf", ".pyc", ".so") or ".venv" in p.parts]
    assert not kept


def test_the_compiler_stays_readable() -> None:
    """pipeline.py is the compiler's table of contents: under a hundred lines, blank ones apart."""
    lines = (ROOT / "compiler/xapc/pipeline.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) < 100


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package: str) -> None:
    silent = []
    for path in (ROOT / package).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if text.strip() and not text.lstrip().startswith('"""'):
            silent.append(str(path.relative_to(ROOT)))
    assert not silent


def test_links_in_the_documentation_lead_somewhere() -> None:
    broken = []
    for page in (p for p in tracked() if p.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken, "\n".join(broken)


def test_ci_is_one_script_that_runs_the_tests() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text(encoding="utf-8")
    assert [path.name for path in script.parent.iterdir()] == ["run"]
    assert not (ROOT / ".github").exists()
