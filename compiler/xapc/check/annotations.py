"""Annotations: the types that the user writes."""

import ast

from xapc import errors, unsupported
from xapc.check.context import Context
from xapc.check.entities import Broken, Constant, Length, TypeName, Word
from xapc.types import (
    BOOL,
    NEVER,
    NONE,
    POISON,
    U8,
    U32,
    ArrayType,
    EnumType,
    IntType,
    StructType,
    TupleType,
    Type,
    ViewType,
)

HINTS = {
    "int": "use a fixed width: u8 u16 u32 u64 i8 i16 i32 i64",
    "float": "use fixed-point arithmetic in a fixed-width integer",
    "complex": "use two integers",
    "str": "there is no text at run time: pass a number or an enumeration, and print that",
    "bytes": "use Array[u8, N[...]]",
    "bytearray": "use Array[u8, N[...]]",
    "list": "use Array[T, N[...]]",
    "dict": "use Array[T, N[...]] of structs",
    "set": "use Array[bool, N[...]] or a Flag",
    "object": "use a fixed type",
    "Any": "use a fixed type",
    "List": "use Array[T, N[...]]",
    "Dict": "use Array[T, N[...]] of structs",
    "Tuple": "use tuple[...]",
    "Optional": "there is no None among values: return a flag beside the value, or an error code",
    "Union": "a value has one type",
    "Callable": "functions are not values: what calls what is known when the app is built",
}
"""Python's types that people reach for, and what to write instead."""


def resolve(ctx: Context, node: ast.expr) -> Type:
    """The type that an annotation means; POISON where it is reported."""
    if isinstance(node, unsupported.Broken):
        ctx.broken = True
        return POISON
    if isinstance(node, ast.Constant) and node.value is None:
        return NONE
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _quoted(ctx, node, node.value)
    if isinstance(node, ast.Subscript):
        return _subscript(ctx, node)
    if isinstance(node, ast.Attribute):
        from xapc.check import expr

        found = expr.named(ctx, node)
        if isinstance(found, TypeName):
            return found.type
    if isinstance(node, ast.Name):
        return _name(ctx, node)
    ctx.error(errors.not_a_type(ctx.span(node), node))
    return POISON


def evaluated(ctx: Context, node: ast.expr) -> Type:
    """The type that an expression is under CPython: a string is a type in annotations alone."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        ctx.error(errors.not_a_type(ctx.span(node), node))
        return POISON
    return resolve(ctx, node)


def forget(ctx: Context, node: ast.expr) -> None:
    """The value beside an annotation that is wrong is no second mistake: `x: float = 1.0`."""
    ctx.unit.diagnostics.drop(ctx.span(node))


def _quoted(ctx: Context, node: ast.Constant, text: str) -> Type:
    """`"Job"`: an annotation in quotes, each part at its own place where that can be told."""
    try:
        inner = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        ctx.error(errors.NotAType(span=ctx.span(node), text=text))
        return POISON
    whole = ctx.span(node)
    plain = whole.line == whole.end_line and whole.text()[1:-1] == text and text.isascii()
    for each in ast.walk(inner):
        if isinstance(each, ast.expr) and plain:
            each.lineno = each.end_lineno = node.lineno
            each.col_offset += node.col_offset + 1
            each.end_col_offset = (each.end_col_offset or 0) + node.col_offset + 1
        else:
            ast.copy_location(each, node)
    return resolve(ctx, inner)


def _name(ctx: Context, node: ast.Name) -> Type:
    if node.id in ("NoReturn", "Never") and ctx.entity(node.id) is not None:
        return NEVER
    if node.id in HINTS and ctx.entity(node.id) is None:
        ctx.error(errors.PythonType(span=ctx.span(node), name=node.id, instead=HINTS[node.id]))
        return POISON
    match ctx.lookup(node):
        case TypeName(type):
            return type
        case Broken():
            return POISON
        case _:
            ctx.error(errors.NotAType(span=ctx.span(node), text=node.id))
            return POISON


def _subscript(ctx: Context, node: ast.Subscript) -> Type:
    head = node.value.id if isinstance(node.value, ast.Name) else ""
    word = ctx.entity(head)
    args = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if head == "tuple":
        return _tuple(ctx, args)
    if isinstance(word, Word) and word.name == "Array" and len(args) == 2:
        return _array(ctx, node, args[0], args[1])
    if isinstance(word, Word) and word.name == "View" and len(args) == 1:
        return _view(ctx, args[0])
    if isinstance(word, Broken):
        return POISON
    if head in HINTS and word is None:
        ctx.error(errors.PythonType(span=ctx.span(node), name=head, instead=HINTS[head]))
    elif isinstance(node.value, ast.Name) and word is None:
        ctx.lookup(node.value)
    else:
        ctx.error(errors.not_a_type(ctx.span(node), node))
    return POISON


def _tuple(ctx: Context, args: list[ast.expr]) -> Type:
    items = []
    for each in args:
        item = resolve(ctx, each)
        if item is POISON:
            return POISON
        if not item.is_scalar:
            ctx.error(errors.TupleOfScalars(span=ctx.span(each), type=str(item)))
            return POISON
        items.append(item)
    return TupleType(tuple(items))


def _view(ctx: Context, node: ast.expr) -> Type:
    element = evaluated(ctx, node)
    if isinstance(element, IntType) and element in (U8, U32):
        return ViewType(element, device=element == U32)
    if element is not POISON:
        ctx.error(errors.ViewElement(span=ctx.span(node), type=str(element)))
    return POISON


def _array(ctx: Context, node: ast.Subscript, element: ast.expr, length: ast.expr) -> Type:
    if _is_length(ctx, element):
        one, other = ctx.span(element), ctx.span(length)
        edits = (*errors.replace(one, other.text()), *errors.replace(other, one.text()))
        ctx.error(errors.ArrayLengthForm(span=one, edits=edits))
        return POISON
    held = evaluated(ctx, element)
    number = resolve_length(ctx, length)
    if held is POISON or number is None:
        return POISON
    if not (isinstance(held, (IntType, EnumType, ArrayType, StructType)) or held is BOOL):
        ctx.error(errors.ArrayElement(span=ctx.span(element), type=str(held)))
        return POISON
    made = ArrayType(held, number)
    if made.size > 1 << 20:
        ctx.error(errors.ArrayTooLarge(span=ctx.span(node), size=made.size))
        return POISON
    return made


def _is_length(ctx: Context, node: ast.expr) -> bool:
    """`N[16]`, perhaps where the element stands."""
    head = node.value if isinstance(node, ast.Subscript) else None
    word = ctx.entity(head.id) if isinstance(head, ast.Name) else None
    return isinstance(word, Word) and word.name == "N"


def resolve_length(ctx: Context, node: ast.expr) -> int | None:
    """`N[16]`, or an alias of it."""
    if isinstance(node, unsupported.Broken):
        ctx.broken = True
        return None
    if isinstance(node, ast.Name):
        found = ctx.lookup(node)
        if isinstance(found, Length):
            return found.length
        if isinstance(found, Broken):
            return None
        if isinstance(found, Constant):
            edits = errors.replace(ctx.span(node), f"N[{found.value.value}]")
            ctx.error(errors.ArrayLengthForm(span=ctx.span(node), edits=edits))
            return None
    if isinstance(node, ast.Constant) and type(node.value) is int:
        edits = errors.replace(ctx.span(node), f"N[{node.value}]")
        ctx.error(errors.ArrayLengthForm(span=ctx.span(node), edits=edits))
        return None
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        word, held = ctx.entity(node.value.id), node.slice
        if isinstance(word, Word) and word.name == "N":
            if isinstance(held, ast.Constant) and type(held.value) is int and held.value > 0:
                return held.value
            known = ctx.entity(held.id) if isinstance(held, ast.Name) else None
            edits = ()
            if isinstance(known, Constant) and known.value.value > 0:
                edits = errors.replace(ctx.span(held), str(known.value.value))
            ctx.error(errors.ArrayLengthValue(span=ctx.span(held), edits=edits))
            return None
    ctx.error(errors.ArrayLengthForm(span=ctx.span(node)))
    return None
