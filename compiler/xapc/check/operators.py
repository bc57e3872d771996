"""Operators: arithmetic, bits, shifts, comparison, logic (LANGUAGE.md section 3)."""

import ast
from collections.abc import Callable

from xapc import errors, unsupported
from xapc.check import expr
from xapc.check.coerce import condition, describe, is_place, is_poison, not_integer, unify
from xapc.check.context import Context, poison
from xapc.check.entities import Word
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
from xapc.types import (
    BOOL,
    I64,
    INDEX,
    POISON,
    STR,
    U32,
    UNTYPED,
    EnumType,
    IntType,
    Type,
    ViewType,
)

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
    if _is_shifted_constant(node.left):
        right = expr.operand(ctx, node.right)
        left = _beside(ctx, right, node.left)
    else:
        left = expr.operand(ctx, node.left)
        right = _beside(ctx, left, node.right)
    return binary(ctx, node.op, left, right, ctx.span(node))


def _beside(ctx: Context, known: Expr, node: ast.expr) -> Expr:
    """An operand, of which the other is known."""
    if not isinstance(known.type, IntType):
        return expr.operand(ctx, node)
    before, ctx.width = ctx.width, known.type
    found = expr.operand(ctx, node)
    ctx.width = before
    return found


def _is_shifted_constant(node: ast.expr) -> bool:
    """`1 << n`, `~(1 << n)`: its width is that of what stands beside it."""
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.LShift)
        and isinstance(node.left, ast.Constant)
    )


def binary(ctx: Context, op: ast.operator, left: Expr, right: Expr, span: Span) -> Expr:
    """`left op right`; also the middle of `left op= right`."""
    if is_poison(left, right):
        return poison(span)
    text = next((each for each in (left, right) if each.type is STR), None)
    if text is not None:
        hint = 'put values into the message: f"... {x} ..."'
        return ctx.error(errors.TextNotHere(span=text.span, hint=hint))
    if isinstance(op, ast.Div):
        return ctx.error(errors.TrueDivision(span=span, edits=_floor_edit(left, right)))
    if left.type is UNTYPED and right.type is UNTYPED:
        return fold(ctx, op, left, right, span)
    if type(op) in SHIFTS:
        return _shift(ctx, SHIFTS[type(op)], left, right, span)
    symbol = SYMBOLS[type(op)]
    if isinstance(op, (ast.Pow, ast.MatMult)):
        return ctx.error(errors.no_such_operator(span, symbol, describe(left.type), left.type))
    if type(op) in BITS:
        left, right = _mask(ctx, left, right.type), _mask(ctx, right, left.type)
    odd = next((each.type for each in (left, right) if _lacks(each.type, type(op))), None)
    if odd is not None:
        edits = _as_numbers(ctx, left, right)
        return ctx.error(errors.no_such_operator(span, symbol, describe(odd), odd, edits))
    both = unify(ctx, left, right, span, symbol)
    if both is None:
        return poison(span)
    left, right = both
    if type(op) in BITS:
        return _bits(ctx, BITS[type(op)], left, right, span)
    arith = ARITH[type(op)]
    if arith in (Arith.FLOORDIV, Arith.MOD) and isinstance(right, Const) and right.value == 0:
        return ctx.error(errors.DivisionByConstantZero(span=right.span))
    wrapping = ctx.wrapping and arith in (Arith.ADD, Arith.SUB, Arith.MUL)
    return ArithOp(_result(left, right), span, arith, left, right, wrapping)


def _lacks(held: Type, op: type[ast.operator]) -> bool:
    """Whether no operand of that operator has this type."""
    if isinstance(held, IntType) or held in (UNTYPED, POISON):
        return False
    bits = held is BOOL or (isinstance(held, EnumType) and held.flag)
    return not (bits and op in BITS)


def _as_numbers(ctx: Context, left: Expr, right: Expr) -> tuple[Edit, ...]:
    """The conversions with which the operands are of one integer type, where it is plain."""
    others = [each for each in (left, right) if not isinstance(each.type, IntType)]
    others = [each for each in others if each.type is not UNTYPED]
    known = [each.type for each in (left, right) if isinstance(each.type, IntType)]
    known += [ctx.width] if isinstance(ctx.width, IntType) else []
    if not known or not all(e.type is BOOL or isinstance(e.type, EnumType) for e in others):
        return ()
    name = "i64" if known[0] is INDEX else str(known[0])
    if left in others and is_place(left):
        return ()
    return tuple(edit for each in others for edit in errors.wrap(each.span, name))


def _mask(ctx: Context, operand: Expr, other: Type) -> Expr:
    """A negative constant beside an unsigned type: `x & ~0xFFF` is meant in that type's width."""
    if not (isinstance(operand, Const) and operand.type is UNTYPED and isinstance(other, IntType)):
        return operand
    if other.min == 0 > operand.value and operand.value.bit_length() <= other.bits:
        return ctx.error(errors.mask(operand.span, operand.value, other))
    return operand


def _result(left: Expr, right: Expr) -> Type:
    """A counter with an i64 gives an i64."""
    return I64 if I64 in (left.type, right.type) else left.type


def _floor_edit(left: Expr, right: Expr) -> tuple[Edit, ...]:
    """Turn the `/` between the operands into `//`, where it stands on one line."""
    end, start = errors.whole(left.span).after(), errors.whole(right.span).before()
    if end.line != start.line:
        return ()
    gap = Span(end.source, end.line, end.column, start.line, start.column)
    return (Edit(gap, gap.text().replace("/", "//", 1)),)


def _bits(ctx: Context, op: Bits, left: Expr, right: Expr, span: Span) -> Expr:
    type = left.type
    if isinstance(type, IntType) or type is BOOL or (isinstance(type, EnumType) and type.flag):
        return BitsOp(_result(left, right), span, op, left, right)
    return ctx.error(errors.no_such_operator(span, op.value, describe(type), type))


def _shift(ctx: Context, op: Shift, left: Expr, count: Expr, span: Span) -> Expr:
    if left.type is UNTYPED:
        name = "i64" if count.type is INDEX else "u64"
        if isinstance(ctx.width, IntType) and ctx.width is not INDEX:
            name = str(ctx.width)
        return ctx.error(
            errors.NeedsWidth(span=left.span, type=name, edits=errors.wrap(left.span, name))
        )
    if not isinstance(left.type, IntType):
        return ctx.error(errors.no_such_operator(span, op.value, describe(left.type), left.type))
    if count.type is UNTYPED and isinstance(count, Const):
        if not 0 <= count.value < left.type.bits:
            return ctx.error(
                errors.ShiftCount(
                    span=count.span,
                    count=count.value,
                    type=describe(left.type),
                    bits=left.type.bits,
                )
            )
        count = Const(U32, count.span, count.value)
    if not isinstance(count.type, IntType):
        return not_integer(ctx, count)
    return ShiftOp(left.type, span, op, left, count)


def unaryop(ctx: Context, node: ast.UnaryOp) -> Expr:
    operand = expr.operand(ctx, node.operand)
    span = ctx.span(node)
    if is_poison(operand):
        return poison(span)
    if isinstance(node.op, ast.Not) and isinstance(operand.type, IntType):
        return ctx.error(errors.not_of_integer(span, operand.span, describe(operand.type)))
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
        return ctx.error(errors.no_such_operator(span, symbol, describe(type_), type_))
    if isinstance(node.op, ast.UAdd):
        return operand
    if isinstance(node.op, ast.Invert):
        return Invert(type_, span, operand)
    return Neg(type_, span, operand, ctx.wrapping)


def boolop(ctx: Context, node: ast.BoolOp) -> Expr:
    operands = tuple(expr.operand(ctx, each) for each in node.values)
    if not is_poison(*operands) and all(isinstance(each.type, IntType) for each in operands):
        value = ctx.width is not None
        return ctx.error(errors.bool_operands(ctx.span(node), node, operands, value=value))
    operands = tuple(
        condition(ctx, each, part) for each, part in zip(operands, node.values, strict=True)
    )
    if is_poison(*operands):
        return poison(ctx.span(node))
    make: Callable[..., Expr] = And if isinstance(node.op, ast.And) else Or
    return make(BOOL, ctx.span(node), operands)


def compare(ctx: Context, node: ast.Compare) -> Expr:
    span = ctx.span(node)
    if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return _membership(ctx, node, span)
    operands = _compared(ctx, node, span)
    if is_poison(*operands):
        return poison(span)
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


def _compared(ctx: Context, node: ast.Compare, span: Span) -> list[Expr]:
    """The operands; a poisoned one where they cannot be compared at all (which is reported)."""
    operands: list[Expr] = []
    for each in (node.left, *node.comparators):
        if _is_none(each) and is_poison(*operands):
            continue  # `x is None`, of an x that has an error already
        if _is_none(each) and operands and isinstance(operands[-1].type, ViewType):
            negated = isinstance(node.ops[0], (ast.IsNot, ast.NotEq))
            return [ctx.error(errors.view_is_none(span, operands[-1].span, negated=negated))]
        operands.append(expr.operand(ctx, each))
    text = next((each for each in operands if each.type is STR), None)
    if text is not None and not is_poison(*operands):
        hint = "compare numbers, or members of an enumeration"
        return [ctx.error(errors.TextNotHere(span=text.span, hint=hint))]
    return operands


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


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
    ctx.error(errors.no_such_operator(span, _symbol(op), describe(type_), type_))
    return False


def _symbol(op: ast.cmpop) -> str:
    return "in" if isinstance(op, (ast.In, ast.NotIn)) else COMPARISONS[type(op)].value


def _membership(ctx: Context, node: ast.Compare, span: Span) -> Expr:
    """`FLAG in flags`: all bits of the left are set in the right."""
    right_node, op = node.comparators[0], node.ops[0]
    left = expr.operand(ctx, node.left)
    if is_poison(left) or isinstance(right_node, unsupported.Broken):
        return poison(span)
    if _is_collection(ctx, right_node):
        return ctx.error(errors.membership(span, node, BOOL))
    right = expr.operand(ctx, right_node)
    if is_poison(right):
        return poison(span)
    if not (isinstance(right.type, EnumType) and right.type.flag and left.type == right.type):
        return ctx.error(errors.membership(span, node, right.type))
    if not isinstance(left, Const):
        # The left side would be evaluated twice.
        swapped = isinstance(right, Const)
        return ctx.error(errors.flag_first(span, left.span, right.span, swapped=swapped))
    masked = BitsOp(right.type, span, Bits.AND, left, right)
    return Compare(BOOL, span, (masked, left), (Cmp.EQ if isinstance(op, ast.In) else Cmp.NE,))


def _is_collection(ctx: Context, node: ast.expr) -> bool:
    if isinstance(node, (ast.Tuple, ast.List)):
        return True
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    found = ctx.entity(node.func.id)
    return isinstance(found, Word) and found.name == "range"
