"""What type a value has (E03xx)."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import (
    between,
    compared,
    expression,
    is_operand,
    part,
    replace,
    whole,
)
from xapc.source import Span
from xapc.tree import Expr
from xapc.types import BOOL, INDEX, EnumType, IntType, Type


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
    help = "{hint}"

    type: str
    hint: str


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
    help = "{hint}"

    op: str
    type: str
    hint: str


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
    help = "{hint}"

    text: str
    hint: str = ""


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
    help = "{instead}"

    name: str
    instead: str


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
    help = "{hint}"

    hint: str


@dataclass(frozen=True, kw_only=True)
class NoneValue(Error):
    """A value has one type, and every pattern of its bits is a value of that type: there is none
    left that could mean "nothing". Say it in a second value, or with a number that means it.

    Wrong:
        def f(x: u32) -> bool:
            return x is None

    Right:
        EMPTY: Final = 0
        def f(x: u32) -> bool:
            return x == EMPTY
    """

    code = "E0349"
    title = "there is no None among values"
    help = "{hint}"

    hint: str = "use a number that means it, or a bool beside the value"


def not_of_integer(span: Span, operand: Span, name: str) -> Error:
    """`not x` of an integer; `span` is that of the whole."""
    inner = whole(operand)
    text = inner.text()
    match expression(inner):
        case None | ast.IfExp() | ast.Compare() | ast.BoolOp():
            text = f"({text})"
        case _:
            pass
    edits = replace(span, f"{text} == 0")
    return NotBool(span=operand, type=name, hint="compare it: x == 0", edits=edits)


def bool_operands(span: Span, node: ast.BoolOp, operands: Sequence[Expr], *, value: bool) -> Error:
    """`x or u32(5)`, `x and y`, all of them integers. `value`: an integer is wanted."""
    first, last = operands[0], operands[-1]
    name = str(first.type) if first.type is not INDEX else "i64"
    is_or = isinstance(node.op, ast.Or)
    if value or (is_or and isinstance(node.values[-1], ast.Call)):
        one, other = whole(first.span).text(), whole(last.span).text()
        then, otherwise = (one, other) if is_or else (other, one)
        text = f"{then} if {one} != 0 else {otherwise}"
        plain = value and len(operands) == 2 and isinstance(node.values[0], ast.Name)
        edits = replace(span, f"({text})" if is_operand(span) else text) if plain else ()
        hint = "Python gives one of them" if plain else f"for a value where it is 0: {text}"
        return NotBool(span=first.span, type=name, hint=hint, edits=edits)
    edits = tuple(edit for each in operands for edit in compared(each.span))
    return NotBool(span=first.span, type=name, hint="compare each: x != 0", edits=edits)


def asserted_pair(span: Span, node: ast.Tuple) -> Error:
    """`assert (x > 1, "text")`: the tuple would always be true."""
    edits = replace(span, span.text()[1:-1]) if span.text().startswith("(") else ()
    hint = "without parentheses, what follows the comma is the message"
    return NotBool(span=span, type="a tuple", hint=hint, edits=edits)


def view_is_none(span: Span, view: Span, *, negated: bool) -> Error:
    """`page is None`: a mapping that failed is falsy."""
    edits = replace(span, view.text() if negated else f"not {view.text()}")
    return NoneValue(span=span, hint="a mapping that failed is falsy", edits=edits)


def no_such_operator(
    span: Span, op: str, name: str, type: Type, edits: tuple[Edit, ...] = ()
) -> Error:
    """`edits`: the operands as numbers."""
    hint = ""
    if op == "**":
        edits = ()
        hint = "** is for constants: multiply in a loop, or shift for a power of two"
    elif type is BOOL and op == "~":
        inner = expression(span)
        if isinstance(inner, ast.UnaryOp) and not is_operand(span):
            edits = replace(span, f"not {span.text()[1:].lstrip()}")
        hint = "" if edits else "write not x"
    elif type is BOOL:
        hint = "use and, or, not" if not edits else "as a number it is 0 or 1"
    elif isinstance(type, EnumType):
        hint = f"compute with its number: {type.base}(x)"
    elif type.is_aggregate:
        hint = "write what is meant for its elements or fields"
    return NoSuchOperator(span=span, op=op, type=name, hint=hint, edits=edits)


def _asked(span: Span, type: EnumType) -> tuple[Edit, ...]:
    """`flags & Bits.A`, of a member of one bit, is `Bits.A in flags`."""
    match expression(span):
        case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
            for member, flags in ((right, left), (left, right)):
                owner, _, name = part(span, member).text().rpartition(".")
                one_bit = owner == str(type) and type.members.get(name, 0).bit_count() == 1
                if type.flag and one_bit and isinstance(flags, ast.Name | ast.Attribute):
                    return replace(span, f"{type}.{name} in {part(span, flags).text()}")
        case _:
            pass
    return ()


def not_bool(span: Span, name: str, type: Type, edits: tuple[Edit, ...]) -> Error:
    hint = "say what is tested"
    if isinstance(type, EnumType):
        member = next(iter(type.members), "A")
        hint = f"ask for a flag: {type}.{member} in x" if type.flag else "compare it with a member"
        edits = edits or _asked(span, type)
    elif type.is_aggregate:
        hint = "it always has all of its elements: test one of them"
    elif isinstance(type, IntType):
        hint = "compare it: x != 0"
    return NotBool(span=span, type=name, hint=hint, edits=edits)


def bool_of_value(span: Span, operand: Span, type: Type) -> Error:
    """`span` is that of the call."""
    operand = whole(operand)
    text = operand.text()
    if type is BOOL:
        return BoolOfValue(span=span, hint="it is a bool already", edits=replace(span, text))
    if not isinstance(type, IntType):
        return BoolOfValue(span=span, hint="write what is compared with what")
    simple = isinstance(expression(operand), (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
    simple = simple or isinstance(expression(operand), ast.BinOp)
    test = f"{text} != 0" if simple else f"({text}) != 0"
    edits = replace(span, f"({test})" if is_operand(span) else test)
    return BoolOfValue(span=span, hint="", edits=edits)


def index_pair(span: Span, places: list[Span]) -> Error:
    """`a[i, j]`, where `a[i][j]` is meant."""
    edits = tuple(Edit(between(one, other), "][") for one, other in pairwise(places))
    return Mismatch(span=span, wanted="an integer", found="a tuple", edits=edits)


def _may_be_type(text: str) -> bool:
    """`u32`, `m.Op`, `Array[u8, N[16]]`."""
    try:
        parsed = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return isinstance(parsed, (ast.Name, ast.Attribute, ast.Subscript)) and text.strip() == text


def not_a_type(span: Span, node: ast.expr) -> Error:
    text = ast.unparse(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if not _may_be_type(node.value):
            return NotAType(span=span, text=text)
        hint, edits = "without quotes it may be one", replace(span, node.value)
        return NotAType(span=span, text=text, hint=hint, edits=edits)
    if isinstance(node, ast.Tuple) and span.text().startswith("("):
        inner = span.text()[1:-1].strip().removesuffix(",")
        return NotAType(span=span, text=text, edits=replace(span, f"tuple[{inner}]"))
    if isinstance(node, ast.Subscript) and text.startswith("Array["):
        return NotAType(span=span, text=text, hint="an array has a length: Array[u8, N[16]]")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        none = any(isinstance(n, ast.Constant) and n.value is None for n in (node.left, node.right))
        hint = "there is no None among values: return a flag beside the value, or an error code"
        return NotAType(span=span, text=text, hint=hint if none else "a value has one type")
    return NotAType(span=span, text=text)


def field_name(span: Span, node: ast.expr) -> Error:
    """Of `offsetof`: the field is named by a text."""
    edits = replace(span, f'"{node.id}"') if isinstance(node, ast.Name) else ()
    found = "a name" if edits else "something else"
    return Mismatch(span=span, wanted="a field's name in quotes", found=found, edits=edits)


def mismatch(span: Span, wanted: str, found: str, edits: tuple[Edit, ...] = ()) -> Error:
    return Mismatch(span=span, wanted=wanted, found=found, edits=edits)
