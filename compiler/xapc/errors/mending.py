"""Text that is not Python, and the edit of its line that makes it Python.

Only what Python's own parser then takes, or takes beyond that line, is offered.
"""

import ast
import re
import warnings

from xapc.diagnostics import Edit
from xapc.source import Span

_OTHERS = (
    (re.compile(r"\s*&&\s*"), " and "),
    (re.compile(r"\s*\|\|\s*"), " or "),
    (re.compile(r"(?<![=!<>])!(?!=)\s*"), "not "),
    (re.compile(r"(?<=\w)\+\+;?$"), " += 1"),
    (re.compile(r"(?<=\w)--;?$"), " -= 1"),
)
"""Operators of C."""


def mended(span: Span, text: str) -> tuple[Edit, ...]:
    """Edits of the line that Python refuses with `text`."""
    line = span.source.line(span.line)
    changes: list[tuple[int, int, str]] = []
    if found := re.match(r"\s*(else\s+if)\b", line):
        changes = [(found.start(1), found.end(1), "elif")]
    elif text == "expected ':'" and "#" not in line:
        end = len(line.rstrip())
        changes = [(end, end, ":")]
    elif "Maybe you meant '=='" in text:
        found = re.search(r"(?<![=!<>])=(?!=)", line[span.column - 1 : span.end_column - 1])
        if found is not None:
            at = span.column - 1 + found.start()
            changes = [(at, at + 1, "==")]
    elif text == "invalid syntax" and not set("\"'#") & set(line):
        for form, new in _OTHERS:
            changes += [(*found.span(), new) for found in form.finditer(line)]
    changes.sort()
    if not changes or not _reads_on(span, _changed(line, changes)):
        return ()
    number = span.line
    return tuple(
        Edit(Span(span.source, number, begin + 1, number, end + 1), new)
        for begin, end, new in changes
    )


def _changed(line: str, changes: list[tuple[int, int, str]]) -> str:
    for begin, end, new in reversed(changes):
        line = line[:begin] + new + line[end:]
    return line


def _reads_on(span: Span, line: str) -> bool:
    """Whether Python takes the file with that line, or its lines up to that one."""
    lines = list(span.source.lines)
    lines[span.line - 1] = line
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as problem:
            return (problem.lineno or 0) > span.line
        except (ValueError, RecursionError, MemoryError):
            return False
    return True
