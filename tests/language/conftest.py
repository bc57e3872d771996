"""Small apps, each run on every backend: LANGUAGE.md rule by rule."""

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent

import pytest
from xap_harness import App, Result

from tests.image.exact_stack import exactly

FID = 0xC600_0001

HEADER = """\
from enum import Enum, Flag
from typing import Final, NoReturn
from xap import (
    App, Array, Caller, Instances, MmioAccess, N, Needs, SmcCall, SmcResult, SmcResult8, View,
    call_smc, caller, i8, i16, i32, i64, inject_irq, log, map_guest_page, map_io, not_handled,
    now_ns, offsetof, panic, psci, set_timer, sizeof, smccc, static_assert, struct, u8, u16, u32,
    u64, wrapping,
)

app = App("language", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e"{needs})
"""
FIRST_LINE = HEADER.count("\n") + 1
"""Where the source of a test begins in the file that is made of it."""

Load = Callable[..., App]
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def exact_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the emulator, all of it runs in the stack that the image asks for, to the byte."""
    exactly(monkeypatch)


@pytest.fixture
def app(xap, tmp_path: Path) -> Load:
    """`app(source)`: the app made of the header and `source`, loaded on the backend."""

    def load(source: str, needs: str = "", **options: object) -> App:
        path = tmp_path / "language.py"
        given = f", needs=[{needs}]" if needs else ""
        path.write_text(HEADER.replace("{needs}", given) + dedent(source), encoding="utf-8")
        return xap.load(path, **options)

    return load


@pytest.fixture
def run(app: Load) -> Run:
    """`run(source, args)`: the answer to a call of its `handler`, which gets a decorator."""

    def call(source: str, args: Sequence[int] = (), **options: object) -> Result:
        # On the line of the blank that dedent leaves in front, so that lines can be counted.
        text = dedent(source).lstrip("\n")
        text = text.replace("def handler(", f"@app.smc({FID:#x})\ndef handler(")
        return app(text, **options).smc(FID, *args)

    return call


@pytest.fixture
def value(run: Run) -> Callable[..., int | str]:
    """`value("x + 1", "u8", x="u8", given={"x": 255})`: an expression's value, or the reason of
    its panic."""

    def evaluate(text: str, result: str, given: Sequence[int] = (), **params: str) -> int | str:
        listed = ", ".join(f"{name}: {type}" for name, type in params.items())
        answer = run(f"def handler({listed}) -> {result}:\n    return {text}\n", given)
        return answer.x0 if answer.fault is None else answer.fault.reason

    return evaluate
