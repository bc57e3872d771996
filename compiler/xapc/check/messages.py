"""Messages: string literals and f-strings (LANGUAGE.md section 6)."""

import ast
import re
from dataclasses import dataclass

from xapc import errors
from xapc.check import expr
from xapc.check.binding import anything, arguments
from xapc.check.coerce import describe, is_poison
from xapc.check.context import Context, poison
from xapc.tree import Const, Expr, FormatSpec, Formatted, Message
from xapc.types import BOOL, STR, UNTYPED, EnumType, IntType

SPEC = re.compile(r"(#?)(0?)([1-9][0-9]?)?([dxXob]?)", re.ASCII)
"""What a format specification may be."""

_TEXT_ASIS = "a text is printed as it is: write it without one"


@dataclass(slots=True, eq=False)
class Literal(Expr):
    """A string: only ever part of a message, never in the finished tree."""

    text: str


@dataclass(slots=True, eq=False)
class Interpolated(Expr):
    """An f-string, like `Literal`."""

    message: Message


def message(ctx: Context, node: ast.expr) -> Message | None:
    """A string literal, a `Final` string or an f-string; None where that is reported."""
    if _is_built(ctx, node):
        return None
    found = expr.check(ctx, node)
    if isinstance(found, Literal):
        return (found.text,) if found.text else ()
    if isinstance(found, Interpolated):
        return found.message
    if not is_poison(found):
        edits: tuple[errors.Edit, ...] = ()
        if isinstance(found.type, (IntType, EnumType)) or found.type is BOOL:
            whole = errors.whole(found.span)
            edits = errors.replace(whole, f'f"{{{whole.text()}}}"')
        ctx.error(errors.NotAMessage(span=found.span, type=describe(found.type), edits=edits))
    return None


def _is_built(ctx: Context, node: ast.expr) -> bool:
    """Report a text that is put together by `%`, `.format()`, `+` or `str(x)`."""
    edits: tuple[errors.Edit, ...] = ()
    match node:
        case ast.BinOp(left=left, op=ast.Mod(), right=right) if _is_text(left):
            given = right.elts if isinstance(right, ast.Tuple) else [right]
            template = left
        case ast.Call(func=ast.Attribute(value=left, attr="format"), args=given, keywords=[]) if (
            _is_text(left)
        ):
            template = left
        case ast.Call(args=[only]) if (form := _form(ctx, node)) is not None:
            text = errors.in_message(only, ctx.span(only))
            if text is not None and text.startswith("{"):
                edits = errors.replace(ctx.span(node), f'f"{text[:-1]}{form}}}"')
            ctx.error(errors.builtin_text(ctx.span(node.func), edits))
            arguments(ctx, node, foreign=not edits)
            return True
        case _:
            return False
    values = [(each, ctx.span(each)) for each in given]
    text = errors.formatted(ctx.span(template), template, values)
    if text is not None:
        edits = errors.replace(ctx.span(node), text)
    ctx.error(errors.text_built(ctx.span(template), edits))
    for each in given:
        anything(ctx, each)
    return True


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _form(ctx: Context, node: ast.expr) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name not in ctx.own_names:
            return errors.form_of(node) if ctx.entity(name) is None else None
        case _:
            return None


def joined(ctx: Context, node: ast.JoinedStr) -> Expr:
    parts: list[str | Formatted] = []
    wrong = False
    for each in node.values:
        part = _part(ctx, each)
        if part is None:
            wrong = True
        elif isinstance(part, Interpolated):
            parts += part.message
        elif isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    if wrong:
        return poison(ctx.span(node))
    return Interpolated(STR, ctx.span(node), tuple(parts))


def _part(ctx: Context, node: ast.expr) -> str | Formatted | Interpolated | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.FormattedValue)
    if node.conversion == -1 and node.format_spec is None and _is_printed(ctx, node.value):
        return None
    held = expr.check(ctx, node.value)
    if is_poison(held):
        return None
    if node.conversion != -1:
        ctx.error(errors.FormatConversion(span=held.span))
        return None
    if isinstance(held, Interpolated | Literal) and node.format_spec is not None:
        text = ast.unparse(node.format_spec).strip("f'\"")
        ctx.error(errors.FormatSpecification(span=held.span, spec=text, hint=_TEXT_ASIS))
        return None
    spec = _spec(ctx, node)
    if spec is None:
        return None
    if isinstance(held, Literal) and spec == "":
        return held.text
    if isinstance(held, Interpolated) and spec == "":
        return held
    if held.type is UNTYPED and isinstance(held, Const):
        return format(held.value, spec)
    return _formatted(ctx, held, spec)


def _is_printed(ctx: Context, node: ast.expr) -> bool:
    """Report `{hex(x)}`, which is `{x:#x}`."""
    form = _form(ctx, node)
    if form is None:
        return False
    assert isinstance(node, ast.Call)
    only = ctx.span(node.args[0])
    ctx.error(
        errors.builtin_text(
            ctx.span(node.func), errors.replace(ctx.span(node), f"{only.text()}{form}")
        )
    )
    anything(ctx, node.args[0])
    return True


def _spec(ctx: Context, node: ast.FormattedValue) -> str | None:
    """The specification as text; it has to be constant."""
    if node.format_spec is None:
        return ""
    assert isinstance(node.format_spec, ast.JoinedStr)
    text = ""
    for each in node.format_spec.values:
        if not isinstance(each, ast.Constant):
            hint = "its width is written in digits: messages are measured when the app is built"
            place = ctx.span(node.value)
            ctx.error(errors.FormatSpecification(span=place, spec="{...}", hint=hint))
            return None
        text += str(each.value)
    if SPEC.fullmatch(text) is None:
        ctx.error(errors.FormatSpecification(span=ctx.span(node.value), spec=text))
        return None
    return text


def _formatted(ctx: Context, held: Expr, spec: str) -> Formatted | None:
    matched = SPEC.fullmatch(spec)
    assert matched is not None
    alternate, zero, width, kind = matched.groups()
    plain_only = held.type is BOOL or isinstance(held.type, EnumType)
    if not (plain_only or isinstance(held.type, IntType)):
        ctx.error(errors.not_printable(held.span, describe(held.type), held.type))
        return None
    if plain_only and spec:
        base = str(held.type.base) if isinstance(held.type, EnumType) else "u8"
        error = errors.FormatOfName(
            span=held.span, type=describe(held.type), edits=errors.wrap(held.span, base)
        )
        ctx.error(error)
        return None
    if isinstance(held.type, EnumType) and held.type.flag:
        ctx.error(errors.FormatOfFlags(span=held.span, base=str(held.type.base)))
        return None
    return Formatted(held, FormatSpec(bool(alternate), bool(zero), int(width or 0), kind or "d"))
