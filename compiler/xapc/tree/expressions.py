"""Expressions of the typed tree."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from xaprt import abi

from xapc.source import Span
from xapc.tree.values import Global, Value, Var
from xapc.types import Field, Type

if TYPE_CHECKING:
    from xapc.tree.program import Function


@dataclass(slots=True, eq=False, repr=False)
class Expr:
    type: Type
    span: Span


@dataclass(slots=True, eq=False, repr=False)
class Const(Expr):
    """A scalar constant; `bool` as 0 or 1."""

    value: int


@dataclass(slots=True, eq=False, repr=False)
class ConstBytes(Expr):
    """An anonymous read-only `Array[u8, ...]`, from a bytes literal."""

    value: bytes


@dataclass(slots=True, eq=False, repr=False)
class VarRef(Expr):
    var: Var


@dataclass(slots=True, eq=False, repr=False)
class GlobalRef(Expr):
    target: Global


@dataclass(slots=True, eq=False, repr=False)
class FieldOf(Expr):
    base: Expr
    field: Field


@dataclass(slots=True, eq=False, repr=False)
class ElementOf(Expr):
    """`base[index]` of an array; index of any integer type (constants are already counted
    from the front). Panics INDEX."""

    base: Expr
    index: Expr


@dataclass(slots=True, eq=False, repr=False)
class ViewItem(Expr):
    """`view[index]`: one access of the element's width. Panics MAPPING if the view is falsy,
    then INDEX."""

    view: Expr
    index: Expr


@dataclass(slots=True, eq=False, repr=False)
class TupleOf(Expr):
    items: tuple[Expr, ...]


@dataclass(slots=True, eq=False, repr=False)
class ItemOf(Expr):
    """The `number`-th item of a tuple."""

    base: Expr
    number: int


class Arith(Enum):
    ADD = "+"
    SUB = "-"
    MUL = "*"
    FLOORDIV = "//"
    MOD = "%"


class Bits(Enum):
    AND = "&"
    OR = "|"
    XOR = "^"


class Shift(Enum):
    LEFT = "<<"
    RIGHT = ">>"


class Cmp(Enum):
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(slots=True, eq=False, repr=False)
class ArithOp(Expr):
    """Operands and result of one integer type. Panics OVERFLOW (never for + - * if
    `wrapping`), DIVISION_BY_ZERO. Division floors; MIN // -1 overflows, MIN % -1 is 0."""

    op: Arith
    left: Expr
    right: Expr
    wrapping: bool


@dataclass(slots=True, eq=False, repr=False)
class BitsOp(Expr):
    """Integers, flags, or bools (not short-circuit)."""

    op: Bits
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False, repr=False)
class ShiftOp(Expr):
    """`count` is of any integer type. Panics SHIFT unless 0 <= count < width of `left`."""

    op: Shift
    left: Expr
    count: Expr


@dataclass(slots=True, eq=False, repr=False)
class Neg(Expr):
    """Panics OVERFLOW unless `wrapping`; of an unsigned nonzero operand, too."""

    operand: Expr
    wrapping: bool


@dataclass(slots=True, eq=False, repr=False)
class Invert(Expr):
    """`~x` on the width; of flags, the other named bits (the operand's `EnumType.mask`)."""

    operand: Expr


@dataclass(slots=True, eq=False, repr=False)
class Compare(Expr):
    """A chain `a < b <= c`: each operand once, left to right, stopping at the first false
    link. Neighbours have one scalar type."""

    operands: tuple[Expr, ...]
    ops: tuple[Cmp, ...]


@dataclass(slots=True, eq=False, repr=False)
class And(Expr):
    """Short-circuit over bools."""

    operands: tuple[Expr, ...]


@dataclass(slots=True, eq=False, repr=False)
class Or(Expr):
    operands: tuple[Expr, ...]


@dataclass(slots=True, eq=False, repr=False)
class Not(Expr):
    operand: Expr


@dataclass(slots=True, eq=False, repr=False)
class IfExp(Expr):
    """Scalars, tuples, or references to aggregates."""

    test: Expr
    then: Expr
    other: Expr


class Fit(Enum):
    """What a conversion does with a value that the target cannot hold."""

    CHECK = auto()  # panics CONVERSION
    WRAP = auto()
    SATURATE = auto()


@dataclass(slots=True, eq=False, repr=False)
class Convert(Expr):
    """From an integer, a bool or an enum to an integer type."""

    operand: Expr
    fit: Fit


@dataclass(slots=True, eq=False, repr=False)
class ToEnum(Expr):
    """`Op(x)`, x of the base type: panics CONVERSION unless x is a member's value (flags:
    unless all its bits are named)."""

    operand: Expr


class IntMethod(Enum):
    """Methods of integers, by their names in the source. The first argument is the object."""

    ABS = "abs"  # panics OVERFLOW
    WRAPPING_ADD = "wrapping_add"
    WRAPPING_SUB = "wrapping_sub"
    WRAPPING_MUL = "wrapping_mul"
    SATURATING_ADD = "saturating_add"
    SATURATING_SUB = "saturating_sub"
    MUL_WIDE = "mul_wide"  # -> (high of the same type, low of its unsigned twin)
    ROTATE_LEFT = "rotate_left"  # count: any integer type, modulo the width
    ROTATE_RIGHT = "rotate_right"
    BYTESWAP = "byteswap"
    COUNT_ONES = "count_ones"  # -> u32
    LEADING_ZEROS = "leading_zeros"  # -> u32, the width for zero
    TRAILING_ZEROS = "trailing_zeros"
    BIT = "bit"  # (x, n) -> bool; n of any integer type, panics SHIFT
    BITS = "bits"  # (x, hi, lo) -> type of x; constants
    WITH_BITS = "with_bits"  # (x, hi, lo, v); panics CONVERSION if v needs more bits
    MIN = "min"  # two or more arguments
    MAX = "max"


@dataclass(slots=True, eq=False, repr=False)
class IntCall(Expr):
    method: IntMethod
    args: tuple[Expr, ...]


class BlockMethod(Enum):
    """Methods of arrays and views. The first argument is the object."""

    FILL = "fill"  # (a, v)
    COPY_FROM = "copy_from"  # (a, other, at, start, count: INDEX-typed); panics INDEX
    EQUALS = "equals"  # (a, b) -> bool; also of structs
    LOAD = "load"  # (bytes, offset): of u8 arrays and views; little-endian, any alignment;
    LOAD_BE = "load.be"  # result: an integer, or (LOAD only) a fresh struct of integers
    STORE = "store"  # (bytes, offset, value): panic INDEX
    STORE_BE = "store.be"


@dataclass(slots=True, eq=False, repr=False)
class BlockCall(Expr):
    """On views all of them panic MAPPING first if the view is falsy; each byte is accessed
    once."""

    method: BlockMethod
    args: tuple[Expr, ...]


@dataclass(slots=True, eq=False, repr=False)
class ViewOk(Expr):
    """Truth of a view: bool."""

    view: Expr


@dataclass(slots=True, eq=False, repr=False)
class ViewError(Expr):
    """`view.error`: i32, 0 or -errno."""

    view: Expr


@dataclass(slots=True, eq=False, repr=False)
class ViewLen(Expr):
    """`len(view)`: INDEX. Panics MAPPING if the view is falsy."""

    view: Expr


@dataclass(slots=True, eq=False, repr=False)
class Fresh(Expr):
    """A new aggregate, in a slot of this frame that each evaluation uses again.

    `items` are the elements or fields in *evaluation* order, each with its index; what no
    item names has the value of `base` (a build-time value of the whole), or is zero.
    An item of aggregate type is copied. The slot is written when all items are evaluated.
    """

    base: Value | None
    items: tuple[tuple[int, Expr], ...]


@dataclass(slots=True, eq=False, repr=False)
class Copy(Expr):
    """`x.copy()`: a new aggregate with the contents of x, in a slot of this frame."""

    operand: Expr


@dataclass(slots=True, eq=False, repr=False)
class Call(Expr):
    """Of a function of the program. `args` are in evaluation order; `places[i]` is the
    parameter that args[i] is for. A result of aggregate type is fresh, in this frame."""

    target: "Function"
    args: tuple[Expr, ...]
    places: tuple[int, ...]


class Service(Enum):
    """System calls that are plain functions (LANGUAGE.md section 6)."""

    CALL_SMC = "call_smc"  # (fid: u32, x1..x6: u64) -> SmcResult; refused: x0 all ones
    INJECT_IRQ = "inject_irq"  # (virq: u32) -> i32, 0 or -errno
    SET_TIMER = "set_timer"  # (ns: u64) -> i32
    NOW_NS = "now_ns"  # () -> u64
    CALLER = "caller"  # () -> Caller, from TPIDRRO_EL0
    NOT_HANDLED = "not_handled"  # () -> NEVER: ends the call with -ENOSYS


@dataclass(slots=True, eq=False, repr=False)
class ServiceCall(Expr):
    service: Service
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class FormatSpec:
    """`[#][0][width][d|x|X|o|b]` of a format specification; Python's meaning."""

    alternate: bool = False
    zero: bool = False
    width: int = 0
    kind: str = "d"


@dataclass(slots=True, eq=False, repr=False)
class Formatted:
    """`{value}` in a message: an integer by its spec, `True`/`False`, `Class.MEMBER`."""

    value: Expr
    spec: FormatSpec


Message = tuple[str | Formatted, ...]


@dataclass(slots=True, eq=False, repr=False)
class Log(Expr):
    """One log line. Type NONE. Arguments are evaluated left to right, then formatted."""

    level: abi.LogLevel
    message: Message


@dataclass(slots=True, eq=False, repr=False)
class Hexdump(Expr):
    """One log line for each 16 bytes of an `Array[u8, ...]` or `View[u8]`. Type NONE."""

    level: abi.LogLevel
    data: Expr


@dataclass(slots=True, eq=False, repr=False)
class Panic(Expr):
    """Type NEVER; ends the call with PANIC and a message."""

    message: Message
