"""Expressions: one function for each kind of node, and the table that finds it."""

import ast
from collections.abc import Callable
from functools import cache

from xapc import errors, unsupported
from xapc.check import calls, messages, methods, operators
from xapc.check.coerce import condition, describe, is_poison, not_integer, unify
from xapc.check.context import Context, poison
from xapc.check.entities import (
    Broken,
    Constant,
    Entity,
    Namespace,
    Routine,
    Text,
    TypeName,
    Variable,
    Word,
)
from xapc.check.entities import describe as describe_entity
from xapc.tree import (
    Call,
    Const,
    ConstBytes,
    ElementOf,
    Expr,
    FieldOf,
    GlobalRef,
    IfExp,
    ItemOf,
    TupleOf,
    Var,
    VarRef,
    ViewError,
    ViewItem,
)
from xapc.types import (
    BOOL,
    BYTES,
    I32,
    INDEX,
    NEVER,
    NONE,
    POISON,
    STR,
    UNTYPED,
    ArrayType,
    EnumType,
    IntType,
    StructType,
    TupleType,
    Type,
    ViewType,
)


def check(ctx: Context, node: ast.expr) -> Expr:
    """The typed form of an expression; a poisoned one if it is wrong (which is reported)."""
    handler = _checks().get(type(node))
    if handler is None:
        hint = ""
        if isinstance(node, ast.List):
            hint = (
                "a list has no fixed size: use Array[T, N[n]]([...]), with a count of what is used"
            )
        what = errors.syntax_name(node)
        return ctx.error(errors.NotHere(span=ctx.span(node), what=what, hint=hint))
    return handler(ctx, node)


def value(ctx: Context, node: ast.expr) -> Expr:
    """An expression whose result is used: a procedure has none, and a string is no value."""
    found = operand(ctx, node)
    if found.type is STR:
        return ctx.error(errors.TextNotHere(span=found.span))
    return found


def operand(ctx: Context, node: ast.expr) -> Expr:
    """An expression whose result is used; a string may be, in its place."""
    found = check(ctx, node)
    if found.type is NONE or found.type is NEVER:
        if isinstance(found, Call) and ctx.unit.returns_something(found.target):
            ctx.broken = True
            return poison(found.span)
        return ctx.error(errors.NoResult(span=found.span))
    return found


def _broken(ctx: Context, node: unsupported.Broken) -> Expr:
    """What the load stage took out, and reported."""
    ctx.broken = True
    return poison(ctx.span(node))


def _constant(ctx: Context, node: ast.Constant) -> Expr:
    span, held = ctx.span(node), node.value
    if isinstance(held, bool):
        return Const(BOOL, span, int(held))
    if isinstance(held, int):
        if held.bit_length() > 4096:
            return ctx.error(errors.ConstantTooLarge(span=span, bits=4096))
        return Const(UNTYPED, span, held)
    if isinstance(held, bytes):
        return ConstBytes(BYTES, span, held)
    if isinstance(held, str):
        return messages.Literal(STR, span, held)
    if held is None:
        return ctx.error(errors.NoneValue(span=span))
    return ctx.error(errors.NotHere(span=span, what=repr(held)))


def _name(ctx: Context, node: ast.Name) -> Expr:
    span, found = ctx.span(node), ctx.lookup(node)
    match found:
        case Var():
            return VarRef(found.type, span, found)
        case Broken():
            return poison(span)
        case Constant(constant):
            return Const(constant.type, span, constant.value)
        case Text(str(text)):
            return messages.Literal(STR, span, text)
        case Text(bytes(data)):
            return ConstBytes(BYTES, span, data)
        case Variable(target):
            if not target.constant:
                ctx.note_state(span)
            return GlobalRef(target.type, span, target)
        case _:
            what = describe_entity(found)
            error = errors.not_a_value(span, node.id, what, callable=_gives(found))
            return ctx.error(error)


def _gives(found: Entity) -> bool:
    """Whether it would be a value with `()` behind it."""
    if isinstance(found, Routine):
        return len(found.function.params) == len(found.defaults)
    return isinstance(found, Word) and found.name in ("now_ns", "caller", "not_handled")


def _attribute(ctx: Context, node: ast.Attribute) -> Expr:
    span = ctx.span(node)
    owner = named(ctx, node.value)
    if isinstance(owner, Broken):
        return poison(span)
    if isinstance(owner, Namespace):
        return _member_of_module(ctx, node, owner)
    if isinstance(owner, TypeName):
        return _member_of_type(ctx, node, owner.type)
    base = operand(ctx, node.value)
    if is_poison(base):
        return poison(span)
    if isinstance(base.type, StructType):
        found = base.type.fields.get(node.attr)
        if found is not None:
            ctx.broken |= found.type is POISON
            return FieldOf(found.type, span, base, found)
        known = list(base.type.fields)
        if node.attr in base.type.methods and not isinstance(node.ctx, ast.Load):
            return ctx.error(errors.NotAPlace(span=span, hint=f"'{node.attr}' is a method"))
        if node.attr in base.type.methods:
            return ctx.error(errors.method_not_called(span, base.type.methods[node.attr]))
        return ctx.no_member(span, base.type, node.attr, known)
    if isinstance(base.type, ViewType) and node.attr == "error":
        return ViewError(I32, span, base)
    if isinstance(base.type, EnumType) and node.attr in ("value", "name"):
        return ctx.error(errors.EnumValue(span=span, base=str(base.type.base)))
    known = methods.known(base.type)
    if node.attr in known:
        return ctx.error(errors.builtin_not_called(span, node.attr))
    return ctx.no_member(span, base.type, node.attr, known)


def named(ctx: Context, node: ast.expr) -> Namespace | TypeName | Broken | None:
    """The module or type that an expression names, if it does."""
    if isinstance(node, ast.Name):
        if node.id in ctx.own_names and node.id not in ctx.globals:
            return None
        entity = ctx.entity(node.id)
        return entity if isinstance(entity, (Namespace, TypeName, Broken)) else None
    if isinstance(node, ast.Attribute):
        owner = named(ctx, node.value)
        if isinstance(owner, Namespace):
            member = owner.members.get(node.attr)
            return member if isinstance(member, (Namespace, TypeName)) else None
    return None


def _member_of_module(ctx: Context, node: ast.Attribute, owner: Namespace) -> Expr:
    member = owner.members.get(node.attr)
    span = ctx.span(node)
    if member is None:
        return ctx.error(errors.unknown_member(span, owner.name, node.attr, list(owner.members)))
    if isinstance(member, Constant):
        return Const(member.value.type, span, member.value.value)
    return ctx.error(errors.NotAValue(span=span, name=node.attr, what=describe_entity(member)))


def _member_of_type(ctx: Context, node: ast.Attribute, type: Type) -> Expr:
    span, known = ctx.span(node), ["MIN", "MAX", "BITS"]
    if isinstance(type, EnumType):
        if node.attr in type.members:
            return Const(type, span, type.members[node.attr])
        known = list(type.members)
    elif isinstance(type, IntType):
        limits = {"MIN": type.min, "MAX": type.max, "BITS": type.bits}
        if node.attr in limits:
            return Const(type, span, limits[node.attr])
    return ctx.no_member(span, type, node.attr, known)


def _subscript(ctx: Context, node: ast.Subscript) -> Expr:
    span = ctx.span(node)
    if isinstance(node.slice, ast.Slice):
        check(ctx, node.value)
        return ctx.error(errors.NotHere(span=span, what="a slice"))
    base = operand(ctx, node.value)
    if isinstance(node.slice, ast.Tuple) and isinstance(base.type, ArrayType):
        places = [ctx.span(each) for each in node.slice.elts]
        return ctx.error(errors.index_pair(ctx.span(node.slice), places))
    index = check(ctx, node.slice)
    if is_poison(base, index):
        return poison(span)
    if isinstance(base.type, TupleType):
        return _item(ctx, base, base.type, index)
    if isinstance(base.type, ArrayType):
        placed = _index(ctx, index, base.type.length)
        return placed if is_poison(placed) else ElementOf(base.type.element, span, base, placed)
    if isinstance(base.type, ViewType):
        placed = _index(ctx, index, None)
        return placed if is_poison(placed) else ViewItem(base.type.element, span, base, placed)
    return ctx.error(errors.NotIndexable(span=span, type=describe(base.type)))


def _index(ctx: Context, index: Expr, length: int | None) -> Expr:
    """An index of any integer type; a constant one is counted from the front."""
    if index.type is UNTYPED and isinstance(index, Const):
        place = index.value
        if place < 0 and length is None:
            return ctx.error(errors.NegativeViewIndex(span=index.span))
        if place < 0 and length is not None:
            place += length
        if place < 0 or (length is not None and place >= length) or place >= 1 << 63:
            return ctx.error(
                errors.IndexOutOfRange(
                    span=index.span, index=index.value, length=length or "the window"
                )
            )
        return Const(INDEX, index.span, place)
    if isinstance(index.type, IntType):
        return index
    return not_integer(ctx, index)


def _item(ctx: Context, base: Expr, type: TupleType, index: Expr) -> Expr:
    if index.type is not UNTYPED or not isinstance(index, Const):
        return ctx.error(errors.TupleIndex(span=index.span))
    number = index.value + (len(type.items) if index.value < 0 else 0)
    if not 0 <= number < len(type.items):
        return ctx.error(
            errors.IndexOutOfRange(span=index.span, index=index.value, length=len(type.items))
        )
    return ItemOf(type.items[number], base.span, base, number)


def _ifexp(ctx: Context, node: ast.IfExp) -> Expr:
    span = ctx.span(node)
    # CPython evaluates the test first; checking it first keeps first-assignment order too.
    test = condition(ctx, value(ctx, node.test), node.test)
    then, other = operand(ctx, node.body), operand(ctx, node.orelse)
    if is_poison(test, then, other):
        return poison(span)
    if STR in (then.type, other.type):
        return ctx.error(errors.text_chosen((then if then.type is STR else other).span))
    for one, that in ((then, other), (other, then)):
        if one.type is UNTYPED and that.type is not UNTYPED:
            return ctx.error(errors.branch_needs_width(one.span, that.type))
    if then.type is UNTYPED:
        return ctx.error(errors.branch_needs_width(then.span, None))
    both = unify(ctx, then, other, span, "branches of a conditional expression")
    if both is None:
        return poison(span)
    return IfExp(both[0].type, span, test, *both)


def _tuple(ctx: Context, node: ast.Tuple) -> Expr:
    span = ctx.span(node)
    items = tuple(value(ctx, each) for each in node.elts)
    if is_poison(*items):
        return poison(span)
    for each in items:
        if not (each.type.is_scalar or each.type is UNTYPED):
            return ctx.error(errors.TupleOfScalars(span=each.span, type=describe(each.type)))
    return TupleOf(TupleType(tuple(each.type for each in items)), span, items)


@cache
def _checks() -> dict[type[ast.expr], Callable[..., Expr]]:
    # Made on first use: the modules of expressions import each other.
    return {
        unsupported.Broken: _broken,
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Subscript: _subscript,
        ast.IfExp: _ifexp,
        ast.Tuple: _tuple,
        ast.JoinedStr: messages.joined,
        ast.BinOp: operators.binop,
        ast.UnaryOp: operators.unaryop,
        ast.BoolOp: operators.boolop,
        ast.Compare: operators.compare,
        ast.Call: calls.call,
    }
