"""Methods of integers, arrays and views, and the builtins of Python that the language has."""

import ast
from collections.abc import Callable

from xapc import errors
from xapc.check import annotations, expr
from xapc.check.binding import Bound, Parameter, arguments, bind
from xapc.check.coerce import adopt, describe, is_poison, not_integer, unify
from xapc.check.context import Context, poison
from xapc.check.entities import TypeName
from xapc.source import Span
from xapc.tree import (
    BlockCall,
    BlockMethod,
    Const,
    Copy,
    Expr,
    IntCall,
    IntMethod,
    ViewLen,
)
from xapc.types import (
    BOOL,
    I64,
    INDEX,
    INTS,
    NONE,
    U8,
    U32,
    UNTYPED,
    ArrayType,
    IntType,
    StructType,
    TupleType,
    Type,
    ViewType,
    scalars,
)

SAME_TYPE = {
    "wrapping_add",
    "wrapping_sub",
    "wrapping_mul",
    "saturating_add",
    "saturating_sub",
    "mul_wide",
}
ROTATES = {"rotate_left", "rotate_right"}
COUNTS = {"count_ones", "leading_zeros", "trailing_zeros"}
POSITIONS = {"bit": ("n",), "bits": ("hi", "lo"), "with_bits": ("hi", "lo", "v")}
INT_METHODS = {*SAME_TYPE, *ROTATES, *COUNTS, *POSITIONS, "byteswap"}
BLOCK_METHODS = {"fill", "copy_from", "equals", "load", "store"}


def name_span(ctx: Context, func: ast.Attribute) -> Span:
    """Where the method's name stands: the place that a panic in it reports."""
    end = ctx.span(func).after()
    return Span(end.source, end.line, end.column - len(func.attr), end.line, end.column)


def method(ctx: Context, node: ast.Call, func: ast.Attribute, base: Expr) -> Expr:
    """`base.name(...)` for everything but struct methods."""
    span, type, name = name_span(ctx, func), base.type, func.attr
    if isinstance(type, IntType) and name in INT_METHODS:
        return _of_int(ctx, node, base, type, name, span)
    if type.is_aggregate and name == "copy":
        found = bind(ctx, node, [], what="copy()", constants=True)
        return poison(span) if found is None else Copy(type, span, base)
    if isinstance(type, StructType) and name == "equals":
        return _equals(ctx, node, base, span)
    if isinstance(type, (ArrayType, ViewType)) and name in BLOCK_METHODS:
        return _of_block(ctx, node, base, name, span)
    if type is UNTYPED:
        return ctx.error(
            errors.NeedsWidth(span=base.span, type="u64", edits=errors.wrap(base.span, "u64"))
        )
    if isinstance(type, StructType) and name in type.fields:
        return ctx.error(errors.NotCallable(span=span, what=f"field '{name}'"))
    ctx.no_member(span, type, name, known(type))
    return arguments(ctx, node, foreign=name not in known(type) and errors.is_foreign(name))


def known(type: Type) -> list[str]:
    """The names of the methods of a type."""
    if isinstance(type, IntType):
        return sorted(INT_METHODS)
    if isinstance(type, ArrayType):
        return sorted({*BLOCK_METHODS, "copy"})
    if isinstance(type, ViewType):
        return sorted({*BLOCK_METHODS, "error"})
    if isinstance(type, StructType):
        return [*type.methods, "copy", "equals"]
    return []


def _of_int(ctx: Context, node: ast.Call, base: Expr, type: IntType, name: str, span: Span) -> Expr:
    if name in POSITIONS:
        return _positions(ctx, node, base, type, name, span)
    wanted = []
    if name in SAME_TYPE:
        wanted = [Parameter("other", type)]
    elif name in ROTATES:
        wanted = [Parameter("n", None)]
    bound = bind(ctx, node, wanted, what=f"{name}()", constants=True)
    if bound is None:
        return poison(span)
    args = [base, *bound.args]
    if name in ROTATES:
        count = args[1]
        if isinstance(count, Const) and count.type is UNTYPED:
            args[1] = Const(U32, count.span, count.value % type.bits)
        elif not isinstance(count.type, IntType):
            return not_integer(ctx, count)
    result: Type = U32 if name in COUNTS else type
    if name == "mul_wide":
        low = INTS[f"u{type.bits}"]
        result = TupleType((I64 if type is INDEX else type, low))
    return IntCall(result, span, IntMethod(name), tuple(args))


def _positions(
    ctx: Context, node: ast.Call, base: Expr, type: IntType, name: str, span: Span
) -> Expr:
    """`bit(n)`, `bits(hi, lo)`, `with_bits(hi, lo, v)`: positions are constants."""
    wanted = [Parameter(n, type if n == "v" else None) for n in POSITIONS[name]]
    bound = bind(ctx, node, wanted, what=f"{name}()", constants=True)
    if bound is None:
        return poison(span)
    by_place = bound.by_place()
    places: list[Expr] = []
    for number in range(1 if name == "bit" else 2):
        place = by_place[number]
        if name == "bit" and isinstance(place.type, IntType):
            return IntCall(BOOL, span, IntMethod.BIT, (base, place))
        if not isinstance(place, Const):
            return ctx.error(errors.BitPosition(span=place.span, bits=type.bits))
        if not 0 <= place.value < type.bits:
            return ctx.error(errors.BitPosition(span=place.span, bits=type.bits))
        places.append(Const(U32, place.span, place.value))
    if len(places) == 2:
        hi, lo = (p.value for p in places if isinstance(p, Const))
        if hi < lo:
            return ctx.error(errors.BitRange(span=span, hi=hi, lo=lo))
    args = (base, *places, *((by_place[2],) if name == "with_bits" else ()))
    return IntCall(BOOL if name == "bit" else type, span, IntMethod(name), args)


def _equals(ctx: Context, node: ast.Call, base: Expr, span: Span) -> Expr:
    bound = bind(ctx, node, [Parameter("other", base.type)], what="equals()", constants=True)
    if bound is None:
        return poison(span)
    return BlockCall(BOOL, span, BlockMethod.EQUALS, (base, bound.args[0]))


def element(type: Type) -> Type:
    assert isinstance(type, (ArrayType, ViewType))
    return type.element


def _of_block(ctx: Context, node: ast.Call, base: Expr, name: str, span: Span) -> Expr:
    held = element(base.type)
    if name == "fill":
        bound = bind(ctx, node, [Parameter("value", held)], what="fill()", constants=True)
        if bound is None:
            return poison(span)
        return BlockCall(NONE, span, BlockMethod.FILL, (base, *bound.args))
    if name == "copy_from":
        return _copy_from(ctx, node, base, span)
    if name == "equals":
        return _equals_views(ctx, node, base, span)
    return _load_store(ctx, node, base, BlockMethod(name), span)


def _block_argument(ctx: Context, found: Expr, held: Type) -> Expr:
    """Another array or view of the same element, of whatever length."""
    if is_poison(found):
        return found
    if isinstance(found.type, (ArrayType, ViewType)) and found.type.element == held:
        return found
    return ctx.error(
        errors.mismatch(found.span, f"an array or view of {held}", describe(found.type))
    )


def _equals_views(ctx: Context, node: ast.Call, base: Expr, span: Span) -> Expr:
    bound = bind(ctx, node, [Parameter("other", None)], what="equals()", constants=True)
    if bound is None:
        return poison(span)
    other = _block_argument(ctx, bound.args[0], element(base.type))
    if is_poison(other):
        return poison(span)
    return BlockCall(BOOL, span, BlockMethod.EQUALS, (base, other))


def _copy_from(ctx: Context, node: ast.Call, base: Expr, span: Span) -> Expr:
    """`copy_from(other, at=0, start=0, count=the rest of other)`."""
    wanted = [
        Parameter("other", None),
        Parameter("at", None, False),
        Parameter("start", None, False),
        Parameter("count", None, False),
    ]
    bound = bind(ctx, node, wanted, what="copy_from()", constants=True)
    if bound is None:
        return poison(span)
    if not bound.in_order:
        return ctx.error(errors.KeywordOrder(span=ctx.span(node), what="copy_from()"))
    given = bound.by_place()
    other = _block_argument(ctx, given[0], element(base.type))
    args: list[Expr] = [base, other]
    for place in (1, 2, 3):
        found = given.get(place)
        # Where no count is given the lowering takes what follows `start`: -1 says so.
        missing = Const(INDEX, span, -1 if place == 3 else 0)
        args.append(missing if found is None else offset(ctx, found))
    if is_poison(*args):
        return poison(span)
    return BlockCall(NONE, span, BlockMethod.COPY_FROM, tuple(args))


def offset(ctx: Context, found: Expr) -> Expr:
    """A byte offset or count: any integer; a constant one is not negative."""
    if isinstance(found, Const) and found.type is UNTYPED:
        if found.value < 0:
            return ctx.error(errors.NegativeOffset(span=found.span))
        return adopt(ctx, found, INDEX)
    if isinstance(found.type, IntType) or is_poison(found):
        return found
    return not_integer(ctx, found)


def ordered(ctx: Context, node: ast.Call, func: ast.Attribute, inner: ast.Attribute) -> Expr:
    """`a.load.be(...)`, `a.store.le(...)`."""
    base = expr.check(ctx, inner.value)
    span = name_span(ctx, func)
    if is_poison(base):
        return poison(span)
    if inner.attr not in ("load", "store") or not isinstance(base.type, (ArrayType, ViewType)):
        return ctx.error(errors.unknown_member(span, describe(base.type), inner.attr, []))
    name = inner.attr if func.attr == "le" else f"{inner.attr}.be"
    return _load_store(ctx, node, base, BlockMethod(name), span)


def _load_store(ctx: Context, node: ast.Call, base: Expr, method: BlockMethod, span: Span) -> Expr:
    if element(base.type) != U8:
        return ctx.error(errors.BytesOnly(span=span, type=describe(base.type)))
    if method in (BlockMethod.LOAD, BlockMethod.LOAD_BE):
        return _load(ctx, node, base, method, span)
    wanted = [Parameter("offset", None), Parameter("value", None)]
    bound = bind(ctx, node, wanted, what="store()", constants=False)
    if bound is None:
        return poison(span)
    if not bound.in_order:
        return ctx.error(errors.KeywordOrder(span=ctx.span(node), what="store()"))
    given = bound.by_place()
    value = given[1]
    if value.type is UNTYPED:
        edits = errors.wrap(value.span, "u32")
        return ctx.error(errors.NeedsWidth(span=value.span, type="u32", edits=edits))
    if not _of_integers(value.type, method is BlockMethod.STORE_BE):
        return ctx.error(errors.LoadType(span=value.span, type=describe(value.type)))
    place = offset(ctx, given[0])
    if is_poison(place):
        return poison(span)
    return BlockCall(NONE, span, method, (base, place, value))


def _load(ctx: Context, node: ast.Call, base: Expr, method: BlockMethod, span: Span) -> Expr:
    if len(node.args) != 2 or node.keywords:
        names = "type, offset"
        return ctx.error(errors.MissingArgument(span=span, what="load()", names=names))
    if isinstance(expr.named(ctx, node.args[1]), TypeName):
        one, other = ctx.span(node.args[0]), ctx.span(node.args[1])
        edits = (*errors.replace(one, other.text()), *errors.replace(other, one.text()))
        return ctx.error(errors.NotAType(span=one, text=one.text(), edits=edits))
    type = annotations.evaluated(ctx, node.args[0])
    place = offset(ctx, expr.value(ctx, node.args[1]))
    found = Const(type, ctx.span(node.args[0]), 0)
    if is_poison(found, place):
        return poison(span)
    if not _of_integers(type, method is BlockMethod.LOAD_BE):
        return ctx.error(errors.LoadType(span=found.span, type=str(type)))
    return BlockCall(type, span, method, (base, place))


def _of_integers(type: Type, big_endian: bool) -> bool:
    """An integer; in little-endian form also a struct of nothing else."""
    if isinstance(type, IntType):
        return True
    if big_endian or not isinstance(type, StructType):
        return False
    return all(isinstance(each, IntType) for each in scalars(type))


# --- builtins --------------------------------------------------------------------------------


def _only_positional(ctx: Context, node: ast.Call, name: str) -> Bound | None:
    """The one argument of a builtin, which has no keywords."""
    for keyword in node.keywords:
        ctx.error(errors.keyword(ctx.span(keyword), f"{name}()", str(keyword.arg), [], False))
        return None
    return bind(ctx, node, [Parameter("x", None)], what=f"{name}()", constants=True)


def _len(ctx: Context, node: ast.Call) -> Expr:
    bound = _only_positional(ctx, node, "len")
    span = ctx.span(node)
    if bound is None:
        return poison(span)
    sequence = bound.args[0]
    if isinstance(sequence.type, ArrayType):
        return Const(UNTYPED, span, sequence.type.length)
    if isinstance(sequence.type, ViewType):
        return ViewLen(INDEX, span, sequence)
    if isinstance(sequence.type, TupleType):
        return Const(UNTYPED, span, len(sequence.type.items))
    hint = f"its size in bytes is sizeof({sequence.type})" if _has_size(sequence.type) else ""
    what = describe(sequence.type)
    return ctx.error(errors.NotIndexable(span=sequence.span, type=what, hint=hint))


def _has_size(type: Type) -> bool:
    return isinstance(type, (IntType, StructType)) and type is not INDEX


def _abs(ctx: Context, node: ast.Call) -> Expr:
    bound = _only_positional(ctx, node, "abs")
    span = ctx.span(node)
    if bound is None:
        return poison(span)
    operand = bound.args[0]
    if operand.type is UNTYPED and isinstance(operand, Const):
        return Const(UNTYPED, span, abs(operand.value))
    if not isinstance(operand.type, IntType):
        return not_integer(ctx, operand)
    return IntCall(operand.type, span, IntMethod.ABS, (operand,))


def _extreme(name: str) -> Callable[[Context, ast.Call], Expr]:
    def check(ctx: Context, node: ast.Call) -> Expr:
        span = ctx.span(node)
        if len(node.args) < 2 or node.keywords:
            return ctx.error(errors.MissingArgument(span=span, what=f"{name}()", names="a, b"))
        wanted = [Parameter(f"x{n}", None) for n in range(len(node.args))]
        bound = bind(ctx, node, wanted, what=f"{name}()", constants=True)
        if bound is None:
            return poison(span)
        args = list(bound.args)
        if all(isinstance(each, Const) and each.type is UNTYPED for each in args):
            pick = min if name == "min" else max
            return Const(UNTYPED, span, pick(e.value for e in args if isinstance(e, Const)))
        typed = next(each for each in args if each.type is not UNTYPED)
        for number, each in enumerate(args):
            both = unify(ctx, typed, each, span, f"{name}()")
            if both is None:
                return poison(span)
            args[number] = both[1]
        if not isinstance(typed.type, IntType):
            return not_integer(ctx, typed)
        return IntCall(typed.type, span, IntMethod(name), tuple(args))

    return check


def _sizeof(ctx: Context, node: ast.Call) -> Expr:
    if len(node.args) != 1 or node.keywords:
        return ctx.error(errors.MissingArgument(span=ctx.span(node), what="sizeof()", names="type"))
    type = annotations.evaluated(ctx, node.args[0])
    span = ctx.span(node)
    if not (type.is_scalar or type.is_aggregate):
        return poison(span)
    return Const(UNTYPED, span, type.size)


def _offsetof(ctx: Context, node: ast.Call) -> Expr:
    span = ctx.span(node)
    if len(node.args) != 2 or node.keywords:
        names = 'type, "field"'
        return ctx.error(errors.MissingArgument(span=span, what="offsetof()", names=names))
    type, name = annotations.evaluated(ctx, node.args[0]), node.args[1]
    if not isinstance(type, StructType):
        return poison(span)
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        return ctx.error(errors.field_name(ctx.span(name), name))
    if name.value not in type.fields:
        place = ctx.span(name)
        if place.text()[1:-1] == name.value:
            place = errors.slice_of(place, 1, len(name.value) + 1)
        return ctx.no_member(place, type, name.value, list(type.fields))
    return Const(UNTYPED, span, type.fields[name.value].offset)


def _only_in_for(ctx: Context, node: ast.Call) -> Expr:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return ctx.error(errors.OnlyInFor(span=ctx.span(node), name=name))


def _not_called(ctx: Context, node: ast.Call) -> Expr:
    what = ctx.span(node.func).text()
    word = what.rpartition(".")[2]
    # Where it is declared wrongly, it is declared.
    ctx.unit.declares_app |= word == "App"
    hint = _PLACES.get(word, "")
    return ctx.error(errors.NotHere(span=ctx.span(node), what=f"{what}(...)", hint=hint))


_PLACES = {
    "App": 'it is declared at the top level, once: app = App("name", ...)',
    "static_assert": "it stands at the top level; assert checks at run time",
    "struct": "it stands above a class: @struct",
    "wrapping": "it is written with wrapping(): above a block; x.wrapping_add(y) is one operation",
}


WORDS: dict[str, Callable[[Context, ast.Call], Expr]] = {
    "len": _len,
    "abs": _abs,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "sizeof": _sizeof,
    "offsetof": _offsetof,
    "range": _only_in_for,
    "enumerate": _only_in_for,
    "reversed": _only_in_for,
    **dict.fromkeys(
        ("App", "struct", "wrapping", "static_assert", "Array", "N", "View", "Enum", "Flag"),
        _not_called,
    ),
}
