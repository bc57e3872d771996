"""Where types must agree: conversions that are written, widths that constants take."""

import ast

from xapc import errors
from xapc.check.context import Context, poison
from xapc.diagnostics import Edit
from xapc.source import Span
from xapc.tree import Const, Expr
from xapc.types import (
    BOOL,
    BYTES,
    I64,
    INDEX,
    NEVER,
    NONE,
    POISON,
    STR,
    UNTYPED,
    EnumType,
    IntType,
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
        return ctx.error(errors.OutOfRange(span=expr.span, value=expr.value, type=str(type)))
    return ctx.error(errors.mismatch(expr.span, str(type), "an integer"))


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
        if isinstance(type, IntType):
            name = "i64" if type is INDEX else str(type)
            return ctx.error(
                errors.NeedsWidth(span=expr.span, type=name, edits=errors.wrap(expr.span, name))
            )
    if type is INDEX and expr.type == I64:
        return expr
    return mismatch(ctx, expr, type)


def mismatch(ctx: Context, expr: Expr, type: Type) -> Expr:
    """Report that `expr` is not of `type`, with the conversion where one exists."""
    edits: tuple[Edit, ...] = ()
    if isinstance(type, IntType) and isinstance(expr.type, (IntType, EnumType)):
        edits = errors.wrap(expr.span, "i64" if type is INDEX else str(type))
    elif (isinstance(type, IntType) and expr.type is BOOL) or (
        isinstance(type, EnumType) and expr.type == type.base
    ):
        edits = errors.wrap(expr.span, str(type))
    return ctx.error(errors.mismatch(expr.span, str(type), describe(expr.type), edits=edits))


def describe(type: Type) -> str:
    if type is UNTYPED:
        return "an integer constant without a width"
    if type is NONE or type is NEVER:
        return "no value"
    if type is STR:
        return "a string"
    if type is BYTES:
        return "a bytes literal"
    return str(type)


def condition(ctx: Context, expr: Expr, node: ast.expr) -> Expr:
    """`expr` where a bool is wanted; truth of other types is an error that offers a test."""
    from xapc.tree import ViewOk

    if expr.type is BOOL or is_poison(expr):
        return expr
    if isinstance(expr.type, ViewType):
        return ViewOk(BOOL, expr.span, expr)
    edits: tuple[Edit, ...] = ()
    if isinstance(expr.type, IntType):
        span = ctx.span(node)
        simple = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp))
        edits = (
            (Edit(span.after(), " != 0"),)
            if simple
            else (Edit(span.before(), "("), Edit(span.after(), ") != 0"))
        )
    return ctx.error(errors.NotBool(span=expr.span, type=describe(expr.type), edits=edits))


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
    if isinstance(one, IntType) and isinstance(other, IntType):
        to_left = other is INDEX or (one is not INDEX and one.bits >= other.bits)
        moved, type = (right, one) if to_left else (left, other)
        return errors.wrap(moved.span, str(type))
    if isinstance(one, EnumType) and isinstance(other, IntType):
        return errors.wrap(left.span, str(other))
    if isinstance(other, EnumType) and isinstance(one, IntType):
        return errors.wrap(right.span, str(one))
    if one is BOOL and isinstance(other, IntType):
        return errors.wrap(left.span, str(other))
    if other is BOOL and isinstance(one, IntType):
        return errors.wrap(right.span, str(one))
    return ()
