"""Small apps as text, and their diagnostics."""

from pathlib import Path

from xapc.diagnostics import CompileError, Error
from xapc.pipeline import check_file

HEAD = """\
from enum import Enum, Flag
from typing import Final
from xap import (
    App, Array, N, Needs, View, i64, inject_irq, log, map_guest_page, panic, set_timer,
    static_assert, struct, u8, u32, u64, wrapping,
)

app = App(
    "example",
    version="1.0.0",
    uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
    needs=[Needs.irq(33), Needs.timer(), Needs.guest_memory("rw")],
)
count = u32(0)
"""


def app(body: str) -> str:
    return HEAD + body


def errors_of(path: Path, text: str | bytes) -> list[Error]:
    """What `check_file` says of a file with that content."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    try:
        check_file(path)
    except CompileError as problem:
        return problem.errors
    return []


def codes_of(path: Path, text: str | bytes) -> list[str]:
    return [each.code for each in errors_of(path, text)]
