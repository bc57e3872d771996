"""Loops, `match` and comparisons (E0324 to E0337)."""

import ast
import re
from dataclasses import dataclass

from xapc.diagnostics import Error
from xapc.errors.edits import (
    between,
    expression,
    is_operand,
    offer,
    part,
    replace,
    slice_of,
    wrap,
)
from xapc.source import Span
from xapc.types import Type


@dataclass(frozen=True, kw_only=True)
class LoopTarget(Error):
    """The variable of a loop is a local of the function, whose type the loop gives. A place
    elsewhere is assigned in the body, where the reader sees it.

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
    help = "{hint}"

    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class RangeArguments(Error):
    """`range(stop)`, `range(start, stop)` and `range(start, stop, step)` are the forms, without
    keywords, as in Python.

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
    """The direction of a loop is known when it is compiled, so that its bounds are computed once
    and it ends.

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
    """Only a range is counted down. An array is run backwards by its index.

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
    help = "count an index down: for i in reversed(range(len(a)))"


@dataclass(frozen=True, kw_only=True)
class EnumerateForm(Error):
    """The counter and the element each get a name of their own; a pair of them would be a tuple
    with an element in it, and elements may be arrays or structs.

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
    """A range, an enumeration of a sequence and a reversed range are ways to run a loop; as
    objects they would need a heap.

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
    """`match` compares one scalar with values. Of an array or a struct it takes the element or
    field that decides.

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
    """Patterns that take an object apart (sequences, mappings, classes) need objects that know
    their type at run time. Values have a type that is known before.

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
    """A bare name in `case` does not compare: Python binds it to the subject, whatever that is,
    and the case always matches. A dotted name (a member of an enumeration) compares.

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

    def __post_init__(self) -> None:
        if self.edits:
            return
        captured = self.name.lower()
        after = self.span.source.line(self.span.end_line)[self.span.end_column - 1 :].lstrip()
        taken = re.search(rf"\b{captured}\b", self.span.source.text)
        if after.startswith(":") and not taken:
            guarded = f"{captured} if {captured} == {self.name}"
            offer(self, replace(self.span, guarded))


@dataclass(frozen=True, kw_only=True)
class CaptureInOr(Error):
    """Every alternative would have to bind the name, to the same subject each time. Bind the whole
    pattern.

    Wrong:
        def f(x: u32) -> None:
            match x:
                case (1 as y) | (2 as y):
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
    """`is` asks for the same object, and CPython may or may not have one object for two equal
    numbers. For values there is `==`; members of an enumeration are the same object everywhere.

    Wrong:
        def f(x: u32, y: u32) -> bool:
            return x is y

    Right:
        def f(x: u32, y: u32) -> bool:
            return x == y
    """

    code = "E0334"
    title = "'is' compares enumeration members only"

    def __post_init__(self) -> None:
        match expression(self.span):
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]):
                if not any(isinstance(n, ast.Constant) and n.value is None for n in (left, right)):
                    gap = between(part(self.span, left), part(self.span, right))
                    word = re.search(r"\bis(\s+not)?\b", gap.text())
                    sign = "==" if isinstance(op, ast.Is) else "!="
                    if word is not None:
                        offer(self, replace(slice_of(gap, *word.span()), sign))


@dataclass(frozen=True, kw_only=True)
class InNeedsFlags(Error):
    """`in` asks whether all bits of a constant flag are set in a value of the same Flag. A search
    in an array is a loop; a range test is `lo <= x < hi`.

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
    help = "{hint}"

    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class ChainedIn(Error):
    """`a in b == c` means `a in b and b == c` in Python, which is rarely what is meant. Write it
    out.

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
    """The comparison of two constants is known when the app is built: it is either no test at all
    or makes the whole chain false. Leave it out.

    Wrong:
        def f(x: u32) -> bool:
            return 0 < 1 < x

    Right:
        def f(x: u32) -> bool:
            return 1 < x
    """

    code = "E0337"
    title = "two neighbouring constants in a chain"


def capture_of_member(span: Span, name: str, type: str) -> Error:
    """`case READ:` of an enumeration that has such a member."""
    return CaptureOfConstant(span=span, name=name, edits=replace(span, f"{type}.{name}"))


def loop_target(span: Span, target: ast.expr, iterated: Span) -> Error:
    """`for i, x in a:` means `enumerate(a)`."""
    if iterated.text().startswith("enumerate("):
        return LoopTarget(span=span, hint="take the element apart in the body")
    if isinstance(target, ast.Tuple) and len(target.elts) == 2:
        hint = "with its index, an element comes from enumerate"
        return LoopTarget(span=span, hint=hint, edits=wrap(iterated, "enumerate"))
    return LoopTarget(span=span)


def flag_first(span: Span, left: Span, right: Span, *, swapped: bool) -> Error:
    """The flag is a constant, and stands on the left."""
    edits = (*replace(left, right.text()), *replace(right, left.text())) if swapped else ()
    return InNeedsFlags(span=span, hint="the flag stands on the left", edits=edits)


def membership(span: Span, node: ast.Compare, type: Type) -> Error:
    """`x in (1, 2)`, `x in range(a, b)`, `x in table`, with the test that says it."""
    left, right, negated = node.left, node.comparators[0], isinstance(node.ops[0], ast.NotIn)
    subject = ast.unparse(left)
    simple = isinstance(left, (ast.Name, ast.Attribute)) and span.line == span.end_line
    test = ""
    match right:
        case ast.Tuple(elts=[_, *_] as items) | ast.List(elts=[_, *_] as items):
            sign, word = ("!=", "and") if negated else ("==", "or")
            test = f" {word} ".join(f"{subject} {sign} {ast.unparse(each)}" for each in items)
        case ast.Call(func=ast.Name(id="range"), args=[*low, high], keywords=[]) if len(low) < 2:
            first = ast.unparse(low[0]) if low else "0"
            test = f"{first} <= {subject} < {ast.unparse(high)}"
            test = f"not ({test})" if negated else test
        case _:
            hint = "search in a loop" if type.is_aggregate else ""
            return InNeedsFlags(span=span, hint=hint)
    if not test:
        return InNeedsFlags(span=span)
    if not simple or len(test) > 80:
        return InNeedsFlags(span=span, hint=f"compare: {test}")
    return InNeedsFlags(span=span, edits=replace(span, f"({test})" if is_operand(span) else test))
