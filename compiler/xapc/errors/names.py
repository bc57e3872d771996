"""Names (E02xx)."""

import ast
import re
import sys
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error, Related
from xapc.errors.edits import did_you_mean, imported, insert, known, near, replace
from xapc.errors.foreign import (
    BUILTINS,
    ELSEWHERE,
    INSTEAD,
    LIBRARY,
    METHODS,
    RENAMED,
    width_hint,
)
from xapc.errors.rewrites import without
from xapc.errors.translated import called_edits, member_edits
from xapc.source import Span
from xapc.types import INTS


@dataclass(frozen=True, kw_only=True)
class UnknownName(Error):
    """The name is neither declared in this module, nor imported, nor part of the language.

    Wrong:
        def f(count: u32) -> u32:
            return cuont

    Right:
        def f(count: u32) -> u32:
            return count
    """

    code = "E0201"
    title = "unknown name '{name}'"
    help = "{hint}"

    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class UnknownMember(Error):
    """The type, module or value has no member of that name.

    Wrong:
        def f(x: u32) -> u32:
            return x.count_one()

    Right:
        def f(x: u32) -> u32:
            return x.count_ones()
    """

    code = "E0202"
    title = "{owner} has no '{name}'"
    help = "{hint}"

    owner: str
    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class DefinedTwice(Error):
    """Each name of a module, struct or enumeration is declared once: functions may use what stands
    below them, and must not depend on which of two it is.

    Wrong:
        LIMIT: Final = 1
        LIMIT: Final = 2

    Right:
        LIMIT: Final = 1
        OTHER: Final = 2
    """

    code = "E0203"
    title = "'{name}' is {how} twice"
    help = "{hint}"

    name: str
    how: str = "defined"
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Reserved(Error):
    """Names of the language keep their meaning everywhere, so that `u32(x)` or `range(n)` can be
    read without looking for another definition.

    Wrong:
        range: Final = 3

    Right:
        limit: Final = 3
    """

    code = "E0204"
    title = "'{name}' is a name of the language"
    help = "choose another name"

    name: str


@dataclass(frozen=True, kw_only=True)
class DependsOnItself(Error):
    """The value or type is needed to compute itself; there is no place to begin.

    Wrong:
        A: Final[u32] = A + 1

    Right:
        A: Final[u32] = u32(1)
    """

    code = "E0205"
    title = "'{name}' depends on itself"
    help = "{hint}"

    name: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class NotAValue(Error):
    """A type, a function or a module cannot be computed with.

    Wrong:
        def f(x: u32) -> u32:
            return x + f

    Right:
        def f(x: u32) -> u32:
            return x + 1
    """

    code = "E0212"
    title = "'{name}' is {what}, not a value"
    help = "{hint}"

    name: str
    what: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class NotCallable(Error):
    """Only functions, types and methods are called.

    Wrong:
        def f(x: u32) -> u32:
            return x(1)

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0213"
    title = "{what} cannot be called"
    help = "{hint}"

    what: str
    hint: str = ""


def not_imported(span: Span, name: str, module: str) -> Error:
    hint = f"import it: from {module} import {name}"
    edits = imported(span.source, name, module)
    return UnknownName(span=span, name=name, hint=hint, edits=edits)


def unknown_name(span: Span, name: str, close: str | None) -> Error:
    if name in BUILTINS:
        return UnknownName(span=span, name=name, hint=BUILTINS[name])
    meant = ELSEWHERE.get(name.lower())
    after = span.source.line(span.end_line)[span.end_column - 1 :]
    if meant == "log" and not re.match(r"\.(error|warn|warning|info|debug|critical)\(", after):
        meant = None
    if meant is not None:
        text, more = known(span.source, meant) if meant in (*INTS, "log") else (meant, ())
        edits = (*more, *replace(span, text))
        return UnknownName(span=span, name=name, hint=did_you_mean(meant), edits=edits)
    if close:
        edits = replace(span, close)
        return UnknownName(span=span, name=name, hint=did_you_mean(close), edits=edits)
    library = (INSTEAD.get(f"{module}.{name}") for module in ("enum", "typing"))
    hint = width_hint(name) or next(filter(None, library), "")
    if after.startswith(".") and name in (*INSTEAD, *sys.stdlib_module_names):
        hint = INSTEAD.get(name, LIBRARY)
    return UnknownName(span=span, name=name, hint=hint)


def builtin_called(func: Span, whole: Span, node: ast.Call, places: list[Span]) -> Error:
    """A builtin that the language lacks; `places` are those of its arguments."""
    name = func.text()
    edits = called_edits(func, whole, node, places)
    return UnknownName(span=func, name=name, hint=BUILTINS[name], edits=edits)


def builtin_text(func: Span, edits: tuple[Edit, ...]) -> Error:
    """`str(x)` and its like, where a message takes the value itself."""
    return UnknownName(span=func, name=func.text(), hint=BUILTINS[func.text()], edits=edits)


def discarded(span: Span) -> Error:
    """`_` where a value is wanted."""
    return NotAValue(
        span=span, name="_", what="where values are dropped", hint="give it a name to use it"
    )


def log_called(span: Span) -> Error:
    """`log("...")`: `span` is that of the name."""
    hint = "say how important it is: log.error, .warn, .info or .debug"
    return NotCallable(
        span=span, what="log itself", hint=hint, edits=(insert(span.after(), ".info"),)
    )


def not_a_value(span: Span, name: str, what: str, *, callable: bool) -> Error:
    """`callable`: it has a value if it is called, without arguments."""
    if not callable:
        after = span.source.line(span.end_line)[span.end_column - 1 :]
        module = name == "struct" and re.match(r"\.(un)?pack|\.calcsize", after)
        hint = INSTEAD["struct"] if module else ""
        return NotAValue(span=span, name=name, what=what, hint=hint)
    hint = "call it"
    return NotAValue(
        span=span, name=name, what=what, hint=hint, edits=(insert(span.after(), "()"),)
    )


_FEW = 8


def unknown_member(span: Span, owner: str, name: str, known: list[str]) -> Error:
    close = RENAMED.get(name) if RENAMED.get(name) in known else near(name, known)
    edits = member_edits(span, owner, name, known)
    hint = METHODS.get(name, "") if known and not close else did_you_mean(close)
    if edits:
        hint = METHODS.get(name, "")
    elif close:
        # The span ends with the member's name, whatever stands before it.
        end = span.after()
        at = Span(end.source, end.line, end.column - len(name), end.line, end.column)
        edits = replace(at, close)
    elif not hint and 0 < len(known) <= _FEW:
        hint = f"it has {', '.join(known)}"
    return UnknownMember(span=span, owner=owner, name=name, hint=hint, edits=edits)


def defined_twice(span: Span, name: str, first: Span) -> Error:
    return DefinedTwice(span=span, name=name, related=(Related(first, "first defined here"),))


def imported_twice(span: Span, name: str, first: Span) -> Error:
    related = (Related(first, "first imported here"),)
    return DefinedTwice(
        span=span,
        name=name,
        how="imported",
        hint="leave it out",
        related=related,
        edits=without(span),
    )
