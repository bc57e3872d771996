"""Operators: arithmetic, bits, shifts, comparison, logic (LANGUAGE.md section 3)."""

import ast
from collections.abc import Callable

from xapc import errors
from xapc.check import expr
from xapc.check.coerce import condition, describe, is_poison, unify
from xapc.check.context import Context, poison
from xapc.check.untyped import fold, fold_compare, fold_unary
from xapc.diagnostics import Edit
from xapc.source import Span
from xapc.tree import (
    And,
    Arith,
    ArithOp,
    Bits,
    BitsOp,
    Cmp,
    Compare,
    Const,
    Expr,
    Invert,
    Neg,
    Not,
    Or,
    Shift,
    ShiftOp,
)
from xapc.types import BOOL, I64, INDEX, U32, UNTYPED, EnumType, IntType, Type

ARITH: dict[type[ast.operator], Arith] = {
    ast.Add: Arith.ADD,
    ast.Sub: Arith.SUB,
    ast.Mult: Arith.MUL,
    ast.FloorDiv: Arith.FLOORDIV,
    ast.Mod: Arith.MOD,
}
BITS: dict[type[ast.operator], Bits] = {
    ast.BitAnd: Bits.AND,
    ast.BitOr: Bits.OR,
    ast.BitXor: Bits.XOR,
}
SHIFTS: dict[type[ast.operator], Shift] = {ast.LShift: Shift.LEFT, ast.RShift: Shift.RIGHT}
COMPARISONS: dict[type[ast.cmpop], Cmp] = {
    ast.Eq: Cmp.EQ,
    ast.NotEq: Cmp.NE,
    ast.Lt: Cmp.LT,
    ast.LtE: Cmp.LE,
    ast.Gt: Cmp.GT,
    ast.GtE: Cmp.GE,
    ast.Is: Cmp.EQ,
    ast.IsNot: Cmp.NE,
}
SYMBOLS: dict[type[ast.operator], str] = {
    **{k: v.value for k, v in ARITH.items()},
    **{k: v.value for k, v in BITS.items()},
    **{k: v.value for k, v in SHIFTS.items()},
    ast.Div: "/",
    ast.Pow: "**",
    ast.MatMult: "@",
}


def binop(ctx: Context, node: ast.BinOp) -> Expr:
    left = expr.check(ctx, node.left)
    right = expr.check(ctx, node.right)
    return binary(ctx, node.op, left, right, ctx.span(node))


def binary(ctx: Context, op: ast.operator, left: Expr, right: Expr, span: Span) -> Expr:
    """`left op right`; also the middle of `left op= right`."""
    if is_poison(left, right):
        return poison(span)
    if isinstance(op, ast.Div):
        return ctx.error(errors.TrueDivision(span=span, edits=_floor_edit(left, right)))
    if left.type is UNTYPED and right.type is UNTYPED:
        return fold(ctx, op, left, right, span)
    if type(op) in SHIFTS:
        return _shift(ctx, SHIFTS[type(op)], left, right, span)
    symbol = SYMBOLS[type(op)]
    if isinstance(op, (ast.Pow, ast.MatMult)):
        return ctx.error(errors.NoSuchOperator(span=span, op=symbol, type=describe(left.type)))
    both = unify(ctx, left, right, span, symbol)
    if both is None:
        return poison(span)
    left, right = both
    if type(op) in BITS:
        return _bits(ctx, BITS[type(op)], left, right, span)
    if not isinstance(left.type, IntType):
        return ctx.error(errors.NoSuchOperator(span=span, op=symbol, type=describe(left.type)))
    arith = ARITH[type(op)]
    if arith in (Arith.FLOORDIV, Arith.MOD) and isinstance(right, Const) and right.value == 0:
        return ctx.error(errors.DivisionByConstantZero(span=right.span))
    wrapping = ctx.wrapping and arith in (Arith.ADD, Arith.SUB, Arith.MUL)
    return ArithOp(_result(left, right), span, arith, left, right, wrapping)


def _result(left: Expr, right: Expr) -> Type:
    """A counter with an i64 gives an i64."""
    return I64 if I64 in (left.type, right.type) else left.type


def _floor_edit(left: Expr, right: Expr) -> tuple[Edit, ...]:
    """Turn the `/` between the operands into `//`, where it stands on one line."""
    end, start = left.span.after(), right.span.before()
    if end.line != start.line:
        return ()
    gap = Span(end.source, end.line, end.column, start.line, start.column)
    return (Edit(gap, gap.text().replace("/", "//", 1)),)


def _bits(ctx: Context, op: Bits, left: Expr, right: Expr, span: Span) -> Expr:
    type = left.type
    if isinstance(type, IntType) or type is BOOL or (isinstance(type, EnumType) and type.flag):
        return BitsOp(_result(left, right), span, op, left, right)
    return ctx.error(errors.NoSuchOperator(span=span, op=op.value, type=describe(type)))


def _shift(ctx: Context, op: Shift, left: Expr, count: Expr, span: Span) -> Expr:
    if left.type is UNTYPED:
        name = "i64" if count.type is INDEX else "u64"
        return ctx.error(
            errors.NeedsWidth(span=left.span, type=name, edits=errors.wrap(left.span, name))
        )
    if not isinstance(left.type, IntType):
        return ctx.error(errors.NoSuchOperator(span=span, op=op.value, type=describe(left.type)))
    if count.type is UNTYPED and isinstance(count, Const):
        if not 0 <= count.value < left.type.bits:
            return ctx.error(
                errors.ShiftCount(
                    span=count.span, count=count.value, type=str(left.type), bits=left.type.bits
                )
            )
        count = Const(U32, count.span, count.value)
    if not isinstance(count.type, IntType):
        return ctx.error(errors.mismatch(count.span, "an integer", describe(count.type)))
    return ShiftOp(left.type, span, op, left, count)


def unaryop(ctx: Context, node: ast.UnaryOp) -> Expr:
    operand = expr.check(ctx, node.operand)
    span = ctx.span(node)
    if is_poison(operand):
        return poison(span)
    if isinstance(node.op, ast.Not):
        tested = condition(ctx, operand, node.operand)
        return poison(span) if is_poison(tested) else Not(BOOL, span, tested)
    if operand.type is UNTYPED and isinstance(operand, Const):
        return fold_unary(node.op, operand, span)
    symbol = {ast.USub: "unary -", ast.UAdd: "unary +", ast.Invert: "~"}[type(node.op)]
    type_ = operand.type
    if isinstance(node.op, ast.Invert) and isinstance(type_, EnumType) and type_.flag:
        return Invert(type_, span, operand)
    if not isinstance(type_, IntType):
        return ctx.error(errors.NoSuchOperator(span=span, op=symbol, type=describe(type_)))
    if isinstance(node.op, ast.UAdd):
        return operand
    if isinstance(node.op, ast.Invert):
        return Invert(type_, span, operand)
    return Neg(type_, span, operand, ctx.wrapping)


def boolop(ctx: Context, node: ast.BoolOp) -> Expr:
    operands = tuple(condition(ctx, expr.check(ctx, each), each) for each in node.values)
    if is_poison(*operands):
        return poison(ctx.span(node))
    make: Callable[..., Expr] = And if isinstance(node.op, ast.And) else Or
    return make(BOOL, ctx.span(node), operands)


def compare(ctx: Context, node: ast.Compare) -> Expr:
    span = ctx.span(node)
    operands = [expr.check(ctx, each) for each in (node.left, *node.comparators)]
    if is_poison(*operands):
        return poison(span)
    if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return _membership(ctx, node.ops[0], operands[0], operands[1], span)
    if all(each.type is UNTYPED for each in operands):
        return fold_compare([COMPARISONS[type(op)] for op in node.ops], operands, span)
    ops: list[Cmp] = []
    for number, op in enumerate(node.ops):
        if isinstance(op, (ast.In, ast.NotIn)):
            return ctx.error(errors.ChainedIn(span=span))
        both = unify(ctx, operands[number], operands[number + 1], span, "comparison")
        if both is None:
            return poison(span)
        operands[number], operands[number + 1] = both
        if not _comparable(ctx, op, both[0], span):
            return poison(span)
        ops.append(COMPARISONS[type(op)])
    # A chain may begin with constants: `0 <= 1 < x`.
    if any(each.type is UNTYPED for each in operands):
        return ctx.error(errors.ConstantInChain(span=span))
    return Compare(BOOL, span, tuple(operands), tuple(ops))


def _comparable(ctx: Context, op: ast.cmpop, operand: Expr, span: Span) -> bool:
    type_ = operand.type
    equality = isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot))
    if isinstance(op, (ast.Is, ast.IsNot)) and not isinstance(type_, EnumType):
        ctx.error(errors.IsNotEqual(span=span))
        return False
    if type_ is UNTYPED or isinstance(type_, IntType):
        return True
    if equality and (type_ is BOOL or isinstance(type_, EnumType)):
        return True
    if equality and type_.is_aggregate:
        ctx.error(errors.AggregateEquality(span=span, type=str(type_)))
        return False
    ctx.error(errors.NoSuchOperator(span=span, op=_symbol(op), type=describe(type_)))
    return False


def _symbol(op: ast.cmpop) -> str:
    return "in" if isinstance(op, (ast.In, ast.NotIn)) else COMPARISONS[type(op)].value


def _membership(ctx: Context, op: ast.cmpop, left: Expr, right: Expr, span: Span) -> Expr:
    """`FLAG in flags`: all bits of the left are set in the right."""
    if not (isinstance(right.type, EnumType) and right.type.flag and left.type == right.type):
        return ctx.error(errors.InNeedsFlags(span=span))
    masked = BitsOp(right.type, span, Bits.AND, left, right)
    if not isinstance(left, Const):
        # The left side would be evaluated twice.
        return ctx.error(errors.InNeedsFlags(span=span))
    return Compare(BOOL, span, (masked, left), (Cmp.EQ if isinstance(op, ast.In) else Cmp.NE,))
