"""What the pages show is what happens: their files are written, their commands run.

In a page, a block of `python` that begins with `# name.py` is that file (so is one of `toml`), and
in a block of `console` a line after `$` is a command, what follows is its output. Numbers that may
change with the compiler, and times, are compared as numbers only.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "README.md",
    "docs/device-models.md",
    "docs/getting-started.md",
    "docs/seeing.md",
    "docs/shipping.md",
]
TOOLS = {"docs/shipping.md": ("dumpimage", "dtc", "openssl")}
"""What a page runs that may not be there."""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGES = [
    (r"\b\d+( +)(instructions|bytes|of them|of stack)", r"N\1\2"),
    (r"(instructions +|after |most )\d+", r"\1N"),
    (r"in \d+\.\d+s", "in Ns"),
    (r"\d+\.\d+ us|instructions=\d+", "N"),
    (r"(build id +|by key |Hash value: +)\w+", r"\1ID"),
    (r"Data Size: .*|functions +\d+, \d+ words", "N"),
    (r"module@\w+|reg = .*|(?m: at 0x\w+$)", "ADDRESS"),
    (r" +", " "),
]


def steps(text: str) -> Iterator[tuple[str, str, str]]:
    """("file", name, content) and ("run", command, output), in the order of the page."""
    for language, body in BLOCK.findall(text):
        named = re.match(r"# (\w+\.(?:py|toml))\n", body)
        if language in ("python", "toml") and named:
            yield "file", named[1], body
        elif language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield "run", command, output


def same(text: str) -> str:
    for pattern, replacement in CHANGES:
        text = re.sub(pattern, replacement, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def run(command: str, folder: Path) -> str:
    scripts = sysconfig.get_path("scripts")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    environment["PATH"] = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    environment["COLUMNS"] = "80"
    if command == "make demo":
        command = f'"{sys.executable}" -m xap_harness.demo samples/trng.py'
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    ).stdout


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, tmp_path: Path) -> None:
    missing = [name for name in TOOLS.get(page, ()) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"the page runs {', '.join(missing)}, which is not installed")
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    done = list(steps((ROOT / page).read_text(encoding="utf-8")))
    assert {kind for kind, _, _ in done} == {"file", "run"}
    for kind, name, text in done:
        if kind == "file":
            (tmp_path / name).write_text(text, encoding="utf-8")
        else:
            assert same(run(name, tmp_path)) == same(text), name
