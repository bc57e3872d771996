"""Others' tools that read an image: what they complain of."""

import os
import re
import shutil
import subprocess
from pathlib import Path

# The contract fixes owner and number of these notes (ABI.md 1.3), and elflint knows neither.
_OWN_NOTES = re.compile(r"unknown object file note type \d with owner name '(XAP|Xen)'")

PACKAGES = {"readelf": "binutils", "eu-elflint": "elfutils", "llvm-objdump": "llvm"}
"""The Debian package of each."""


def missing() -> list[str]:
    return [f"{tool} ({PACKAGES[tool]})" for tool in PACKAGES if shutil.which(tool) is None]


def complaints(image: bytes, folder: Path) -> list[str]:
    """One line each, of all the tools. FileNotFoundError where one is not installed."""
    path = folder / "read.elf"
    path.write_bytes(image)
    return [*_readelf(path), *_elflint(path), *_objdump(path)]


def _output(tool: str, *arguments: str | Path, fails: bool = False) -> tuple[list[str], list[str]]:
    """What it shows, and what it complains of on the way. `fails`: its exit status says no more."""
    done = subprocess.run(
        [tool, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    said = done.stderr.splitlines()
    if done.returncode and not (fails and done.returncode == 1):
        said.append(f"{tool} ended with {done.returncode}")
    return done.stdout.splitlines(), said


def _readelf(path: Path) -> list[str]:
    shown, said = _output("readelf", "--all", "--wide", path)
    wrong = re.compile("<(corrupt|unknown|no-|None|OS specific|processor specific)")
    return said + [line for line in shown if wrong.search(line)]


def _elflint(path: Path) -> list[str]:
    shown, said = _output("eu-elflint", "--gnu-ld", path, fails=True)
    return said + [line for line in shown if line != "No errors" and not _OWN_NOTES.search(line)]


def _objdump(path: Path) -> list[str]:
    """Every word of text is an instruction."""
    shown, said = _output("llvm-objdump", "--disassemble", path)
    return said + [line for line in shown if "<unknown>" in line]
