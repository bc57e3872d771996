"""Widths, constants and integer operators (E04xx)."""

from dataclasses import dataclass

from xapc.diagnostics import Error
from xapc.errors.edits import wrap
from xapc.source import Span
from xapc.types import INDEX, IntType, Type


@dataclass(frozen=True, kw_only=True)
class NeedsWidth(Error):
    """A bare integer would have no width under CPython. It takes one as operand of a typed operand,
    in a comparison, as index, shift count, range bound, case, array element, inside u32(...) or in
    a call of xap; anywhere else the width is written.

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
    """See the examples.

    Wrong:
        def f(x: u8) -> u8:
            return x + 256

    Right:
        def f(x: u8) -> u8:
            return x + 255
    """

    code = "E0402"
    title = "{value} does not fit {type}"

    value: int
    type: str


@dataclass(frozen=True, kw_only=True)
class TrueDivision(Error):
    """See the examples.

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
    """It would panic whenever it runs.

    Wrong:
        def f(x: u32) -> u32:
            return x << 32

    Right:
        def f(x: u32) -> u32:
            return x << 31
    """

    code = "E0405"
    title = "{type} is shifted by 0 to {bits}-1, not by {count}"

    count: int
    type: str
    bits: int


@dataclass(frozen=True, kw_only=True)
class NegativeExponent(Error):
    """See the examples.

    Wrong:
        LIMIT: Final = 1 << -1

    Right:
        LIMIT: Final = 1 << 1
    """

    code = "E0406"
    title = "a count or exponent is not negative"


@dataclass(frozen=True, kw_only=True)
class ConstantTooLarge(Error):
    """See the examples.

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
    """See the examples.

    Wrong:
        def f(x: u32) -> bool:
            return x.bit(32)

    Right:
        def f(x: u32) -> bool:
            return x.bit(31)
    """

    code = "E0408"
    title = "a bit position is a constant from 0 to {bits}-1"

    bits: int


@dataclass(frozen=True, kw_only=True)
class BitRange(Error):
    """See the examples.

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
    """See the examples.

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
    """Both branches of a conditional expression have one type, under CPython too.

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


def branch_needs_width(span: Span, type: Type | None) -> Error:
    """`type` is that of the other branch, None if that has no width either."""
    name = "i64" if type is INDEX else str(type) if isinstance(type, IntType) else "u64"
    return BranchNeedsWidth(span=span, type=name, edits=wrap(span, name))
