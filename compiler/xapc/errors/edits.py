"""The common shapes of machine edits."""

import ast
import difflib
from collections.abc import Iterable
from functools import lru_cache

from xapc.diagnostics import Edit, Error
from xapc.source import Source, Span
from xapc.types import INTS


def insert(place: Span, text: str) -> Edit:
    """`text` at an empty span."""
    return Edit(place, text)


def replace(span: Span, text: str) -> tuple[Edit, ...]:
    return (Edit(span, text),)


def wrap(span: Span, name: str) -> tuple[Edit, ...]:
    """The text of `span` as the argument of `name(...)`."""
    span = whole(span)
    text, more = written(span.source, name)
    return *more, Edit(span.before(), f"{text}("), Edit(span.after(), ")")


def wrap_in(span: Span, begin: str, end: str) -> tuple[Edit, ...]:
    return Edit(span.before(), begin), Edit(span.after(), end)


def written(source: Source, name: str) -> tuple[str, tuple[Edit, ...]]:
    """A type's name in a file, and the edits that import it if it is one of the integers."""
    head, dot, rest = name.partition(".")
    if head not in INTS:
        return name, ()
    text, edits = known(source, head)
    return f"{text}{dot}{rest}", edits


def offer(error: Error, edits: tuple[Edit, ...]) -> None:
    """Edits that follow from the error's place alone, when it is made (`__post_init__`)."""
    if edits and not error.edits:
        object.__setattr__(error, "edits", edits)


def near(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that was meant, if any looks like it."""
    names = list(known)
    same = [each for each in names if each.lower() == name.lower()]
    turned = [each for each in names if sorted(each) == sorted(name)]
    return next(iter(same or turned or difflib.get_close_matches(name, names, 1, _LIKENESS)), None)


_LIKENESS = 0.75


def did_you_mean(close: str | None) -> str:
    return f"did you mean '{close}'?" if close else ""


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


def compared(span: Span, value: str = "0") -> tuple[Edit, ...]:
    """The integer of `span` where a bool is wanted: ` != 0` behind it."""
    span = whole(span)
    match expression(span):
        case None | ast.IfExp() | ast.Compare() | ast.BoolOp():
            return Edit(span.before(), "("), Edit(span.after(), f") != {value}")
        case _:
            return (Edit(span.after(), f" != {value}"),)


def is_operand(span: Span) -> bool:
    """Whether an operator that binds more tightly than a comparison, or one, stands beside it."""
    line = span.source.line(span.line)
    before = line[: span.column - 1].rstrip()
    after = span.source.line(span.end_line)[span.end_column - 1 :].lstrip()
    begins = not before or before.endswith(("=", "(", ",", "[", ":"))
    begins = begins or before.split()[-1] in ("return", "if", "elif", "while", "and", "or", "not")
    begins = begins and not before.endswith(("==", "!=", "<=", ">="))
    ends = not after or after[0] in "),]:#" or after.split()[0] in ("and", "or", "if", "else")
    return not (begins and ends)


def slice_of(span: Span, begin: int, end: int) -> Span:
    """Characters of the text of a span on one line."""
    at = span.column
    return Span(span.source, span.line, at + begin, span.line, at + end)


def whole(span: Span) -> Span:
    """The place of an expression. That of a method's call is its name, where a panic in it is."""
    found = _method_calls(span.source).get((span.end_line, span.end_column))
    return span if found is None or found[0] != span.text() else found[1]


@lru_cache(maxsize=4)
def _method_calls(source: Source) -> dict[tuple[int, int], tuple[str, Span]]:
    """The calls `x.name(...)` of a file, by where the name ends."""
    found = {}
    for node in (each for top in statements(source) for each in ast.walk(top)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = Span.of(source, node.func)
            place = name.end_line, name.end_column
            found[place] = node.func.attr, Span.of(source, node)
    return found


# --- imports ---------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def statements(source: Source) -> tuple[ast.stmt, ...]:
    """The top level of a file."""
    try:
        return tuple(ast.parse(source.text).body)
    except SyntaxError:
        return ()


def known(source: Source, name: str, module: str = "xap") -> tuple[str, tuple[Edit, ...]]:
    """How a file writes `name` of `module`, and the edits that make it known there."""
    for each in statements(source):
        match each:
            case ast.Import(names=names):
                for alias in names:
                    if alias.name == module:
                        return f"{alias.asname or module}.{name}", ()
            case ast.ImportFrom(module=taken, names=names, level=0) if taken == module:
                if any(alias.name in (name, "*") for alias in names):
                    return name, ()
    return name, imported(source, name, module)


def imported(source: Source, name: str, module: str = "xap") -> tuple[Edit, ...]:
    """What imports `name`, which is not known in the file yet."""
    body = statements(source)
    for each in reversed(body):
        match each:
            case ast.ImportFrom(module=taken, names=[*_, last], level=0) if taken == module:
                if last.name != "*":
                    return (insert(Span.of(source, last).after(), f", {name}"),)
    return (insert(import_line(source), f"from {module} import {name}\n"),)


def import_line(source: Source) -> Span:
    """Where a new import stands: above all statements that may stand below one."""
    below = next((each for each in statements(source) if not _stands_above(each)), None)
    line = 1
    if below is not None:
        line = min([below.lineno, *(each.lineno for each in _decorators(below))])
    return Span(source, line, 1, line, 1)


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return node.decorator_list if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else []


def _stands_above(node: ast.stmt) -> bool:
    """What comes before all imports: a docstring, or one from `__future__`."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())) | ast.ImportFrom(module="__future__"):
            return True
        case _:
            return False
