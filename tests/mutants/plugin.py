"""A pytest plugin that leaves one run-time check out of every app that is compiled.

`XAP_MUTANT=record:FILE` notes the places that insert checks, `XAP_MUTANT=skip:PLACE` makes one of
them insert nothing. A place is the function of `xapc.lower` that asks for the check, with its
line, and what it asks for.
"""

import os
import sys
from pathlib import Path
from types import FrameType

import pytest
from xapc.lower import integers, memory, views
from xapc.lower.body import Body
from xaprt.abi import Reason

_SEEN: set[str] = set()
_SHARED = {each.__code__ for each in (integers.checked, memory._require_within, views.require)}
"""What asks for a check on behalf of its caller."""


def _place(frame: FrameType | None, reason: Reason) -> str:
    what = ""
    if frame is not None and frame.f_code is integers.checked.__code__:
        # One check serves all operators: each of them is a place of its own.
        kind = "i" if frame.f_locals["type"].signed else "u"
        what = f" {frame.f_locals['name']} {kind}"
    if frame is not None and frame.f_code in _SHARED:
        frame = frame.f_back
    assert frame is not None
    name = Path(frame.f_code.co_filename).stem
    return f"{name}.{frame.f_code.co_name}:{frame.f_lineno}{what} {reason.name}"


def pytest_configure(config: pytest.Config) -> None:
    kind, _, value = os.environ["XAP_MUTANT"].partition(":")
    original = Body.check

    def check(self: Body, ok: str, reason: Reason) -> None:
        place = _place(sys._getframe(1), reason)
        _SEEN.add(place)
        if kind != "skip" or place != value:
            original(self, ok, reason)

    Body.check = check  # type: ignore[method-assign]  # this is what a mutant is


def pytest_unconfigure(config: pytest.Config) -> None:
    kind, _, value = os.environ["XAP_MUTANT"].partition(":")
    if kind == "record":
        Path(value).write_text("\n".join(sorted(_SEEN)) + "\n", encoding="utf-8")
