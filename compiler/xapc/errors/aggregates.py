"""Arrays, structs, views and references (E05xx)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Error
from xapc.errors.edits import expression, offer, part, replace


@dataclass(frozen=True, kw_only=True)
class IndexOutOfRange(Error):
    """It would panic whenever it runs. A negative constant counts from the end: `a[-1]` is the
    last element.

    Wrong:
        def f(a: Array[u8, N[4]]) -> u8:
            return a[4]

    Right:
        def f(a: Array[u8, N[4]]) -> u8:
            return a[3]
    """

    code = "E0501"
    title = "index {index} is outside {length} elements"

    index: int
    length: object


@dataclass(frozen=True, kw_only=True)
class NegativeViewIndex(Error):
    """How long a view is shows only at run time, and a place counted from its end would differ
    from app to app. It is indexed from its beginning.

    Wrong:
        def f(v: View[u8]) -> u8:
            return v[-1]

    Right:
        def f(v: View[u8]) -> u8:
            return v[4095]
    """

    code = "E0502"
    title = "a view is indexed from its beginning"


@dataclass(frozen=True, kw_only=True)
class ArrayLength(Error):
    """An array is given all of its elements or none (`Array[...]()` is zeroed).

    Wrong:
        def f() -> None:
            a = Array[u8, N[4]]([1, 2])

    Right:
        def f() -> None:
            a = Array[u8, N[2]]([1, 2])
    """

    code = "E0503"
    title = "{got} elements for {type}"

    type: str
    want: int
    got: int


@dataclass(frozen=True, kw_only=True)
class NoZero(Error):
    """`Array[...]()` is zeroed; structs take their defaults, enumerations their zero member.
    Without one there is nothing to begin with.

    Wrong:
        class Op(u32, Enum):
            READ = 1
        def f() -> None:
            a = Array[Op, N[2]]()

    Right:
        class Op(u32, Enum):
            READ = 1
        def f() -> None:
            a = Array[Op, N[2]]([Op.READ, Op.READ])
    """

    code = "E0504"
    title = "this array has no zero: {why}"

    why: str


@dataclass(frozen=True, kw_only=True)
class GeneratorAtRunTime(Error):
    """A generator is run by CPython when the app is built, for tables. In a function, make the
    array and fill it in a loop.

    Wrong:
        def f() -> None:
            a = Array[u8, N[4]](u8(i) for i in range(4))

    Right:
        TABLE: Final = Array[u8, N[4]](u8(i) for i in range(4))
    """

    code = "E0505"
    title = "a generator fills arrays only at build time"


@dataclass(frozen=True, kw_only=True)
class ArrayLengthForm(Error):
    """`N` is `typing.Literal`, so that type checkers accept a number there. A constant of one's
    own cannot stand in it; an alias can: `Block = N[64]`.

    Wrong:
        def f(a: Array[u8, 4]) -> None:
            pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            pass
    """

    code = "E0506"
    title = "a length is written N[16]"


@dataclass(frozen=True, kw_only=True)
class ArrayLengthValue(Error):
    """The length is known when the app is built and is part of the type; an empty array would have
    no place in memory.

    Wrong:
        def f(a: Array[u8, N[0]]) -> None:
            pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            pass
    """

    code = "E0507"
    title = "a length is a positive integer literal"


@dataclass(frozen=True, kw_only=True)
class ArrayElement(Error):
    """Elements are scalars, arrays and structs: what has a size and a place in memory. A tuple
    lives in registers; use a struct.

    Wrong:
        def f(a: Array[tuple[u8, u8], N[4]]) -> None:
            pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            pass
    """

    code = "E0508"
    title = "an array of {type} cannot be"

    type: str


@dataclass(frozen=True, kw_only=True)
class ArrayTooLarge(Error):
    """A whole image has at most 1 MiB (ABI.md section 1, clause 4).

    Wrong:
        def f(a: Array[u8, N[2000000]]) -> None:
            pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            pass
    """

    code = "E0509"
    title = "{size} bytes are more than an image may have"

    size: int


@dataclass(frozen=True, kw_only=True)
class ViewElement(Error):
    """Guest memory is bytes, which any other process may change at any time: read integers and
    structs out of it by `load`. Device registers are 32 bits wide.

    Wrong:
        def f(v: View[u64]) -> None:
            pass

    Right:
        def f(v: View[u8]) -> None:
            pass
    """

    code = "E0510"
    title = "a view is of u8 (guest memory) or u32 (registers), not of {type}"

    type: str


@dataclass(frozen=True, kw_only=True)
class AggregateEquality(Error):
    """Under CPython `==` would ask other questions (of identity, or of Python's own rules for
    classes); `equals` compares the contents, the padding left out.

    Wrong:
        def f(a: Array[u8, N[4]], b: Array[u8, N[4]]) -> bool:
            return a == b

    Right:
        def f(a: Array[u8, N[4]], b: Array[u8, N[4]]) -> bool:
            return a.equals(b)
    """

    code = "E0511"
    title = "{type} is compared by .equals(...)"

    type: str

    def __post_init__(self) -> None:
        match expression(self.span):
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
                one, other = part(self.span, left), part(self.span, right)
                negated = "" if isinstance(op, ast.Eq) else "not "
                compared = f"{negated}{one.text()}.equals({other.text()})"
                if isinstance(left, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
                    offer(self, replace(self.span, compared))


@dataclass(frozen=True, kw_only=True)
class NegativeOffset(Error):
    """Offsets count bytes from the beginning.

    Wrong:
        def f(a: Array[u8, N[4]]) -> u16:
            return a.load(u16, -1)

    Right:
        def f(a: Array[u8, N[4]]) -> u16:
            return a.load(u16, 1)
    """

    code = "E0512"
    title = "an offset is not negative"


@dataclass(frozen=True, kw_only=True)
class BytesOnly(Error):
    """`load` and `store` take integers and structs apart into bytes. Elements of other types are
    read by their index.

    Wrong:
        def f(a: Array[u32, N[4]]) -> u16:
            return a.load(u16, 0)

    Right:
        def f(a: Array[u8, N[4]]) -> u16:
            return a.load(u16, 0)
    """

    code = "E0513"
    title = "load and store are for bytes, not for {type}"

    type: str


@dataclass(frozen=True, kw_only=True)
class LoadType(Error):
    """Integers can be; in little-endian form also structs of nothing but integers. Any pattern of
    bits is a value of those; of a bool or an enumeration it need not be.

    Wrong:
        def f(a: Array[u8, N[4]]) -> bool:
            return a.load(bool, 0)

    Right:
        def f(a: Array[u8, N[4]]) -> bool:
            return a.load(u8, 0) != 0
    """

    code = "E0514"
    title = "{type} cannot be loaded or stored here"

    type: str


@dataclass(frozen=True, kw_only=True)
class ViewStored(Error):
    """A view is valid inside its `with` only. Pass it to a function, or copy bytes out of it.

    Wrong:
        def f(v: View[u8]) -> None:
            w = v

    Right:
        def g(v: View[u8]) -> u8:
            return v[0]
        def f(v: View[u8]) -> None:
            g(v)
    """

    code = "E0515"
    title = "a view is not stored or returned"


@dataclass(frozen=True, kw_only=True)
class ViewRebound(Error):
    """The name stands for the mapping until its `with` ends and unmaps it.

    Wrong:
        def f(v: View[u8]) -> None:
            v = u8(0)

    Right:
        def f(v: View[u8]) -> None:
            w = u8(0)
    """

    code = "E0516"
    title = "view '{name}' is not rebound"

    name: str
