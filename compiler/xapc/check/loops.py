"""`while`, and `for` over ranges, arrays, views and `enumerate` of them."""

import ast

from xapc import errors
from xapc.check import expr, statements
from xapc.check.coerce import coerce, condition, describe, is_poison
from xapc.check.context import Context
from xapc.check.entities import Word
from xapc.source import Span
from xapc.tree import (
    Assign,
    Block,
    Const,
    Expr,
    ForEach,
    ForRange,
    Stmt,
    Var,
    VarRef,
    While,
)
from xapc.types import INDEX, POISON, ArrayType, IntType, Type, ViewType


def while_(ctx: Context, node: ast.While) -> list[Stmt]:
    test = condition(ctx, expr.value(ctx, node.test), node.test)
    body, other = _suites(ctx, node)
    return [While(ctx.span(node), test, body, other)]


def _suites(ctx: Context, node: ast.While | ast.For) -> tuple[Block, Block]:
    with ctx.in_loop():
        body = statements.block(ctx, node.body)
    return body, statements.block(ctx, node.orelse)


def for_(ctx: Context, node: ast.For) -> list[Stmt]:
    word = _word(ctx, node.iter)
    if word == "range" and isinstance(node.iter, ast.Call):
        return _range(ctx, node, node.iter, backward=False)
    if word == "reversed" and isinstance(node.iter, ast.Call):
        inner = node.iter.args[0] if len(node.iter.args) == 1 else None
        if isinstance(inner, ast.Call) and _word(ctx, inner) == "range":
            return _range(ctx, node, inner, backward=True)
        ctx.error(errors.ReversedRange(span=ctx.span(node.iter)))
        return _broken(ctx, node)
    if word == "enumerate" and isinstance(node.iter, ast.Call):
        return _enumerate(ctx, node, node.iter)
    sequence = _sequence(ctx, node.iter)
    if sequence is None:
        return _broken(ctx, node)
    return _each(ctx, node, node.target, None, None, sequence)


def _word(ctx: Context, node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        found = ctx.entity(node.func.id)
        return found.name if isinstance(found, Word) else ""
    return ""


def _broken(ctx: Context, node: ast.For) -> list[Stmt]:
    """The header is wrong: the names it binds are poisoned, the rest is checked."""
    for each in ast.walk(node.target):
        if isinstance(each, ast.Name):
            ctx.declare(each.id, POISON, ctx.span(each))
    _suites(ctx, node)
    return []


def _target(ctx: Context, target: ast.expr, type: Type, iterated: Span) -> Var | None:
    """The variable that a loop binds: a name, whose type this may be the first to give."""
    if not isinstance(target, ast.Name):
        ctx.error(errors.loop_target(ctx.span(target), target, iterated))
        return None
    known = ctx.locals.get(target.id)
    span = ctx.span(target)
    if target.id in ctx.globals:
        ctx.error(errors.LoopTarget(span=span))
        return None
    if known is not None and target.id != "_" and known.type not in (type, POISON):
        ctx.error(
            errors.Redeclared(
                span=span, name=target.id, type=describe(type), first=describe(known.type)
            )
        )
        ctx.poison_local(target.id, span)
        return None
    return ctx.declare(target.id, type, span)


def _range(ctx: Context, node: ast.For, call: ast.Call, *, backward: bool) -> list[Stmt]:
    if not 1 <= len(call.args) <= 3 or call.keywords:
        ctx.error(errors.RangeArguments(span=ctx.span(call)))
        return _broken(ctx, node)
    bounds = [_bound(ctx, expr.value(ctx, each)) for each in call.args]
    var = _target(ctx, node.target, INDEX, ctx.span(call))
    if is_poison(*bounds) or var is None:
        return _broken(ctx, node)
    step = 1
    if len(bounds) == 3:
        constant = bounds.pop()
        if not isinstance(constant, Const) or constant.value == 0:
            ctx.error(errors.RangeStep(span=constant.span))
            return _broken(ctx, node)
        step = constant.value
    start: Expr = Const(INDEX, ctx.span(call), 0)
    if len(bounds) == 2:
        start = bounds.pop(0)
    body, other = _suites(ctx, node)
    place = ctx.span(call)
    made = ForRange(ctx.span(node), place, var, start, bounds[0], step, backward, body, other)
    return [made]


def _bound(ctx: Context, found: Expr) -> Expr:
    """A bound of `range`: any integer type, or a constant."""
    return found if isinstance(found.type, IntType) else coerce(ctx, found, INDEX, constants=True)


def _sequence(ctx: Context, node: ast.expr) -> Expr | None:
    found = expr.value(ctx, node)
    if is_poison(found):
        return None
    if isinstance(found.type, (ArrayType, ViewType)):
        return found
    ctx.error(errors.not_iterable(found.span, describe(found.type), found.type))
    return None


def _enumerate(ctx: Context, node: ast.For, call: ast.Call) -> list[Stmt]:
    args = [*call.args, *(k.value for k in call.keywords)]
    known = all(k.arg == "start" for k in call.keywords)
    pair = node.target
    if (
        not known
        or not 1 <= len(args) <= 2
        or not (isinstance(pair, ast.Tuple) and len(pair.elts) == 2)
    ):
        ctx.error(errors.EnumerateForm(span=ctx.span(call)))
        return _broken(ctx, node)
    sequence = _sequence(ctx, args[0])
    first = _bound(ctx, expr.value(ctx, args[1])) if len(args) == 2 else None
    counter = _target(ctx, pair.elts[0], INDEX, ctx.span(call))
    if sequence is None or counter is None or (first is not None and is_poison(first)):
        return _broken(ctx, node)
    return _each(ctx, node, pair.elts[1], counter, first, sequence)


def _each(
    ctx: Context,
    node: ast.For,
    target: ast.expr,
    counter: Var | None,
    first: Expr | None,
    sequence: Expr,
) -> list[Stmt]:
    assert isinstance(sequence.type, (ArrayType, ViewType))
    span = ctx.span(node)
    var = _target(ctx, target, sequence.type.element, ctx.span(node.iter))
    if var is None:
        return _broken(ctx, node)
    made: list[Stmt] = []
    if sequence.type.is_aggregate:
        # What is iterated is fixed when the loop begins, whatever the name is bound to later.
        held = Var("", sequence.type, sequence.span)
        place = VarRef(sequence.type, sequence.span, held)
        made.append(Assign(span, place, sequence))
        sequence = place
    body, other = _suites(ctx, node)
    made.append(ForEach(span, ctx.span(node.iter), var, counter, first, sequence, body, other))
    return made
