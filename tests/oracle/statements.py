"""Statements, in source form. What is bound in a suite is not used behind it."""

from collections.abc import Callable, Iterator

from tests.oracle.expressions import (
    boolean,
    call_of,
    enumeration,
    expression,
    integer,
    leaf,
    places,
)
from tests.oracle.model import (
    BOOL,
    INTS,
    U8,
    Array,
    Bool,
    Enumeration,
    Int,
    Name,
    Struct,
    Tuple,
    Type,
    World,
)

INDENT = "    "
_DEPTH = 3
_MOST_TURNS = 5


def suite(world: World, budget: int, *, ends: Type | None = None) -> list[str]:
    """A block of up to `budget` statements; never empty."""
    lines: list[str] = []
    with world.scope():
        for _ in range(1 + world.rng.randrange(max(1, budget))):
            lines += statement(world, budget)
        if ends is not None:
            lines.append(f"return {expression(world, ends, _DEPTH)}")
    return lines or ["pass"]


def indented(lines: list[str]) -> list[str]:
    return [INDENT + line for line in lines]


def statement(world: World, budget: int) -> list[str]:
    made = world.pick(_COMPOUND if budget > 1 and world.chance(45) else _SIMPLE)(world, budget - 1)
    return list(made)


# --- simple ----------------------------------------------------------------------------------


def _declare(world: World, budget: int) -> Iterator[str]:
    type = world.scalar_type()
    value = expression(world, type, _DEPTH)
    name = world.fresh("v")
    yield f"{name}: {type} = {value}" if world.chance(30) else f"{name} = {value}"
    world.scopes[-1].append(Name(name, type, True))


def _declare_aggregate(world: World, budget: int) -> Iterator[str]:
    kinds: list[Type] = [*world.structs, Array(world.scalar_type(), 1 + world.rng.randrange(5))]
    kinds.append(Array(U8, 8))
    type = world.pick(kinds)
    value = expression(world, type, _DEPTH)
    name = world.fresh("a")
    yield f"{name} = {value}"
    world.scopes[-1].append(Name(name, type, True))


def _alias(world: World, budget: int) -> Iterator[str]:
    """A second name for an element that is a struct, or for a whole object."""
    for held in world.visible():
        if isinstance(held.type, Array) and isinstance(held.type.element, Struct):
            name = world.fresh("r")
            index = world.rng.randrange(held.type.length)
            yield f"{name} = {held.place}[{index}]"
            world.scopes[-1].append(Name(name, held.type.element, held.writable))
            return
    yield from _declare_aggregate(world, budget)


def _assign(world: World, budget: int) -> Iterator[str]:
    type = world.scalar_type()
    known = places(world, type, writable=True)
    if not known:
        yield from _declare(world, budget)
        return
    yield f"{world.pick(known)} = {expression(world, type, _DEPTH)}"


def _augment(world: World, budget: int) -> Iterator[str]:
    type = world.int_type()
    known = places(world, type, writable=True)
    if not known:
        yield from _declare(world, budget)
        return
    op = world.pick(["+=", "-=", "*=", "^=", "|=", "&=", "<<=", ">>="])
    value = integer(world, type, _DEPTH - 1)
    if op in ("<<=", ">>=") and world.chance(80):
        value = str(world.rng.randrange(type.bits))
    yield f"{world.pick(known)} {op} {value}"


def _store_aggregate(world: World, budget: int) -> Iterator[str]:
    """Copy contents into an element or field."""
    for held in world.visible():
        if not held.writable:
            continue
        if isinstance(held.type, Array) and isinstance(held.type.element, (Struct, Array)):
            index = world.rng.randrange(held.type.length)
            yield f"{held.place}[{index}] = {expression(world, held.type.element, _DEPTH)}"
            return
        if isinstance(held.type, Struct):
            for field, type in held.type.fields:
                if isinstance(type, (Struct, Array)):
                    yield f"{held.place}.{field} = {expression(world, type, _DEPTH)}"
                    return
    yield from _assign(world, budget)


def _unpack(world: World, budget: int) -> Iterator[str]:
    tuples = [r for r in world.routines if isinstance(r.result, Tuple)]
    made = call_of(world, world.pick(tuples), _DEPTH) if tuples else None
    if made is None or world.chance(30):
        type = world.int_type()
        one, two = places(world, type, writable=True), places(world, type, writable=True)
        if one and two:
            a, b = world.pick(one), world.pick(two)
            yield f"{a}, {b} = {world.pick(two)}, {integer(world, type, 2)}"
            return
        yield from _declare(world, budget)
        return
    routine = next(r for r in tuples if made.split("(")[0].split(".")[-1] == r.name)
    result = routine.result
    assert isinstance(result, Tuple)
    names = [world.fresh("t") for _ in result.items]
    yield f"{', '.join(names)} = {made}"
    world.scopes[-1] += [Name(n, t, True) for n, t in zip(names, result.items, strict=True)]


def _log(world: World, budget: int) -> Iterator[str]:
    level = world.pick(["error", "warn", "info", "debug"])
    parts = [f"s{world.fresh('')}"]
    for _ in range(world.rng.randrange(4)):
        parts.append(" {" + _formatted(world) + "}")
    yield f'log.{level}(f"{"".join(parts)}")'


def _formatted(world: World) -> str:
    kind = world.rng.randrange(10)
    if kind == 0:
        return leaf_boolean(world)
    plain = [e for e in world.enums if not e.flag]
    if kind == 1 and plain:
        return enumeration(world, world.pick(plain), 0)
    # An f-string of Python 3.11 holds no quote of its own kind; these have none.
    spec = world.pick(["", ":d", ":x", ":#x", ":#010x", ":08d", ":5", ":X", ":#b", ":o", ":02x"])
    return leaf(world, world.int_type()) + spec


def leaf_boolean(world: World) -> str:
    known = places(world, BOOL)
    return world.pick(known) if known else world.pick(["True", "False"])


def _call_procedure(world: World, budget: int) -> Iterator[str]:
    fitting = [r for r in world.routines if r.result is None or isinstance(r.result, (Int, Bool))]
    made = call_of(world, world.pick(fitting), _DEPTH) if fitting else None
    if made is None:
        yield from _log(world, budget)
    else:
        yield made


def _block_method(world: World, budget: int) -> Iterator[str]:
    known = [n for n in world.visible() if isinstance(n.type, Array) and n.writable]
    if not known:
        yield from _declare_aggregate(world, budget)
        return
    held = world.pick(known)
    assert isinstance(held.type, Array)
    same = [
        n for n in world.visible()
        if isinstance(n.type, Array) and n.type.element == held.type.element
    ]  # fmt: skip
    kind = world.rng.randrange(3)
    if kind == 0 and not isinstance(held.type.element, (Struct, Array)):
        yield f"{held.place}.fill({expression(world, held.type.element, 2)})"
    elif kind == 1 and held.type.element == U8:
        yield _store(world, held)
    else:
        other = world.pick(same)
        args = "" if world.chance(40) else f", {world.rng.randrange(3)}, {world.rng.randrange(3)}"
        if args and world.chance(50):
            args += f", {world.rng.randrange(3)}"
        yield f"{held.place}.copy_from({other.place}{args})"


def _store(world: World, held: Name) -> str:
    assert isinstance(held.type, Array)
    type = world.pick([t for t in INTS if t.bits // 8 <= held.type.length] or [U8])
    offset = str(world.rng.randrange(held.type.length - type.bits // 8 + 1))
    if world.chance(15):
        offset = integer(world, world.int_type(), 2)
    form = world.pick(["store", "store.le", "store.be"])
    return f"{held.place}.{form}({offset}, {integer(world, type, 2)})"


def _assert(world: World, budget: int) -> Iterator[str]:
    if world.chance(70):
        yield from _log(world, budget)
        return
    text = "" if world.chance(50) else f', f"bad {{{leaf(world, world.int_type())}}}"'
    yield f"assert {boolean(world, 2)} or {boolean(world, 1)}{text}"


def _leave(world: World, budget: int) -> Iterator[str]:
    if world.loops and world.chance(60):
        yield f"if {boolean(world, 2)}:"
        yield INDENT + world.pick(["break", "continue"])
    else:
        yield from _assign(world, budget)


_SIMPLE: list[Callable[[World, int], Iterator[str]]] = [
    _declare, _declare, _declare_aggregate, _alias, _assign, _assign, _augment, _augment,
    _store_aggregate, _unpack, _log, _log, _call_procedure, _block_method, _assert, _leave,
]  # fmt: skip


# --- compound --------------------------------------------------------------------------------


def _if(world: World, budget: int) -> Iterator[str]:
    yield f"if {boolean(world, _DEPTH)}:"
    yield from indented(suite(world, budget))
    if world.chance(30):
        yield f"elif {boolean(world, 2)}:"
        yield from indented(suite(world, budget))
    if world.chance(50):
        yield "else:"
        yield from indented(suite(world, budget))


def _while(world: World, budget: int) -> Iterator[str]:
    name, type = world.fresh("n"), world.int_type()
    yield f"{name} = {type}({world.rng.randrange(_MOST_TURNS)})"
    yield f"while {name} > 0 and {boolean(world, 2)}:" if world.chance(50) else f"while {name} > 0:"
    # The counter steps first, so that `continue` cannot skip it.
    yield f"{INDENT}{name} -= 1"
    yield from indented(_body(world, budget))
    yield from _else(world, budget)


def _body(world: World, budget: int) -> list[str]:
    world.loops += 1
    made = suite(world, budget)
    world.loops -= 1
    return made


def _else(world: World, budget: int) -> Iterator[str]:
    if world.chance(25):
        yield "else:"
        yield from indented(suite(world, 1))


def _for_range(world: World, budget: int) -> Iterator[str]:
    name = world.fresh("it")
    kind = world.rng.randrange(5)
    bound = 1 + world.rng.randrange(_MOST_TURNS)
    text = f"range({bound})"
    if kind == 1:
        text = f"range({world.rng.randrange(2)}, {bound})"
    elif kind == 2:
        bound = 12
        step = 2 + world.rng.randrange(3)
        text = f"range({world.rng.randrange(4)}, {world.rng.randrange(bound)}, {step})"
    elif kind == 3:
        bound = 8
        text = f"range({world.rng.randrange(bound)}, {world.rng.randrange(3)}, -1)"
    elif kind == 4:
        bound = 6
        text = f"range({integer(world, U8, 2)} % {bound})"
    if world.chance(25):
        text = f"reversed({text})"
    yield f"for {name} in {text}:"
    world.counters.append((name, bound))
    yield from indented(_body(world, budget))
    world.counters.pop()
    yield from _else(world, budget)


def _for_each(world: World, budget: int) -> Iterator[str]:
    known = [n for n in world.visible() if isinstance(n.type, Array)]
    if not known:
        yield from _for_range(world, budget)
        return
    held = world.pick(known)
    assert isinstance(held.type, Array)
    name = world.fresh("e")
    item = Name(name, held.type.element, held.writable)
    counter = ""
    if world.chance(40):
        counter = world.fresh("it")
        start = world.rng.randrange(3)
        yield f"for {counter}, {name} in enumerate({held.place}{f', {start}' if start else ''}):"
        world.counters.append((counter, held.type.length + start))
    else:
        yield f"for {name} in {held.place}:"
    world.scopes.append([item])
    yield from indented(_body(world, budget))
    world.scopes.pop()
    if counter:
        world.counters.pop()
    yield from _else(world, budget)


def _match(world: World, budget: int) -> Iterator[str]:
    plain = [e for e in world.enums if not e.flag]
    if plain and world.chance(50):
        yield from _match_enum(world, world.pick(plain), budget)
        return
    type = world.int_type()
    yield f"match {integer(world, type, 2)}:"
    for _ in range(1 + world.rng.randrange(3)):
        values = {abs(world.literal(type)) for _ in range(1 + world.rng.randrange(2))}
        values = {v for v in values if v <= type.high}
        guard = f" if {boolean(world, 1)}" if world.chance(25) else ""
        yield f"{INDENT}case {' | '.join(map(str, sorted(values))) or '0'}{guard}:"
        yield from indented(indented(suite(world, budget)))
    if world.chance(50):
        name = world.fresh("m")
        world.scopes.append([Name(name, type, True)])
        guard = f" if {boolean(world, 1)}" if world.chance(40) else ""
        yield f"{INDENT}case {name}{guard}:"
        yield from indented(indented(suite(world, budget)))
        world.scopes.pop()
        if not guard:
            return
    if world.chance(60):
        yield f"{INDENT}case _:"
        yield from indented(indented(suite(world, budget)))


def _match_enum(world: World, type: Enumeration, budget: int) -> Iterator[str]:
    yield f"match {enumeration(world, type, 2)}:"
    for name, _ in type.members:
        if world.chance(80):
            yield f"{INDENT}case {type}.{name}:"
            yield from indented(indented(suite(world, budget)))
    yield f"{INDENT}case _:"
    yield from indented(indented(suite(world, 1)))


def _wrapping(world: World, budget: int) -> Iterator[str]:
    yield "with wrapping():"
    world.wrapping += 1
    yield from indented(suite(world, budget))
    world.wrapping -= 1


_COMPOUND: list[Callable[[World, int], Iterator[str]]] = [
    _if, _if, _while, _for_range, _for_range, _for_each, _match, _wrapping,
]  # fmt: skip
