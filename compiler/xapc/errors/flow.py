"""What is bound, written and returned where (E06xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error, Related
from xapc.errors.edits import insert
from xapc.source import Span


@dataclass(frozen=True, kw_only=True)
class Unbound(Error):
    """On some way to this place the name is not assigned; or it refers to an array or struct that
    was made in an earlier turn of a loop, whose place is used again; or its `with` has ended.

    Wrong:
        def f(c: bool) -> u32:
            if c:
                x = u32(1)
            return x

    Right:
        def f(c: bool) -> u32:
            x = u32(0)
            if c:
                x = u32(1)
            return x
    """

    code = "E0601"
    title = "'{name}' may be unbound here{why}"
    help = "{hint}"

    name: str
    why: str = ""
    hint: str = "assign it on every way before"


@dataclass(frozen=True, kw_only=True)
class FallsOff(Error):
    """At its end CPython would return None, which is not of the result's type. Each way through
    the function returns a value, or ends the call by `panic(...)` or `not_handled()`.

    Wrong:
        def f(c: bool) -> u32:
            if c:
                return u32(1)

    Right:
        def f(c: bool) -> u32:
            if c:
                return u32(1)
            return u32(0)
    """

    code = "E0602"
    title = "'{name}' can end without returning {type}{why}"
    help = "return a value, or call panic(...) or not_handled()"

    name: str
    type: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class NeverReturns(Error):
    """Callers rely on it: what follows a call of such a function is never reached.

    Wrong:
        from typing import NoReturn
        def f() -> NoReturn:
            pass

    Right:
        from typing import NoReturn
        def f() -> NoReturn:
            panic("no")
    """

    code = "E0603"
    title = "'{name}' is annotated NoReturn and can end"

    name: str


@dataclass(frozen=True, kw_only=True)
class WriteToFinal(Error):
    """A `Final` array or struct is in read-only memory, and its value is what was computed at
    build time: also through a parameter or another name for it.

    Wrong:
        TABLE: Final = Array[u8, N[4]]()
        def f() -> None:
            TABLE[0] = 1

    Right:
        table = Array[u8, N[4]]()
        def f() -> None:
            table[0] = 1
    """

    code = "E0604"
    title = "'{name}' is Final: it is only read"

    name: str


@dataclass(frozen=True, kw_only=True)
class FinalPassed(Error):
    """The function writes to the array or struct that it is given, and a `Final` one is in
    read-only memory.

    Wrong:
        TABLE: Final = Array[u8, N[4]]()
        def g(a: Array[u8, N[4]]) -> None:
            a[0] = 1
        def f() -> None:
            g(TABLE)

    Right:
        TABLE: Final = Array[u8, N[4]]()
        def g(a: Array[u8, N[4]]) -> None:
            a[0] = 1
        def f() -> None:
            g(TABLE.copy())
    """

    code = "E0605"
    title = "'{name}' is Final, and {function}() writes through '{param}'"
    help = "pass a copy: {name}.copy()"

    name: str
    function: str
    param: str


@dataclass(frozen=True, kw_only=True)
class ReturnsReference(Error):
    """What it was given, state, and parts of them would be shared with the caller unseen.

    Wrong:
        def f(a: Array[u8, N[4]]) -> Array[u8, N[4]]:
            return a

    Right:
        def f(a: Array[u8, N[4]]) -> Array[u8, N[4]]:
            return a.copy()
    """

    code = "E0606"
    title = "a function returns a fresh array or struct"
    help = "return a copy"


@dataclass(frozen=True, kw_only=True)
class Recursion(Error):
    """The stack bound of an app is computed when it is built, and is part of its manifest: how
    deep calls go must not depend on data.

    Wrong:
        def f(x: u32) -> u32:
            return f(x)

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0607"
    title = "recursion: {cycle}"
    help = "use a loop"

    cycle: str


@dataclass(frozen=True, kw_only=True)
class WriteToPage(Error):
    """A guest's page is mapped read-only unless the app asks for more. On hardware a write to it
    would be a fault of the app, so it is refused when the app is built.

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("rw")],
        )
        def f(ipa: u64) -> None:
            with map_guest_page(ipa) as page:
                if page:
                    page[0] = u8(1)

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("rw")],
        )
        def f(ipa: u64) -> None:
            with map_guest_page(ipa, writable=True) as page:
                if page:
                    page[0] = u8(1)
    """

    code = "E0608"
    title = "page '{name}' is mapped read-only"
    help = "map it with writable=True"

    name: str


@dataclass(frozen=True, kw_only=True)
class PagePassed(Error):
    """What may be written follows a view into the functions that it is passed to.

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("rw")],
        )
        def mark(page: View[u8]) -> None:
            page[0] = u8(1)
        def f(ipa: u64) -> None:
            with map_guest_page(ipa) as page:
                mark(page)

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.guest_memory("rw")],
        )
        def mark(page: View[u8]) -> None:
            page[0] = u8(1)
        def f(ipa: u64) -> None:
            with map_guest_page(ipa, writable=True) as page:
                mark(page)
    """

    code = "E0609"
    title = "page '{name}' is mapped read-only, and {function}() writes it"
    help = "map it with writable=True"

    name: str
    function: str


@dataclass(frozen=True, kw_only=True)
class MissingGlobal(Error):
    """A name that a function assigns is a local of that function, as in Python. To assign a state
    variable of the module, the function says so first.

    Wrong:
        count = u32(0)
        def f() -> None:
            count += 1

    Right:
        count = u32(0)
        def f() -> None:
            global count
            count += 1
    """

    code = "E0610"
    title = "'{name}' is a local here, because it is assigned in this function"
    help = "{hint}"

    name: str
    hint: str


def missing_global(span: Span, name: str, function: ast.FunctionDef) -> Error:
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and body[1:]:
        body = body[1:]  # behind the docstring
    first = body[0]
    edits: tuple[Edit, ...] = ()
    if (
        first.lineno != function.lineno
        and not span.source.line(first.lineno)[: first.col_offset].strip()
    ):
        begin = Span(span.source, first.lineno, 1, first.lineno, 1)
        indent = span.source.line(first.lineno)[: first.col_offset]
        edits = (insert(begin, f"{indent}global {name}\n"),)
    hint = f"to mean the state variable, write `global {name}` first"
    return MissingGlobal(span=span, name=name, hint=hint, edits=edits)


def hides(span: Span, name: str, what: str, place: Span | None) -> Error:
    """A local that is read before it is assigned, at `place`; the module has something else of
    that name."""
    hint = f"it hides {what} of that name in all of the function: choose another name"
    related = () if place is None else (Related(place, "assigned here"),)
    return MissingGlobal(span=span, name=name, hint=hint, related=related)


def falls_off(span: Span, name: str, type: str, gap: str, place: Span | None) -> Error:
    """`gap` is what the match at `place`, if there is one, has no case for."""
    return FallsOff(span=span, name=name, type=type, why=_lacking(gap), related=_there(gap, place))


def unbound_by_match(span: Span, name: str, gap: str, place: Span) -> Error:
    return Unbound(span=span, name=name, why=_lacking(gap), related=_there(gap, place))


def _lacking(gap: str) -> str:
    return f": no case for {gap}" if gap else ""


def _there(gap: str, place: Span | None) -> tuple[Related, ...]:
    return (Related(place, f"no case for {gap}"),) if place is not None else ()


def unbound(
    span: Span, name: str, *, constant: bool = False, ended: bool = False, turn: bool = False
) -> Error:
    """`turn`: what it refers to was made in an earlier turn of a loop."""
    if turn:
        hint = "what is made in a loop lasts for one turn: make it before the loop, and change it"
        return Unbound(span=span, name=name, hint=hint)
    if ended:
        return Unbound(span=span, name=name, hint="its `with` has ended, and the mapping with it")
    if constant:
        return Unbound(span=span, name=name, hint=f"'{name}' is Final: it is never assigned again")
    return Unbound(span=span, name=name)


def recursion(span: Span, cycle: str, others: list[Span]) -> Error:
    """`span` is the call that closes the cycle, `others` are those before it."""
    related = tuple(Related(each, "and this call is part of it") for each in others)
    return Recursion(span=span, cycle=cycle, related=related)


def page_passed(span: Span, name: str, function: str, place: Span) -> Error:
    related = (Related(place, "written here"),)
    return PagePassed(span=span, name=name, function=function, related=related)


def final_passed(span: Span, name: str, function: str, param: str, place: Span) -> Error:
    return FinalPassed(
        span=span,
        name=name,
        function=function,
        param=param,
        related=(Related(place, "written here"),),
        edits=(insert(span.after(), ".copy()"),),
    )
