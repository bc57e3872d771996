"""The typed tree: what `check` makes and `lower` reads.

Every conversion is explicit, every name is resolved, every node knows its type and its span.
Where the order of evaluation matters it is the order of the fields, or said in the docstring.

Scalars (integers, `bool`, enums) and tuples and views are values. Arrays and structs are
*references*: evaluating an expression of aggregate type gives the address of an object, and
only `Assign` and `Init` copy contents. A *place* is a `VarRef`, `GlobalRef`, `FieldOf`,
`ElementOf` or `ViewItem`: as an expression of scalar type it is a load.

A check that fails ends the call: the docstrings say "panics REASON", reasons as in
`xaprt.abi.Reason`; the line is that of the node's span.

Nodes are compared by identity; `xapc.printer` shows them. (Making `__eq__` and `__repr__` for
all of these classes took a tenth of the time in which a small app is built.)
"""

from dataclasses import dataclass, field
from enum import Enum, auto

from xaprt import abi

from xapc.source import Span
from xapc.types import U8, U16, U32, U64, Field, StructType, Type, ViewType

Value = int | tuple["Value", ...]
"""A build-time value: an int for every scalar (bool 0 or 1), a tuple for the elements of an
array or the fields of a struct."""


@dataclass(eq=False)
class Var:
    """A parameter or local. A name rebound with one type is one variable."""

    name: str
    type: Type
    span: Span
    parameter: bool = False


@dataclass(eq=False)
class Global:
    """A state variable (`constant` false: RW memory) or a `Final` aggregate (R-- memory)."""

    name: str
    type: Type
    value: Value
    constant: bool
    span: Span


# --- expressions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Expr:
    type: Type
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Const(Expr):
    """A scalar constant; `bool` as 0 or 1."""

    value: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ConstBytes(Expr):
    """An anonymous read-only `Array[u8, ...]`, from a bytes literal."""

    value: bytes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VarRef(Expr):
    var: Var


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GlobalRef(Expr):
    target: Global


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FieldOf(Expr):
    base: Expr
    field: Field


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ElementOf(Expr):
    """`base[index]` of an array; index of any integer type (constants are already counted
    from the front). Panics INDEX."""

    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ViewItem(Expr):
    """`view[index]`: one access of the element's width. Panics MAPPING if the view is falsy,
    then INDEX."""

    view: Expr
    index: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TupleOf(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ArithOp(Expr):
    """Operands and result of one integer type. Panics OVERFLOW (never for + - * if
    `wrapping`), DIVISION_BY_ZERO. Division floors; MIN // -1 overflows, MIN % -1 is 0."""

    op: Arith
    left: Expr
    right: Expr
    wrapping: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BitsOp(Expr):
    """Integers, flags, or bools (not short-circuit)."""

    op: Bits
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShiftOp(Expr):
    """`count` is of any integer type. Panics SHIFT unless 0 <= count < width of `left`."""

    op: Shift
    left: Expr
    count: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Neg(Expr):
    """Panics OVERFLOW unless `wrapping`; of an unsigned nonzero operand, too."""

    operand: Expr
    wrapping: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Invert(Expr):
    """`~x` on the width; of flags, the other named bits (the operand's `EnumType.mask`)."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compare(Expr):
    """A chain `a < b <= c`: each operand once, left to right, stopping at the first false
    link. Neighbours have one scalar type."""

    operands: tuple[Expr, ...]
    ops: tuple[Cmp, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class And(Expr):
    """Short-circuit over bools."""

    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Or(Expr):
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not(Expr):
    operand: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Convert(Expr):
    """From an integer, a bool or an enum to an integer type."""

    operand: Expr
    fit: Fit


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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
    BIT = "bit"  # (x, n) -> bool; n constant
    BITS = "bits"  # (x, hi, lo) -> type of x; constants
    WITH_BITS = "with_bits"  # (x, hi, lo, v); panics CONVERSION if v needs more bits
    MIN = "min"  # two or more arguments
    MAX = "max"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BlockCall(Expr):
    """On views all of them panic MAPPING first if the view is falsy; each byte is accessed
    once."""

    method: BlockMethod
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ViewOk(Expr):
    """Truth of a view: bool."""

    view: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ViewError(Expr):
    """`view.error`: i32, 0 or -errno."""

    view: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ViewLen(Expr):
    """`len(view)`: INDEX. Panics MAPPING if the view is falsy."""

    view: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fresh(Expr):
    """A new aggregate, in a slot of this frame that each evaluation uses again.

    `items` are the elements or fields in *evaluation* order, each with its index; what no
    item names has the value of `base` (a build-time value of the whole), or is zero.
    An item of aggregate type is copied. The slot is written when all items are evaluated.
    """

    base: Value | None
    items: tuple[tuple[int, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Copy(Expr):
    """`x.copy()`: a new aggregate with the contents of x, in a slot of this frame."""

    operand: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Formatted:
    """`{value}` in a message: an integer by its spec, `True`/`False`, `Class.MEMBER`."""

    value: Expr
    spec: FormatSpec


Message = tuple[str | Formatted, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Log(Expr):
    """One log line. Type NONE. Arguments are evaluated left to right, then formatted."""

    level: abi.LogLevel
    message: Message


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hexdump(Expr):
    """One log line for each 16 bytes of an `Array[u8, ...]` or `View[u8]`. Type NONE."""

    level: abi.LogLevel
    data: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Panic(Expr):
    """Type NEVER; ends the call with PANIC and a message."""

    message: Message


# --- statements ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stmt:
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Assign(Stmt):
    """The value, then the place, then the store. To a `VarRef` of aggregate type: the name
    now refers to the value. To another place of aggregate type: contents are copied, the
    value being complete before."""

    place: Expr
    value: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Update(Stmt):
    """`place op= ...`: the place (its address, with its checks) once, its content into `old`,
    then `value` (which reads `old`), then the store to the same address."""

    place: Expr
    old: Var
    value: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unpack(Stmt):
    """Tuple assignment: the value, then each place and store from left to right. A None
    target is dropped."""

    places: tuple[Expr | None, ...]
    value: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Eval(Stmt):
    """An expression for its effects."""

    value: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class If(Stmt):
    test: Expr
    then: "Block"
    other: "Block"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class While(Stmt):
    """`other` runs when the test turns false, not on break."""

    test: Expr
    body: "Block"
    other: "Block"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ForRange(Stmt):
    """`for var in range(start, stop, step)`, or `reversed` of that.

    Bounds are of any integer type, evaluated once, left to right, then made INDEX (which
    panics CONVERSION at `call`); `step` is not zero. Assigning `var` in the body does not
    disturb the loop; after it `var` keeps its last value.
    """

    call: Span
    var: Var
    start: Expr
    stop: Expr
    step: int
    backward: bool
    body: "Block"
    other: "Block"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ForEach(Stmt):
    """Over an array or a view, in order, `counter` being that of `enumerate` (INDEX), which
    begins at `first`, of any integer type. Elements of aggregate type are bound by reference; a
    scalar element is read when its turn comes. `call`, that of `enumerate` or of the sequence, is
    where a view that is falsy panics MAPPING and a `first` beyond INDEX panics CONVERSION."""

    call: Span
    var: Var
    counter: Var | None
    first: Expr | None
    sequence: Expr
    body: "Block"
    other: "Block"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Break(Stmt):
    pass


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Continue(Stmt):
    pass


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Return(Stmt):
    """An aggregate is copied to the caller's slot."""

    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Assert(Stmt):
    """Panics ASSERT, with the message (evaluated only then) if there is one."""

    test: Expr
    message: Message | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Case:
    """`test` (None: always), then `bindings`, then `guard` (None: always), then the body; where
    test or guard is false the next case is tried."""

    test: Expr | None
    bindings: "tuple[Assign, ...]"
    guard: Expr | None
    body: "Block"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Match(Stmt):
    """The subject's value is put into `subject` first; tests read it. At most one case runs."""

    subject: Var
    value: Expr
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MapPage:
    """`map_guest_page(ipa, writable=...)`."""

    ipa: Expr
    writable: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MapIo:
    """`map_io("name")`: the `number`-th io need, `length` elements."""

    number: int
    length: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class With(Stmt):
    """Binds `var` to the view; unmapped (guest pages; only if mapped) on every way out."""

    mapping: MapPage | MapIo
    var: Var
    type: ViewType
    body: "Block"


Block = tuple[Stmt, ...]


# --- the program ---------------------------------------------------------------------------


@dataclass(eq=False)
class Function:
    """A checked function. `result` is NONE for procedures, NEVER where it cannot return."""

    name: str
    params: tuple[Var, ...]
    result: Type
    span: Span
    body: Block = ()
    calls: "set[Function]" = field(default_factory=set)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IdRange:
    """Function identifiers first..last, both included."""

    first: int
    last: int
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CallHandler:
    """`@app.smc` or `@app.hvc`. The function takes one SmcCall, or up to seven integers (the
    low bits of the guest's x1..x7). Results as in LANGUAGE.md section 5."""

    kind: abi.RouteKind  # SMC or HVC
    ids: tuple[IdRange, ...]
    function: Function


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MmioHandler:
    """`@app.mmio_read` or `@app.mmio_write`."""

    kind: abi.RouteKind  # MMIO_READ or MMIO_WRITE
    base: int
    size: int
    posted: bool
    function: Function
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CallSmcNeed:
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GuestMemoryNeed:
    mode: abi.GuestMemory


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IoNeed:
    name: str
    base: int
    size: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IrqNeed:
    virq: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TimerNeed:
    pass


Need = CallSmcNeed | GuestMemoryNeed | IoNeed | IrqNeed | TimerNeed


@dataclass(eq=False)
class App:
    """What `App(...)` declared."""

    name: str
    version: tuple[int, int, int]
    uuid: bytes  # 16, in the order of RFC 9562
    instances: abi.Instances
    restart_limit: int
    budget_us: int  # 0: the default
    needs: tuple[Need, ...]
    span: Span


@dataclass(eq=False)
class Program:
    """A whole app: only what its handlers reach, callees before callers."""

    app: App
    functions: tuple[Function, ...]
    globals: tuple[Global, ...]
    calls: tuple[CallHandler, ...]
    mmio: tuple[MmioHandler, ...]
    init: Function | None
    timer: Function | None
    events: dict[abi.Event, Function]
    library: "dict[str, Function]"
    """The in-app library's functions (xaprt.lib), checked like the user's, by name."""


# The structs of the language itself.


def _struct(name: str, *fields: tuple[str, Type], default: int | None) -> StructType:
    made = StructType(name)
    for field_name, type in fields:
        made.add(field_name, type, default)
    return made


CALLER = _struct("Caller", ("domid", U16), ("vcpu", U16), default=None)
SMC_CALL = _struct(
    "SmcCall",
    ("fid", U32),
    *((f"x{n}", U64) for n in range(1, 8)),
    ("caller", CALLER),
    default=None,
)
MMIO_ACCESS = _struct(
    "MmioAccess",
    ("offset", U64),
    ("width", U8),
    ("caller", CALLER),
    default=None,
)
SMC_RESULT = _struct("SmcResult", *((f"x{n}", U64) for n in range(4)), default=0)
SMC_RESULT_8 = _struct("SmcResult8", *((f"x{n}", U64) for n in range(8)), default=0)
