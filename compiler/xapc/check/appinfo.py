"""What `App(...)` declares."""

import ast
import re
from collections.abc import Callable

from xaprt import abi

from xapc import errors
from xapc.check import binding
from xapc.check.context import Context
from xapc.check.entities import Word
from xapc.check.handlers import constant
from xapc.tree import App, CallSmcNeed, GuestMemoryNeed, IoNeed, IrqNeed, Need, TimerNeed
from xapc.types import U16, U32, U64

NAME = re.compile(r"[a-z0-9_-]{1,31}")
VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})", re.ASCII)
ARGUMENTS = ("name", "version", "uuid", "instances", "restart", "budget_us", "needs")


def read(ctx: Context, node: ast.Call) -> App:
    """The app's declaration; what is wrong in it is reported, and something stands for it."""
    given = _arguments(ctx, node)
    known, needs = _needs(ctx, given.get("needs"))
    ctx.unit.needs_known = known
    return App(
        name=_text(ctx, given.get("name"), NAME, "a name of 1 to 31 of a-z, 0-9, _ and -") or "app",
        version=_version(ctx, given.get("version")) or (0, 0, 0),
        uuid=_uuid(ctx, given.get("uuid")) or bytes(16),
        instances=_instances(ctx, given.get("instances")),
        restart_limit=_restart(ctx, given.get("restart")),
        budget_us=_budget(ctx, given.get("budget_us")),
        needs=needs,
        span=ctx.span(node),
    )


def _arguments(ctx: Context, node: ast.Call) -> dict[str, ast.expr]:
    given: dict[str, ast.expr] = {}
    wrong = False
    for place, arg in enumerate(node.args):
        if place == 0:
            given["name"] = arg
        elif place == 1:
            by_place, more = ARGUMENTS[1:3], node.args[1:]
            given_by_name = [k.arg for k in node.keywords if k.arg in by_place[: len(more)]]
            edits: tuple[errors.Edit, ...] = ()
            if len(more) <= len(by_place) and not given_by_name:
                edits = tuple(
                    errors.insert(ctx.span(each).before(), f"{name}=")
                    for each, name in zip(more, by_place, strict=False)
                )
            what, most = "App()", 1
            error = errors.TooManyArguments(span=ctx.span(arg), what=what, most=most, edits=edits)
            ctx.error(error)
            wrong = True
    for keyword in node.keywords:
        name = str(keyword.arg)
        if name in ARGUMENTS and name not in given:
            given[name] = keyword.value
            continue
        known = list(ARGUMENTS)
        ctx.error(errors.keyword(ctx.span(keyword), "App()", name, known, name in given))
        wrong = True
    missing = [name for name in ("name", "version", "uuid") if name not in given]
    # What is missing may be what was given wrongly.
    if missing and not wrong:
        names = ", ".join(missing)
        ctx.error(errors.MissingArgument(span=ctx.span(node), what="App()", names=names))
    return given


def _text(ctx: Context, node: ast.expr | None, form: re.Pattern[str], shape: str) -> str | None:
    if node is None:
        return None
    held = node.value if isinstance(node, ast.Constant) else None
    if isinstance(held, str) and form.fullmatch(held):
        return held
    ctx.error(errors.app_text(ctx.span(node), shape, node, form))
    return None


def _version(ctx: Context, node: ast.expr | None) -> tuple[int, int, int] | None:
    shape = 'a version "major.minor.patch", each at most 65535'
    text = _text(ctx, node, VERSION, shape)
    if text is None or node is None:
        return None
    major, minor, patch = map(int, text.split("."))
    if max(major, minor, patch) > 0xFFFF:
        ctx.error(errors.AppText(span=ctx.span(node), shape=shape))
        return None
    return major, minor, patch


def _uuid(ctx: Context, node: ast.expr | None) -> bytes | None:
    shape = "a UUID of 32 hexadecimal digits, not all zero"
    text = _text(
        ctx, node, re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), shape
    )
    if text is None or node is None:
        return None
    found = bytes.fromhex(text.replace("-", ""))
    if found == bytes(16):
        ctx.error(errors.AppText(span=ctx.span(node), shape=shape))
        return None
    return found


def _member(ctx: Context, node: ast.expr, owner: str) -> str | None:
    """`X` of `owner.X`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        word = ctx.entity(node.value.id)
        if isinstance(word, Word) and word.name == owner:
            return node.attr
    return None


def _instances(ctx: Context, node: ast.expr | None) -> abi.Instances:
    if node is None:
        return abi.Instances.SHARED
    name = _member(ctx, node, "Instances")
    if name is not None and name in abi.Instances.__members__:
        return abi.Instances[name]
    ctx.error(errors.AppText(span=ctx.span(node), shape="Instances.SHARED or .PER_DOMAIN"))
    return abi.Instances.SHARED


def _restart(ctx: Context, node: ast.expr | None) -> int:
    if node is None or _member(ctx, node, "Restart") == "NEVER":
        return abi.RESTART_NEVER
    if isinstance(node, ast.Call) and _member(ctx, node.func, "Restart") == "ON_FAULT":
        bound = binding.bind(
            ctx, node, [binding.Parameter("limit", U16)], what="Restart.ON_FAULT()", constants=True
        )
        limit = None if bound is None else bound.args[0]
        if limit is None:
            return abi.RESTART_NEVER
        value = getattr(limit, "value", 0)
        if isinstance(value, int) and value > 0:
            return value
    ctx.error(errors.AppText(span=ctx.span(node), shape="Restart.NEVER or .ON_FAULT(limit=1...)"))
    return abi.RESTART_NEVER


def _budget(ctx: Context, node: ast.expr | None) -> int:
    if node is None:
        return 0
    value = constant(ctx, node, U32)
    if value is not None and value > abi.BUDGET_MAX_US:
        shape = f"at most {abi.BUDGET_MAX_US} microseconds"
        ctx.error(errors.AppText(span=ctx.span(node), shape=shape))
    return value or 0


# --- needs -----------------------------------------------------------------------------------


def _needs(ctx: Context, node: ast.expr | None) -> tuple[bool, tuple[Need, ...]]:
    """Whether all of them could be read, and those that could."""
    if node is None:
        return True, ()
    if not isinstance(node, (ast.List, ast.Tuple)):
        edits = errors.wrap_in(ctx.span(node), "[", "]") if isinstance(node, ast.Call) else ()
        ctx.error(errors.AppText(span=ctx.span(node), shape="a list of Needs", edits=edits))
        return False, ()
    found: list[Need] = []
    for each in node.elts:
        name = _member(ctx, each.func, "Needs") if isinstance(each, ast.Call) else None
        if not isinstance(each, ast.Call) or name not in _NEEDS:
            shape = "Needs.call_smc, .guest_memory, .io, .irq or .timer, called"
            uncalled = _member(ctx, each, "Needs") == "timer"
            edits = (errors.insert(ctx.span(each).after(), "()"),) if uncalled else ()
            ctx.error(errors.AppText(span=ctx.span(each), shape=shape, edits=edits))
            continue
        need = _NEEDS[name](ctx, each)
        if need is None:
            continue
        found.append(need)
        _limit(ctx, each, found)
    return len(found) == len(node.elts), tuple(found)


def _limit(ctx: Context, node: ast.expr, found: list[Need]) -> None:
    """At most eight of a kind (ABI.md section 1, clause 4)."""
    kind = type(found[-1])
    same = [need for need in found if type(need) is kind]
    count = sum(len(n.ids) if isinstance(n, CallSmcNeed) else 1 for n in same)
    if count > abi.MAX_NEEDS_OF_A_KIND:
        ctx.error(errors.TooManyNeeds(span=ctx.span(node), most=abi.MAX_NEEDS_OF_A_KIND))


def _call_smc(ctx: Context, node: ast.Call) -> Need | None:
    ids = [constant(ctx, each, U32) for each in node.args]
    found = tuple(each for each in ids if each is not None)
    if not ids or node.keywords:
        ctx.error(errors.AppText(span=ctx.span(node), shape="Needs.call_smc(id, ...)"))
        return None
    return CallSmcNeed(found) if len(found) == len(ids) else None


def _guest_memory(ctx: Context, node: ast.Call) -> Need | None:
    held = node.args[0] if len(node.args) == 1 and not node.keywords else None
    modes = {"r": abi.GuestMemory.READ, "rw": abi.GuestMemory.READ_WRITE}
    if isinstance(held, ast.Constant) and held.value in modes:
        return GuestMemoryNeed(modes[str(held.value)])
    ctx.error(errors.AppText(span=ctx.span(node), shape='Needs.guest_memory("r") or ("rw")'))
    return None


def _io(ctx: Context, node: ast.Call) -> Need | None:
    arguments = {f"{n}": each for n, each in enumerate(node.args)}
    names = {"name": "0", "base": "1", "size": "2"}
    for keyword in node.keywords:
        arguments[names.get(str(keyword.arg), "?")] = keyword.value
    if set(arguments) != {"0", "1", "2"}:
        ctx.error(errors.AppText(span=ctx.span(node), shape='Needs.io("name", base, size)'))
        return None
    name = _text(ctx, arguments["0"], NAME, "a name of 1 to 31 of a-z, 0-9, _ and -")
    base, size = constant(ctx, arguments["1"], U64), constant(ctx, arguments["2"], U64)
    if name is None or base is None or size is None:
        return None
    if base % abi.PAGE_SIZE or size % abi.PAGE_SIZE or size == 0:
        ctx.error(errors.RegionPages(span=ctx.span(node)))
        return None
    return IoNeed(name, base, size)


def _irq(ctx: Context, node: ast.Call) -> Need | None:
    held = node.args[0] if len(node.args) == 1 and not node.keywords else None
    value = None if held is None else constant(ctx, held, U32)
    if value is not None and abi.SPI_FIRST <= value <= abi.SPI_LAST:
        return IrqNeed(value)
    if held is not None and value is None:
        return None
    shape = f"Needs.irq(n), an SPI of {abi.SPI_FIRST} to {abi.SPI_LAST}"
    ctx.error(errors.AppText(span=ctx.span(node), shape=shape))
    return None


def _timer(ctx: Context, node: ast.Call) -> Need | None:
    if node.args or node.keywords:
        ctx.error(errors.AppText(span=ctx.span(node), shape="Needs.timer()"))
        return None
    return TimerNeed()


_NEEDS: dict[str | None, Callable[[Context, ast.Call], Need | None]] = {
    "call_smc": _call_smc,
    "guest_memory": _guest_memory,
    "io": _io,
    "irq": _irq,
    "timer": _timer,
}
