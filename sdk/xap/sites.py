"""Where a call ended: file and line in the app, the same on every Python (LANGUAGE.md section 6).

"The line is where the failing expression begins (of a method call, its name; of an `assert`,
the keyword)." CPython's own line is that nearly always. What it names differently from version
to version, where it takes several lines, is looked up in the source:

* `assert`: 3.11 and 3.13 the test, 3.12 the statement;
* `module.name(...)`: from 3.12 on where `module` stands;
* `for x in view`: up to 3.12 the statement, from then on the view.
"""

import ast
import enum
import linecache
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import FrameType, TracebackType

from xaprt.abi import Reason

from xap.panics import Panic

_HERE = f"{Path(__file__).parent}{os.sep}"
_TOOLS = frozenset({"xap", "xaprt", "xapc", "xap_harness"})

Position = tuple[int, int, int, int]
"""Line, end line, column, end column; columns from 0, in bytes of UTF-8, as in `ast`."""


def panic_site(exception: BaseException) -> tuple[str, int]:
    """File and line of the innermost frame outside the SDK. ValueError: there is none."""
    for _, file, line in _sites(exception):
        return file, line
    raise ValueError("the exception was raised by no code outside the SDK")


def panic_chain(exception: BaseException) -> list[tuple[str, str, int]]:
    """Function, file and line of each frame outside the SDK and its tools, innermost first."""
    return list(_sites(exception))


def current_site() -> tuple[str, str, int]:
    """Function, file and line of the innermost frame that runs outside the SDK and its tools.
    ValueError: there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not _is_tool(frame):
            return frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    raise ValueError("no code outside the SDK is running")


def panic_reason(exception: BaseException) -> tuple[Reason, str]:
    """Reason and message of a Panic or a failed `assert`. TypeError for anything else."""
    if isinstance(exception, Panic):
        return exception.reason, exception.message
    if isinstance(exception, AssertionError):
        return Reason.ASSERT, str(exception)
    raise TypeError(f"{type(exception).__name__} is neither a Panic nor a failed assert")


def _sites(exception: BaseException) -> Iterator[tuple[str, str, int]]:
    found: list[TracebackType] = []
    entry = exception.__traceback__
    innermost = None
    while entry is not None:
        innermost = entry
        if not _is_tool(entry.tb_frame):
            found.append(entry)
        entry = entry.tb_next
    for entry in reversed(found):
        code = entry.tb_frame.f_code
        asserted = entry is innermost and isinstance(exception, AssertionError)
        yield code.co_name, code.co_filename, _line(entry, asserted=asserted)


def _is_tool(frame: FrameType) -> bool:
    """The SDK and its tools, and the enum module, which calls the SDK back."""
    file = frame.f_code.co_filename
    if file == enum.__file__ or file.startswith(_HERE):
        return True
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _TOOLS


def _line(entry: TracebackType, *, asserted: bool) -> int:
    position = _position(entry)
    if position is None:
        return entry.tb_lineno
    if asserted:
        return _keyword_line(_tree(entry.tb_frame), position)
    if position[0] != position[1]:
        return _begin(_tree(entry.tb_frame), position)
    return position[0]


def _position(entry: TracebackType) -> Position | None:
    places = entry.tb_frame.f_code.co_positions()
    line, end_line, column, end_column = next(islice(places, entry.tb_lasti // 2, None))
    if line is None or end_line is None:
        return None
    return line, end_line, column or 0, end_column or 0


def _tree(frame: FrameType) -> ast.Module:
    """The source that the frame's code came from; empty where it cannot be read."""
    file = frame.f_code.co_filename
    linecache.checkcache(file)
    text = "".join(linecache.getlines(file, frame.f_globals))
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _keyword_line(tree: ast.Module, position: Position) -> int:
    """The line of the `assert` in which that position lies."""
    begin = position[0], position[2]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            end = node.end_lineno or node.lineno, node.end_col_offset or 0
            if (node.lineno, node.col_offset) <= begin < end:
                return node.lineno
    return position[0]


def _begin(tree: ast.Module, position: Position) -> int:
    """The line of a method's name or of what a loop goes over, if that is at `position`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            line = node.func.end_lineno
        elif isinstance(node, ast.For):
            line = node.iter.lineno
        else:
            continue
        if position == (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset):
            return line or position[0]
    return position[0]
