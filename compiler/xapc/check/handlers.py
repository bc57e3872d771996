"""Handlers: the decorators of `app`, and the shapes they ask for (LANGUAGE.md section 5)."""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from xaprt import abi

from xapc import errors, unsupported
from xapc.check import expr
from xapc.check.coerce import coerce, describe, is_poison
from xapc.check.context import Context
from xapc.check.entities import EVENTS, Broken, Routine, TheApp, Word
from xapc.source import Span
from xapc.tree import (
    MMIO_ACCESS,
    SMC_CALL,
    SMC_RESULT,
    SMC_RESULT_8,
    CallHandler,
    Const,
    Expr,
    IdRange,
    MmioHandler,
)
from xapc.types import (
    BOOL,
    INDEX,
    NEVER,
    NONE,
    POISON,
    STR,
    U16,
    U32,
    U64,
    IntType,
    TupleType,
    Type,
)

if TYPE_CHECKING:
    from xapc.check.module import ModuleChecker

KINDS = ("init", "smc", "hvc", "mmio_read", "mmio_write", "timer", "event")


def decorate(checker: "ModuleChecker", routine: Routine, node: ast.expr) -> None:
    """Make `routine` the handler that the decorator says."""
    if isinstance(node, unsupported.Broken):
        return
    ctx = checker.context()
    called = node if isinstance(node, ast.Call) else None
    head = called.func if called else node
    root = head.value if isinstance(head, ast.Attribute) else head
    if isinstance(root, ast.Name) and isinstance(ctx.entity(root.id), Broken):
        return
    if not (isinstance(head, ast.Attribute) and isinstance(head.value, ast.Name)):
        ctx.error(errors.Decorator(span=ctx.span(node), text=ctx.span(head).text()))
        return
    owner = checker.unit.resolve(checker.names, head.value.id)
    if owner is None and checker.main and not checker.unit.declares_app:
        return  # that there is no App is said once
    if not isinstance(owner, TheApp):
        ctx.error(errors.Decorator(span=ctx.span(node), text=ctx.span(head).text()))
        return
    if head.attr not in KINDS:
        known = list(KINDS)
        ctx.error(errors.unknown_member(ctx.span(head), head.value.id, head.attr, known))
        return
    bare = head.attr in ("init", "timer")
    if bare == (called is not None):
        ctx.error(errors.DecoratorCall(span=ctx.span(node), name=head.attr, bare=bare))
        return
    for default in routine.node.args.defaults:
        ctx.error(errors.HandlerDefault(span=ctx.span(default)))
    if POISON in (routine.function.result, *(p.type for p in routine.function.params)):
        return
    if called is None:
        _single(ctx, routine, head.attr)
    else:
        _MAKERS[head.attr](ctx, routine, called)


def _single(ctx: Context, routine: Routine, kind: str) -> None:
    handlers = ctx.unit.handlers
    wanted: list[Type] = [] if kind == "init" else [U64]
    if not _shape(ctx, routine, f"@app.{kind}", wanted, NONE):
        return
    before = handlers.init if kind == "init" else handlers.timer
    if before is not None:
        ctx.error(errors.second_handler(routine.function.span, f"@app.{kind}", before.span))
    elif kind == "init":
        handlers.init = routine.function
    else:
        handlers.timer = routine.function


def _shape(ctx: Context, routine: Routine, kind: str, wanted: list[Type], result: Type) -> bool:
    function = routine.function
    types = [p.type for p in function.params]
    if types == wanted and function.result in (result, NEVER):
        return True
    # What it returns instead is the same mistake.
    ctx.unit.returned.add(function)
    for param, type in zip(function.params, wanted, strict=False):
        if param.type != type:
            param.type = POISON
    params = ", ".join(str(t) for t in wanted)
    ctx.error(
        errors.HandlerShape(
            span=function.span, kind=kind, shape=f"has the shape ({params}) -> {result}"
        )
    )
    return False


# --- smc, hvc --------------------------------------------------------------------------------


def _call(kind: abi.RouteKind) -> Callable[[Context, Routine, ast.Call], None]:
    def make(ctx: Context, routine: Routine, node: ast.Call) -> None:
        ids = [r for each in node.args if (r := _ids(ctx, each)) is not None]
        if not node.args or node.keywords:
            ctx.error(errors.HandlerIds(span=ctx.span(node), kind=kind.name.lower()))
        if not _call_shape(ctx, routine, kind) or len(ids) != len(node.args):
            return
        for claim in ids:
            _claim(ctx, kind, claim)
        ctx.unit.handlers.calls.append(CallHandler(kind, tuple(ids), routine.function))

    return make


def _ids(ctx: Context, node: ast.expr) -> IdRange | None:
    span = ctx.span(node)
    bounds = [node]
    is_range = False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        word = ctx.entity(node.func.id)
        is_range = isinstance(word, Word) and word.name == "range"
        if is_range:
            bounds = node.args
    if is_range and len(bounds) != 2:
        ctx.error(errors.HandlerIds(span=span, kind="smc"))
        return None
    values = [constant(ctx, each, U32) for each in bounds]
    found = [v for v in values if v is not None]
    if len(found) != len(values):
        return None
    first, last = found[0], (found[1] - 1 if is_range else found[0])
    if last < first:
        ctx.error(errors.EmptyRange(span=span))
        return None
    return IdRange(first, last, span)


def constant(ctx: Context, node: ast.expr, type: Type) -> int | None:
    """A build-time integer of that type, or an untyped one that it holds."""
    found = expr.check(ctx, node)
    if found.type is STR:
        ctx.error(errors.mismatch(found.span, "an integer", describe(found.type)))
        return None
    found = coerce(ctx, found, type, constants=True)
    if is_poison(found):
        return None
    if not isinstance(found, Const):
        ctx.error(errors.NotConstant(span=found.span))
        return None
    return found.value


def _claim(ctx: Context, kind: abi.RouteKind, claim: IdRange) -> None:
    problem = abi.route_refusal(claim.first, claim.last)
    if problem is not None:
        ctx.error(errors.RefusedId(span=claim.span, why=problem))
        return
    for other in ctx.unit.handlers.calls:
        for ids in other.ids:
            if other.kind is kind and claim.first <= ids.last and ids.first <= claim.last:
                ctx.error(errors.claimed(claim.span, kind.name, claim.first, ids.span))
                return


def _call_shape(ctx: Context, routine: Routine, kind: abi.RouteKind) -> bool:
    function, returns = routine.function, routine.node.returns
    types = [p.type for p in function.params]
    whole = types == [SMC_CALL]
    plain = len(types) <= 7 and all(isinstance(t, IntType) and t is not INDEX for t in types)
    if not (whole or plain):
        shape = "takes up to seven integers, or one SmcCall"
        wrong = [p for p in function.params[:7] if not isinstance(p.type, IntType)]
        place = (*wrong, *function.params[7:])[0].span
        ctx.error(errors.HandlerShape(span=place, kind=f"@app.{kind.name.lower()}", shape=shape))
        return False
    if not _call_result(function.result):
        place = function.span if returns is None else ctx.span(returns)
        ctx.error(errors.handler_result(place, function.result))
        return False
    return True


def _call_result(type: Type) -> bool:
    if type in (NONE, NEVER, SMC_RESULT, SMC_RESULT_8) or isinstance(type, IntType):
        return True
    return (
        isinstance(type, TupleType)
        and len(type.items) <= 4
        and all(isinstance(each, IntType) for each in type.items)
    )


# --- mmio, event -----------------------------------------------------------------------------


def _mmio(kind: abi.RouteKind) -> Callable[[Context, Routine, ast.Call], None]:
    def make(ctx: Context, routine: Routine, node: ast.Call) -> None:
        write = kind is abi.RouteKind.MMIO_WRITE
        name = f"@app.{kind.name.lower()}"
        wanted: list[Type] = [MMIO_ACCESS, U64] if write else [MMIO_ACCESS]
        known = {"base", "size", "posted"} if write else {"base", "size"}
        given = {k.arg: k.value for k in node.keywords}
        for keyword in node.keywords:
            if keyword.arg not in known:
                what, word = f"{name}()", str(keyword.arg)
                error = errors.keyword(ctx.span(keyword), what, word, sorted(known), False)
                ctx.error(error)
                return
        if node.args or not {"base", "size"} <= given.keys():
            ctx.error(errors.MmioForm(span=ctx.span(node), name=name))
            return
        base, size = constant(ctx, given["base"], U64), constant(ctx, given["size"], U64)
        posted = "posted" in given and _flag(ctx, given["posted"])
        shaped = _shape(ctx, routine, name, wanted, NONE if write else U64)
        if base is None or size is None or not shaped:
            return
        _region(ctx, routine, kind, base, size, posted, ctx.span(node))

    return make


def _flag(ctx: Context, node: ast.expr) -> bool:
    found = coerce(ctx, expr.value(ctx, node), BOOL)
    return isinstance(found, Const) and not is_poison(found) and found.value == 1


def _region(
    ctx: Context,
    routine: Routine,
    kind: abi.RouteKind,
    base: int,
    size: int,
    posted: bool,
    span: Span,
) -> None:
    if base % abi.PAGE_SIZE or size % abi.PAGE_SIZE or size == 0 or base + size > 1 << 64:
        ctx.error(errors.RegionPages(span=span))
        return
    for other in ctx.unit.handlers.mmio:
        if other.kind is kind and base < other.base + other.size and other.base < base + size:
            ctx.error(errors.claimed(span, kind.name, base, other.span))
            return
    made = MmioHandler(kind, base, size, posted, routine.function, span)
    ctx.unit.handlers.mmio.append(made)


def _event(ctx: Context, routine: Routine, node: ast.Call) -> None:
    which: Expr | None = expr.check(ctx, node.args[0]) if len(node.args) == 1 else None
    if which is None or node.keywords:
        ctx.error(errors.EventForm(span=ctx.span(node)))
        return
    if is_poison(which):
        return
    if which.type is not EVENTS or not isinstance(which, Const):
        ctx.error(errors.EventForm(span=ctx.span(node)))
        return
    if not _shape(ctx, routine, "@app.event", [U16], NONE):
        return
    event = abi.Event(which.value)
    before = ctx.unit.handlers.events.get(event)
    if before is not None:
        what = f"@app.event(Event.{event.name})"
        ctx.error(errors.second_handler(routine.function.span, what, before.span))
        return
    ctx.unit.handlers.events[event] = routine.function


_MAKERS: dict[str, Callable[[Context, Routine, ast.Call], None]] = {
    "smc": _call(abi.RouteKind.SMC),
    "hvc": _call(abi.RouteKind.HVC),
    "mmio_read": _mmio(abi.RouteKind.MMIO_READ),
    "mmio_write": _mmio(abi.RouteKind.MMIO_WRITE),
    "event": _event,
}
