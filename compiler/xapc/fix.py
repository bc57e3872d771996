"""Fix: apply the edits of diagnostics to the files, until no edit is left.

Edits of one error are made together or not at all. Where two errors touch the same text, the second
waits for the next round: its edit may be another one then.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xapc.diagnostics import Diagnostics, Edit, Error, InternalError
from xapc.files import write
from xapc.load import is_python, read
from xapc.source import Source

MAX_ROUNDS = 50


@dataclass(frozen=True)
class Fixed:
    """What was done, and the errors that are left."""

    edits: int
    files: tuple[str, ...]
    left: list[Error]


def fix(path: Path, check: Callable[[Path], list[Error]]) -> Fixed:
    """Check and edit the file (and the modules beside it) in turn. Raises OSError."""
    done = 0
    files: dict[str, None] = {}
    for _ in range(MAX_ROUNDS):
        errors = check(path)
        chosen = choose(errors)
        if not chosen:
            return Fixed(done, tuple(files), errors)
        for source in {id(e.span.source): e.span.source for e in chosen}.values():
            here = [e for e in chosen if e.span.source is source]
            _rewrite(source, here)
            files[source.path] = None
            done += len(here)
    return Fixed(done, tuple(files), check(path))


def choose(errors: Sequence[Error]) -> list[Edit]:
    """The edits that can be made at once."""
    chosen: list[Edit] = []
    by_line: dict[tuple[str, int], list[Edit]] = {}
    for error in errors:
        near = [e for new in error.edits for key in _lines(new) for e in by_line.get(key, ())]
        if any(_touch(new, old) for new in error.edits for old in near):
            continue
        chosen += error.edits
        for new in error.edits:
            for key in _lines(new):
                by_line.setdefault(key, []).append(new)
    return chosen


def _lines(edit: Edit) -> Iterator[tuple[str, int]]:
    span = edit.span
    return ((span.source.path, line) for line in range(span.line, span.end_line + 1))


def _touch(one: Edit, other: Edit) -> bool:
    if one.span.source.path != other.span.source.path:
        return False
    a, b = one.span, other.span
    return a.start <= (b.end_line, b.end_column) and b.start <= (a.end_line, a.end_column)


def apply(source: Source, edits: Sequence[Edit]) -> str:
    """The text of `source` after edits that do not overlap; inserted lines end as its own do."""
    starts = _line_starts(source.text)
    newline = _newline(source.text)
    text = source.text
    # From the end, so that places before stay; of insertions at one place the last one first.
    order = sorted(range(len(edits)), key=lambda n: (_place(edits[n]), n), reverse=True)
    for edit in (edits[n] for n in order):
        span = edit.span
        begin = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        text = text[:begin] + edit.text.replace("\n", newline) + text[end:]
    return text


def _place(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    return edit.span.start, (edit.span.end_line, edit.span.end_column)


def _line_starts(text: str) -> list[int]:
    """Where each line begins, as `Source.lines` counts them."""
    return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]


def _newline(text: str) -> str:
    found = [end for end in ("\r\n", "\n", "\r") if end in text]
    return found[0] if found else "\n"


def _rewrite(source: Source, edits: Sequence[Edit]) -> None:
    """Write the file anew in one step, in its own encoding."""
    path = Path(source.path)
    file = read(path, Diagnostics())
    if file is None or file.source.text != source.text:
        raise OSError(0, "changed while it was checked", source.path)
    text = apply(source, edits)
    if is_python(source.text) and not is_python(text):
        raise InternalError("an edit that does not make Python", edits[0].span)
    write(path, text.encode(file.encoding))
