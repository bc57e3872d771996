"""The common shapes of machine edits."""

import ast
from functools import lru_cache

from xapc.diagnostics import Edit, Error
from xapc.source import Source, Span


def insert(place: Span, text: str) -> Edit:
    """`text` at an empty span."""
    return Edit(place, text)


def replace(span: Span, text: str) -> tuple[Edit, ...]:
    return (Edit(span, text),)


def wrap(span: Span, name: str) -> tuple[Edit, ...]:
    """The text of `span` as the argument of `name(...)`."""
    return Edit(span.before(), f"{name}("), Edit(span.after(), ")")


def offer(error: Error, edits: tuple[Edit, ...]) -> None:
    """Edits that follow from the error's place alone, when it is made (`__post_init__`)."""
    if edits and not error.edits:
        object.__setattr__(error, "edits", edits)


# --- of the text of a span -------------------------------------------------------------------


def expression(span: Span) -> ast.expr | None:
    """The syntax of a span on one line; None if it is not one expression."""
    if span.line != span.end_line:
        return None
    try:
        return ast.parse(span.text(), mode="eval").body
    except SyntaxError:
        return None


def part(span: Span, node: ast.expr | ast.keyword) -> Span:
    """The place in the file of a node that was parsed from the text of `span`."""
    inner = Span.of(Source("", span.text()), node)
    begin = inner.column + (span.column - 1 if inner.line == 1 else 0)
    end = inner.end_column + (span.column - 1 if inner.end_line == 1 else 0)
    above = span.line - 1
    return Span(span.source, inner.line + above, begin, inner.end_line + above, end)


def between(one: Span, other: Span) -> Span:
    """From the end of the first to the beginning of the second."""
    return Span(one.source, one.end_line, one.end_column, other.line, other.column)


def slice_of(span: Span, begin: int, end: int) -> Span:
    """Characters of the text of a span on one line."""
    at = span.column
    return Span(span.source, span.line, at + begin, span.line, at + end)


# --- imports ---------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _imports(source: Source) -> tuple[ast.ImportFrom, ...]:
    """The `from xap import ...` of a file."""
    try:
        body = ast.parse(source.text).body
    except SyntaxError:
        return ()
    return tuple(each for each in body if isinstance(each, ast.ImportFrom) and each.module == "xap")


def imported(source: Source, name: str) -> tuple[Edit, ...] | None:
    """What makes `name` of xap known in a file, nothing where it is; None: no place for it."""
    found = _imports(source)
    if any(alias.name == name for each in found for alias in each.names):
        return ()
    if not found or found[-1].names[-1].name == "*":
        return None
    last = Span.of(source, found[-1].names[-1])
    return (insert(last.after(), f", {name}"),)
