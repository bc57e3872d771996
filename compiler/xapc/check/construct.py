"""Making values: conversions, enumerations, structs, arrays."""

import ast

from xapc import errors
from xapc.check import annotations, binding, expr
from xapc.check.coerce import adopt, coerce, condition, describe, is_poison, mismatch, not_integer
from xapc.check.context import Context, poison
from xapc.check.entities import Broken, Word
from xapc.source import Span
from xapc.tree import (
    CALLER,
    MMIO_ACCESS,
    SMC_CALL,
    SMC_RESULT,
    SMC_RESULT_8,
    Const,
    ConstBytes,
    Convert,
    Copy,
    Expr,
    Fit,
    Fresh,
    ToEnum,
    Value,
    Var,
)
from xapc.types import (
    BOOL,
    BYTES,
    INDEX,
    POISON,
    U8,
    UNTYPED,
    ArrayType,
    EnumType,
    IntType,
    StructType,
    Type,
)


def scalar(ctx: Context, node: ast.Call, type: Type) -> Expr:
    """`u32(x)`, `Op(x)`, `bool(x)`."""
    bound = binding.bind(
        ctx, node, [binding.Parameter("value", None)], what=str(type), constants=True
    )
    span = ctx.span(node)
    if bound is None:
        return poison(span)
    operand = bound.args[0]
    if isinstance(type, IntType):
        return convert(ctx, operand, type, Fit.CHECK, span)
    if isinstance(type, EnumType):
        operand = coerce(ctx, operand, type.base, constants=True)
        if isinstance(operand, Const) and not is_poison(operand):
            return _constant_member(ctx, operand, type, span)
        return ToEnum(type, span, operand)
    if is_poison(operand):
        return poison(span)
    return ctx.error(errors.bool_of_value(span, operand.span, operand.type))


def convert(ctx: Context, operand: Expr, type: IntType, fit: Fit, span: Span) -> Expr:
    if is_poison(operand):
        return poison(span)
    if isinstance(operand, Const) and operand.type is UNTYPED:
        if fit is Fit.WRAP:
            return Const(type, span, type.wrap(operand.value))
        if fit is Fit.SATURATE:
            return Const(type, span, min(max(operand.value, type.min), type.max))
        if operand.value < 0 == type.min and operand.value.bit_length() <= type.bits:
            return ctx.error(errors.wrapped(operand.span, operand.value, type, span))
        moved = adopt(ctx, operand, type)
        return Const(type, span, moved.value) if isinstance(moved, Const) else moved
    if isinstance(operand.type, (IntType, EnumType)) or operand.type is BOOL:
        return Convert(type, span, operand, fit)
    return not_integer(ctx, operand)


def _constant_member(ctx: Context, operand: Const, type: EnumType, span: Span) -> Expr:
    value = operand.value
    held = value & ~type.mask == 0 if type.flag else value in type.members.values()
    if not held:
        return ctx.error(errors.NoSuchMember(span=operand.span, value=value, type=str(type)))
    return Const(type, span, value)


def fitted(ctx: Context, node: ast.Call, func: ast.Attribute, type: Type) -> Expr:
    """`u8.wrap(x)`, `u8.saturate(x)`."""
    kinds = {"wrap": Fit.WRAP, "saturate": Fit.SATURATE}
    if func.attr not in kinds or not isinstance(type, IntType):
        known = list(kinds) if isinstance(type, IntType) else []
        return ctx.no_member(ctx.span(func), type, func.attr, known)
    name = f"{type}.{func.attr}()"
    bound = binding.bind(ctx, node, [binding.Parameter("value", None)], what=name, constants=True)
    if bound is None:
        return poison(ctx.span(node))
    return convert(ctx, bound.args[0], type, kinds[func.attr], ctx.span(node))


def struct(ctx: Context, node: ast.Call, type: StructType) -> Expr:
    """`Job(id=u32(1))`."""
    parameters = [
        binding.Parameter(f.name, f.type, f.default is None) for f in type.fields.values()
    ]
    unknown = {(type, str(k.arg)) for k in node.keywords if k.arg not in type.fields}
    if type in ctx.unit.wrong_types or unknown & ctx.unit.broken_members:
        return _of_wrong(ctx, node, type)
    ctx.unit.broken_members |= unknown
    # Of the SDK's own structs: "in a call of xap" constants take a width.
    own = type in (CALLER, SMC_CALL, MMIO_ACCESS, SMC_RESULT, SMC_RESULT_8)
    bound = binding.bind(ctx, node, parameters, what=type.name, constants=own)
    span = ctx.span(node)
    if bound is None:
        return poison(span)
    items = tuple(zip(bound.places, bound.args, strict=True))
    return Fresh(type, span, struct_default(type), items)


def _of_wrong(ctx: Context, node: ast.Call, type: StructType) -> Expr:
    """A struct whose declaration has errors: what its fields take is not known."""
    ctx.broken = True
    for each in (*node.args, *(k.value for k in node.keywords)):
        binding.anything(ctx, each)
    return Fresh(type, ctx.span(node), struct_default(type), ())


def struct_default(type: StructType) -> Value:
    """The defaults of all fields; zero stands for those that need an argument."""
    return tuple(zero(f.type) if f.default is None else f.default for f in type.fields.values())


def zero(type: Type) -> Value:
    """`Array[...]()` is zeroed; structs have their defaults."""
    if isinstance(type, ArrayType):
        return (zero(type.element),) * type.length
    if isinstance(type, StructType):
        return struct_default(type)
    return 0


def _innermost(type: Type) -> Type:
    """What an array of arrays is made of."""
    while isinstance(type, ArrayType):
        type = type.element
    return type


def lacks_zero(type: Type) -> str | None:
    """Why a value of `type` cannot be made from nothing."""
    if isinstance(type, ArrayType):
        return lacks_zero(type.element)
    if isinstance(type, EnumType) and not type.flag and 0 not in type.members.values():
        return f"{type} has no member of value 0"
    if isinstance(type, StructType):
        needed = [f.name for f in type.fields.values() if f.default is None]
        if needed:
            return f"field {needed[0]} of {type} has no default"
    return None


def subscripted(ctx: Context, node: ast.Call, func: ast.Subscript) -> Expr:
    """`Array[T, N[n]](...)`."""
    head = ctx.lookup(func.value) if isinstance(func.value, ast.Name) else None
    if isinstance(head, Broken):
        for each in (*node.args, *(k.value for k in node.keywords)):
            binding.anything(ctx, each)
        return poison(ctx.span(node))
    if not (isinstance(head, Word) and head.name == "Array"):
        return ctx.error(errors.NotCallable(span=ctx.span(func), what="this expression"))
    type = annotations.resolve(ctx, func)
    if not isinstance(type, ArrayType):
        return poison(ctx.span(node))
    return array(ctx, node, type)


def _bare_elements(ctx: Context, node: ast.Call, type: ArrayType) -> errors.Error:
    """`Array[...](1, 2, 3)`: the elements stand in a list."""
    extra = node.keywords[0] if node.keywords else node.args[1]
    edits: tuple[errors.Edit, ...] = ()
    if not node.keywords and not isinstance(node.args[0], (ast.List, ast.Tuple)):
        first, last = ctx.span(node.args[0]), ctx.span(node.args[-1])
        edits = errors.insert(first.before(), "["), errors.insert(last.after(), "]")
    return errors.TooManyArguments(span=ctx.span(extra), what=str(type), most=1, edits=edits)


def array(ctx: Context, node: ast.Call, type: ArrayType) -> Expr:
    span = ctx.span(node)
    if node.keywords or len(node.args) > 1:
        return ctx.error(_bare_elements(ctx, node, type))
    if not node.args:
        problem = lacks_zero(type) if _innermost(type) not in ctx.unit.wrong_types else None
        if problem is not None:
            return ctx.error(errors.NoZero(span=span, why=problem))
        return Fresh(type, span, zero(type), ())
    given = node.args[0]
    if isinstance(given, ast.GeneratorExp):
        return _generated(ctx, given, type, span)
    if isinstance(given, (ast.List, ast.Tuple)):
        return _listed(ctx, given, type, span)
    if isinstance(given, ast.BinOp) and isinstance(given.left, ast.List):
        hint = "without an argument it is zeroed; x.fill(v) sets all elements"
        what = "a repeated list"
        return ctx.error(errors.NotHere(span=ctx.span(given), what=what, hint=hint))
    source = expr.check(ctx, given)
    if isinstance(source, ConstBytes) and type.element == U8:
        if not _right_length(ctx, span, type, len(source.value)):
            return poison(span)
        return Fresh(type, span, tuple(source.value), ())
    if is_poison(source):
        return poison(span)
    if source.type == type:
        return Copy(type, span, source)
    if source.type is BYTES:
        return ctx.error(
            errors.mismatch(source.span, "a sequence of " + str(type.element), "bytes")
        )
    return mismatch(ctx, source, type)


def _right_length(ctx: Context, span: Span, type: ArrayType, given: int) -> bool:
    if given == type.length:
        return True
    ctx.error(errors.ArrayLength(span=span, type=str(type), want=type.length, got=given))
    return False


def _listed(ctx: Context, node: ast.List | ast.Tuple, type: ArrayType, span: Span) -> Expr:
    items = [coerce(ctx, expr.value(ctx, each), type.element, constants=True) for each in node.elts]
    if not _right_length(ctx, span, type, len(items)) or is_poison(*items):
        return poison(span)
    return Fresh(type, span, None, tuple(enumerate(items)))


def _generated(ctx: Context, node: ast.GeneratorExp, type: ArrayType, span: Span) -> Expr:
    """A generator: only at build time, where CPython runs it; its length is known then."""
    if ctx.routine is not None:
        return ctx.error(errors.GeneratorAtRunTime(span=ctx.span(node)))
    if len(node.generators) != 1:
        return ctx.error(errors.NotHere(span=ctx.span(node), what="a nested generator"))
    clause = node.generators[0]
    bound = _bound_by(ctx, clause)
    if bound is None or POISON in bound.values():
        return poison(span)
    inner = Context(ctx.unit, ctx.module, None, ctx.own_names | set(bound), dict(ctx.locals))
    for name, held in bound.items():
        inner.locals[name] = Var(name, held, ctx.span(clause.target))
    for test in clause.ifs:
        found = expr.value(inner, test)
        condition(ctx, found, test)
    item = coerce(inner, expr.value(inner, node.elt), type.element, constants=True)
    return poison(span) if is_poison(item) else Fresh(type, span, None, ((0, item),))


def _bound_by(ctx: Context, clause: ast.comprehension) -> dict[str, Type] | None:
    """The names that a generator binds; None where it cannot (which is reported)."""
    match clause.target, clause.iter:
        case ast.Name(id=name), _:
            return {name: _iterated(ctx, clause.iter)}
        case (
            ast.Tuple(elts=[ast.Name(id=number), ast.Name(id=name)]),
            ast.Call(func=ast.Name() as func, args=[over, *start], keywords=named),
        ) if (
            len(start) + len(named) < 2
            and all(each.arg == "start" for each in named)
            and _is_enumerate(ctx, func)
        ):
            types = {number: INDEX, name: _iterated(ctx, over)}
            start += [each.value for each in named]
            begins = [coerce(ctx, expr.value(ctx, each), INDEX, constants=True) for each in start]
            return None if is_poison(*begins) else types
    target, iterated = ctx.span(clause.target), ctx.span(clause.iter)
    ctx.error(errors.loop_target(target, clause.target, iterated))
    return None


def _is_enumerate(ctx: Context, node: ast.Name) -> bool:
    word = ctx.lookup(node)
    return isinstance(word, Word) and word.name == "enumerate"


def _iterated(ctx: Context, node: ast.expr) -> Type:
    """The type of what a build-time generator runs over: `range(...)` or an array, perhaps
    `reversed`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        word = ctx.lookup(node.func)
        if isinstance(word, Word) and word.name == "reversed" and len(node.args) == 1:
            return _iterated(ctx, node.args[0])
        if isinstance(word, Word) and word.name == "range" and 1 <= len(node.args) <= 3:
            bounds = [coerce(ctx, expr.value(ctx, a), INDEX, constants=True) for a in node.args]
            return POISON if is_poison(*bounds) else INDEX
    found = expr.value(ctx, node)
    if isinstance(found.type, ArrayType):
        return found.type.element
    if not is_poison(found):
        ctx.error(errors.not_iterable(found.span, describe(found.type), found.type))
    return POISON
