"""Constants without a width: exact integers, folded as Python computes them."""

import ast
import operator
from collections.abc import Callable
from itertools import pairwise

from xapc import errors
from xapc.check.context import Context
from xapc.source import Span
from xapc.tree import Cmp, Const, Expr
from xapc.types import BOOL, UNTYPED

MAX_BITS = 4096
"""Constants beyond this are an error, so that `1 << 10**9` costs nothing."""

_FOLD: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.Pow: operator.pow,
}
_COMPARE: dict[Cmp, Callable[[int, int], bool]] = {
    Cmp.EQ: operator.eq,
    Cmp.NE: operator.ne,
    Cmp.LT: operator.lt,
    Cmp.LE: operator.le,
    Cmp.GT: operator.gt,
    Cmp.GE: operator.ge,
}


def fold(ctx: Context, op: ast.operator, left: Expr, right: Expr, span: Span) -> Expr:
    assert isinstance(left, Const) and isinstance(right, Const)
    a, b = left.value, right.value
    if isinstance(op, (ast.FloorDiv, ast.Mod)) and b == 0:
        return ctx.error(errors.DivisionByConstantZero(span=right.span))
    if isinstance(op, (ast.LShift, ast.RShift, ast.Pow)) and b < 0:
        return ctx.error(errors.NegativeExponent(span=right.span))
    if type(op) not in _FOLD:
        return ctx.error(errors.no_such_operator(span, "@", "an integer constant", UNTYPED))
    if _bits_at_least(op, a, b) > MAX_BITS:
        return ctx.error(errors.ConstantTooLarge(span=span, bits=MAX_BITS))
    return Const(UNTYPED, span, _FOLD[type(op)](a, b))


def _bits_at_least(op: ast.operator, a: int, b: int) -> int:
    """A bound on the size of the result, before it is computed."""
    if isinstance(op, ast.LShift):
        return a.bit_length() + b if a else 0
    if isinstance(op, ast.Pow):
        return a.bit_length() * b if abs(a) > 1 else 1
    if isinstance(op, ast.Mult):
        return a.bit_length() + b.bit_length()
    return max(a.bit_length(), b.bit_length())


def fold_unary(op: ast.unaryop, operand: Const, span: Span) -> Expr:
    value = operand.value
    if isinstance(op, ast.USub):
        value = -value
    elif isinstance(op, ast.Invert):
        value = ~value
    return Const(UNTYPED, span, value)


def fold_compare(ops: list[Cmp], operands: list[Expr], span: Span) -> Expr:
    values = [each.value for each in operands if isinstance(each, Const)]
    held = all(_COMPARE[op](a, b) for op, (a, b) in zip(ops, pairwise(values), strict=True))
    return Const(BOOL, span, int(held))
