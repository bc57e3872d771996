"""How the arguments of a call meet parameters."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xapc import errors, unsupported
from xapc.check import expr
from xapc.check.coerce import coerce, is_poison
from xapc.check.context import Context, poison
from xapc.tree import Const, Expr, VarRef
from xapc.types import POISON, Type


@dataclass(frozen=True)
class Parameter:
    """One parameter of something that is called; `type` None: anything, as it comes."""

    name: str
    type: Type | None
    required: bool = True


@dataclass(frozen=True)
class Bound:
    """Arguments in evaluation order, each with the place of its parameter."""

    args: tuple[Expr, ...]
    places: tuple[int, ...]

    def by_place(self) -> dict[int, Expr]:
        return dict(zip(self.places, self.args, strict=True))

    @property
    def in_order(self) -> bool:
        """Whether nobody can tell if they are evaluated in the order of the parameters."""
        told = [
            place
            for place, each in zip(self.places, self.args, strict=True)
            if not isinstance(each, (Const, VarRef))
        ]
        return told == sorted(told)


def bind(
    ctx: Context,
    node: ast.Call,
    parameters: Sequence[Parameter],
    *,
    what: str,
    constants: bool,
    check: Callable[[Context, ast.expr], Expr] | None = None,
) -> Bound | None:
    """Match the arguments of a call with parameters and check them, left to right.

    None where the call does not fit, which is reported.
    """
    given: dict[int, ast.expr] = {}
    names = [p.name for p in parameters]
    ok = True
    for place, arg in enumerate(node.args):
        if isinstance(arg, ast.Starred) or place >= len(parameters):
            most = len(parameters)
            ctx.error(errors.TooManyArguments(span=ctx.span(arg), what=what, most=most))
            ok = False
            break
        given[place] = arg
    for keyword in node.keywords:
        place = names.index(keyword.arg) if keyword.arg in names else -1
        if place < 0 or place in given:
            ctx.error(
                errors.keyword(ctx.span(keyword), what, str(keyword.arg), names, place in given)
            )
            ok = False
            continue
        given[place] = keyword.value
    missing = [p.name for n, p in enumerate(parameters) if p.required and n not in given]
    if ok and missing:
        listed = ", ".join(missing)
        ctx.error(errors.MissingArgument(span=ctx.span(node), what=what, names=listed))
        ok = False
    args: list[Expr] = []
    for place, arg in given.items():
        wanted = parameters[place].type
        before, ctx.width = ctx.width, wanted
        found = anything(ctx, arg) if wanted is POISON else (check or expr.value)(ctx, arg)
        ctx.width = before
        if wanted is not None:
            found = coerce(ctx, found, wanted, constants=constants)
        args.append(found)
    if not ok or is_poison(*args):
        return None
    return Bound(tuple(args), tuple(given))


def anything(ctx: Context, node: ast.expr) -> Expr:
    """A value for what has an error already: its parts may have others, its type has none."""
    if isinstance(node, unsupported.Broken):
        ctx.unit.diagnostics.drop(ctx.span(node))  # `x: float = 1.5` is one mistake
    elif isinstance(node, (ast.Tuple, ast.List)):
        for each in node.elts:
            anything(ctx, each)
    elif isinstance(node, ast.Name):
        ctx.lookup(node)  # a type or a function, too
    elif not (isinstance(node, ast.GeneratorExp) or _is_none(node) or expr.named(ctx, node)):
        expr.check(ctx, node)
    ctx.broken = True
    return poison(ctx.span(node))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def arguments(ctx: Context, node: ast.Call, *, foreign: bool) -> Expr:
    """Of a call that has an error already; of something foreign, which takes what the language may
    not have, only the names are looked at."""
    for each in (*node.args, *(k.value for k in node.keywords)):
        if foreign:
            _names(ctx, each)
        else:
            anything(ctx, each)
    return poison(ctx.span(node))


def _names(ctx: Context, node: ast.expr) -> None:
    ctx.unit.diagnostics.drop(ctx.span(node))
    pending: list[ast.AST] = [node]
    while pending:
        match pending.pop():
            case ast.Name(id=name) as found if not errors.is_builtin(name):
                ctx.lookup(found)
            case ast.GeneratorExp():
                pass  # it binds names of its own
            case other:
                pending += ast.iter_child_nodes(other)
