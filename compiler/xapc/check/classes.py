"""Classes: `@struct` and enumerations."""

import ast
import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

from xapc import errors, unsupported
from xapc.check import annotations, expr, functions
from xapc.check.coerce import adopt, coerce, describe, is_poison
from xapc.check.construct import zero
from xapc.check.context import Context
from xapc.check.entities import BROKEN, Broken, Entity, TypeName, Word
from xapc.check.values import check_value
from xapc.source import Span
from xapc.survey import binds
from xapc.tree import Const, Fresh, Value
from xapc.types import POISON, EnumType, IntType, StructType, Type

if TYPE_CHECKING:
    from xapc.check.module import ModuleChecker


def declare(checker: "ModuleChecker", node: ast.ClassDef) -> Entity:
    ctx = checker.context()
    heads: list[ast.expr] = [*node.decorator_list, *node.bases]
    words = [_word(checker, each) for each in heads]
    if None in words or any(isinstance(each, unsupported.Broken) for each in heads):
        return BROKEN
    decorators, bases = words[: len(node.decorator_list)], words[len(node.decorator_list) :]
    enum = "Enum" in bases or "Flag" in bases
    for each, word in zip(node.decorator_list, decorators, strict=True):
        if word != "struct" or enum:
            text = ctx.span(each).text()
            called = isinstance(each, ast.Call) and _word(checker, each.func) == "struct"
            called = called and text.endswith("()")
            ctx.error(errors.class_decorator(ctx.span(each), text, called=called, enum=enum))
            return BROKEN
    private = next(_private(checker, node, enum=enum), None)
    if private is not None:
        ctx.error(private)
        return BROKEN
    if enum and not node.keywords and not decorators:
        return _enum(checker, ctx, node, bases)
    if node.bases or node.keywords:
        place = ctx.span(node.bases[0] if node.bases else node.keywords[0])
        ctx.error(errors.Inheritance(span=place, name=node.name, base=place.text()))
        return BROKEN
    if decorators:
        return _struct(checker, ctx, node)
    place = checker.names.places[node.name]
    fields = any(isinstance(each, ast.AnnAssign) for each in node.body)
    methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
    plain = fields and not any(functions.is_special(each.name) for each in methods)
    ctx.error(errors.class_form(place, node.name, node.lineno, plain=plain))
    return BROKEN


def _private(checker: "ModuleChecker", node: ast.ClassDef, *, enum: bool) -> Iterator[errors.Error]:
    """Names of the class, and in it, that mean something else to Python."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name):
                at = checker.name_span(each, name)
            case ast.arg(arg=name):
                at = Span.of(checker.names.source, each)
            case _:
                continue
        if name.startswith("__") and not name.endswith("__"):
            yield errors.PrivateName(span=at, name=name)
    for statement in node.body:
        for name in () if isinstance(statement, ast.FunctionDef) else binds(statement):
            sunder = enum and name[:1] == "_" == name[-1:] and len(name) > 2
            if (
                sunder
                or (name.startswith("__") and name.endswith("__"))
                or (enum and name == "mro")
            ):
                yield errors.PrivateName(span=checker.span(statement), name=name)


def _word(checker: "ModuleChecker", node: ast.expr) -> str | None:
    """The name of the language that it is, "" for anything else; None where that is broken."""
    found: object = None
    if isinstance(node, ast.Name):
        found = checker.unit.resolve(checker.names, node.id)
    elif isinstance(node, ast.Attribute):
        found = expr.named(checker.context(), node)
    if isinstance(found, Broken):
        own = isinstance(node, ast.Name) and node.id in checker.class_names
        return "" if own else None
    return found.name if isinstance(found, Word) else ""


# --- structs ---------------------------------------------------------------------------------


def _struct(checker: "ModuleChecker", ctx: Context, node: ast.ClassDef) -> Entity:
    type = StructType(node.name, span=checker.names.places[node.name])
    # Methods name their own class; fields cannot, and find nothing.
    methods: list[ast.FunctionDef] = []
    before = checker.unit.diagnostics.count
    for each in node.body:
        match each:
            case ast.AnnAssign(target=ast.Name(id=name)) if not _is_constant(checker, each):
                _field(checker, ctx, node, type, each, name)
            case ast.FunctionDef():
                methods.append(each)
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case _:
                _refuse(checker, ctx, type, each)
    if not type.fields:
        if checker.unit.diagnostics.count == before:
            ctx.error(errors.EmptyStruct(span=checker.names.places[node.name], name=node.name))
        return BROKEN
    entity = TypeName(type)
    _note_wrong(checker, type, node, before)
    checker.unit.class_nodes[type] = node
    checker.names.names[node.name] = entity
    for method in methods:
        functions.declare_method(checker, type, method)
        if (type, method.name) in checker.unit.broken_members:
            checker.unit.wrong_types.add(type)
    return entity


def _is_constant(checker: "ModuleChecker", node: ast.AnnAssign) -> bool:
    """`LIMIT: Final = 5`."""
    head = node.annotation.value if isinstance(node.annotation, ast.Subscript) else node.annotation
    return _word(checker, head) == "Final"


def _refuse(checker: "ModuleChecker", ctx: Context, type: StructType, node: ast.stmt) -> None:
    """What is neither a field nor a method; the names that it binds are known to be broken."""
    names = list(binds(node))
    what, hint = errors.syntax_name(node), ""
    if isinstance(node, ast.AnnAssign) and names:
        what, hint = f"the constant '{names[0]}'", "declare it at the top level"
    elif isinstance(node, ast.Assign) and names:
        what = f"'{names[0]}' without a type"
        hint = f"a field has one: {names[0]}: u64 = u64(...); a constant stands at the top level"
    broken = isinstance(node, ast.Assign) and isinstance(node.value, unsupported.Broken)
    if not broken:
        ctx.error(errors.NotInStruct(span=ctx.span(node), what=what, hint=hint))
    checker.unit.broken_members.update((type, name) for name in names)


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
        ctx.error(errors.defined_twice(span, name, type.fields[name].place or span))
        return
    if name in ("copy", "equals", "self"):
        ctx.error(errors.Reserved(span=span, name=name))
        checker.unit.broken_members.add((type, name))
        return
    if not (held.is_scalar or held.is_aggregate):
        if held is not POISON:
            ctx.error(errors.NotStorable(span=ctx.span(each.annotation), type=describe(held)))
        held = POISON
    default: Value | None = None
    if each.value is not None:
        default = _default(checker, ctx, node, held, each.value)
    elif held is not POISON and any(f.default is not None for f in type.fields.values()):
        ctx.error(errors.FieldOrder(span=span, name=name))
    type.add(name, held, default, span)


def _default(
    checker: "ModuleChecker", ctx: Context, node: ast.ClassDef, held: Type, given: ast.expr
) -> Value:
    """The value of a field's default; zero where it has none (which is reported)."""
    if held is POISON:
        annotations.forget(ctx, given)
        return 0
    value = coerce(ctx, expr.value(ctx, given), held)
    if is_poison(value):
        return zero(held)
    if isinstance(value, Const):
        return value.value
    check_value(ctx.unit, value)
    if isinstance(value, Fresh) and not value.items and value.base is not None:
        return value.base
    found = checker.evaluator.evaluate(given, held, checker.names.order[node.name])
    return zero(held) if found is None else found


# --- enumerations ----------------------------------------------------------------------------


def _enum(
    checker: "ModuleChecker", ctx: Context, node: ast.ClassDef, words: list[str | None]
) -> Entity:
    first = node.bases[0]
    base = annotations.evaluated(ctx, first) if len(words) == 2 and words[1] else None
    if base is POISON:
        return BROKEN
    if not isinstance(base, IntType):
        ctx.error(errors.enum_base(*map(ctx.span, node.bases)))
        return BROKEN
    flag = words[1] == "Flag"
    type = EnumType(node.name, base, flag, span=checker.names.places[node.name])
    before = checker.unit.diagnostics.count
    places: dict[str, ast.expr] = {}
    given: dict[str, ast.expr] = {}
    for each in node.body:
        match each:
            case ast.Assign(targets=[ast.Name(id=name) as target]):
                if name in places:
                    at, other = ctx.span(target), ctx.span(places[name])
                    ctx.error(errors.defined_twice(at, name, other))
                    continue
                places[name] = target
                given[name] = _Spelled(given).visit(copy.deepcopy(each.value))
                _member(checker, ctx, type, name, given[name])
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case _:
                what = errors.syntax_name(each)
                ctx.error(errors.NotInEnum(span=ctx.span(each), what=what))
                checker.unit.broken_members.update((type, name) for name in binds(each))
    if not type.members:
        if checker.unit.diagnostics.count == before:
            ctx.error(errors.EmptyStruct(span=checker.names.places[node.name], name=node.name))
        return BROKEN
    _note_wrong(checker, type, node, before)
    checker.unit.class_nodes[type] = node
    return TypeName(type)


class _Spelled(ast.NodeTransformer):
    """`RW = R | W`: in the class, a member above is the number that it was given."""

    def __init__(self, given: dict[str, ast.expr]) -> None:
        self._given = given

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        """A scope of its own, which does not see those of the class; what it runs over does."""
        node.generators[0].iter = self.visit(node.generators[0].iter)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._given:
            return node
        made = copy.deepcopy(self._given[node.id])
        for each in ast.walk(made):
            if isinstance(each, ast.expr):
                ast.copy_location(each, node)
        return made


def _member(
    checker: "ModuleChecker", ctx: Context, type: EnumType, name: str, node: ast.expr
) -> None:
    value = adopt(ctx, expr.value(ctx, node), type.base)
    if value.type == type.base:
        held: Value | None = value.value if isinstance(value, Const) else None
        if held is None:
            check_value(ctx.unit, value)
            held = checker.evaluator.evaluate(node, type.base, checker.names.order[type.name])
        type.members[name] = held if isinstance(held, int) else len(type.members)
        return
    # Known, so that what names it is no second error.
    type.members[name] = len(type.members)
    if not is_poison(value):
        ctx.error(errors.EnumValueForm(span=value.span, base=str(type.base)))


def _note_wrong(
    checker: "ModuleChecker", type: StructType | EnumType, node: ast.ClassDef, before: int
) -> None:
    """A class with errors (since there were `before`, or of its syntax) is never executed."""
    stripped = any(isinstance(each, unsupported.Broken) for each in ast.walk(node))
    if stripped or checker.unit.diagnostics.count != before:
        checker.unit.wrong_types.add(type)
