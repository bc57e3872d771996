"""Types and calls (E03xx)."""

import difflib
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import offer, replace, wrap
from xapc.source import Span


@dataclass(frozen=True, kw_only=True)
class Mismatch(Error):
    """Values keep their type: nothing is widened, narrowed or turned into a bool unseen, so what
    is written is what runs, under CPython too. Conversions are written: `u64(x)` panics when the
    value does not fit, `u8.wrap(x)` keeps the low bits, `u8.saturate(x)` clamps.

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
    """Two operands have the same type, or one is a constant without a width. Which of the two
    types the result should have is the author's choice: convert one side.

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
    """`if x:` on an integer hides the test that is meant, and with it a whole class of mistakes (a
    status of 0 that means success). Say what is compared.

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
    """Arithmetic is for integers; flags have `& | ^ ~ in`; bools have `and or not & | ^`;
    enumerations have `==` and `is`; `**` is for constants.

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
    """A procedure (`-> None`) has no result to use: CPython would hand on None, which is no value
    of the language.

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
    help = 'use bytes for data: Array[u8, N[...]](b"...")'


@dataclass(frozen=True, kw_only=True)
class NotAType(Error):
    """Types are bool, the eight integers, `Array[T, N[n]]`, `View[T]`, `tuple[...]`, structs and
    enumerations.

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
    """Every value has a fixed size, so that it has a place in a register or in memory. Python's
    int grows, its containers live on a heap.

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
    """The call gives more arguments than the function, type or method has parameters.

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
    title = "{what} does not take so many arguments"

    what: str
    most: int

    @property
    def message(self) -> str:
        if self.most == 0:
            return f"{self.what} takes no arguments here"
        return f"{self.what} takes at most {self.most} argument{'s'[: self.most > 1]} here"


@dataclass(frozen=True, kw_only=True)
class MissingArgument(Error):
    """A parameter without a default gets an argument in every call.

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
    """An argument given by name needs a parameter of that name.

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
    """A local takes the type of its first assignment and keeps it: it is one place in a register
    or on the stack, and a reader finds one meaning for it.

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
class ReturnNothing(Error):
    """Every way out of a function with a result returns a value; a bare `return` would give None
    under CPython.

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
    """A function annotated `-> None` returns no value; one annotated `-> NoReturn` does not
    return.

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

    base: str

    def __post_init__(self) -> None:
        owner, _, name = self.span.text().rpartition(".")
        if name == "value":
            offer(self, replace(self.span, f"{self.base}({owner})"))


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
    """Whether a number counts as true is a question of what is compared with what: say it.

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

    what: str


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
    title = "a message is a string, this is {type}"

    type: str


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

    spec: str


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
class KeywordOrder(Error):
    """Arguments are evaluated in the order in which they are written, and passed in the order of
    the registers. Here the two are the same.

    Wrong:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.call_smc(0x84000050)],
        )
        def f(x: u64) -> None:
            call_smc(x1=x, fid=0x84000050)

    Right:
        app = App(
            "a",
            version="1.0.0",
            uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
            needs=[Needs.call_smc(0x84000050)],
        )
        def f(x: u64) -> None:
            call_smc(fid=0x84000050, x1=x)
    """

    code = "E0343"
    title = "arguments of {what} stand in the order of its parameters"

    what: str


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
class GivenTwice(Error):
    """A parameter takes one argument: by its place or by its name.

    Wrong:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x, x=x)

    Right:
        def g(x: u32) -> u32:
            return x
        def f(x: u32) -> u32:
            return g(x=x)
    """

    code = "E0345"
    title = "{what} is given '{name}' twice"

    what: str
    name: str


def mismatch(span: Span, wanted: str, found: str, edits: tuple[Edit, ...] = ()) -> Error:
    return Mismatch(span=span, wanted=wanted, found=found, edits=edits)


def keyword(span: Span, what: str, name: str, known: list[str], twice: bool) -> Error:
    """`span` begins with the name."""
    if twice:
        return GivenTwice(span=span, what=what, name=name)
    close = difflib.get_close_matches(name, known, 1)
    if not close:
        return UnknownKeyword(span=span, what=what, name=name, hint="")
    at = Span(span.source, span.line, span.column, span.line, span.column + len(name))
    hint = f"did you mean '{close[0]}'?"
    edits = replace(at, close[0])
    return UnknownKeyword(span=span, what=what, name=name, hint=hint, edits=edits)
