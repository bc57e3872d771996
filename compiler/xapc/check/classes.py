"""Classes: `@struct` and enumerations."""

import ast
from typing import TYPE_CHECKING

from xapc import errors, unsupported
from xapc.check import annotations, expr, functions
from xapc.check.coerce import adopt, coerce, describe, is_poison
from xapc.check.context import Context
from xapc.check.entities import BROKEN, Entity, TypeName, Word
from xapc.tree import Const, Fresh, Value
from xapc.types import POISON, U8, EnumType, IntType, StructType

if TYPE_CHECKING:
    from xapc.check.module import ModuleChecker


def declare(checker: "ModuleChecker", node: ast.ClassDef) -> Entity:
    ctx = checker.context()
    words = [_word(checker, each) for each in node.decorator_list]
    if words == ["struct"] and not node.bases and not node.keywords:
        return _struct(checker, ctx, node)
    kind = _word(checker, node.bases[1]) if len(node.bases) == 2 else ""
    if not words and not node.keywords and kind in ("Enum", "Flag"):
        return _enum(checker, ctx, node, flag=kind == "Flag")
    ctx.error(errors.ClassForm(span=checker.names.places[node.name], name=node.name))
    return BROKEN


def _word(checker: "ModuleChecker", node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        found = checker.unit.resolve(checker.names, node.id)
        return found.name if isinstance(found, Word) else ""
    if isinstance(node, ast.Attribute):
        from xapc.check.entities import Namespace

        owner = expr.named(checker.context(), node.value)
        member = owner.members.get(node.attr) if isinstance(owner, Namespace) else None
        return member.name if isinstance(member, Word) else ""
    return ""


def _struct(checker: "ModuleChecker", ctx: Context, node: ast.ClassDef) -> Entity:
    type = StructType(node.name, span=checker.names.places[node.name])
    # Methods name their own class; fields cannot, and find nothing.
    methods: list[ast.FunctionDef] = []
    before = checker.unit.diagnostics.count
    for each in node.body:
        match each:
            case ast.AnnAssign(target=ast.Name(id=name)):
                _field(checker, ctx, node, type, each, name)
            case ast.FunctionDef():
                methods.append(each)
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case _:
                what = errors.syntax_name(each)
                ctx.error(errors.NotInStruct(span=ctx.span(each), what=what))
    if not type.fields:
        ctx.error(errors.EmptyStruct(span=checker.names.places[node.name], name=node.name))
        return BROKEN
    entity = TypeName(type)
    _note_wrong(checker, type, node, before)
    checker.unit.class_nodes[type] = node
    checker.names.names[node.name] = entity
    for method in methods:
        functions.declare_method(checker, type, method)
    return entity


def _field(
    checker: "ModuleChecker",
    ctx: Context,
    node: ast.ClassDef,
    type: StructType,
    each: ast.AnnAssign,
    name: str,
) -> None:
    held = annotations.resolve(ctx, each.annotation)
    span = ctx.span(each.target)
    if name in type.fields:
        ctx.error(errors.defined_twice(span, name, span))
        return
    if name in ("copy", "equals"):
        ctx.error(errors.Reserved(span=span, name=name))
        return
    if not (held.is_scalar or held.is_aggregate):
        if held is not POISON:
            ctx.error(errors.NotStorable(span=ctx.span(each.annotation), type=describe(held)))
        held = U8  # a stand-in, so that the field is known
    default: Value | None = None
    if each.value is not None:
        value = coerce(ctx, expr.value(ctx, each.value), held)
        if isinstance(value, Const) and not is_poison(value):
            default = value.value
        elif isinstance(value, Fresh) and not value.items:
            default = value.base
        elif not is_poison(value):
            order = checker.names.order[node.name]
            default = checker.evaluator.evaluate(each.value, held, order)
        if default is None:
            default = 0 if held.is_scalar else None
    elif any(f.default is not None for f in type.fields.values()):
        ctx.error(errors.FieldOrder(span=span, name=name))
    type.add(name, held, default)


def _enum(checker: "ModuleChecker", ctx: Context, node: ast.ClassDef, *, flag: bool) -> Entity:
    base = annotations.resolve(ctx, node.bases[0])
    if not isinstance(base, IntType):
        ctx.error(errors.EnumBase(span=ctx.span(node.bases[0])))
        return BROKEN
    type = EnumType(node.name, base, flag, span=checker.names.places[node.name])
    before = checker.unit.diagnostics.count
    for each in node.body:
        match each:
            case ast.Assign(targets=[ast.Name(id=name)]):
                value = adopt(ctx, expr.value(ctx, each.value), base)
                if is_poison(value):
                    # Known, so that what names it is no second error.
                    type.members.setdefault(name, len(type.members))
                    continue
                if not isinstance(value, Const) or value.type != base:
                    ctx.error(errors.EnumValueForm(span=value.span, base=str(base)))
                elif name in type.members:
                    span = ctx.span(each.targets[0])
                    ctx.error(errors.defined_twice(span, name, span))
                else:
                    type.members[name] = value.value
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case _:
                what = errors.syntax_name(each)
                ctx.error(errors.NotInEnum(span=ctx.span(each), what=what))
    if not type.members and not any(isinstance(each, ast.Assign) for each in node.body):
        ctx.error(errors.EmptyStruct(span=checker.names.places[node.name], name=node.name))
        return BROKEN
    _note_wrong(checker, type, node, before)
    checker.unit.class_nodes[type] = node
    return TypeName(type)


def _note_wrong(
    checker: "ModuleChecker", type: StructType | EnumType, node: ast.ClassDef, before: int
) -> None:
    """A class with errors (since there were `before`, or of its syntax) is never executed."""
    stripped = any(isinstance(each, unsupported.Broken) for each in ast.walk(node))
    if stripped or checker.unit.diagnostics.count != before:
        checker.unit.wrong_types.add(type)
