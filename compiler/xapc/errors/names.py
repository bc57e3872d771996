"""Names (E02xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error, Related
from xapc.errors.edits import did_you_mean, imported, insert, known, near, replace
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
    title = "'{name}' is defined twice"

    name: str


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


_NO_OBJECTS = "types are known when the app is built"


_ELSEWHERE = {
    "true": "True",
    "false": "False",
    "boolean": "bool",
    "byte": "u8",
    "size_t": "u64",
    "uintptr_t": "u64",
    **{
        f"{long}{bits}{end}": f"{short}{bits}"
        for long, short in (("uint", "u"), ("int", "i"))
        for bits in (8, 16, 32, 64)
        for end in ("", "_t")
    },
}
"""What other languages call it."""

_BUILTINS = {
    "print": "use log.info(...)",
    "int": "write the width that is meant: u8(x) ... i64(x)",
    "float": "use fixed-point arithmetic in an integer",
    "str": 'values are put into messages: log.info(f"{x}")',
    "repr": 'values are put into messages: log.info(f"{x}")',
    "format": 'values are put into messages: log.info(f"{x:#x}")',
    "hex": 'values are put into messages: log.info(f"{x:#x}")',
    "bytes": "use Array[u8, N[...]]",
    "bytearray": "use Array[u8, N[...]]",
    "list": "use Array[T, N[...]]",
    "dict": "use an Array of structs",
    "set": "use Array[bool, N[...]] or a Flag",
    "divmod": "write x // y and x % y",
    "pow": "** is for constants; multiply in a loop",
    "sum": "add in a loop",
    "any": "test in a loop",
    "all": "test in a loop",
    "zip": "index both in one loop over range(...)",
    "map": "write a loop",
    "filter": "write a loop",
    "sorted": "sort in a loop, in place",
    "round": "integers have nothing to round",
    "ord": 'write the number, or an item of an Array[u8, N[1]](b"x")',
    "chr": "messages are made by f-strings; there are no characters",
    "hash": "compute it from the fields",
    "type": _NO_OBJECTS,
    "isinstance": _NO_OBJECTS,
    "open": "there are no files",
    "bin": 'values are put into messages: log.info(f"{x:#b}")',
    "oct": 'values are put into messages: log.info(f"{x:#o}")',
    "ascii": 'values are put into messages: log.info(f"{x}")',
    "exit": "return ends the function, panic(...) the call",
    "quit": "return ends the function, panic(...) the call",
    "sleep": "set_timer(ns) calls @app.timer later",
    "id": _NO_OBJECTS,
    "getattr": _NO_OBJECTS,
    "setattr": _NO_OBJECTS,
    "hasattr": _NO_OBJECTS,
    "callable": _NO_OBJECTS,
    "super": "there is no inheritance",
    "tuple": "write the values: (a, b)",
    "frozenset": "use Array[bool, N[...]] or a Flag",
    "memoryview": "use a View, or x.copy_from(y, at=..., start=..., count=...)",
    "iter": "write a loop",
    "next": "write a loop",
    "complex": "use two integers",
    "object": _NO_OBJECTS,
    "input": "there is no terminal; a guest passes arguments in registers",
}
"""Builtins of Python that the language does not have, and what to do instead."""


def is_builtin(name: str) -> bool:
    """Whether each use of that unknown name is a mistake of its own."""
    return name in _BUILTINS


def not_imported(span: Span, name: str, module: str) -> Error:
    hint = f"import it: from {module} import {name}"
    edits = imported(span.source, name, module)
    return UnknownName(span=span, name=name, hint=hint, edits=edits)


def unknown_name(span: Span, name: str, close: str | None) -> Error:
    edits = replace(span, close) if close else ()
    if name in _BUILTINS:
        return UnknownName(span=span, name=name, hint=_BUILTINS[name])
    meant = _ELSEWHERE.get(name.lower())
    if meant is not None:
        text, more = known(span.source, meant) if meant in INTS else (meant, ())
        edits = (*more, *replace(span, text))
        return UnknownName(span=span, name=name, hint=did_you_mean(meant), edits=edits)
    return UnknownName(span=span, name=name, hint=did_you_mean(close), edits=edits)


def log_called(span: Span) -> Error:
    """`log("...")`: `span` is that of the name."""
    hint = "say how important it is: log.error, .warn, .info or .debug"
    return NotCallable(
        span=span, what="log itself", hint=hint, edits=(insert(span.after(), ".info"),)
    )


def not_a_value(span: Span, name: str, what: str, *, callable: bool) -> Error:
    """`callable`: it has a value if it is called, without arguments."""
    if not callable:
        return NotAValue(span=span, name=name, what=what)
    hint = "call it"
    return NotAValue(
        span=span, name=name, what=what, hint=hint, edits=(insert(span.after(), "()"),)
    )


def printed(span: Span, args: list[ast.expr], places: list[Span]) -> Error:
    """`print(...)`: `span` is that of the name. One value or message becomes a message of log."""
    error = UnknownName(span=span, name="print", hint=_BUILTINS["print"])
    if len(args) != 1:
        return error
    word, more = known(span.source, "log")
    edits: tuple[Edit, ...] = (*more, *replace(span, f"{word}.info"))
    is_text = isinstance(args[0], ast.JoinedStr | ast.Constant) and not isinstance(
        getattr(args[0], "value", ""), int
    )
    if not is_text:
        text = places[0].text()
        if any(sign in text for sign in "\"'{}\\\n"):
            return error
        edits = (*edits, *replace(places[0], f'f"{{{text}}}"'))
    return UnknownName(span=span, name="print", hint="", edits=edits)


_FEW = 8


_RENAMED = {"bit_count": "count_ones", "warning": "warn", "critical": "error"}
"""Methods of Python's objects that have another name here."""


_FIXED = "its length is fixed: count what is used in a variable beside it"


_METHODS = {
    "append": _FIXED,
    "extend": _FIXED,
    "insert": _FIXED,
    "pop": _FIXED,
    "remove": _FIXED,
    "clear": "x.fill(0) clears it",
    "index": "search in a loop",
    "count": "count in a loop",
    "sort": "sort in a loop",
    "get": "search in a loop",
    "items": "use enumerate(x)",
    "bit_length": "write u32(T.BITS) - x.leading_zeros()",
    "hex": 'a message formats it: f"{x:#x}"',
    "to_bytes": "store it into an array of bytes: a.store(offset, x)",
    "from_bytes": "load it from an array of bytes: a.load(u32, offset)",
}
"""Methods of Python's objects that are missed, and what to do instead."""


def unknown_member(span: Span, owner: str, name: str, known: list[str]) -> Error:
    close = _RENAMED.get(name) if _RENAMED.get(name) in known else near(name, known)
    hint = did_you_mean(close)
    edits: tuple[Edit, ...] = ()
    if close:
        # The span ends with the member's name, whatever stands before it.
        end = span.after()
        at = Span(end.source, end.line, end.column - len(name), end.line, end.column)
        edits = replace(at, close)
    elif name in _METHODS:
        hint = _METHODS[name]
    elif 0 < len(known) <= _FEW:
        hint = f"it has {', '.join(known)}"
    return UnknownMember(span=span, owner=owner, name=name, hint=hint, edits=edits)


def defined_twice(span: Span, name: str, first: Span) -> Error:
    return DefinedTwice(span=span, name=name, related=(Related(first, "first defined here"),))
