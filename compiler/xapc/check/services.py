"""Calls of the hypervisor, each against what the app declared that it needs (section 6)."""

import ast
from collections.abc import Callable
from typing import TypeVar

from xaprt import abi

from xapc import errors
from xapc.check.binding import Parameter, anything, arguments, bind
from xapc.check.coerce import describe
from xapc.check.context import Context, poison
from xapc.check.messages import message
from xapc.source import Span
from xapc.tree import (
    CALLER,
    SMC_RESULT,
    CallSmcNeed,
    Const,
    Expr,
    GuestMemoryNeed,
    Hexdump,
    IoNeed,
    IrqNeed,
    Log,
    MapIo,
    MapPage,
    Message,
    Panic,
    Service,
    ServiceCall,
    TimerNeed,
)
from xapc.types import I32, NEVER, NONE, U8, U32, U64, ArrayType, ViewType

T = TypeVar("T")

LEVELS = {level.name.lower(): level for level in abi.LogLevel}


def log(ctx: Context, node: ast.Call, func: ast.Attribute) -> Expr:
    """`log.info(f"...")`, `log.hexdump(data)`."""
    span = ctx.span(node)
    ctx.note_service(span)
    if func.attr == "hexdump":
        return _hexdump(ctx, node)
    if func.attr not in LEVELS:
        known = [*LEVELS, "hexdump"]
        error = errors.unknown_member(ctx.span(func), "log", func.attr, known)
        ctx.error(error)
        return arguments(ctx, node, foreign=not error.edits)
    text = _only_message(ctx, node, f"log.{func.attr}()")
    return poison(span) if text is None else Log(NONE, span, LEVELS[func.attr], text)


def _only_message(ctx: Context, node: ast.Call, what: str) -> Message | None:
    """The one argument, a message; None where that is reported."""
    more = [*node.args[1:], *(k.value for k in node.keywords)]
    if more:
        edits: tuple[errors.Edit, ...] = ()
        if not node.keywords:
            values = [(each, ctx.span(each)) for each in node.args]
            edits = errors.one_message(values)
        ctx.error(errors.MessageArguments(span=ctx.span(more[0]), what=what, edits=edits))
        for each in more:
            anything(ctx, each)
        return None
    if not node.args:
        ctx.error(errors.MissingArgument(span=ctx.span(node), what=what, names="message"))
        return None
    return message(ctx, node.args[0])


def _hexdump(ctx: Context, node: ast.Call) -> Expr:
    bound = bind(ctx, node, [Parameter("data", None)], what="log.hexdump()", constants=True)
    span = ctx.span(node)
    if bound is None:
        return poison(span)
    data = bound.args[0]
    if isinstance(data.type, (ArrayType, ViewType)) and data.type.element == U8:
        return Hexdump(NONE, span, abi.LogLevel.DEBUG, data)
    return ctx.error(errors.mismatch(data.span, "an array or view of u8", describe(data.type)))


def _panic(ctx: Context, node: ast.Call) -> Expr:
    span = ctx.span(node)
    text = _only_message(ctx, node, "panic()")
    return poison(span) if text is None else Panic(NEVER, span, text)


def _call_smc(ctx: Context, node: ast.Call) -> Expr:
    wanted = [Parameter("fid", U32)]
    wanted += [Parameter(f"x{n}", U64, required=False) for n in range(1, 7)]
    bound = bind(ctx, node, wanted, what="call_smc()", constants=True)
    span = ctx.span(node)
    ctx.note_service(span)
    if bound is None:
        return poison(span)
    ids = {i for need in _needs(ctx, CallSmcNeed) for i in need.ids}
    fid = bound.by_place()[0]
    if isinstance(fid, Const) and fid.value not in ids:
        asked = f"Needs.call_smc({fid.value:#x})"
        return _undeclared(ctx, span, "call_smc()", asked)
    if not ids:
        return _undeclared(ctx, span, "call_smc()", "Needs.call_smc(...)")
    if list(bound.places) != sorted(bound.places):
        return ctx.error(errors.KeywordOrder(span=span, what="call_smc()"))
    given, zero = bound.by_place(), Const(U64, span, 0)
    args = tuple(given.get(place, zero) for place in range(1 + abi.CALL_SMC_ARGUMENTS))
    return ServiceCall(SMC_RESULT, span, Service.CALL_SMC, args)


def _needs(ctx: Context, kind: type[T]) -> list[T]:
    app = ctx.unit.app
    return [] if app is None else [need for need in app.needs if isinstance(need, kind)]


def _undeclared(ctx: Context, span: Span, call: str, need: str) -> Expr:
    """Report a call that the app's needs do not hold, if they could be read."""
    if ctx.unit.app is None or not ctx.unit.needs_known:
        ctx.broken = True
        return poison(span)
    return ctx.error(errors.not_declared(span, call, need, ctx.unit.app))


def _inject_irq(ctx: Context, node: ast.Call) -> Expr:
    bound = bind(ctx, node, [Parameter("virq", U32)], what="inject_irq()", constants=True)
    span = ctx.span(node)
    ctx.note_service(span)
    if bound is None:
        return poison(span)
    declared = {need.virq for need in _needs(ctx, IrqNeed)}
    virq = bound.args[0]
    if not declared or (isinstance(virq, Const) and virq.value not in declared):
        number = virq.value if isinstance(virq, Const) else "..."
        asked = f"Needs.irq({number})"
        return _undeclared(ctx, span, "inject_irq()", asked)
    return ServiceCall(I32, span, Service.INJECT_IRQ, bound.args)


def _set_timer(ctx: Context, node: ast.Call) -> Expr:
    bound = bind(ctx, node, [Parameter("ns", U64)], what="set_timer()", constants=True)
    span = ctx.span(node)
    ctx.note_service(span)
    if bound is None:
        return poison(span)
    if not _needs(ctx, TimerNeed):
        return _undeclared(ctx, span, "set_timer()", "Needs.timer()")
    return ServiceCall(I32, span, Service.SET_TIMER, bound.args)


def _plain(service: Service) -> Callable[[Context, ast.Call], Expr]:
    """A service without arguments that needs no right."""
    results = {Service.NOW_NS: U64, Service.CALLER: CALLER, Service.NOT_HANDLED: NEVER}

    def check(ctx: Context, node: ast.Call) -> Expr:
        span = ctx.span(node)
        ctx.note_service(span)
        if bind(ctx, node, [], what=f"{service.value}()", constants=True) is None:
            return poison(span)
        return ServiceCall(results[service], span, service, ())

    return check


def _needs_with(ctx: Context, node: ast.Call) -> Expr:
    name = node.func.id if isinstance(node.func, ast.Name) else "it"
    return ctx.error(errors.OnlyInWith(span=ctx.span(node), name=name))


def map_page(ctx: Context, node: ast.Call) -> MapPage | None:
    """`map_guest_page(ipa, writable=...)` as the subject of `with`."""
    wanted = [Parameter("ipa", U64), Parameter("writable", None, required=False)]
    bound = bind(ctx, node, wanted, what="map_guest_page()", constants=True)
    span = ctx.span(node)
    ctx.note_service(span)
    if bound is None:
        return None
    given = bound.by_place()
    writable = given.get(1)
    if writable is not None and not (
        isinstance(writable, Const) and describe(writable.type) == "bool"
    ):
        known = describe(writable.type)
        found = "a value of run time" if known == "bool" else known
        ctx.error(errors.mismatch(writable.span, "True or False itself", found))
        return None
    writes = isinstance(writable, Const) and writable.value == 1
    granted = {need.mode for need in _needs(ctx, GuestMemoryNeed)}
    if abi.GuestMemory.READ_WRITE not in granted and (writes or not granted):
        asked = f'Needs.guest_memory("{"rw" if writes else "r"}")'
        _undeclared(ctx, span, "map_guest_page()", asked)
        return None
    return MapPage(given[0], writes)


def map_io(ctx: Context, node: ast.Call) -> MapIo | None:
    """`map_io("uart1")` as the subject of `with`."""
    span = ctx.span(node)
    ctx.note_service(span)
    name = node.args[0] if len(node.args) == 1 and not node.keywords else None
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        names = "the name of a region among the needs, in quotes"
        ctx.error(errors.MissingArgument(span=span, what="map_io()", names=names))
        return None
    regions = _needs(ctx, IoNeed)
    for number, need in enumerate(regions):
        if need.name == name.value:
            return MapIo(number, need.size // 4)
    close = errors.near(name.value, [each.name for each in regions])
    if close is not None:
        ctx.error(errors.no_such_region(ctx.span(name), name.value, close))
        return None
    asked = f'Needs.io("{name.value}", base, size)'
    _undeclared(ctx, span, "map_io()", asked)
    return None


SERVICES = frozenset(
    {
        "log",
        "call_smc",
        "inject_irq",
        "set_timer",
        "now_ns",
        "caller",
        "not_handled",
        "map_guest_page",
        "map_io",
    }
)
"""What asks the hypervisor for something."""

WORDS: dict[str, Callable[[Context, ast.Call], Expr]] = {
    "panic": _panic,
    "call_smc": _call_smc,
    "inject_irq": _inject_irq,
    "set_timer": _set_timer,
    "now_ns": _plain(Service.NOW_NS),
    "caller": _plain(Service.CALLER),
    "not_handled": _plain(Service.NOT_HANDLED),
    "map_guest_page": _needs_with,
    "map_io": _needs_with,
}
