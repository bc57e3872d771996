"""Expressions of a wanted type, in source form."""

import re

from tests.oracle.model import (
    BOOL,
    INTS,
    U8,
    U32,
    Array,
    Bool,
    Enumeration,
    Int,
    Struct,
    Tuple,
    Type,
    World,
)

_ZERO = re.compile(r"0|[ui]\d+\(0\)|u\d+\.MIN")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def expression(world: World, type: Type, depth: int) -> str:
    match type:
        case Int():
            return integer(world, type, depth)
        case Bool():
            return boolean(world, depth)
        case Enumeration():
            return enumeration(world, type, depth)
        case Struct():
            return structure(world, type, depth)
        case Array():
            return array(world, type, depth)
        case Tuple():
            return "(" + ", ".join(expression(world, t, depth - 1) for t in type.items) + ",)"


# --- integers --------------------------------------------------------------------------------


def integer(world: World, type: Int, depth: int) -> str:
    if depth <= 0 or world.chance(25):
        return leaf(world, type)
    return world.pick(_INTEGERS)(world, type, depth - 1)


def leaf(world: World, type: Int) -> str:
    known = places(world, type)
    if known and world.chance(75):
        return world.pick(known)
    if world.counters and world.chance(30):
        counter, bound = world.pick(world.counters)
        return f"{type}({counter})" if bound <= 100 else f"{type}.wrap({counter})"
    if world.chance(5):
        return f"{type}.{world.pick(['MIN', 'MAX'])}"
    return f"{type}({world.literal(type)})"


def places(world: World, type: Type, *, writable: bool = False) -> list[str]:
    """Names of the type, and fields and elements of it that are surely there."""
    found: list[str] = []
    for name in world.visible():
        if writable and not name.writable:
            continue
        if name.type == type:
            found.append(name.place)
        if isinstance(name.type, Struct):
            found += [f"{name.place}.{f}" for f, held in name.type.fields if held == type]
        if isinstance(name.type, Array):
            found += _elements(world, name.place, name.type, type)
    return found


def _elements(world: World, place: str, held: Array, type: Type) -> list[str]:
    index = _index(world, held.length)
    if held.element == type:
        return [f"{place}[{index}]"]
    if isinstance(held.element, Struct):
        return [f"{place}[{index}].{f}" for f, t in held.element.fields if t == type]
    if isinstance(held.element, Array) and held.element.element == type:
        return [f"{place}[{index}][{_index(world, held.element.length)}]"]
    return []


def _index(world: World, length: int) -> str:
    fitting = [c for c, bound in world.counters if bound <= length]
    if fitting and world.chance(50):
        return world.pick(fitting)
    kind = world.rng.randrange(10)
    if kind == 0:
        return str(-1 - world.rng.randrange(length))
    known = [n for n in world.visible() if isinstance(n.type, Int) and "[" not in n.place]
    if known and kind < 5:
        name = world.pick(known)
        return name.place if kind == 1 else f"{name.place} % {length}" if length < 100 else "0"
    if world.counters and kind < 7:
        counter, _ = world.pick(world.counters)
        return f"({counter} + {world.rng.randrange(4)}) % {length}"
    return str(world.rng.randrange(length))


def _arith(world: World, type: Int, depth: int) -> str:
    op = world.pick(["+", "-", "*", "+", "-", "//", "%"])
    left = integer(world, type, depth)
    right = _operand(world, type, depth)
    if op in ("//", "%") and _ZERO.fullmatch(right):
        right = "1"  # dividing by a constant zero is an error of the program
    return f"({left} {op} {right})"


def _operand(world: World, type: Int, depth: int) -> str:
    """The right side of an operator: of the type, or a constant without a width."""
    if world.chance(35):
        fitting = [n for n, v in world.untyped if type.low <= v <= type.high and v != 0]
        if fitting and world.chance(30):
            return world.pick(fitting)
        value = world.literal(type)
        return str(value) if value >= 0 else f"({value})" if value != 0 else "1"
    return integer(world, type, depth)


def _reversed_operand(world: World, type: Int, depth: int) -> str:
    return f"({max(0, world.literal(type))} {world.pick(['+', '-', '*', '&', '^'])} " + (
        f"{integer(world, type, depth)})"
    )


def _bits(world: World, type: Int, depth: int) -> str:
    op = world.pick(["&", "|", "^"])
    return f"({integer(world, type, depth)} {op} {_operand(world, type, depth)})"


def _shift(world: World, type: Int, depth: int) -> str:
    op = world.pick(["<<", ">>"])
    kind = world.rng.randrange(4)
    if kind == 0:
        count = integer(world, world.int_type(), depth)
    elif kind == 1:
        count = f"({integer(world, world.pick(INTS[:4]), depth)} % {min(type.bits, 127)})"
    else:
        count = str(world.rng.randrange(type.bits))
    return f"({integer(world, type, depth)} {op} {count})"


def _unary(world: World, type: Int, depth: int) -> str:
    kind = world.rng.randrange(4)
    inner = integer(world, type, depth)
    return [f"(~{inner})", f"(-{inner})", f"abs({inner})", f"(+{inner})"][kind]


def _convert(world: World, type: Int, depth: int) -> str:
    how = world.pick(["", ".wrap", ".wrap", ".saturate"])
    kind = world.rng.randrange(10)
    if kind == 0:
        return f"{type}({boolean(world, depth)})"
    if kind == 1 and world.enums:
        return f"{type}{how}({enumeration(world, world.pick(world.enums), depth)})"
    return f"{type}{how}({integer(world, world.int_type(), depth)})"


def _method(world: World, type: Int, depth: int) -> str:
    base = _base(world, type, depth)
    name = world.rng.randrange(7)
    if name == 0:
        which = world.pick(["wrapping_add", "wrapping_sub", "wrapping_mul"])
        return f"{base}.{which}({_operand(world, type, depth)})"
    if name == 1:
        which = world.pick(["saturating_add", "saturating_sub"])
        return f"{base}.{which}({_operand(world, type, depth)})"
    if name == 2:
        which = world.pick(["rotate_left", "rotate_right"])
        return f"{base}.{which}({integer(world, world.int_type(), depth)})"
    if name == 3:
        return f"{base}.byteswap()"
    if name == 4:
        high = world.rng.randrange(type.bits)
        return f"{base}.bits({high}, {world.rng.randrange(high + 1)})"
    if name == 5:
        high = world.rng.randrange(type.bits)
        low = world.rng.randrange(high + 1)
        return f"{base}.with_bits({high}, {low}, {integer(world, type, depth)})"
    return f"{base}.mul_wide({integer(world, type, depth)})[0]"


def _base(world: World, type: Int, depth: int) -> str:
    return f"{type}.wrap({integer(world, type, depth)})" if world.chance(30) else leaf(world, type)


def _count(world: World, type: Int, depth: int) -> str:
    which = world.pick(["count_ones", "leading_zeros", "trailing_zeros"])
    found = f"{_base(world, world.int_type(), depth)}.{which}()"
    return found if type == U32 else f"{type}({found})"


def _extreme(world: World, type: Int, depth: int) -> str:
    name = world.pick(["min", "max"])
    return f"{name}({integer(world, type, depth)}, {integer(world, type, depth)})"


def _choose(world: World, type: Int, depth: int) -> str:
    then, other = integer(world, type, depth), integer(world, type, depth)
    return f"({then} if {boolean(world, depth)} else {other})"


def _call(world: World, type: Type, depth: int) -> str:
    fitting = [r for r in world.routines if r.result == type]
    found = [call for r in fitting if (call := call_of(world, r, depth)) is not None]
    return world.pick(found) if found else expression(world, type, 0)


def call_of(world: World, routine, depth: int) -> str | None:  # type: ignore[no-untyped-def]  # Routine
    """A call, or None where nothing fits a parameter of aggregate type."""
    args: list[str] = []
    for number, (name, type) in enumerate(routine.params):
        if isinstance(type, (Struct, Array)):
            known = world.of_type(type, writable=True)
            if not known:
                return None
            args.append(world.pick(known).place)
        else:
            args.append(expression(world, type, depth - 1))
        if routine.owner is None and world.chance(15) and number == len(routine.params) - 1:
            args[-1] = f"{name}={args[-1]}"
    if routine.owner is not None:
        return f"{args[0]}.{routine.name}({', '.join(args[1:])})"
    return f"{routine.name}({', '.join(args)})"


def _load(world: World, type: Int, depth: int) -> str:
    """An integer out of an array of bytes."""
    blocks = [n for n in world.visible() if isinstance(n.type, Array) and n.type.element == U8]
    if not blocks:
        return leaf(world, type)
    block = world.pick(blocks)
    form = world.pick(["load", "load.le", "load.be"])
    room = block.type.length - type.bits // 8  # type: ignore[union-attr]  # an array
    if room < 0:
        return leaf(world, type)
    offset = str(world.rng.randrange(room + 1))
    if world.chance(20):
        offset = integer(world, world.pick(INTS), depth)
    return f"{block.place}.{form}({type}, {offset})"


_INTEGERS = [
    _arith, _arith, _arith, _bits, _bits, _shift, _shift, _unary, _convert, _convert,
    _method, _method, _count, _extreme, _choose, _call, _call, _load, _reversed_operand,
]  # fmt: skip


# --- others ----------------------------------------------------------------------------------


def boolean(world: World, depth: int) -> str:
    known = places(world, BOOL)
    if depth <= 0:
        return world.pick(known) if known and world.chance(70) else world.pick(["True", "False"])
    kind = world.rng.randrange(10)
    if kind < 4:
        type = world.int_type()
        op = world.pick(_COMPARISONS)
        return f"({integer(world, type, depth - 1)} {op} {_operand(world, type, depth - 1)})"
    if kind == 4:
        type = world.int_type()
        parts = [integer(world, type, depth - 1) for _ in range(3)]
        ops = [world.pick(_COMPARISONS) for _ in range(2)]
        return f"({parts[0]} {ops[0]} {parts[1]} {ops[1]} {parts[2]})"
    if kind < 7:
        word = world.pick([" and ", " or "])
        count = 2 + world.rng.randrange(2)
        return "(" + word.join(boolean(world, depth - 1) for _ in range(count)) + ")"
    if kind == 7:
        return f"(not {boolean(world, depth - 1)})"
    return _other_boolean(world, depth)


def _other_boolean(world: World, depth: int) -> str:
    kind = world.rng.randrange(4)
    if kind == 0 and world.enums:
        type = world.pick(world.enums)
        op = world.pick(["==", "!="])
        return f"({enumeration(world, type, depth - 1)} {op} {enumeration(world, type, depth - 1)})"
    flags = [e for e in world.enums if e.flag]
    if kind == 1 and flags:
        type = world.pick(flags)
        member = f"{type}.{world.pick(type.members)[0]}"
        return f"({member} {world.pick(['in', 'not in'])} {enumeration(world, type, depth - 1)})"
    aggregates = [n for n in world.visible() if isinstance(n.type, (Struct, Array))]
    if kind == 2 and aggregates:
        one = world.pick(aggregates)
        return f"{one.place}.equals({world.pick(world.of_type(one.type)).place})"
    type = world.int_type()
    return f"{leaf(world, type)}.bit({world.rng.randrange(type.bits)})"


def enumeration(world: World, type: Enumeration, depth: int) -> str:
    known = places(world, type)
    if known and world.chance(50):
        return world.pick(known)
    if depth > 0 and type.flag and world.chance(60):
        left = enumeration(world, type, depth - 1)
        if world.chance(25):
            return f"(~{left})"
        return f"({left} {world.pick('&|^')} {enumeration(world, type, depth - 1)})"
    if depth > 0 and world.chance(25):
        return f"{type}({integer(world, type.base, depth - 1)} % {len(type.members) + 1})"
    return f"{type}.{world.pick(type.members)[0]}"


def structure(world: World, type: Struct, depth: int) -> str:
    known = world.of_type(type)
    if known and world.chance(35):
        return f"{world.pick(known).place}.copy()"
    calls = [r for r in world.routines if r.result == type]
    if calls and depth > 0 and world.chance(40):
        made = call_of(world, world.pick(calls), depth)
        if made is not None:
            return made
    if world.chance(25):
        return f"{type}()"
    args = [f"{f}={expression(world, t, depth - 1)}" for f, t in type.fields if world.chance(60)]
    world.rng.shuffle(args)
    return f"{type}({', '.join(args)})"


def array(world: World, type: Array, depth: int) -> str:
    known = world.of_type(type)
    if known and world.chance(35):
        return f"{world.pick(known).place}.copy()"
    if type.length <= 4 and depth > 0 and world.chance(60):
        items = ", ".join(expression(world, type.element, depth - 1) for _ in range(type.length))
        return f"{type}([{items}])"
    if type.element == U8 and type.length <= 16 and world.chance(40):
        return f"{type}({bytes(world.rng.randrange(256) for _ in range(type.length))!r})"
    return f"{type}()"
