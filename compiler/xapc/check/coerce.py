"""Where types must agree: conversions that are written, widths that constants take."""

import ast

from xapc import errors
from xapc.check.context import Context, poison
from xapc.diagnostics import Edit
from xapc.source import Span
from xapc.tree import SMC_RESULT, Const, Expr, VarRef
from xapc.types import (
    BOOL,
    BYTES,
    I64,
    INDEX,
    NEVER,
    NONE,
    POISON,
    STR,
    U64,
    UNTYPED,
    EnumType,
    IntType,
    TupleType,
    Type,
    ViewType,
)


def is_poison(*exprs: Expr) -> bool:
    return any(e.type is POISON for e in exprs)


def adopt(ctx: Context, expr: Expr, type: Type) -> Expr:
    """An untyped constant takes the width `type`; anything else stays as it is."""
    if expr.type is not UNTYPED or not isinstance(expr, Const):
        return expr
    if type is POISON:
        return poison(expr.span)
    if isinstance(type, IntType):
        if type.holds(expr.value):
            return Const(type, expr.span, expr.value)
        return ctx.error(errors.out_of_range(expr.span, expr.value, type))
    return mismatch(ctx, expr, type)


def coerce(ctx: Context, expr: Expr, type: Type, *, constants: bool = False) -> Expr:
    """`expr` where a value of `type` is wanted.

    `constants`: an untyped constant may take its width here (LANGUAGE.md section 2 names the
    places); elsewhere it is an error that offers the conversion.
    """
    if expr.type == type or is_poison(expr) or type is POISON:
        return expr
    if expr.type is UNTYPED and isinstance(expr, Const):
        if constants and isinstance(type, IntType):
            return adopt(ctx, expr, type)
        if isinstance(type, IntType) and not type.holds(expr.value):
            return ctx.error(errors.beyond(expr.span, expr.value, type))
        if isinstance(type, IntType):
            name = "i64" if type is INDEX else str(type)
            return ctx.error(
                errors.NeedsWidth(span=expr.span, type=name, edits=errors.wrap(expr.span, name))
            )
    if type is INDEX and expr.type == I64:
        return expr
    return mismatch(ctx, expr, type)


def not_integer(ctx: Context, expr: Expr) -> Expr:
    """Report that `expr` is no integer where any would do."""
    edits: tuple[Edit, ...] = ()
    if isinstance(expr.type, EnumType):
        edits = errors.wrap(expr.span, str(expr.type.base))
    elif expr.type is BOOL:
        edits = errors.wrap(expr.span, "u8")
    found = describe(expr.type)
    return ctx.error(errors.mismatch(expr.span, "an integer", found, edits=edits))


def mismatch(ctx: Context, expr: Expr, type: Type) -> Expr:
    """Report that `expr` is not of `type`, with the conversion where one exists."""
    edits: tuple[Edit, ...] = ()
    number = isinstance(expr.type, (IntType, EnumType)) or expr.type is BOOL
    if isinstance(type, IntType) and number:
        edits = errors.wrap(expr.span, wanted(type))
    elif isinstance(type, EnumType) and expr.type == type.base:
        edits = errors.wrap(expr.span, str(type))
    elif type is BOOL and isinstance(expr.type, IntType):
        edits = errors.compared(expr.span)
    elif isinstance(expr, Const) and expr.type is UNTYPED:
        edits = _spelled(expr, type)
    elif type == U64 and expr.type is SMC_RESULT:
        edits = (errors.insert(errors.whole(expr.span).after(), ".x0"),)
    return ctx.error(errors.mismatch(expr.span, wanted(type), describe(expr.type), edits=edits))


def _spelled(expr: Const, type: Type) -> tuple[Edit, ...]:
    """The bool or the member that a number stands for."""
    if type is BOOL and expr.value in (0, 1):
        return errors.replace(expr.span, str(bool(expr.value)))
    if isinstance(type, EnumType):
        for name, value in type.members.items():
            if value == expr.value:
                return errors.replace(expr.span, f"{type}.{name}")
    return ()


def describe(type: Type) -> str:
    if type is UNTYPED:
        return "an integer constant without a width"
    if type is NONE or type is NEVER:
        return "no value"
    if type is STR:
        return "a string"
    if type is BYTES:
        return "a bytes literal"
    if type is INDEX:
        return "a counter (i64)"
    if isinstance(type, TupleType) and UNTYPED in type.items:
        return "a tuple of constants"
    return str(type)


def wanted(type: Type) -> str:
    """A type that a place asks for."""
    return "i64" if type is INDEX else str(type)


def condition(ctx: Context, expr: Expr, node: ast.expr) -> Expr:
    """`expr` where a bool is wanted; truth of other types is an error that offers a test."""
    from xapc.tree import ViewOk

    if expr.type is BOOL or is_poison(expr):
        return expr
    if isinstance(expr.type, ViewType):
        return ViewOk(BOOL, expr.span, expr)
    edits: tuple[Edit, ...] = ()
    if isinstance(expr.type, IntType):
        edits = errors.compared(ctx.span(node))
    elif isinstance(expr, Const) and expr.type is UNTYPED:
        edits = _spelled(expr, BOOL)
    return ctx.error(errors.not_bool(expr.span, describe(expr.type), expr.type, edits))


def is_place(expr: Expr) -> bool:
    """Whether it is the old value of the place of `x += y`, which cannot be converted."""
    return isinstance(expr, VarRef) and not expr.var.name


def unify(ctx: Context, left: Expr, right: Expr, span: Span, what: str) -> tuple[Expr, Expr] | None:
    """Two operands brought to one type: the same, or one an untyped constant.

    None where that failed and was reported.
    """
    if is_poison(left, right):
        return None
    if left.type is UNTYPED and right.type is not UNTYPED:
        left = adopt(ctx, left, right.type)
    elif right.type is UNTYPED and left.type is not UNTYPED:
        right = adopt(ctx, right, left.type)
    if is_poison(left, right):
        return None
    if left.type == right.type or {left.type, right.type} == {INDEX, I64}:
        return left, right
    ctx.error(
        errors.MixedTypes(
            span=span,
            what=what,
            left=describe(left.type),
            right=describe(right.type),
            edits=_meeting_edits(left, right),
        )
    )
    return None


def _meeting_edits(left: Expr, right: Expr) -> tuple[Edit, ...]:
    """Convert the narrower side, a counter, or an enum to the other's type."""
    one, other = left.type, right.type
    if is_place(left):
        if isinstance(one, IntType) and (isinstance(other, (IntType, EnumType)) or other is BOOL):
            return errors.wrap(right.span, wanted(one))
        return errors.compared(right.span) if one is BOOL and isinstance(other, IntType) else ()
    if isinstance(one, IntType) and isinstance(other, IntType):
        to_left = other is INDEX or (one is not INDEX and one.bits >= other.bits)
        moved, type = (right, one) if to_left else (left, other)
        return errors.wrap(moved.span, wanted(type))
    if isinstance(one, EnumType) and isinstance(other, IntType):
        return errors.wrap(left.span, wanted(other))
    if isinstance(other, EnumType) and isinstance(one, IntType):
        return errors.wrap(right.span, wanted(one))
    if one is BOOL and isinstance(other, IntType):
        return errors.wrap(left.span, wanted(other))
    if other is BOOL and isinstance(one, IntType):
        return errors.wrap(right.span, wanted(one))
    return ()
