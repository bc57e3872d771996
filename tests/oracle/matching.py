"""`match`: values, dotted names, or-patterns, captures, guards and `_`."""

from collections.abc import Iterator

from tests.oracle.integers import integer
from tests.oracle.model import World
from tests.oracle.suites import Maker, indented, nested
from tests.oracle.types import Enumeration, Int
from tests.oracle.values import architecture, boolean, enumeration


def _case(world: World, pattern: str, budget: int, guarded: int = 25) -> list[str]:
    guard = f" if {boolean(world, 1)}" if world.chance(guarded) else ""
    return [f"case {pattern}{guard}:", *nested(world, budget)]


def _match(world: World, budget: int) -> Iterator[str]:
    kind = world.rng.randrange(8)
    if kind == 0:
        yield from _match_bool(world, budget)
    elif kind < 4 and world.enums:
        yield from _match_enum(world, world.pick(world.enums), budget)
    else:
        yield from _match_integer(world, world.int_type(), budget)


def _match_integer(world: World, type: Int, budget: int) -> Iterator[str]:
    subject = integer(world, type, 2)
    if world.chance(60):
        low = world.rng.randrange(3, 9)
        subject = f"{integer(world, type, 1)} % {low}"
    yield f"match {subject}:"
    for _ in range(1 + world.rng.randrange(3)):
        yield from indented(_case(world, _values(world, type), budget))
    if world.chance(40):
        yield from indented(_capture(world, type, budget))
    if world.chance(60):
        yield from indented(["case _:", *nested(world, budget)])


def _values(world: World, type: Int) -> str:
    """Literals and constants of the tables, each once."""
    values = dict.fromkeys(world.literal(type) for _ in range(1 + world.rng.randrange(3)))
    texts = [world.number(v) for v in values]
    text, value = architecture(world)
    if type.low <= value <= type.high and value not in values and world.chance(25):
        texts.append(text)
    return " | ".join(texts)


def _capture(world: World, type: Int, budget: int) -> list[str]:
    """A name for anything, which a guard then looks at; or for some values."""
    name = world.fresh("m")
    with world.scope():
        world.bind(name, type)
        if world.chance(40):
            values = _values(world, type)
            listed = f"({values})" if "|" in values else values
            return _case(world, f"{listed} as {name}", budget)
        # What any value matches stands last, unless a guard may refuse it.
        return [f"case {name} if {boolean(world, 2)}:", *nested(world, budget)]


def _match_last(world: World, budget: int) -> Iterator[str]:
    """A capture without a guard takes all that is left."""
    type, name = world.int_type(), world.fresh("m")
    yield f"match {integer(world, type, 2)}:"
    yield from indented(_case(world, _values(world, type), budget))
    with world.scope():
        world.bind(name, type)
        yield from indented([f"case {name}:", *nested(world, budget)])


def _match_enum(world: World, type: Enumeration, budget: int) -> Iterator[str]:
    """Over all members it needs no `_`."""
    yield f"match {enumeration(world, type, 2)}:"
    names = [f"{type}.{name}" for name, _ in type.members]
    whole = world.chance(40)
    if not whole:
        names = names[: 1 + world.rng.randrange(len(names))]
    while names:
        count = 1 + world.rng.randrange(min(2, len(names)))
        pattern, names = " | ".join(names[:count]), names[count:]
        yield from indented(_case(world, pattern, budget, guarded=0 if whole else 20))
    if not whole or type.flag:
        yield from indented(["case _:", *nested(world, 1)])


def _match_bool(world: World, budget: int) -> Iterator[str]:
    yield f"match {boolean(world, 2)}:"
    first = world.pick(["True", "False"])
    yield from indented(_case(world, first, budget))
    if world.chance(50):
        other = "False" if first == "True" else "True"
        yield from indented(_case(world, other, budget))
    else:
        yield from indented(["case _:", *nested(world, budget)])


MAKERS: list[Maker] = [_match, _match_last]
