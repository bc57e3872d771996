"""Constants, state and signatures (E02xx)."""

import re
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import insert, known, offer, wrap, wrap_in
from xapc.source import Span
from xapc.types import INTS


@dataclass(frozen=True, kw_only=True)
class NoInitialValue(Error):
    """Constants and state variables have a value when the instance starts.

    Wrong:
        count: u64

    Right:
        count: u64 = u64(0)
    """

    code = "E0215"
    title = "'{name}' has no value"

    name: str

    def __post_init__(self) -> None:
        annotation = self.span.text().partition(":")[2].strip()
        if annotation in INTS:
            offer(self, (insert(self.span.after(), f" = {annotation}(0)"),))


@dataclass(frozen=True, kw_only=True)
class StateWithoutWidth(Error):
    """State has a fixed width and may change; a constant is exact and is marked `Final`. A bare
    integer says neither.

    Wrong:
        LIMIT = 5

    Right:
        LIMIT: Final = 5
    """

    code = "E0216"
    title = "'{name}' needs a width, or to be Final"
    help = "{hint}"

    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class NotState(Error):
    """`global` is for scalar state variables of this module: what it names will be assigned.

    Wrong:
        LIMIT: Final = 5
        def f() -> None:
            global LIMIT

    Right:
        count = u64(0)
        def f() -> None:
            global count
            count += 1
    """

    code = "E0217"
    title = "'{name}' is not a state variable"

    name: str


@dataclass(frozen=True, kw_only=True)
class StateRebound(Error):
    """Other functions refer to the object itself, and would go on using the old one.

    Wrong:
        table = Array[u8, N[4]]()
        def f() -> None:
            global table
            table = Array[u8, N[4]]()

    Right:
        table = Array[u8, N[4]]()
        def f() -> None:
            table.fill(0)
    """

    code = "E0218"
    title = "state aggregate '{name}' is changed in place, never rebound"
    help = "use {name}.fill(...), {name}.copy_from(...) or assign its fields; no `global` is needed"

    name: str


@dataclass(frozen=True, kw_only=True)
class Unannotated(Error):
    """Parameters and results are annotated: each function is checked once, by itself, and every
    width can be read where it is used.

    Wrong:
        def f(x) -> None:
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0225"
    title = "parameter '{name}' has no type"
    help = "write {name}: u64, or another type"

    name: str


@dataclass(frozen=True, kw_only=True)
class NoResultType(Error):
    """Parameters and results are annotated: each function is checked once, by itself, and every
    width can be read where it is used.

    Wrong:
        def f(x: u32):
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0226"
    title = "function '{name}' has no result type"
    help = "write `-> None` if it returns nothing"

    name: str


@dataclass(frozen=True, kw_only=True)
class ParameterKind(Error):
    """Parameters are positional; they may have constant defaults and be passed by keyword.
    `*args`, `**kwargs`, `/` and `*` are not part of the language.

    Wrong:
        def f(*x: u32) -> None:
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0227"
    title = "'{name}' is not a plain parameter"

    name: str


@dataclass(frozen=True, kw_only=True)
class DefaultOfAggregate(Error):
    """Python makes the default once and would share one array or struct among all calls.

    Wrong:
        def f(x: Array[u8, N[4]] = Array[u8, N[4]]()) -> None:
            pass

    Right:
        def f(x: u32 = u32(0)) -> None:
            pass
    """

    code = "E0230"
    title = "a default is a scalar constant"


def bytes_as_state(span: Span, name: str, value: Span, length: int) -> Error:
    hint = f"an array holds them: {name} = Array[u8, N[{length}]](...)"
    edits: tuple[Edit, ...] = ()
    if length:
        parts = [known(value.source, word) for word in ("Array", "u8", "N")]
        (array, _), (u8, _), (n, _) = parts
        more = tuple(edit for _, each in parts for edit in each)
        edits = (*more, *wrap_in(value, f"{array}[{u8}, {n}[{length}]](", ")"))
    return StateWithoutWidth(span=span, name=name, hint=hint, edits=edits)


def state_without_width(span: Span, name: str, value: Span | None) -> Error:
    """`span` is that of the name, `value` that of a bare integer, if it is one."""
    hint = f"write `{name}: Final = ...` for a constant, u64(...) for state"
    text = span.source.text
    assigned = rf"^[ \t]+(global\b.*\b{name}\b|{name}[ \t]*[-+*/|&^<>]*=[^=])"
    if value is not None and not name.isupper() and re.search(assigned, text, re.MULTILINE):
        return StateWithoutWidth(span=span, name=name, hint=hint, edits=wrap(value, "u64"))
    word, more = known(span.source, "Final", "typing")
    edits = (*more, insert(span.after(), f": {word}"))
    return StateWithoutWidth(span=span, name=name, hint=hint, edits=edits)
