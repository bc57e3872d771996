"""`with`: `wrapping()` and the mappings."""

import ast

from xapc import errors
from xapc.check import services, statements
from xapc.check.context import Context
from xapc.check.entities import Broken, Word
from xapc.tree import MapIo, MapPage, Stmt, With
from xapc.types import POISON, U8, U32, ViewType


def with_(ctx: Context, node: ast.With) -> list[Stmt]:
    return _items(ctx, node, node.items)


def _items(ctx: Context, node: ast.With, items: list[ast.withitem]) -> list[Stmt]:
    if not items:
        return list(statements.block(ctx, node.body))
    item, rest = items[0], items[1:]
    word: object = None
    if isinstance(item.context_expr, ast.Call) and isinstance(item.context_expr.func, ast.Name):
        found = ctx.lookup(item.context_expr.func)
        if isinstance(found, Broken):
            return _unknown(ctx, node, item, rest)
        word = found
    if isinstance(word, Word) and isinstance(item.context_expr, ast.Call):
        if word.name == "wrapping":
            return _wrapping(ctx, node, item, item.context_expr, rest)
        if word.name in ("map_guest_page", "map_io"):
            return _mapping(ctx, node, item, item.context_expr, word.name, rest)
    ctx.error(_not_a_manager(ctx, item.context_expr))
    return _unknown(ctx, node, item, rest)


def _not_a_manager(ctx: Context, node: ast.expr) -> errors.Error:
    span = ctx.span(node)
    found = ctx.entity(node.id) if isinstance(node, ast.Name) else None
    called = isinstance(found, Word) and found.name == "wrapping"
    edits = (errors.insert(span.after(), "()"),) if called else ()
    return errors.WithWhat(span=span, edits=edits)


def _unknown(
    ctx: Context, node: ast.With, item: ast.withitem, rest: list[ast.withitem]
) -> list[Stmt]:
    """A manager that is none: the name that it binds has any type."""
    if isinstance(item.optional_vars, ast.Name):
        name = item.optional_vars
        ctx.declare(name.id, POISON, ctx.span(name))
    return _items(ctx, node, rest)


def _wrapping(
    ctx: Context, node: ast.With, item: ast.withitem, call: ast.Call, rest: list[ast.withitem]
) -> list[Stmt]:
    named = item.optional_vars
    if call.args or call.keywords:
        given = (*call.args, *(k.value for k in call.keywords))
        ctx.error(errors.TooManyArguments(span=ctx.span(given[0]), what="wrapping()", most=0))
    if named is not None:
        edits = errors.replace(errors.between(ctx.span(call), ctx.span(named).after()), "")
        ctx.error(errors.WrappingNamed(span=ctx.span(named), edits=edits))
        for each in ast.walk(named):
            if isinstance(each, ast.Name) and each.id in ctx.own_names:
                ctx.declare(each.id, POISON, ctx.span(each))
    with ctx.in_wrapping():
        return _items(ctx, node, rest)


def _mapping(
    ctx: Context,
    node: ast.With,
    item: ast.withitem,
    call: ast.Call,
    name: str,
    rest: list[ast.withitem],
) -> list[Stmt]:
    span, target = ctx.span(node), item.optional_vars
    mapping: MapPage | MapIo | None
    mapping = (
        services.map_page(ctx, call) if name == "map_guest_page" else services.map_io(ctx, call)
    )
    if not isinstance(target, ast.Name):
        ctx.error(errors.MappingUnnamed(span=ctx.span(call), name=name))
        return _items(ctx, node, rest)
    type = ViewType(U8, device=False) if name == "map_guest_page" else ViewType(U32, device=True)
    known = ctx.locals.get(target.id)
    if known is not None and known not in ctx.views and known.type is not POISON:
        ctx.error(errors.ViewRebound(span=ctx.span(target), name=target.id))
        return _items(ctx, node, rest)
    ctx.locals.pop(target.id, None)
    if target.id in ctx.globals:
        ctx.error(errors.NotHere(span=ctx.span(target), what="the name of state"))
        return []
    var = ctx.declare(target.id, POISON if mapping is None else type, ctx.span(target))
    ctx.views.append(var)
    body = tuple(_items(ctx, node, rest))
    # After its `with` the name means nothing.
    ctx.locals.pop(target.id, None)
    ctx.ended.add(target.id)
    return [] if mapping is None else [With(span, mapping, var, type, body)]
