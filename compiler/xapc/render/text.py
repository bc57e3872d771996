"""Diagnostics for people.

app.py:12:16: error[E0302]: + mixes u32 and u64
   |
12 |     return x + y
   |            ^^^^^
   = help: ...
   |
12 |     return u64(x) + y
   |            ++++ +
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error, Related
from xapc.render.columns import shown
from xapc.source import Source, Span

_RESET = "\x1b[0m"
_STYLES = {"error": "\x1b[1;31m", "bold": "\x1b[1m", "rule": "\x1b[1;34m", "good": "\x1b[1;32m"}


def render(found: Sequence[Error], *, color: bool) -> str:
    """All diagnostics, each ending in a newline, an empty line between them."""
    return "\n".join("\n".join(_Drawing(each, color).lines()) + "\n" for each in found)


@dataclass(frozen=True)
class _Mark:
    """Underline columns [begin, end) of a line, 0-based in characters."""

    line: int
    begin: int
    end: int
    sign: str
    label: str
    style: str


class _Drawing:
    """One diagnostic."""

    def __init__(self, error: Error, color: bool) -> None:
        self.error = error
        self.color = color
        numbers = [error.span.line, *(r.span.line for r in error.related)]
        numbers += [e.span.end_line for e in error.edits]
        self.width = len(str(max(numbers)))

    def paint(self, style: str, text: str) -> str:
        return f"{_STYLES[style]}{text}{_RESET}" if self.color and text else text

    def lines(self) -> Iterator[str]:
        error = self.error
        kind = self.paint("error", f"error[{error.code}]")
        title = self.paint("bold", _printable(error.message))
        yield f"{_printable(str(error.span))}: {kind}: {title}"
        yield from self.snippets()
        for note in error.note_texts:
            yield self.remark("note", note)
        help_text = error.help_text
        edited = list(self.mended())
        if help_text or edited:
            yield self.remark("help", help_text or "write")
        yield from edited

    def remark(self, kind: str, text: str) -> str:
        equals = self.paint("rule", f"{' ' * self.width} =")
        return f"{equals} {self.paint('bold', kind + ':')} {_printable(text)}"

    # --- source lines ----------------------------------------------------------------------------

    def gutter(self, number: int | None = None) -> str:
        text = "" if number is None else str(number)
        return self.paint("rule", f"{text:>{self.width}} |")

    def snippets(self) -> Iterator[str]:
        """The place, and the related places: those of one file in one picture."""
        error = self.error
        source = error.span.source
        marks = [_mark(error.span, "^", error.label_text, "error")] if _visible(error.span) else []
        others: list[Related] = []
        for each in error.related:
            if each.span.source is source and _visible(each.span):
                marks.append(_mark(each.span, "-", each.label, "rule"))
            else:
                others.append(each)
        yield from self.picture(source, marks)
        for each in others:
            place = self.paint("rule", f"{' ' * self.width}-->")
            yield f"{place} {_printable(f'{each.span}: {each.label}')}"
            if _visible(each.span):
                yield from self.picture(each.span.source, [_mark(each.span, "-", "", "rule")])

    def picture(self, source: Source, marks: list[_Mark]) -> Iterator[str]:
        if not marks:
            return
        yield self.gutter()
        previous = None
        for number in sorted({mark.line for mark in marks}):
            if previous is not None and number > previous + 1:
                yield self.paint("rule", "...")
            here = [mark for mark in marks if mark.line == number]
            yield from self.marked(number, source.line(number), here)
            previous = number

    def marked(self, number: int, line: str, marks: list[_Mark]) -> Iterator[str]:
        drawn = shown(line)
        text, moved, last = drawn.around(marks[0].begin)
        yield f"{self.gutter(number)} {text}".rstrip()
        for mark in marks:
            begin = max(drawn.column(mark.begin) - moved, 0)
            end = min(drawn.column(mark.end) - moved, last)
            sign = mark.sign * max(end - begin, 1)
            label = f" {_printable(mark.label)}" if mark.label else ""
            yield f"{self.gutter()} {' ' * begin}{self.paint(mark.style, sign + label)}"

    # --- edits -----------------------------------------------------------------------------------

    def mended(self) -> Iterator[str]:
        """The lines that the edits change, as they will be."""
        edits = sorted(self.error.edits, key=lambda e: (e.span.source.path, e.span.start))
        if not edits or not all(e.span.source is edits[0].span.source for e in edits):
            return
        yield self.gutter()
        while edits:
            group, edits = _neighbours(edits)
            text, marks = _apply(group)
            for offset, line in enumerate(text.split("\n")):
                number = group[0].span.line + offset
                here = [mark for mark in marks if mark.line == offset]
                if here:
                    yield from self.replaced(number, line, here)
                else:
                    yield f"{self.gutter(number)} {shown(line).text}".rstrip()

    def replaced(self, number: int, line: str, marks: list[_Mark]) -> Iterator[str]:
        """All marks of a mended line in one row."""
        drawn = shown(line)
        text, moved, _ = drawn.around(marks[0].begin)
        yield f"{self.gutter(number)} {text}".rstrip()
        row = ""
        for mark in marks:
            begin, end = drawn.column(mark.begin) - moved, drawn.column(mark.end) - moved
            row = row.ljust(begin) + mark.sign * (end - begin)
        yield f"{self.gutter()} {self.paint('good', row)}".rstrip()


def _visible(span: Span) -> bool:
    """A place in a text that can be shown, and not the empty one that stands for a whole file."""
    whole_file = span.start == (1, 1) and (span.end_line, span.end_column) == (1, 1)
    return bool(span.source.text) and not whole_file


def _mark(span: Span, sign: str, label: str, style: str) -> _Mark:
    """Of a span over several lines, the first."""
    line = span.source.line(span.line)
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    return _Mark(span.line, span.column - 1, max(end, span.column), sign, label, style)


def _neighbours(edits: list[Edit]) -> tuple[list[Edit], list[Edit]]:
    """The edits on one stretch of lines, and those after it."""
    last = edits[0].span.end_line
    for number, edit in enumerate(edits):
        if edit.span.line > last:
            return edits[:number], edits[number:]
        last = max(last, edit.span.end_line)
    return edits, []


def _apply(group: list[Edit]) -> tuple[str, list[_Mark]]:
    """The lines of a group after its edits, and what is new in them (lines from 0)."""
    source = group[0].span.source
    first, last = group[0].span.line, max(e.span.end_line for e in group)
    line, column = first, 1
    made = ""
    marks: list[_Mark] = []
    for edit in group:
        made += Span(source, line, column, edit.span.line, edit.span.column).text()
        place = made.count("\n")
        begin = len(made) - (made.rfind("\n") + 1)
        sign = "+" if edit.span.before() == edit.span else "~"
        new = edit.text.split("\n")
        if new[0]:
            marks.append(_Mark(place, begin, begin + len(new[0]), sign, "", "good"))
        for offset, text in enumerate(new[1:], 1):
            if not text:
                continue
            marks.append(_Mark(place + offset, 0, len(text), sign, "", "good"))
        made += edit.text
        line, column = edit.span.end_line, edit.span.end_column
    made += Span(source, line, column, last, len(source.line(last)) + 1).text()
    return made, marks


def _printable(text: str) -> str:
    """Text from the user's file or file system, without what a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
