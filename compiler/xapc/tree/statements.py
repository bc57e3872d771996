"""Statements of the typed tree."""

from dataclasses import dataclass

from xapc.source import Span
from xapc.tree.expressions import Expr, Message
from xapc.tree.values import Var
from xapc.types import ViewType


@dataclass(slots=True, eq=False, repr=False)
class Stmt:
    span: Span


@dataclass(slots=True, eq=False, repr=False)
class Assign(Stmt):
    """The value, then the place, then the store. To a `VarRef` of aggregate type: the name
    now refers to the value. To another place of aggregate type: contents are copied, the
    value being complete before."""

    place: Expr
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Update(Stmt):
    """`place op= ...`: the place (its address, with its checks) once, its content into `old`,
    then `value` (which reads `old`), then the store to the same address."""

    place: Expr
    old: Var
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Unpack(Stmt):
    """Tuple assignment: the value, then each place and store from left to right. A None
    target is dropped."""

    places: tuple[Expr | None, ...]
    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class Eval(Stmt):
    """An expression for its effects."""

    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class If(Stmt):
    test: Expr
    then: "Block"
    other: "Block"


@dataclass(slots=True, eq=False, repr=False)
class While(Stmt):
    """`other` runs when the test turns false, not on break."""

    test: Expr
    body: "Block"
    other: "Block"


@dataclass(slots=True, eq=False, repr=False)
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


@dataclass(slots=True, eq=False, repr=False)
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


@dataclass(slots=True, eq=False, repr=False)
class Break(Stmt):
    pass


@dataclass(slots=True, eq=False, repr=False)
class Continue(Stmt):
    pass


@dataclass(slots=True, eq=False, repr=False)
class Return(Stmt):
    """An aggregate is copied to the caller's slot."""

    value: Expr | None


@dataclass(slots=True, eq=False, repr=False)
class Assert(Stmt):
    """Panics ASSERT, with the message (evaluated only then) if there is one."""

    test: Expr
    message: Message | None


@dataclass(slots=True, eq=False, repr=False)
class Case:
    """`test` (None: always), then `bindings`, then `guard` (None: always), then the body; where
    test or guard is false the next case is tried."""

    test: Expr | None
    bindings: "tuple[Assign, ...]"
    guard: Expr | None
    body: "Block"


@dataclass(slots=True, eq=False, repr=False)
class Match(Stmt):
    """The subject's value is put into `subject` first; tests read it. At most one case runs."""

    subject: Var
    value: Expr
    cases: tuple[Case, ...]


@dataclass(slots=True, eq=False, repr=False)
class MapPage:
    """`map_guest_page(ipa, writable=...)`."""

    ipa: Expr
    writable: bool


@dataclass(slots=True, eq=False, repr=False)
class MapIo:
    """`map_io("name")`: the `number`-th io need, `length` elements."""

    number: int
    length: int


@dataclass(slots=True, eq=False, repr=False)
class With(Stmt):
    """Binds `var` to the view; unmapped (guest pages; only if mapped) on every way out."""

    mapping: MapPage | MapIo
    var: Var
    type: ViewType
    body: "Block"


Block = tuple[Stmt, ...]
