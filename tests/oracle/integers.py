"""Expressions of an integer type. Each table entry makes one form, at one depth less."""

import re

from tests.oracle import expressions, values
from tests.oracle.model import World
from tests.oracle.types import INTS, U8, U32, Array, Int, Struct, of_integers, size

_ZERO = re.compile(r"[(+]*(0[xb]?0*|[ui]\d+(\.wrap)?\(0[xb]?0*\)|u\d+\.MIN)\)*")


def integer(world: World, type: Int, depth: int) -> str:
    if depth <= 0 or world.chance(25):
        return expressions.leaf(world, type)
    return world.pick(_INTEGERS)(world, type, depth - 1)


def operand(world: World, type: Int, depth: int) -> str:
    """The right side of an operator: of the type, or a constant without a width."""
    if world.chance(35):
        if world.chance(30):
            text, value = expressions.constant(world)
            if type.low <= value <= type.high and value != 0:
                return text
        value = world.literal(type) or 1
        return world.number(value) if value >= 0 else f"({value})"
    return integer(world, type, depth)


def _literal(world: World, most: int) -> str:
    """A constant divisor that panics with nothing: neither 0 nor -1."""
    return str(1 + world.rng.randrange(max(1, min(most, 100))))


def _arith(world: World, type: Int, depth: int) -> str:
    op = world.pick(["+", "-", "*", "+", "-", "//", "%"])
    left = integer(world, type, depth)
    if op in ("//", "%"):
        if world.safe or world.chance(30):
            return f"({left} {op} {_literal(world, type.high)})"
        right = operand(world, type, depth)
        return f"({left} {op} {'1' if _ZERO.fullmatch(right) else right})"
    right = operand(world, type, depth)
    if world.safe and not world.wrapping:
        name = {"+": "wrapping_add", "-": "wrapping_sub", "*": "wrapping_mul"}[op]
        return f"{left}.{name}({right})"
    return f"({left} {op} {right})"


def _reversed_operand(world: World, type: Int, depth: int) -> str:
    ops = "+-*&^|" if world.wrapping or not world.safe else "&^|"
    value = world.number(max(0, world.literal(type)))
    return f"({value} {world.pick(ops)} {integer(world, type, depth)})"


def _bits(world: World, type: Int, depth: int) -> str:
    op = world.pick(["&", "|", "^"])
    return f"({integer(world, type, depth)} {op} {operand(world, type, depth)})"


def _shift(world: World, type: Int, depth: int) -> str:
    op = world.pick(["<<", ">>"])
    kind = world.rng.randrange(4)
    if kind == 0 and not world.safe:
        count = integer(world, world.int_type(), depth)
    elif kind == 1:
        count = f"({integer(world, world.pick(INTS[:4]), depth)} % {min(type.bits, 127)})"
    else:
        count = str(world.rng.randrange(type.bits))
    return f"({integer(world, type, depth)} {op} {count})"


def _unary(world: World, type: Int, depth: int) -> str:
    kind = world.rng.randrange(4)
    inner = integer(world, type, depth)
    if world.safe and kind in (1, 2) and not (kind == 1 and world.wrapping):
        kind = 0
    return [f"(~{inner})", f"(-{inner})", f"abs({inner})", f"(+{inner})"][kind]


def _convert(world: World, type: Int, depth: int) -> str:
    how = world.pick([".wrap", ".saturate"] if world.safe else ["", ".wrap", ".wrap", ".saturate"])
    kind = world.rng.randrange(8)
    if kind == 0:
        return f"{type}({values.boolean(world, depth)})"
    if kind < 3 and world.enums:
        return f"{type}{how}({values.enumeration(world, world.pick(world.enums), depth)})"
    return f"{type}{how}({integer(world, world.int_type(), depth)})"


def _method(world: World, type: Int, depth: int) -> str:
    base = _base(world, type, depth)
    name = world.rng.randrange(7)
    if name == 0:
        which = world.pick(["wrapping_add", "wrapping_sub", "wrapping_mul"])
        return f"{base}.{which}({operand(world, type, depth)})"
    if name == 1:
        which = world.pick(["saturating_add", "saturating_sub"])
        return f"{base}.{which}({operand(world, type, depth)})"
    if name == 2:
        which = world.pick(["rotate_left", "rotate_right"])
        count = str(world.rng.randrange(100))
        if world.chance(70):
            count = integer(world, world.int_type(), depth)
        return f"{base}.{which}({count})"
    if name == 3:
        return f"{base}.byteswap()"
    high = world.rng.randrange(type.bits)
    low = world.rng.randrange(high + 1)
    if name == 4:
        return f"{base}.bits({high}, {low})"
    if name == 5:
        field = integer(world, type, depth)
        if world.safe and (type.signed or high - low + 1 < type.bits):
            return f"{base}.bits({high}, {low})"
        return f"{base}.with_bits({high}, {low}, {field})"
    return f"{base}.mul_wide({integer(world, type, depth)})[0]"


def _low_half(world: World, type: Int, depth: int) -> str:
    """The second item of `mul_wide` is unsigned."""
    other = world.pick([t for t in INTS if t.bits == type.bits])
    wide = f"{_base(world, other, depth)}.mul_wide({operand(world, other, depth)})[1]"
    return f"{type}.wrap({wide})" if type.signed else wide


def _base(world: World, type: Int, depth: int) -> str:
    if world.chance(30):
        return f"{type}.wrap({integer(world, type, depth)})"
    return expressions.leaf(world, type)


def _count(world: World, type: Int, depth: int) -> str:
    which = world.pick(["count_ones", "leading_zeros", "trailing_zeros"])
    found = f"{_base(world, world.int_type(), depth)}.{which}()"
    return found if type == U32 else f"{type}({found})"


def _extreme(world: World, type: Int, depth: int) -> str:
    name = world.pick(["min", "max"])
    others = [operand(world, type, depth) for _ in range(1 + world.rng.randrange(2))]
    return f"{name}({', '.join([integer(world, type, depth), *others])})"


def _choose(world: World, type: Int, depth: int) -> str:
    then, other = integer(world, type, depth), integer(world, type, depth)
    return f"({then} if {values.boolean(world, depth)} else {other})"


def _call(world: World, type: Int, depth: int) -> str:
    made = expressions.result_of(world, type, depth)
    return expressions.leaf(world, type) if made is None else made


def _load(world: World, type: Int, depth: int) -> str:
    """An integer out of an array of bytes, or of a struct that was loaded from it."""
    blocks = [n for n in world.visible() if isinstance(n.type, Array) and n.type.element == U8]
    if not blocks:
        return expressions.leaf(world, type)
    block = world.pick(blocks)
    assert isinstance(block.type, Array)
    structs = [s for s in world.structs if of_integers(s) and size(s) <= block.type.length]
    if structs and world.chance(25):
        return _field_of_loaded(world, block.place, world.pick(structs), type, block.type.length)
    form = world.pick(["load", "load.le", "load.be"])
    offset = _offset(world, block.type.length - size(type), depth)
    if offset is None:
        return expressions.leaf(world, type)
    return f"{block.place}.{form}({type}, {offset})"


def _field_of_loaded(world: World, block: str, held: Struct, type: Int, length: int) -> str:
    fields = [(f, t) for f, t in held.fields if isinstance(t, Int)]
    if not fields:
        return expressions.leaf(world, type)
    field, found = world.pick(fields)
    text = f"{block}.load({held}, {world.rng.randrange(length - size(held) + 1)}).{field}"
    return text if found == type else f"{type}.wrap({text})"


def _offset(world: World, room: int, depth: int) -> str | None:
    """One of the offsets 0..room, or anything at all."""
    if room < 0:
        return None
    if world.chance(20):
        made = integer(world, world.pick(INTS), depth)
        return f"({made} & {room % 64})" if world.safe else made
    return world.number(world.rng.randrange(room + 1))


def _counter(world: World, type: Int, depth: int) -> str:
    """Arithmetic on a loop's counter is i64."""
    if not world.counters:
        return _arith(world, type, depth)
    counter, bound = world.pick(world.counters)
    factor = 1 + world.rng.randrange(3)
    text = f"{counter} * {factor} + {world.rng.randrange(4)}"
    if bound * factor > 100:
        return f"{type}.wrap({text})"
    return f"i64({text})" if str(type) == "i64" else f"{type}({text})"


def _served(world: World, type: Int, depth: int) -> str:
    made = expressions.served(world, type, depth)
    return _call(world, type, depth) if made is None else made


def _from_tuple(world: World, type: Int, depth: int) -> str:
    """An item of a tuple that is written out, by an index from either end."""
    other = integer(world, world.int_type(), depth)
    wanted = integer(world, type, depth)
    return f"({other}, {wanted})[{world.pick(['1', '-1'])}]"


_INTEGERS = [
    _arith, _arith, _arith, _arith, _bits, _bits, _shift, _shift, _unary, _convert, _convert,
    _method, _method, _count, _extreme, _choose, _call, _call, _call, _load, _reversed_operand,
    _counter, _served, _served, _low_half, _from_tuple,
]  # fmt: skip
