"""Expressions of the other types: bool, enumerations, tuples, structs, arrays; and constants."""

from tests.oracle import expressions, integers
from tests.oracle.model import World
from tests.oracle.types import (
    BOOL,
    U8,
    Array,
    Enumeration,
    Int,
    Struct,
    Tuple,
    Type,
    has_zero,
    is_aggregate,
    layout,
    of_integers,
    size,
)

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

_ARCHITECTURE = (
    ("smccc.OWNER_SIP", 2),
    ("smccc.OWNER_OEM", 3),
    ("smccc.FUNCTION_MASK", 0xFFFF),
    ("smccc.TRNG_VERSION", 0x8400_0050),
    ("smccc.NOT_SUPPORTED", -1),
    ("psci.CPU_ON", 0x8400_0003),
)


def architecture(world: World) -> tuple[str, int]:
    """A constant of the tables that come with xap, and its value."""
    return world.pick(_ARCHITECTURE)


def measure(world: World) -> tuple[str, int]:
    """A constant that tells a size, and its value."""
    arrays = [n for n in world.visible() if isinstance(n.type, Array)]
    kind = world.rng.randrange(3)
    if kind == 0 and arrays:
        held = world.pick(arrays)
        assert isinstance(held.type, Array)
        return f"len({held.place})", held.type.length
    if kind == 1 and world.structs:
        owner = world.pick(world.structs)
        field, _, offset = world.pick(list(layout(owner)))
        return f'offsetof({owner}, "{field}")', offset
    types: list[Type] = [*world.structs, *world.enums, world.int_type()]
    type = world.pick(types)
    return f"sizeof({type})", size(type)


# --- bool ------------------------------------------------------------------------------------


def boolean(world: World, depth: int) -> str:
    if depth <= 0:
        return _plain(world)
    kind = world.rng.randrange(11)
    if kind < 4:
        type = world.int_type()
        left = integers.integer(world, type, depth - 1)
        right = integers.operand(world, type, depth - 1)
        return f"({left} {world.pick(_COMPARISONS)} {right})"
    if kind == 4:
        type = world.int_type()
        parts = [integers.integer(world, type, depth - 1) for _ in range(3)]
        ops = [world.pick(_COMPARISONS) for _ in range(2)]
        return f"({parts[0]} {ops[0]} {parts[1]} {ops[1]} {parts[2]})"
    if kind < 7:
        word = world.pick([" and ", " or "])
        count = 2 + world.rng.randrange(2)
        return "(" + word.join(boolean(world, depth - 1) for _ in range(count)) + ")"
    if kind == 7:
        return f"(not {boolean(world, depth - 1)})"
    if kind == 8:
        made = expressions.result_of(world, BOOL, depth - 1)
        return boolean(world, 0) if made is None else made
    return _other_boolean(world, depth)


def _plain(world: World) -> str:
    known = expressions.place(world, BOOL)
    if known is not None and world.chance(50):
        return known
    if world.chance(20):
        return world.pick(["True", "False"])
    type = world.int_type()
    left, right = (expressions.leaf(world, type) for _ in range(2))
    return f"({left} {world.pick(_COMPARISONS)} {right})"


def _other_boolean(world: World, depth: int) -> str:
    kind = world.rng.randrange(7)
    if kind == 0 and world.enums:
        return _same_member(world, world.pick(world.enums), depth)
    flags = [e for e in world.enums if e.flag]
    if kind == 1 and flags:
        type = world.pick(flags)
        member = f"{type}.{world.pick(type.members)[0]}"
        return f"({member} {world.pick(['in', 'not in'])} {enumeration(world, type, depth - 1)})"
    aggregates = [n for n in world.visible() if is_aggregate(n.type)]
    if kind == 2 and aggregates:
        one = world.pick(aggregates)
        return f"{one.place}.equals({_alike(world, one.type)})"
    if kind == 3:
        return f"({boolean(world, depth - 1)} {world.pick('&|^')} {boolean(world, depth - 1)})"
    if kind == 4:
        op = world.pick(["==", "!="])
        return f"({boolean(world, depth - 1)} {op} {boolean(world, depth - 1)})"
    if kind == 5 and world.views():
        view = world.pick(world.views())
        return f"({boolean(world, depth - 1)} if {view.place} else {boolean(world, depth - 1)})"
    number = world.int_type()
    place = str(world.rng.randrange(number.bits))
    if not world.safe and world.chance(40):
        place = integers.integer(world, world.int_type(), depth - 1)
    return f"{expressions.leaf(world, number)}.bit({place})"


def _alike(world: World, type: Type) -> str:
    """Another name of the type, or a choice of two."""
    names = world.of_type(type)
    one = world.pick(names).place
    if world.chance(20):
        return f"{one} if {boolean(world, 1)} else {world.pick(names).place}"
    return one


# --- enumerations ----------------------------------------------------------------------------


def _same_member(world: World, type: Enumeration, depth: int) -> str:
    left, right = enumeration(world, type, depth - 1), enumeration(world, type, depth - 1)
    if type.flag:  # two Python objects may be one value of flags
        return f"({left} {world.pick(['==', '!='])} {right})"
    return f"({left} {world.pick(['==', '!=', 'is', 'is not'])} {right})"


def enumeration(world: World, type: Enumeration, depth: int) -> str:
    known = expressions.place(world, type)
    if known is not None and world.chance(50):
        return known
    if depth > 0 and type.flag and world.chance(60):
        left = enumeration(world, type, depth - 1)
        if world.chance(35):
            return f"(~{left})"
        return f"({left} {world.pick('&|^')} {enumeration(world, type, depth - 1)})"
    if depth > 0 and world.chance(25):
        return _to_member(world, type, depth)
    if depth > 0 and world.chance(15):
        made = expressions.result_of(world, type, depth - 1)
        if made is not None:
            return made
    if depth > 0 and world.chance(15):
        then, other = (enumeration(world, type, depth - 1) for _ in range(2))
        return f"({then} if {boolean(world, depth - 1)} else {other})"
    return f"{type}.{world.pick(type.members)[0]}"


def _to_member(world: World, type: Enumeration, depth: int) -> str:
    value = integers.integer(world, type.base, depth - 1)
    if type.flag:
        mask = sum(number for _, number in type.members)
        return f"{type}({value} & {mask})"
    if world.safe:
        return f"{type}.{world.pick(type.members)[0]}"
    return f"{type}({value} % {len(type.members) + 1})"


# --- tuples, structs, arrays -----------------------------------------------------------------


def several(world: World, type: Tuple, depth: int) -> str:
    known = expressions.place(world, type)
    if known is not None and world.chance(30):
        return known
    if depth > 0 and world.chance(20):
        made = expressions.result_of(world, type, depth - 1)
        if made is not None:
            return made
    items = ", ".join(expressions.expression(world, held, depth - 1) for held in type.items)
    return f"({items}{',' if len(type.items) == 1 else ''})"


def constructible(world: World, type: Struct | Array) -> bool:
    """Whether a new one can be written down here."""
    if isinstance(type, Array):
        return has_zero(type) or not is_aggregate(type.element)
    required = [held for _, held in type.fields[: type.required]]
    return not any(is_aggregate(held) and not has_zero(held) for held in required)


def structure(world: World, type: Struct, depth: int) -> str:
    """A fresh one."""
    known = world.of_type(type)
    if known and world.chance(35):
        return f"{world.pick(known).place}.copy()"
    if depth > 0 and world.chance(40):
        made = _made_by_call(world, type, depth) or _loaded(world, type)
        if made is not None:
            return made
    if type.required == 0 and world.chance(25):
        return f"{type}()"
    values = [(f, expressions.expression(world, held, depth - 1)) for f, held in type.fields]
    return f"{type}({_fields(world, values, type.required)})"


def _made_by_call(world: World, type: Struct | Array, depth: int) -> str | None:
    fitting = [r for r in world.callable() if r.result == type]
    return expressions.call_of(world, world.pick(fitting), depth) if fitting else None


def _fields(world: World, values: list[tuple[str, str]], required: int) -> str:
    """By place up to some field, the others by name in any order; defaults left out."""
    by_place = world.rng.randrange(len(values) + 1) if world.chance(40) else 0
    kept = [
        (name, made)
        for place, (name, made) in enumerate(values)
        if place >= by_place and (place < required or world.chance(60))
    ]
    world.rng.shuffle(kept)
    by_name = [f"{name}={made}" for name, made in kept]
    return ", ".join([*(made for _, made in values[:by_place]), *by_name])


def _loaded(world: World, type: Struct) -> str | None:
    """A struct of integers out of bytes."""
    if not of_integers(type) or type.sdk:
        return None
    blocks = [n for n in world.visible() if isinstance(n.type, Array) and n.type.element == U8]
    for block in blocks:
        assert isinstance(block.type, Array)
        room = block.type.length - size(type)
        if room >= 0:
            return f"{block.place}.load({type}, {world.rng.randrange(room + 1)})"
    return None


def array(world: World, type: Array, depth: int) -> str:
    """A fresh one."""
    known = world.of_type(type)
    if known and world.chance(30):
        return f"{world.pick(known).place}.copy()"
    if known and world.chance(20):
        return f"{world.spell(type)}({world.pick(known).place})"
    if depth > 0 and world.chance(15):
        made = _made_by_call(world, type, depth)
        if made is not None:
            return made
    listed = not is_aggregate(type.element) or depth > 0
    if type.length <= 4 and listed and (world.chance(60) or not has_zero(type)):
        return f"{world.spell(type)}({_items(world, type, depth)})"
    if type.element == U8 and world.chance(40):
        return f"{world.spell(type)}({_bytes(world, type.length)})"
    if has_zero(type):
        return f"{world.spell(type)}()"
    return f"{world.spell(type)}({_items(world, type, 0)})"


def _items(world: World, type: Array, depth: int) -> str:
    made = [_item(world, type.element, depth - 1) for _ in range(type.length)]
    left, right = ("[", "]") if world.chance(70) or type.length == 1 else ("(", ")")
    return f"{left}{', '.join(made)}{right}"


def _item(world: World, type: Type, depth: int) -> str:
    """An element of an array gives a constant its width."""
    if isinstance(type, Int) and world.chance(20):
        return world.number(world.literal(type))
    return expressions.expression(world, type, depth)


def _bytes(world: World, length: int) -> str:
    fitting = [name for name, count in world.blobs if count == length]
    if fitting and world.chance(60):
        return world.pick(fitting)
    return some_bytes(world, length)


def some_bytes(world: World, length: int) -> str:
    """A literal. An `@` would look as the place of an index (`expressions.fill`)."""
    return repr(bytes(world.rng.randrange(256) for _ in range(length))).replace("@", "\\x40")
