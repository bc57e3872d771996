"""Calls: who is called."""

import ast

from xapc import errors, unsupported
from xapc.check import construct, expr, methods, services
from xapc.check.binding import Parameter, arguments, bind
from xapc.check.coerce import describe, is_poison
from xapc.check.context import Context, poison
from xapc.check.entities import (
    BROKEN,
    Broken,
    Entity,
    Namespace,
    Routine,
    TypeName,
    Word,
)
from xapc.check.entities import describe as describe_entity
from xapc.source import Span
from xapc.tree import Call, Expr, Var
from xapc.types import POISON, STR, ArrayType, StructType, Type


def call(ctx: Context, node: ast.Call) -> Expr:
    if problem := next((k for k in node.keywords if k.arg is None), None):
        return ctx.error(errors.NotHere(span=ctx.span(problem), what="** in a call"))
    func = node.func
    if isinstance(func, ast.Name):
        foreign = errors.is_builtin(func.id) and func.id not in ctx.own_names
        if foreign and ctx.entity(func.id) is None:
            return _builtin(ctx, node, func.id)
        found = ctx.lookup(func, called=True)
        return _entity(ctx, node, found)
    if isinstance(func, ast.Attribute):
        return _attribute(ctx, node, func)
    if isinstance(func, ast.Subscript):
        return construct.subscripted(ctx, node, func)
    if isinstance(func, unsupported.Broken):
        ctx.broken = True
        return _entity(ctx, node, BROKEN)
    return ctx.error(errors.NotCallable(span=ctx.span(func), what="this expression"))


def _builtin(ctx: Context, node: ast.Call, name: str) -> Expr:
    """A builtin of Python that the language does not have."""
    places = [ctx.span(each) for each in node.args]
    error = errors.builtin_called(ctx.span(node.func), ctx.span(node), node, places)
    ctx.error(error)
    return arguments(ctx, node, foreign=not error.edits)


def _entity(ctx: Context, node: ast.Call, found: Var | Entity) -> Expr:
    if isinstance(found, Var) and found.type is POISON:
        ctx.broken = True
        found = BROKEN
    match found:
        case Broken():
            return arguments(ctx, node, foreign=False)
        case Routine():
            return routine(ctx, node, found, None)
        case TypeName(type):
            return _type(ctx, node, type)
        case Word(name) if name in services.WORDS:
            return services.WORDS[name](ctx, node)
        case Word(name) if name in methods.WORDS:
            return methods.WORDS[name](ctx, node)
        case Word("log"):
            return ctx.error(errors.log_called(ctx.span(node.func)))
        case Var(type=type):
            return ctx.error(errors.NotCallable(span=ctx.span(node.func), what=describe(type)))
        case _:
            what = describe_entity(found)
            return ctx.error(errors.NotCallable(span=ctx.span(node.func), what=what))


def _type(ctx: Context, node: ast.Call, type: Type) -> Expr:
    if isinstance(type, StructType):
        return construct.struct(ctx, node, type)
    if isinstance(type, ArrayType):
        return construct.array(ctx, node, type)
    return construct.scalar(ctx, node, type)


def _attribute(ctx: Context, node: ast.Call, func: ast.Attribute) -> Expr:
    if isinstance(func.value, ast.Name) and func.value.id not in ctx.own_names:
        word = ctx.entity(func.value.id)
        if isinstance(word, Word) and word.name == "log":
            return services.log(ctx, node, func)
    owner = expr.named(ctx, func.value)
    if isinstance(owner, Broken):
        return arguments(ctx, node, foreign=True)
    if isinstance(owner, Namespace):
        member = owner.members.get(func.attr)
        if member is None:
            known = list(owner.members)
            ctx.error(errors.unknown_member(ctx.span(func), owner.name, func.attr, known))
            return arguments(ctx, node, foreign=True)
        return _entity(ctx, node, member)
    if isinstance(owner, TypeName):
        return _of_type(ctx, node, func, owner.type)
    if isinstance(func.value, ast.Attribute) and func.attr in ("le", "be"):
        return methods.ordered(ctx, node, func, func.value)
    base = expr.operand(ctx, func.value)
    if is_poison(base):
        return arguments(ctx, node, foreign=True)
    if base.type is STR:
        hint = 'put values into the message: f"... {x} ..."'
        return ctx.error(errors.TextNotHere(span=base.span, hint=hint))
    if (base.type, func.attr) in ctx.unit.broken_members:
        ctx.broken = True
        return poison(ctx.span(node))
    if isinstance(base.type, StructType) and func.attr in base.type.methods:
        method = base.type.methods[func.attr]
        found = next(r for r in ctx.unit.routines if r.function is method)
        return routine(ctx, node, found, base)
    return methods.method(ctx, node, func, base)


def _of_type(ctx: Context, node: ast.Call, func: ast.Attribute, type: Type) -> Expr:
    """`u8.wrap(x)`; of a struct, a method has no object to work on."""
    if isinstance(type, StructType):
        if func.attr in type.methods:
            return ctx.error(
                errors.MethodOfType(span=ctx.span(func), type=str(type), name=func.attr)
            )
        return ctx.no_member(ctx.span(func), type, func.attr, list(type.methods))
    return construct.fitted(ctx, node, func, type)


def routine(ctx: Context, node: ast.Call, target: Routine, self: Expr | None) -> Expr:
    """A call of a function of the program, or of a struct's method on `self`."""
    function = target.function
    offset = 0 if self is None else 1
    parameters = [
        Parameter(p.name, p.type, p.name not in target.defaults) for p in function.params[offset:]
    ]
    bound = bind(ctx, node, parameters, what=f"{function.name}()", constants=False)
    if POISON in (function.result, *(p.type for p in function.params)):
        ctx.broken = True
    span = ctx.span(node) if self is None else _name_span(ctx, node)
    if bound is None:
        return poison(span)
    args: list[Expr] = [] if self is None else [self]
    args.extend(bound.args)
    places = [*range(offset), *(p + offset for p in bound.places)]
    for place, parameter in enumerate(function.params):
        if place not in places:
            args.append(target.defaults[parameter.name])
            places.append(place)
    if ctx.routine is not None:
        ctx.routine.function.calls.add(function)
        ctx.unit.call_places.setdefault((ctx.routine.function, function), span)
    return Call(function.result, span, function, tuple(args), tuple(places))


def _name_span(ctx: Context, node: ast.Call) -> Span:
    assert isinstance(node.func, ast.Attribute)
    return methods.name_span(ctx, node.func)
