"""Types and calls (E03xx)."""

import difflib
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.source import Span


@dataclass(frozen=True, kw_only=True)
class Mismatch(Error):
    """Values keep their type; conversions are written.

    Wrong:
        def f(x: u32) -> u64:
            return x

    Right:
        def f(x: u32) -> u64:
            return u64(x)
    """

    code = "E0301"
    title = "{wanted} wanted, this is {found}"

    wanted: str
    found: str


@dataclass(frozen=True, kw_only=True)
class MixedTypes(Error):
    """Two operands have the same type, or one is a constant without a width.

    Wrong:
        def f(x: u32, y: u64) -> u64:
            return x + y

    Right:
        def f(x: u32, y: u64) -> u64:
            return u64(x) + y
    """

    code = "E0302"
    title = "{what} mixes {left} and {right}"

    what: str
    left: str
    right: str


@dataclass(frozen=True, kw_only=True)
class NotBool(Error):
    """Truth of integers is not part of the language: say what is compared.

    Wrong:
        def f(x: u32) -> u32:
            if x:
                return x
            return u32(1)

    Right:
        def f(x: u32) -> u32:
            if x != 0:
                return x
            return u32(1)
    """

    code = "E0303"
    title = "a condition is a bool, this is {type}"
    help = "compare it: x != 0"

    type: str


@dataclass(frozen=True, kw_only=True)
class NoSuchOperator(Error):
    """Arithmetic is for integers; flags have & | ^ ~ in; bools have and, or, not, & | ^.

    Wrong:
        def f(x: bool, y: bool) -> bool:
            return x + y

    Right:
        def f(x: bool, y: bool) -> bool:
            return x or y
    """

    code = "E0304"
    title = "{type} has no operator {op}"

    op: str
    type: str


@dataclass(frozen=True, kw_only=True)
class NoResult(Error):
    """A procedure (`-> None`) has no result to use.

    Wrong:
        def g() -> None:
            pass
        def f() -> None:
            x = g()

    Right:
        def g() -> None:
            pass
        def f() -> None:
            g()
    """

    code = "E0305"
    title = "this gives no value"


@dataclass(frozen=True, kw_only=True)
class TextNotHere(Error):
    """Strings are arguments of log, panic and assert, and `Final` constants.

    Wrong:
        def f() -> None:
            x = "a"

    Right:
        def f() -> None:
            log.info("a")
    """

    code = "E0306"
    title = "a string is only a message"
    help = 'use bytes for data: Array[u8, N[...]](b"...")'


@dataclass(frozen=True, kw_only=True)
class NotAType(Error):
    """Types are bool, the eight integers, Array[T, N[n]], View[T], tuple[...], structs and enums.

    Wrong:
        LIMIT: Final = 3
        def f(x: LIMIT) -> None:
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0307"
    title = "'{text}' is not a type"

    text: str


@dataclass(frozen=True, kw_only=True)
class PythonType(Error):
    """Every value has a fixed size.

    Wrong:
        def f(x: int) -> None:
            pass

    Right:
        def f(x: u64) -> None:
            pass
    """

    code = "E0308"
    title = "'{name}' is not a type of the language"
    help = "use {instead}"

    name: str
    instead: str


@dataclass(frozen=True, kw_only=True)
class TooManyArguments(Error):
    """See the examples.

    Wrong:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x, x)

    Right:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x)
    """

    code = "E0309"
    title = "{what} takes at most {most} arguments here"

    what: str
    most: int


@dataclass(frozen=True, kw_only=True)
class MissingArgument(Error):
    """See the examples.

    Wrong:
        def g(x: u32, y: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x)

    Right:
        def g(x: u32, y: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x, x)
    """

    code = "E0310"
    title = "{what} needs {names}"

    what: str
    names: str


@dataclass(frozen=True, kw_only=True)
class UnknownKeyword(Error):
    """See the examples.

    Wrong:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x=x, y=x)

    Right:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x=x)
    """

    code = "E0311"
    title = "{what} has no parameter '{name}'"
    help = "{hint}"

    what: str
    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Redeclared(Error):
    """A local takes the type of its first assignment and keeps it.

    Wrong:
        def f(x: u32, y: u64) -> None:
            z: u32 = x
            z: u64 = y

    Right:
        def f(x: u32, y: u64) -> None:
            z: u32 = x
            w: u64 = y
    """

    code = "E0312"
    title = "'{name}' is {first}, and cannot become {type}"
    help = "use another name"

    name: str
    type: str
    first: str


@dataclass(frozen=True, kw_only=True)
class NotStorable(Error):
    """Variables hold scalars, tuples, arrays and structs.

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
class ReturnNothing(Error):
    """Every way out of a function with a result returns a value.

    Wrong:
        def f(x: u32) -> u32:
            return

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0314"
    title = "this function returns {type}"

    type: str


@dataclass(frozen=True, kw_only=True)
class ReturnSomething(Error):
    """A function annotated `-> None` returns no value; one annotated `-> NoReturn` does not return.

    Wrong:
        def f(x: u32) -> None:
            return x

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0315"
    title = "'{name}' returns nothing"

    name: str


@dataclass(frozen=True, kw_only=True)
class UnpackLength(Error):
    """A tuple is unpacked into as many places as it has items.

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
    """A tuple is several results in registers. Arrays and structs are passed by reference; swap their
    contents through a copy.

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
    """Its items may have different types.

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
    """`.value` and `.name` are Python's; the language converts.

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

    base: str


@dataclass(frozen=True, kw_only=True)
class NotIndexable(Error):
    """Arrays, views and tuples have elements.

    Wrong:
        def f(x: u32) -> u32:
            return x[0]

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0320"
    title = "{type} has no elements"

    type: str


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

    type: str


@dataclass(frozen=True, kw_only=True)
class BoolOfValue(Error):
    """Say what is compared.

    Wrong:
        def f(x: u32) -> bool:
            return bool(x)

    Right:
        def f(x: u32) -> bool:
            return x != 0
    """

    code = "E0322"
    title = "bool(...) is not a conversion of the language"
    help = "write x != 0"


@dataclass(frozen=True, kw_only=True)
class NotAPlace(Error):
    """Names, fields, elements and view items are places.

    Wrong:
        def f(t: tuple[u32, u32]) -> None:
            t[0] = u32(1)

    Right:
        def f(t: tuple[u32, u32]) -> None:
            t = (u32(1), t[1])
    """

    code = "E0323"
    title = "this cannot be assigned"

    what: str


@dataclass(frozen=True, kw_only=True)
class LoopTarget(Error):
    """See the examples.

    Wrong:
        def f(a: Array[u8, N[4]]) -> None:
            for a[0] in range(3):
                pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            for i in range(3):
                pass
    """

    code = "E0324"
    title = "a loop binds a local name"


@dataclass(frozen=True, kw_only=True)
class RangeArguments(Error):
    """See the examples.

    Wrong:
        def f() -> None:
            for i in range():
                pass

    Right:
        def f() -> None:
            for i in range(3):
                pass
    """

    code = "E0325"
    title = "range takes one to three positional arguments"


@dataclass(frozen=True, kw_only=True)
class RangeStep(Error):
    """The direction of a loop is known when it is compiled.

    Wrong:
        def f() -> None:
            for i in range(0, 10, 0):
                pass

    Right:
        def f() -> None:
            for i in range(0, 10, 2):
                pass
    """

    code = "E0326"
    title = "a step is a constant other than zero"


@dataclass(frozen=True, kw_only=True)
class ReversedRange(Error):
    """See the examples.

    Wrong:
        def f(a: Array[u8, N[4]]) -> None:
            for x in reversed(a):
                pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            for i in reversed(range(4)):
                x = a[i]
    """

    code = "E0327"
    title = "reversed is for range(...)"


@dataclass(frozen=True, kw_only=True)
class EnumerateForm(Error):
    """See the examples.

    Wrong:
        def f(a: Array[u8, N[4]]) -> None:
            for x in enumerate(a):
                pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            for i, x in enumerate(a):
                pass
    """

    code = "E0328"
    title = "enumerate takes a sequence and is unpacked into two names"


@dataclass(frozen=True, kw_only=True)
class OnlyInFor(Error):
    """See the examples.

    Wrong:
        def f() -> None:
            x = range(3)

    Right:
        def f() -> None:
            for x in range(3):
                pass
    """

    code = "E0329"
    title = "{name}(...) stands only in the head of a for loop"

    name: str


@dataclass(frozen=True, kw_only=True)
class MatchSubject(Error):
    """See the examples.

    Wrong:
        def f(a: Array[u8, N[4]]) -> None:
            match a:
                case _:
                    pass

    Right:
        def f(a: Array[u8, N[4]]) -> None:
            match a[0]:
                case _:
                    pass
    """

    code = "E0330"
    title = "match takes a scalar, this is {type}"

    type: str


@dataclass(frozen=True, kw_only=True)
class PatternKind(Error):
    """See the examples.

    Wrong:
        def f(x: u32) -> None:
            match x:
                case [y]:
                    pass

    Right:
        def f(x: u32) -> None:
            match x:
                case y:
                    pass
    """

    code = "E0331"
    title = "patterns are values, dotted names, captures, | and _"


@dataclass(frozen=True, kw_only=True)
class CaptureOfConstant(Error):
    """A bare name in `case` is bound to the subject, as in Python.

    Wrong:
        LIMIT: Final = 5
        def f(x: u32) -> None:
            match x:
                case LIMIT:
                    pass

    Right:
        LIMIT: Final = 5
        def f(x: u32) -> None:
            match x:
                case y if y == LIMIT:
                    pass
    """

    code = "E0332"
    title = "'{name}' in a pattern captures, it does not compare"
    help = "write a dotted name (an enum's member), the number, or a guard: case x if x == {name}"

    name: str


@dataclass(frozen=True, kw_only=True)
class CaptureInOr(Error):
    """See the examples.

    Wrong:
        def f(x: u32) -> None:
            match x:
                case 1 | (2 as y):
                    pass

    Right:
        def f(x: u32) -> None:
            match x:
                case (1 | 2) as y:
                    pass
    """

    code = "E0333"
    title = "the alternatives of | bind no names"


@dataclass(frozen=True, kw_only=True)
class IsNotEqual(Error):
    """For values there is ==.

    Wrong:
        def f(x: u32, y: u32) -> bool:
            return x is y

    Right:
        def f(x: u32, y: u32) -> bool:
            return x == y
    """

    code = "E0334"
    title = "'is' compares enumeration members only"


@dataclass(frozen=True, kw_only=True)
class InNeedsFlags(Error):
    """The left side is a constant flag, the right side flags of the same type.

    Wrong:
        def f(x: u32) -> bool:
            return 1 in x

    Right:
        class Bits(u32, Flag):
            A = 1
        def f(x: Bits) -> bool:
            return Bits.A in x
    """

    code = "E0335"
    title = "'in' asks whether a flag is set: Bits.A in flags"


@dataclass(frozen=True, kw_only=True)
class ChainedIn(Error):
    """See the examples.

    Wrong:
        class Bits(u32, Flag):
            A = 1
        def f(x: Bits) -> bool:
            return Bits.A in x == x

    Right:
        class Bits(u32, Flag):
            A = 1
        def f(x: Bits) -> bool:
            return Bits.A in x and x == x
    """

    code = "E0336"
    title = "'in' cannot stand in a chain"


@dataclass(frozen=True, kw_only=True)
class ConstantInChain(Error):
    """Their comparison is known; leave it out.

    Wrong:
        def f(x: u32) -> bool:
            return 0 < 1 < x

    Right:
        def f(x: u32) -> bool:
            return 1 < x
    """

    code = "E0337"
    title = "two neighbouring constants in a chain"


@dataclass(frozen=True, kw_only=True)
class NotAMessage(Error):
    """Log, panic and assert take literals and f-strings.

    Wrong:
        def f(x: u32) -> None:
            log.info(x)

    Right:
        def f(x: u32) -> None:
            log.info(f"{x}")
    """

    code = "E0338"
    title = "a message is a string, this is {type}"

    type: str


@dataclass(frozen=True, kw_only=True)
class FormatConversion(Error):
    """See the examples.

    Wrong:
        def f(x: u32) -> None:
            log.info(f"{x!r}")

    Right:
        def f(x: u32) -> None:
            log.info(f"{x}")
    """

    code = "E0339"
    title = "!r, !s, !a and = are not part of the language"


@dataclass(frozen=True, kw_only=True)
class FormatSpecification(Error):
    """It may be [#][0][width][d|x|X|o|b], the width up to 99.

    Wrong:
        def f(x: u32) -> None:
            log.info(f"{x:>8}")

    Right:
        def f(x: u32) -> None:
            log.info(f"{x:8}")
    """

    code = "E0340"
    title = "format specification '{spec}' is not part of the language"

    spec: str


@dataclass(frozen=True, kw_only=True)
class FormatOfName(Error):
    """See the examples.

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
    """See the examples.

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


@dataclass(frozen=True, kw_only=True)
class KeywordOrder(Error):
    """See the examples.

    Wrong:
        app = App('a', version='1.0.0', uuid='8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11', needs=[Needs.call_smc(0x84000050)])
        def f(x: u64) -> None:
            call_smc(x1=x, fid=0x84000050)

    Right:
        app = App('a', version='1.0.0', uuid='8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11', needs=[Needs.call_smc(0x84000050)])
        def f(x: u64) -> None:
            call_smc(fid=0x84000050, x1=x)
    """

    code = "E0343"
    title = "arguments of {what} stand in the order of its parameters"

    what: str


@dataclass(frozen=True, kw_only=True)
class WithWhat(Error):
    """See the examples.

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


def mismatch(span: Span, wanted: str, found: str, edits: tuple[Edit, ...] = ()) -> Error:
    return Mismatch(span=span, wanted=wanted, found=found, edits=edits)


def keyword(span: Span, what: str, name: str, known: list[str], twice: bool) -> Error:
    close = difflib.get_close_matches(name, known, 1)
    hint = "it is given twice" if twice else ""
    if close and not twice:
        hint = f"did you mean '{close[0]}'?"
    return UnknownKeyword(span=span, what=what, name=name, hint=hint)
