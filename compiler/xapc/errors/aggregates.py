"""Arrays, structs, views and references (E05xx)."""

from dataclasses import dataclass

from xapc.diagnostics import Error


@dataclass(frozen=True, kw_only=True)
class IndexOutOfRange(Error):
    """It would panic whenever it runs.

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
    """See the examples.

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
    """See the examples.

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
    """In a function, make the array and fill it in a loop.

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
    """N is typing.Literal, so that type checkers accept a number there.

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
    """See the examples.

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
    """Elements are scalars, arrays and structs.

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
    """An image is at most 1 MiB.

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
    """See the examples.

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
    """See the examples.

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


@dataclass(frozen=True, kw_only=True)
class NegativeOffset(Error):
    """See the examples.

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
    """See the examples.

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
    """Integers can; little-endian also structs of nothing but integers.

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
    """It is valid inside its `with` only. Pass it to a function, or copy bytes out of it.

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
    """See the examples.

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
