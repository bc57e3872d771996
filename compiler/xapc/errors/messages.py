"""Messages and what is formatted into them (E03xx)."""

import re
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import (
    insert,
    offer,
    replace,
    slice_of,
    wrap,
)
from xapc.source import Span
from xapc.types import U8, ArrayType, TupleType, Type


@dataclass(frozen=True, kw_only=True)
class TextNotHere(Error):
    """Strings are arguments of log, panic and assert, and `Final` constants: there is no text at
    run time, only numbers that are formatted into a message. Data is bytes.

    Wrong:
        def f() -> None:
            x = "a"

    Right:
        def f() -> None:
            log.info("a")
    """

    code = "E0306"
    title = "a string is only a message"
    help = "{hint}"

    hint: str = 'use bytes for data: Array[u8, N[...]](b"...")'


@dataclass(frozen=True, kw_only=True)
class NotAMessage(Error):
    """Log, panic and assert take string literals and f-strings, which are formatted in the app
    without a heap.

    Wrong:
        def f(x: u32) -> None:
            log.info(x)

    Right:
        def f(x: u32) -> None:
            log.info(f"{x}")
    """

    code = "E0338"
    title = "{wanted}, this is {type}"
    help = "{hint}"

    type: str
    wanted: str = "a message is a string"
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class FormatConversion(Error):
    """`!r`, `!s` and `!a` call methods of Python objects, and `=` prints source text. Numbers,
    bools and enumerations have one form: `{x}`.

    Wrong:
        def f(x: u32) -> None:
            log.info(f"{x!r}")

    Right:
        def f(x: u32) -> None:
            log.info(f"{x}")
    """

    code = "E0339"
    title = "!r, !s, !a and = are not part of the language"

    def __post_init__(self) -> None:
        # The span is that of the value; what follows it ends with a brace or a colon.
        end = self.span.after()
        rest = end.source.line(end.line)[end.column - 1 :]
        found = re.match(r"\s*(=?)\s*(![rsa])?(?=[:}])", rest)
        line = self.span.source.line(self.span.line)
        if found is None or line[self.span.column - 2 : self.span.column - 1] != "{":
            return
        gone = replace(slice_of(end, 0, found.end()), "")
        if found[1]:
            brace = Span(end.source, self.span.line, self.span.column - 1, end.line, end.column)
            gone = (insert(brace.before(), f"{self.span.text()}="), *gone)
        offer(self, gone)


@dataclass(frozen=True, kw_only=True)
class FormatSpecification(Error):
    """It may be `[#][0][width][d|x|X|o|b]`, the width up to 99: what can be printed digit by digit
    into a buffer of known size.

    Wrong:
        def f(x: u32) -> None:
            log.info(f"{x:>8}")

    Right:
        def f(x: u32) -> None:
            log.info(f"{x:8}")
    """

    code = "E0340"
    title = "format specification '{spec}' is not part of the language"
    help = "{hint}"

    spec: str
    hint: str = "it may be [#][0][width][d|x|X|o|b], the width up to 99"

    def __post_init__(self) -> None:
        # The span is that of the value, behind which the specification stands.
        end = self.span.after()
        rest = end.source.line(end.line)[end.column - 1 :]
        plain = _PLAIN.get(self.spec) if self.spec in _PLAIN else _right(self.spec)
        if (
            plain is not None
            and self.hint == FormatSpecification.hint
            and rest.startswith(f":{self.spec}}}")
        ):
            new = f":{plain}" if plain else ""
            offer(self, replace(slice_of(end, 0, len(self.spec) + 1), new))


_PLAIN = {"s": "", "n": "d", "i": "d", "u": "d"}
"""What they mean of an integer, or in C."""


def _right(spec: str) -> str | None:
    """Numbers are aligned to the right as they are: `>8` is `8`."""
    found = re.fullmatch(r">(#?[1-9][0-9]?[dxXob]?)", spec)
    return found[1] if found else None


@dataclass(frozen=True, kw_only=True)
class FormatOfName(Error):
    """Python's rules for a width or `d` on a bool and on an enumeration differ from version to
    version; they are printed by name. A number is printed as a number.

    Wrong:
        def f(x: bool) -> None:
            log.info(f"{x:d}")

    Right:
        def f(x: bool) -> None:
            log.info(f"{u8(x)}")
    """

    code = "E0341"
    title = "{type} is printed by its name, without a specification"
    help = "convert it to an integer first"

    type: str


@dataclass(frozen=True, kw_only=True)
class FormatOfFlags(Error):
    """CPython prints flags as a list of names, in a form that changed between its versions. Print
    the number.

    Wrong:
        class Bits(u32, Flag):
            A = 1
        def f(x: Bits) -> None:
            log.info(f"{x}")

    Right:
        class Bits(u32, Flag):
            A = 1
        def f(x: Bits) -> None:
            log.info(f"{u32(x):#x}")
    """

    code = "E0342"
    title = "flags are printed as a number: {base}(...)"

    base: str

    def __post_init__(self) -> None:
        offer(self, wrap(self.span, self.base))


@dataclass(frozen=True, kw_only=True)
class MessageArguments(Error):
    """Values stand in the message itself, each with how it is printed, so that all of it is checked
    when the app is built.

    Wrong:
        def f(x: u32) -> None:
            log.info("x is %d", x)

    Right:
        def f(x: u32) -> None:
            log.info(f"x is {x}")
    """

    code = "E0350"
    title = "{what} takes one message"
    help = 'put values into the message: f"... {{x}} ..."'

    what: str


def not_printable(span: Span, name: str, type: Type) -> Error:
    """A value in a message that has no form there."""
    hint = "print its parts" if type.is_aggregate else ""
    if isinstance(type, TupleType):
        hint = "print its items: {x[0]} {x[1]}"
    elif isinstance(type, ArrayType) and type.element == U8:
        hint = "print its elements, or use log.hexdump(...)"
    wanted = "a message prints integers, bools and enumerations"
    return NotAMessage(span=span, type=name, wanted=wanted, hint=hint)


def text_built(span: Span, edits: tuple[Edit, ...]) -> Error:
    """`"x is %d" % x` and `"x is {}".format(x)`."""
    return TextNotHere(span=span, hint=_INTO, edits=edits)


def text_chosen(span: Span) -> Error:
    """`"yes" if x else "no"`."""
    hint = "choose between two messages: if ...: log.info(...)"
    return TextNotHere(span=span, hint=hint)


_INTO = 'put values into the message: f"... {x} ..."'
