"""Statements, but for loops, `match` and `with`, which have modules of their own."""

import ast
from collections.abc import Callable
from functools import cache

from xapc import errors
from xapc.check import annotations, blocks, expr, loops, matching
from xapc.check.binding import anything
from xapc.check.coerce import coerce, condition, describe, is_poison
from xapc.check.context import Context, poison
from xapc.check.entities import Broken, Variable
from xapc.check.messages import message
from xapc.check.operators import binary
from xapc.source import Span
from xapc.tree import (
    Assert,
    Assign,
    Block,
    Break,
    Const,
    Continue,
    ElementOf,
    Eval,
    Expr,
    FieldOf,
    GlobalRef,
    If,
    Return,
    Stmt,
    TupleOf,
    Unpack,
    Update,
    Var,
    VarRef,
    ViewItem,
)
from xapc.types import (
    I64,
    INDEX,
    NEVER,
    NONE,
    POISON,
    STR,
    UNTYPED,
    IntType,
    TupleType,
    Type,
    ViewType,
)


def block(ctx: Context, nodes: list[ast.stmt]) -> Block:
    """The typed form of a suite."""
    made: list[Stmt] = []
    for node in nodes:
        handler = _checks().get(type(node))
        if handler is None:
            ctx.error(errors.NotHere(span=ctx.span(node), what=errors.syntax_name(node)))
            continue
        ctx.unit.at = node, ctx.module.source
        made.extend(handler(ctx, node))
    return tuple(made)


@cache
def _checks() -> dict[type[ast.stmt], Callable[..., list[Stmt]]]:
    # Made on first use: the modules of statements import each other.
    return {
        ast.Assign: _assign,
        ast.AnnAssign: _annotated,
        ast.AugAssign: _augmented,
        ast.Expr: _expression,
        ast.If: _if,
        ast.While: loops.while_,
        ast.For: loops.for_,
        ast.Break: _leave_loop,
        ast.Continue: _leave_loop,
        ast.Return: _return,
        ast.Pass: lambda ctx, node: [],
        ast.Assert: _assert,
        ast.Global: _global,
        ast.Match: matching.match,
        ast.With: blocks.with_,
    }


# --- assignment ------------------------------------------------------------------------------


def _assign(ctx: Context, node: ast.Assign) -> list[Stmt]:
    span = ctx.span(node)
    if len(node.targets) == 1 and _is_broken(ctx, node.targets[0]):
        anything(ctx, node.value)
        return []
    if len(node.targets) == 1:
        return assign(ctx, node.targets[0], expr.value(ctx, node.value), span)
    found = expr.value(ctx, node.value)
    if found.type is UNTYPED:
        found = storable(ctx, found)
    made: list[Stmt] = []
    shared = Var("", found.type, span)
    if not is_poison(found):
        made.append(Assign(span, VarRef(found.type, span, shared), found))
    for target in node.targets:
        made += assign(ctx, target, VarRef(found.type, found.span, shared), span)
    return made


def _is_broken(ctx: Context, target: ast.expr) -> bool:
    """Whether it is a part of what got its diagnostic elsewhere."""
    if not isinstance(target, (ast.Attribute, ast.Subscript)):
        return False
    root: ast.expr = target
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    found = ctx.locals.get(root.id) or (None if root.id in ctx.own_names else ctx.entity(root.id))
    return isinstance(found, Broken) or (isinstance(found, Var) and found.type is POISON)


def assign(ctx: Context, target: ast.expr, value: Expr, span: Span) -> list[Stmt]:
    """`target = value`, the value being checked already."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return _unpack(ctx, target, value, span)
    if isinstance(target, ast.Name):
        place = local(ctx, target, value)
        if place is None:
            return []
    else:
        found = writable(ctx, target)
        if found is None:
            return []
        place = found
    if isinstance(place, VarRef) and isinstance(target, ast.Name) and _becomes(value, place.type):
        given, first = describe(value.type), describe(place.type)
        name, at = target.id, ctx.span(target)
        value = ctx.error(errors.Redeclared(span=at, name=name, type=given, first=first))
    value = coerce(ctx, value, place.type, constants=takes_constants(place))
    if not is_poison(value):
        return [Assign(span, place, value)]
    if isinstance(target, ast.Name) and target.id in ctx.own_names:
        ctx.poison_local(target.id, ctx.span(target))
    return []


def _becomes(value: Expr, type: Type) -> bool:
    """Whether a value is plainly meant to have another type: `x = u64(x)`."""
    if value.type == type or POISON in (value.type, type) or value.type in (UNTYPED, INDEX):
        return False
    if type is INDEX and value.type == I64:
        return False  # a counter is one
    scalars = isinstance(value.type, IntType) and isinstance(type, IntType)
    return not scalars or errors.whole(value.span).text().startswith(f"{value.type}(")


def takes_constants(place: Expr) -> bool:
    """An array element gives a constant its width; a field or a name does not."""
    return isinstance(place, (ElementOf, ViewItem))


def storable(ctx: Context, value: Expr) -> Expr:
    """A value that a new name may hold."""
    if value.type is UNTYPED:
        signed = isinstance(value, Const) and value.value < 0
        name = "i64" if signed else "u64"
        edits = errors.wrap(value.span, name)
        return ctx.error(errors.NeedsWidth(span=value.span, type=name, edits=edits))
    if isinstance(value.type, TupleType) and UNTYPED in value.type.items:
        if not isinstance(value, TupleOf):
            # A choice of tuples, or the second name of `a = b = (1, 2)`.
            return ctx.error(errors.NeedsWidth(span=value.span, type="u64"))
        for each in value.items:
            if each.type is UNTYPED:
                storable(ctx, each)
        return poison(value.span)
    if isinstance(value.type, ViewType):
        return ctx.error(errors.ViewStored(span=value.span))
    if value.type.is_scalar or value.type.is_aggregate or isinstance(value.type, TupleType):
        return value
    if is_poison(value):
        return value
    return ctx.error(errors.NotStorable(span=value.span, type=describe(value.type)))


def local(ctx: Context, target: ast.Name, value: Expr) -> Expr | None:
    """The place of a name: a local, made with the value's type if it is new, or state."""
    span, name = ctx.span(target), target.id
    if name in ctx.globals:
        return _state(ctx, target)
    known = ctx.locals.get(name)
    if known is None or name == "_":
        value = storable(ctx, value)
        known = ctx.declare(name, value.type, span)
        if is_poison(value):
            return None
    if known in ctx.views:
        ctx.error(errors.ViewRebound(span=span, name=name))
        return None
    return VarRef(known.type, span, known)


def _state(ctx: Context, target: ast.Name) -> Expr | None:
    entity, span = ctx.entity(target.id), ctx.span(target)
    if isinstance(entity, Variable) and not entity.target.constant:
        ctx.note_state(span)
        if entity.target.type.is_scalar:
            return GlobalRef(entity.target.type, span, entity.target)
    return None  # reported where it is declared `global`


def writable(ctx: Context, target: ast.expr) -> Expr | None:
    """The place that an attribute or subscript names, if it may be written."""
    if isinstance(target, (ast.Starred, ast.Tuple, ast.List)):
        ctx.error(errors.NotHere(span=ctx.span(target), what="a nested or starred target"))
        return None
    if isinstance(target, ast.Name):
        found = ctx.locals.get(target.id)
        if target.id in ctx.globals:
            return _state(ctx, target)
        if found is None:
            entity, span = ctx.entity(target.id), ctx.span(target)
            if isinstance(entity, Variable) and entity.target.type.is_aggregate:
                ctx.error(errors.StateRebound(span=span, name=target.id))
            else:
                ctx.unbound(target.id, span)
            return None
        return None if found.type is POISON else VarRef(found.type, ctx.span(target), found)
    place = expr.check(ctx, target)
    if is_poison(place):
        return None
    if isinstance(place, (FieldOf, ElementOf, ViewItem)):
        return place
    ctx.error(errors.not_a_place(ctx.span(target), place.type))
    return None


def _unpack(ctx: Context, target: ast.Tuple | ast.List, value: Expr, span: Span) -> list[Stmt]:
    if is_poison(value):
        for each in target.elts:
            if isinstance(each, ast.Name):
                ctx.declare(each.id, POISON, ctx.span(each))
        return []
    if not isinstance(value.type, TupleType) or len(value.type.items) != len(target.elts):
        ctx.error(
            errors.UnpackLength(span=value.span, want=len(target.elts), type=describe(value.type))
        )
        _poison_names(ctx, target)
        return []
    items = value.items if isinstance(value, TupleOf) else None
    places: list[Expr | None] = []
    fixed: list[Expr] = []
    for number, each in enumerate(target.elts):
        type = value.type.items[number]
        item = items[number] if items else _Held(type, value.span)
        place = local(ctx, each, item) if isinstance(each, ast.Name) else writable(ctx, each)
        if place is None:
            _poison_names(ctx, target)
            return []
        item = coerce(ctx, item, place.type, constants=takes_constants(place))
        if is_poison(item):
            return []
        fixed.append(item)
        places.append(place)
    if items:
        types = TupleType(tuple(each.type for each in fixed))
        value = TupleOf(types, value.span, tuple(fixed))
    return [Unpack(span, tuple(places), value)]


def _poison_names(ctx: Context, target: ast.expr) -> None:
    for each in ast.walk(target):
        if isinstance(each, ast.Name) and each.id not in ctx.globals:
            ctx.declare(each.id, POISON, ctx.span(each))


class _Held(Expr):
    """Stands for one item of a tuple while its type is compared; never in the tree."""


def _annotated(ctx: Context, node: ast.AnnAssign) -> list[Stmt]:
    span = ctx.span(node)
    type = annotations.resolve(ctx, node.annotation)
    if not isinstance(node.target, ast.Name):
        ctx.error(errors.NotHere(span=ctx.span(node.target), what="an annotation of this"))
        return []
    name = node.target.id
    known = ctx.locals.get(name)
    if known is not None and known.type not in (type, POISON) and type is not POISON:
        ctx.error(
            errors.Redeclared(
                span=ctx.span(node.annotation),
                name=name,
                type=describe(type),
                first=describe(known.type),
            )
        )
        ctx.poison_local(name, ctx.span(node.target))
        return []
    if not (type.is_scalar or type.is_aggregate or isinstance(type, TupleType)):
        if type is not POISON:
            ctx.error(errors.NotStorable(span=ctx.span(node.annotation), type=str(type)))
        type = POISON
    var = ctx.declare(name, type, ctx.span(node.target))
    if node.value is None:
        return []
    if type is POISON:
        annotations.forget(ctx, node.value)
        anything(ctx, node.value)
        return []
    with ctx.beside(type):
        value = coerce(ctx, expr.value(ctx, node.value), type)
    if is_poison(value):
        return []
    return [Assign(span, VarRef(type, ctx.span(node.target), var), value)]


def _augmented(ctx: Context, node: ast.AugAssign) -> list[Stmt]:
    span = ctx.span(node)
    place = writable(ctx, node.target)
    with ctx.beside(None if place is None else place.type):
        right = expr.value(ctx, node.value)
    if place is None or is_poison(right):
        return []
    if isinstance(place, VarRef) and place.var in ctx.views:
        ctx.error(errors.ViewRebound(span=span, name=place.var.name))
        return []
    old = Var("", place.type, place.span)
    held = VarRef(place.type, place.span, old)
    value = coerce(ctx, binary(ctx, node.op, held, right, span), place.type)
    return [] if is_poison(value) else [Update(span, place, old, value)]


# --- the rest --------------------------------------------------------------------------------


def _expression(ctx: Context, node: ast.Expr) -> list[Stmt]:
    if isinstance(node.value, ast.Constant):
        return []  # a docstring, or a constant that means nothing to Python either
    found = expr.check(ctx, node.value)
    if found.type is STR or found.type is UNTYPED or is_poison(found):
        return []
    return [Eval(ctx.span(node), found)]


def _if(ctx: Context, node: ast.If) -> list[Stmt]:
    test = condition(ctx, expr.value(ctx, node.test), node.test)
    then, other = block(ctx, node.body), block(ctx, node.orelse)
    return [If(ctx.span(node), test, then, other)]


def _leave_loop(ctx: Context, node: ast.Break | ast.Continue) -> list[Stmt]:
    span = ctx.span(node)
    return [Break(span) if isinstance(node, ast.Break) else Continue(span)]


def _return(ctx: Context, node: ast.Return) -> list[Stmt]:
    assert ctx.routine is not None
    wanted, span = ctx.routine.function.result, ctx.span(node)
    nothing = node.value is None or (
        isinstance(node.value, ast.Constant) and node.value.value is None
    )
    if nothing or node.value is None:
        if wanted not in (NONE, POISON):
            ctx.error(errors.ReturnNothing(span=span, type=str(wanted)))
        return [Return(span, None)]
    if wanted is POISON or ctx.routine.function in ctx.unit.returned:
        anything(ctx, node.value)
        return [Return(span, None)]
    with ctx.beside(wanted):
        value = expr.check(ctx, node.value)
    if value.type is NEVER:  # `return not_handled()`
        return [Eval(span, value)]
    if value.type in (NONE, STR):
        return [Return(span, expr.value(ctx, node.value))]
    if wanted in (NONE, NEVER):
        if not is_poison(value):
            name = ctx.routine.function.name
            ctx.error(errors.ReturnSomething(span=value.span, name=name))
            ctx.unit.returned.add(ctx.routine.function)
        return [Return(span, None)]
    if isinstance(wanted, TupleType) and isinstance(value, TupleOf):
        value = _tuple_result(ctx, value, wanted)
    return [Return(span, coerce(ctx, value, wanted))]


def _tuple_result(ctx: Context, value: TupleOf, wanted: TupleType) -> Expr:
    if len(value.items) != len(wanted.items):
        return value
    items = tuple(
        coerce(ctx, each, type) for each, type in zip(value.items, wanted.items, strict=True)
    )
    if is_poison(*items):
        return poison(value.span)
    return TupleOf(wanted, value.span, items)


def _assert(ctx: Context, node: ast.Assert) -> list[Stmt]:
    if isinstance(node.test, ast.Tuple) and len(node.test.elts) == 2:
        ctx.error(errors.asserted_pair(ctx.span(node.test), node.test))
        return []
    test = condition(ctx, expr.value(ctx, node.test), node.test)
    text = None
    if node.msg is not None:
        text = message(ctx, node.msg)
    return [Assert(ctx.span(node), test, text)]


def _global(ctx: Context, node: ast.Global) -> list[Stmt]:
    for name in node.names:
        entity = ctx.entity(name)
        if isinstance(entity, Broken) or name in ctx.module.unknown:
            continue
        if entity is None:
            ctx.module.unknown.add(name)
        if not isinstance(entity, Variable) or entity.target.constant:
            ctx.error(errors.NotState(span=ctx.span(node), name=name))
        elif not entity.target.type.is_scalar:
            ctx.error(errors.StateRebound(span=ctx.span(node), name=name))
    return []
