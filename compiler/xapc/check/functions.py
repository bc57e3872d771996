"""Functions: signatures, and the check of bodies."""

import ast
from typing import TYPE_CHECKING

from xapc import errors, unsupported
from xapc.check import annotations, expr, handlers, statements
from xapc.check.coerce import coerce, is_poison
from xapc.check.context import Context
from xapc.check.entities import BROKEN, Entity, Routine
from xapc.check.flow import check_flow
from xapc.check.unit import Unit
from xapc.check.values import check_value
from xapc.tree import Const, Function, Var
from xapc.types import INTS, POISON, StructType, TupleType, Type, ViewType

if TYPE_CHECKING:
    from xapc.check.module import ModuleChecker


def declare(checker: "ModuleChecker", node: ast.FunctionDef) -> Entity:
    """A function of the module, a handler if it has decorators."""
    routine = _signature(checker, node, None)
    if routine is None:
        return BROKEN
    checker.unit.routines.append(routine)
    # The name is known before its decorators, which never refer to it.
    checker.names.names[node.name] = routine
    for decorator in node.decorator_list:
        handlers.decorate(checker, routine, decorator)
    return routine


def declare_method(checker: "ModuleChecker", type: StructType, node: ast.FunctionDef) -> None:
    ctx = checker.context()
    place = checker.name_span(node, node.name)
    taken = type.fields.get(node.name)
    if taken is not None or node.name in type.methods:
        first = taken.place if taken is not None else type.methods[node.name].span
        ctx.error(errors.defined_twice(place, node.name, first or place))
        checker.unit.broken_members.add((type, node.name))
        return
    if node.name in ("copy", "equals"):
        ctx.error(errors.Reserved(span=place, name=node.name))
        checker.unit.broken_members.add((type, node.name))
        return
    if is_special(node.name):
        ctx.error(errors.special_method(place, type.name, node.name))
        checker.unit.broken_members.add((type, node.name))
        return
    for each in node.decorator_list:
        ctx.error(errors.method_decorator(ctx.span(each)))
    routine = _signature(checker, node, type)
    if routine is not None:
        checker.unit.routines.append(routine)
        checker.methods.append(routine)
    if routine is None or node.decorator_list:
        checker.unit.broken_members.add((type, node.name))
    else:
        type.methods[node.name] = routine.function


def is_special(name: str) -> bool:
    """Whether Python calls a method of that name by itself."""
    return name.startswith("__") and name.endswith("__")


def _self_type(node: ast.FunctionDef, owner: StructType | None) -> Type | None:
    """The type of a first parameter without annotation; None: there is no such parameter."""
    names = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
    named = [arg.arg for arg in node.args.args[:1] if arg.annotation is None]
    if owner is None or ("staticmethod" in names and named != ["self"]):
        return None
    return POISON if "classmethod" in names else owner


def _signature(
    checker: "ModuleChecker", node: ast.FunctionDef, owner: StructType | None
) -> Routine | None:
    ctx, args = checker.context(), node.args
    unwanted = [*args.posonlyargs, *args.kwonlyargs, args.vararg, args.kwarg]
    for each in unwanted:
        if each is not None:
            ctx.error(errors.ParameterKind(span=ctx.span(each), name=each.arg))
    if any(each is not None for each in unwanted):
        return None
    span = checker.name_span(node, node.name)
    itself = _self_type(node, owner)
    if itself is not None and not args.args:
        ctx.error(errors.MethodSelf(span=span))
        return None
    params: list[Var] = []
    for number, arg in enumerate(args.args):
        type = _parameter(ctx, arg) if itself is None or number > 0 else itself
        params.append(Var(arg.arg, type, ctx.span(arg), parameter=True))
    result = _result(checker, ctx, node)
    name = node.name if owner is None else f"{owner.name}.{node.name}"
    function = Function(name, tuple(params), result, span)
    routine = Routine(function, node, checker.names, owner=owner)
    for arg, default in zip(reversed(args.args), reversed(args.defaults), strict=False):
        _default(checker, ctx, routine, arg, default)
    return routine


def _parameter(ctx: Context, arg: ast.arg) -> Type:
    if arg.annotation is None:
        ctx.error(errors.Unannotated(span=ctx.span(arg), name=arg.arg))
        return POISON
    type = annotations.resolve(ctx, arg.annotation)
    held = type.is_scalar or type.is_aggregate or isinstance(type, (ViewType, TupleType))
    if not held and type is not POISON:
        ctx.error(errors.NotStorable(span=ctx.span(arg.annotation), type=str(type)))
        return POISON
    return type


def _result(checker: "ModuleChecker", ctx: Context, node: ast.FunctionDef) -> Type:
    if node.returns is None:
        span = checker.name_span(node, node.name)
        colon = _colon(ctx, node)
        ctx.error(errors.NoResultType(span=span, name=node.name, edits=colon))
        return POISON
    type = annotations.resolve(ctx, node.returns)
    if isinstance(type, ViewType):
        ctx.error(errors.ViewStored(span=ctx.span(node.returns)))
        return POISON
    return type


def _colon(ctx: Context, node: ast.FunctionDef) -> tuple[errors.Edit, ...]:
    """` -> None` where nothing is returned."""
    returns = [
        n
        for n in ast.walk(node)
        if isinstance(n, unsupported.Broken) or (isinstance(n, ast.Return) and n.value is not None)
    ]
    line = ctx.module.source.line(node.lineno)
    at = line.rfind("):")
    if returns or at < 0 or node.body[0].lineno == node.lineno:
        return ()
    span = ctx.span(node)
    place = type(span)(span.source, node.lineno, at + 2, node.lineno, at + 2)
    return (errors.insert(place, " -> None"),)


def _default(
    checker: "ModuleChecker", ctx: Context, routine: Routine, arg: ast.arg, node: ast.expr
) -> None:
    param = next(p for p in routine.function.params if p.name == arg.arg)
    routine.defaults[arg.arg] = Const(POISON, ctx.span(node), 0)
    if param.type is POISON:
        annotations.forget(ctx, node)
        return
    if not param.type.is_scalar:
        annotations.forget(ctx, node)
        ctx.error(errors.DefaultOfAggregate(span=ctx.span(node)))
        return
    value = coerce(ctx, expr.value(ctx, node), param.type)
    if is_poison(value):
        return
    if not isinstance(value, Const):
        check_value(ctx.unit, value)
        order = checker.names.order.get(routine.node.name, 0)
        found = checker.evaluator.evaluate(node, param.type, order)
        value = Const(param.type, ctx.span(node), found if isinstance(found, int) else 0)
    routine.defaults[arg.arg] = value


# --- bodies ----------------------------------------------------------------------------------

_Binding = ast.arg | ast.expr | ast.pattern


def check_body(unit: Unit, routine: Routine, done: set[Routine]) -> None:
    """Check a function's body, once."""
    if routine in done:
        return
    done.add(routine)
    function, node = routine.function, routine.node
    bound, declared = _names(node)
    ctx = Context(unit, routine.module, routine, frozenset(bound), globals=declared)
    before = unit.diagnostics.count
    _require_own_names(ctx, bound)
    for param in function.params:
        ctx.locals[param.name] = param
        if isinstance(param.type, ViewType):
            ctx.views.append(param)
    ctx.broken = any(param.type is POISON for param in function.params)
    function.body = statements.block(ctx, node.body)
    ctx.broken |= any(local.type is POISON for local in ctx.locals.values())
    if unit.diagnostics.count == before and not ctx.broken and function.result is not POISON:
        check_flow(unit, routine)
    if unit.diagnostics.count != before or ctx.broken or function.result is POISON:
        unit.broken_bodies.add(routine)


def _names(node: ast.FunctionDef) -> tuple[dict[str, _Binding], set[str]]:
    """Names that Python makes local because the function binds them somewhere, each with the
    first place; and those declared `global`."""
    bound: dict[str, _Binding] = {arg.arg: arg for arg in node.args.args}
    declared: set[str] = set()
    widths: list[ast.expr | None] = []
    for each in ast.walk(node):
        match each:
            case ast.withitem():  # visited before what is in it
                widths.append(_sole_width(each))
            case ast.Name(id=name, ctx=ast.Store()) if each not in widths:
                bound.setdefault(name, each)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound.setdefault(name, each)
            case ast.Global(names=names):
                declared.update(names)
    return bound, declared


def _sole_width(node: ast.withitem) -> ast.expr | None:
    """The `u8` of `with wrapping() as u8:`, which is an error of its own and binds nothing."""
    name = node.optional_vars
    return name if isinstance(name, ast.Name) and name.id in INTS else None


def _require_own_names(ctx: Context, bound: dict[str, _Binding]) -> None:
    """No local takes a name of the language away (LANGUAGE.md section 4)."""
    language = ctx.unit.sdk_names.values()
    for name, place in bound.items():
        pending = ctx.unit.is_pending(ctx.module, name)  # `table = make()`, with a local `table`
        found = None if pending or name not in ctx.module.places else ctx.entity(name)
        taken = name in ctx.unit.python_names or any(found is word for word in language)
        if taken and name not in ctx.globals and not isinstance(place, unsupported.Lost):
            ctx.error(errors.Reserved(span=ctx.span(place), name=name))
