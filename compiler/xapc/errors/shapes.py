"""Values that have parts, and statements that need a place or a block (E03xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Error
from xapc.errors.edits import (
    expression,
    offer,
    replace,
    wrap,
    written,
)
from xapc.source import Span
from xapc.types import IntType, TupleType, Type


@dataclass(frozen=True, kw_only=True)
class NotStorable(Error):
    """Variables hold scalars, tuples, arrays and structs. None, strings and modules are not
    values, and a view lives in its `with`.

    Wrong:
        def f(x: None) -> None:
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0313"
    title = "{type} cannot be kept in a variable"

    type: str


@dataclass(frozen=True, kw_only=True)
class UnpackLength(Error):
    """A tuple is unpacked into as many places as it has items; other things are not unpacked.

    Wrong:
        def f() -> None:
            a, b = u32(1), u32(2), u32(3)

    Right:
        def f() -> None:
            a, b, c = u32(1), u32(2), u32(3)
    """

    code = "E0316"
    title = "{want} names for {type}"

    want: int
    type: str


@dataclass(frozen=True, kw_only=True)
class TupleOfScalars(Error):
    """A tuple is several values in registers. Arrays and structs are passed by reference; swap
    their contents through a copy.

    Wrong:
        def f(a: Array[u8, N[4]]) -> None:
            x, y = a, a

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            x = a
            y = a
    """

    code = "E0317"
    title = "a tuple holds scalars, not {type}"

    type: str


@dataclass(frozen=True, kw_only=True)
class TupleIndex(Error):
    """The items of a tuple may have different types, so which one is meant is known when the app
    is built.

    Wrong:
        def f(n: u32) -> u32:
            t = (n, n)
            return t[n]

    Right:
        def f(n: u32) -> u32:
            t = (n, n)
            return t[0]
    """

    code = "E0318"
    title = "a tuple's index is a constant"


@dataclass(frozen=True, kw_only=True)
class EnumValue(Error):
    """`.value` is a plain int under CPython, without the enumeration's width, and `.name` a
    string. A conversion gives the number with its width.

    Wrong:
        class Op(u32, Enum):
            READ = 0
        def f(x: Op) -> u32:
            return x.value

    Right:
        class Op(u32, Enum):
            READ = 0
        def f(x: Op) -> u32:
            return u32(x)
    """

    code = "E0319"
    title = "convert an enumeration by {base}(...)"
    help = "{hint}"

    base: str
    hint: str = ""

    def __post_init__(self) -> None:
        owner, _, name = self.span.text().rpartition(".")
        if name == "name":
            object.__setattr__(self, "hint", f'a message prints the name: f"{{{owner}}}"')
        if name == "value":
            word, more = written(self.span.source, self.base)
            offer(self, (*more, *replace(self.span, f"{word}({owner})")))


@dataclass(frozen=True, kw_only=True)
class NotIndexable(Error):
    """Arrays, views and tuples have elements. Of an integer, `x.bit(n)` and `x.bits(hi, lo)` are
    the parts.

    Wrong:
        def f(x: u32) -> u32:
            return x[0]

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0320"
    title = "{type} has no elements"
    help = "{hint}"

    type: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class NotIterable(Error):
    """`for` runs over range, reversed(range), arrays, views and enumerate of them.

    Wrong:
        def f(x: u32) -> None:
            for i in x:
                pass

    Right:
        def f(x: u32) -> None:
            for i in range(x):
                pass
    """

    code = "E0321"
    title = "{type} cannot be iterated"
    help = "{hint}"

    type: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class NotAPlace(Error):
    """Names, fields, elements and view items are places. The items of a tuple and the results of
    calls are values: they have no place that could be written.

    Wrong:
        def f(t: tuple[u32, u32]) -> None:
            t[0] = u32(1)

    Right:
        def f(t: tuple[u32, u32]) -> None:
            t = (u32(1), t[1])
    """

    code = "E0323"
    title = "this cannot be assigned"
    help = "{hint}"

    hint: str


@dataclass(frozen=True, kw_only=True)
class WithWhat(Error):
    """`with` bounds the life of a mapping and the reach of `wrapping()`; there are no other
    context managers.

    Wrong:
        def f(x: u32) -> None:
            with x:
                pass

    Right:
        def f(x: u32) -> None:
            with wrapping():
                pass
    """

    code = "E0344"
    title = "with is for wrapping(), map_guest_page(...) and map_io(...)"


@dataclass(frozen=True, kw_only=True)
class WrappingNamed(Error):
    """`with wrapping():` changes what `+`, `-` and `*` do in its block, for every width; it gives
    nothing that a name could stand for.

    Wrong:
        def f(x: u32) -> u32:
            with wrapping() as w:
                y = x + 1
            return y

    Right:
        def f(x: u32) -> u32:
            with wrapping():
                y = x + 1
            return y
    """

    code = "E0348"
    title = "wrapping() gives nothing to name"


def not_a_place(span: Span, type: Type) -> Error:
    """`span` is that of the target."""
    target = expression(span)
    hint = ""
    if isinstance(target, ast.Subscript):
        hint = "a tuple's items are never changed: make another tuple of them"
    elif isinstance(target, ast.Attribute):
        hint = "it is a constant"
    return NotAPlace(span=span, hint=hint)


def not_iterable(span: Span, name: str, type: Type) -> Error:
    if isinstance(type, IntType):
        return NotIterable(span=span, type=name, edits=wrap(span, "range"))
    hint = "make an array of it: Array[u32, N[n]]([...])" if isinstance(type, TupleType) else ""
    return NotIterable(span=span, type=name, hint=hint)
