"""Simple statements: assignments of scalars, logs, calls, ways out."""

from collections.abc import Iterator

from tests.oracle.expressions import call_of, expression, place
from tests.oracle.integers import integer, operand
from tests.oracle.model import World
from tests.oracle.suites import DEPTH, INDENT, Maker
from tests.oracle.types import BOOL, Bool, Int, Tuple, Type
from tests.oracle.values import boolean, enumeration


def declare(world: World, budget: int) -> Iterator[str]:
    type: Type = world.tuple_type() if world.chance(8) else world.scalar_type()
    value = expression(world, type, DEPTH)
    name = world.fresh("v")
    yield f"{name}: {type} = {value}" if world.chance(30) else f"{name} = {value}"
    world.bind(name, type, not isinstance(type, Tuple))


def _declare_later(world: World, budget: int) -> Iterator[str]:
    """A name whose type stands before its value, which every way gives."""
    type, name = world.scalar_type(), world.fresh("v")
    yield f"{name}: {type}"
    yield f"if {boolean(world, 2)}:"
    yield f"{INDENT}{name} = {expression(world, type, 2)}"
    yield "else:"
    yield f"{INDENT}{name} = {expression(world, type, 2)}"
    world.bind(name, type)


def _assign(world: World, budget: int) -> Iterator[str]:
    type = world.scalar_type()
    known = place(world, type, writable=True)
    if known is None:
        yield from declare(world, budget)
    elif world.chance(10):
        name = world.fresh("v")
        yield f"{name} = {known} = {expression(world, type, DEPTH)}"
        world.bind(name, type)
    else:
        yield f"{known} = {expression(world, type, DEPTH)}"


def _augment(world: World, budget: int) -> Iterator[str]:
    if world.chance(10):
        yield from _augment_other(world, budget)
        return
    type = world.int_type()
    known = place(world, type, writable=True)
    if known is None:
        yield from declare(world, budget)
        return
    yield f"{known} {augmentation(world, type)}"


def augmentation(world: World, type: Int) -> str:
    """`op= value` for a place of that type."""
    plain = ["+=", "-=", "*="] if world.wrapping or not world.safe else []
    op = world.pick([*plain, "^=", "|=", "&=", "<<=", ">>=", "//=", "%="])
    if op in ("<<=", ">>="):
        # A constant count is inside; one of a type need not be.
        wild = not world.safe and world.chance(20)
        count = integer(world, world.int_type(), 1) if wild else world.rng.randrange(type.bits)
        return f"{op} {count}"
    if op in ("//=", "%="):
        if world.safe or world.chance(60):
            return f"{op} {1 + world.rng.randrange(100)}"
        return f"{op} {integer(world, type, 1)} | 1"
    return f"{op} {operand(world, type, DEPTH - 1)}"


def _augment_other(world: World, budget: int) -> Iterator[str]:
    """Of bool and flags, which have bits but no sums."""
    flags = [e for e in world.enums if e.flag]
    types: list[Type] = [BOOL, *flags]
    type = world.pick(types)
    known = place(world, type, writable=True)
    if known is None:
        yield from declare(world, budget)
    else:
        yield f"{known} {world.pick(['&=', '|=', '^='])} {expression(world, type, 2)}"


def _unpack(world: World, budget: int) -> Iterator[str]:
    kind = world.rng.randrange(4)
    if kind == 0:
        yield from _swap(world, budget)
        return
    if kind == 1:
        type = world.int_type()
        names = world.fresh("t"), world.fresh("t")
        wide = f"{type}.wrap({integer(world, type, 1)}).mul_wide({integer(world, type, 1)})"
        yield f"{names[0]}, {names[1]} = {wide}"
        world.bind(names[0], type)
        return
    tuples = [r for r in world.callable() if isinstance(r.result, Tuple)]
    routine = world.pick(tuples) if tuples else None
    made = call_of(world, routine, DEPTH) if routine else None
    wanted = routine.result if routine and made else world.tuple_type()
    assert isinstance(wanted, Tuple)
    value = made or expression(world, wanted, 2)
    yield from _bind_items(world, wanted, value)


def _bind_items(world: World, type: Tuple, value: str) -> Iterator[str]:
    """New names, places that are there already, or nothing for each item."""
    targets: list[str] = []
    bound: list[tuple[str, Type]] = []
    for item in type.items:
        known = place(world, item, writable=True) if world.chance(30) else None
        if known is not None:
            targets.append(known)
        elif world.chance(10):
            targets.append("_")
        else:
            targets.append(world.fresh("t"))
            bound.append((targets[-1], item))
    yield f"{', '.join(targets)}{',' * (len(targets) == 1)} = {value}"
    for name, item in bound:
        world.bind(name, item)


def _swap(world: World, budget: int) -> Iterator[str]:
    type = world.int_type()
    one, two = place(world, type, writable=True), place(world, type, writable=True)
    if one is None or two is None:
        yield from declare(world, budget)
        return
    yield f"{one}, {two} = {two}, {integer(world, type, 2)}"


# --- logs ------------------------------------------------------------------------------------


def log(world: World, budget: int) -> Iterator[str]:
    if world.pure:
        yield from declare(world, budget)
        return
    level = world.pick(["error", "warn", "info", "debug"])
    if world.texts and world.chance(25):
        text = world.pick(world.texts)
        yield f"log.{level}({text})" if world.chance(50) else f'log.{level}(f"of {{{text}}}")'
        return
    if world.chance(10):
        yield f'log.{level}("s{world.fresh("")}")'
        return
    yield f'log.{level}(f"{message(world)}")'


def message(world: World) -> str:
    parts = [f"s{world.fresh('')}"]
    for _ in range(world.rng.randrange(4)):
        parts.append(" {" + _formatted(world) + "}")
    return "".join(parts)


def _formatted(world: World) -> str:
    kind = world.rng.randrange(10)
    if kind == 0:
        return _without_quotes(world, BOOL)
    plain = [e for e in world.enums if not e.flag]
    if kind < 3 and plain:
        return enumeration(world, world.pick(plain), 0)
    spec = world.pick(["", ":d", ":x", ":#x", ":#010x", ":08d", ":5", ":X", ":#b", ":o", ":02x"])
    return _without_quotes(world, world.int_type()) + spec


def _without_quotes(world: World, type: Int | Bool) -> str:
    """An f-string of Python 3.11 holds no quote of its own kind, and no backslash."""
    made = expression(world, type, world.rng.randrange(2))
    if '"' in made or "\\" in made:
        return "u8(0)" if isinstance(type, Int) else "True"
    return f"({made})" if " " in made else made


# --- calls and ways out ----------------------------------------------------------------------


def _call_procedure(world: World, budget: int) -> Iterator[str]:
    fitting = [r for r in world.callable() if r.result is None or world.chance(30)]
    made = call_of(world, world.pick(fitting), DEPTH) if fitting else None
    if made is None:
        yield from log(world, budget)
    else:
        yield made


def _assert(world: World, budget: int) -> Iterator[str]:
    if world.safe or world.chance(60):
        yield from log(world, budget)
        return
    text = ""
    if world.chance(60):
        text = f', f"bad {{{_without_quotes(world, world.int_type())}}}"'
    elif world.chance(30):
        text = ', "bad"'
    yield f"assert {boolean(world, 2)} or {boolean(world, 1)} or {boolean(world, 1)}{text}"


def _leave(world: World, budget: int) -> Iterator[str]:
    if world.loops and world.chance(60):
        yield f"if {boolean(world, 2)}:"
        yield INDENT + world.pick(["break", "continue"])
    elif world.returns and world.chance(50):
        yield f"if {rare(world)}:"
        yield INDENT + leaving(world)
    elif world.chance(25):
        yield world.pick(["pass", "True", '"""Text that nobody reads."""'])
    else:
        yield from _assign(world, budget)


def rare(world: World) -> str:
    """A condition that does not often hold."""
    type = world.int_type()
    return f"{integer(world, type, 1)} == {integer(world, type, 1)}"


def leaving(world: World) -> str:
    """`return`, with what the function gives."""
    if world.result is None:
        return world.pick(["return", "return None"])
    return f"return {expression(world, world.result, 2)}"


MAKERS: list[Maker] = [
    declare, declare, _declare_later, _assign, _assign, _assign, _augment, _augment, _augment,
    _unpack, _unpack, log, log, log, _call_procedure, _call_procedure, _assert, _leave, _leave,
]  # fmt: skip
