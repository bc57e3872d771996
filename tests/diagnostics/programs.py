"""Wrong programs as people write them who come from Python: `programs/*.txt`.

`### name` begins a program, of one mistake or a few. A line that is to get an error ends in `#!`
and its code, or codes. What every app has is put above it, but for a program whose name begins
with `file`, which is all of its file. `=== name.py` begins a file beside it.

python -m tests.diagnostics.programs            what the compiler says of them all
python -m tests.diagnostics.programs WORD...    of those whose name has one of the words
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xapc.diagnostics import CompileError, Error
from xapc.pipeline import check_file
from xapc.render import render

DIRECTORY = Path(__file__).parent / "programs"

HEAD = """\
from enum import Enum, Flag
from typing import Final
from xap import (
    App, Array, Event, Instances, MmioAccess, N, Needs, Restart, SmcCall, SmcResult, View,
    call_smc, caller, inject_irq, log, map_guest_page, map_io, not_handled, now_ns, offsetof,
    panic, psci, set_timer, sizeof, smccc, static_assert, struct, wrapping,
    i8, i16, i32, i64, u8, u16, u32, u64,
)
app = App(
    "case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
    needs=[
        Needs.call_smc(0x84000050), Needs.guest_memory("rw"), Needs.timer(), Needs.irq(40),
        Needs.io("uart1", 0x9000000, 0x1000),
    ],
)
"""

_MARK = re.compile(r" *#!((?: E0\d{3})+)$", re.MULTILINE)


@dataclass(frozen=True)
class WrongProgram:
    name: str
    text: str
    """The file."""
    wanted: tuple[tuple[str, int, str], ...]
    """File, line and code of each error."""
    beside: tuple[tuple[str, str], ...] = ()
    """Other files: name and text."""

    def __str__(self) -> str:
        return self.name

    def write(self, directory: Path) -> Path:
        """The app's file."""
        for name, text in (("app.py", self.text), *self.beside):
            (directory / name).write_text(text, encoding="utf-8")
        return directory / "app.py"


def programs() -> list[WrongProgram]:
    found = []
    for file in sorted(DIRECTORY.glob("*.txt")):
        parts = re.split(r"^### (.*)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        found += [_program(name, body) for name, body in zip(parts[::2], parts[1::2], strict=True)]
    return found


def _program(name: str, body: str) -> WrongProgram:
    head = "" if name.startswith("file") else HEAD
    own, *others = re.split(r"^=== (.*)\n", body, flags=re.MULTILINE)
    files = {"app.py": head + own, **dict(zip(others[::2], others[1::2], strict=True))}
    wanted = tuple(
        (file, number, code)
        for file, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        for mark in _MARK.findall(line)
        for code in mark.split()
    )
    (_, text), *beside = [(file, _MARK.sub("", text)) for file, text in files.items()]
    return WrongProgram(name, text, wanted, tuple(beside))


def errors_of(path: Path) -> list[Error]:
    try:
        check_file(path)
    except CompileError as problem:
        return problem.errors
    return []


def main(words: list[str]) -> Iterator[str]:
    for each in programs():
        if not words or any(word in each.name for word in words):
            with tempfile.TemporaryDirectory() as directory:
                found = errors_of(each.write(Path(directory)))
                shown = render(found, color=False).replace(f"{directory}/", "")
                yield f"### {each.name}\n\n{shown}"


if __name__ == "__main__":
    for text in main(sys.argv[1:]):
        print(text)
