"""Widths, constants and integer operators (E04xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Error
from xapc.errors.edits import expression, insert, part, wrap
from xapc.source import Span
from xapc.types import INDEX, IntType, Type


@dataclass(frozen=True, kw_only=True)
class NeedsWidth(Error):
    """A bare integer would have no width under CPython: it would neither overflow nor wrap. It
    takes a width as operand of a typed operand, in a comparison, as index, shift count, range
    bound, case, array element, inside `u32(...)` or in a call of xap; anywhere else the width is
    written.

    Wrong:
        def f() -> u64:
            x = 0
            return u64(1)

    Right:
        def f() -> u64:
            x = u64(0)
            return x
    """

    code = "E0401"
    title = "this constant needs a width: {type}(...)"

    type: str


@dataclass(frozen=True, kw_only=True)
class OutOfRange(Error):
    """The constant is beyond what the type can hold; computing with it would panic, or mean
    another number.

    Wrong:
        def f(x: u8) -> u8:
            return x + 256

    Right:
        def f(x: u8) -> u8:
            return x + 255
    """

    code = "E0402"
    title = "{value} does not fit {type}"
    notes = ("{type} holds {least} to {most}",)
    help = "{hint}"

    value: int
    type: str
    least: int
    most: int
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class TrueDivision(Error):
    """`/` gives a float in Python. Integers are divided by `//`, which rounds towards minus
    infinity here as there, and panics when the divisor is zero.

    Wrong:
        def f(x: u32) -> u32:
            return x / 2

    Right:
        def f(x: u32) -> u32:
            return x // 2
    """

    code = "E0403"
    title = "/ gives a float; integers are divided by //"
    help = "// floors, as in Python"


@dataclass(frozen=True, kw_only=True)
class DivisionByConstantZero(Error):
    """It would panic whenever it runs.

    Wrong:
        def f(x: u32) -> u32:
            return x // 0

    Right:
        def f(x: u32) -> u32:
            return x // 2
    """

    code = "E0404"
    title = "division by zero"


@dataclass(frozen=True, kw_only=True)
class ShiftCount(Error):
    """It would panic whenever it runs: a count is at least 0 and less than the width.

    Wrong:
        def f(x: u32) -> u32:
            return x << 32

    Right:
        def f(x: u32) -> u32:
            return x << 31
    """

    code = "E0405"
    title = "{type} cannot be shifted by {count}"
    notes = ("a count is at least 0 and less than the {bits} bits of the type",)

    count: int
    type: str
    bits: int


@dataclass(frozen=True, kw_only=True)
class NegativeExponent(Error):
    """Python raises ValueError for a negative shift count, and gives a float for a negative
    exponent.

    Wrong:
        LIMIT: Final = 1 << -1

    Right:
        LIMIT: Final = 1 << 1
    """

    code = "E0406"
    title = "a count or exponent is not negative"


@dataclass(frozen=True, kw_only=True)
class ConstantTooLarge(Error):
    """Constants are exact and may be wider than any type on the way, but not without bound: each
    is kept while the app is built.

    Wrong:
        LIMIT: Final = 1 << 100000

    Right:
        LIMIT: Final = 1 << 63
    """

    code = "E0407"
    title = "a constant has at most {bits} bits"

    bits: int


@dataclass(frozen=True, kw_only=True)
class BitPosition(Error):
    """Positions count from 0 at the least significant bit, and are constants, so that the access
    is one or two instructions and cannot fail.

    Wrong:
        def f(x: u32) -> bool:
            return x.bit(32)

    Right:
        def f(x: u32) -> bool:
            return x.bit(31)
    """

    code = "E0408"
    title = "a bit position is a constant from 0 to less than {bits}"

    bits: int


@dataclass(frozen=True, kw_only=True)
class BitRange(Error):
    """A field is written as the data sheets do: the high bit first, both included.

    Wrong:
        def f(x: u32) -> u32:
            return x.bits(0, 3)

    Right:
        def f(x: u32) -> u32:
            return x.bits(3, 0)
    """

    code = "E0409"
    title = "bits run from high to low: {hi} is below {lo}"

    hi: int
    lo: int


@dataclass(frozen=True, kw_only=True)
class NoSuchMember(Error):
    """The enumeration has no member of that value: it would panic whenever it runs.

    Wrong:
        class Op(u32, Enum):
            READ = 0
        def f() -> Op:
            return Op(7)

    Right:
        class Op(u32, Enum):
            READ = 0
        def f() -> Op:
            return Op(0)
    """

    code = "E0410"
    title = "{type} has no member of value {value}"

    value: int
    type: str


@dataclass(frozen=True, kw_only=True)
class BranchNeedsWidth(Error):
    """Both branches of a conditional expression have one type. Under CPython a bare integer in one
    of them would lose the width whenever that branch is taken.

    Wrong:
        def f(x: u32, b: bool) -> u32:
            return x if b else 0

    Right:
        def f(x: u32, b: bool) -> u32:
            return x if b else u32(0)
    """

    code = "E0411"
    title = "this branch needs a width: {type}(...)"

    type: str


def out_of_range(span: Span, value: int, type: IntType) -> Error:
    name = "i64" if type is INDEX else str(type)
    hint = (
        f"all ones is {name}.MAX; to subtract, write x - 1" if value == -1 and type.min == 0 else ""
    )
    return OutOfRange(span=span, value=value, type=name, least=type.min, most=type.max, hint=hint)


def beyond(span: Span, value: int, type: IntType) -> Error:
    """A constant without a width where a value of `type` is wanted."""
    if type.min == 0 > value and value.bit_length() <= type.bits:
        return mask(span, value, type)
    return out_of_range(span, value, type)


def wrapped(span: Span, value: int, type: IntType, call: Span) -> Error:
    """A negative constant in `u64(...)`, which `u64.wrap(...)` takes for a pattern of bits."""
    name = call.text().partition("(")[0]
    end = Span(call.source, call.line, call.column + len(name), call.line, call.column + len(name))
    edits = (insert(end, ".wrap"),) if name.rstrip().isidentifier() else ()
    return OutOfRange(
        span=span, value=value, type=str(type), least=type.min, most=type.max, edits=edits
    )


def mask(span: Span, value: int, type: IntType) -> Error:
    """A negative constant as a pattern of bits of an unsigned type."""
    match expression(span):
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            edits = wrap(part(span, operand), str(type))
        case _:
            edits = wrap(span, f"{type}.wrap")
    return OutOfRange(
        span=span, value=value, type=str(type), least=type.min, most=type.max, edits=edits
    )


def branch_needs_width(span: Span, type: Type | None) -> Error:
    """`type` is that of the other branch, None if that has no width either."""
    name = "i64" if type is INDEX else str(type) if isinstance(type, IntType) else "u64"
    return BranchNeedsWidth(span=span, type=name, edits=wrap(span, name))
