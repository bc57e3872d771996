"""Statements on arrays and structs: made, referred to, copied, filled, stored into."""

from collections.abc import Iterator

from tests.oracle.expressions import expression
from tests.oracle.integers import integer
from tests.oracle.model import Name, World
from tests.oracle.statements import declare
from tests.oracle.suites import DEPTH, Maker
from tests.oracle.types import (
    CALLER,
    INTS,
    SMC_RESULT,
    U8,
    Array,
    Struct,
    Type,
    is_aggregate,
    is_scalar,
    of_integers,
    size,
)
from tests.oracle.values import boolean, constructible


def _declare(world: World, budget: int) -> Iterator[str]:
    kinds: list[Type] = [*world.structs, Array(world.scalar_type(), 1 + world.rng.randrange(5))]
    kinds += [Array(U8, 8), SMC_RESULT, CALLER]
    if world.structs:
        kinds.append(Array(world.pick(world.structs), 1 + world.rng.randrange(2)))
    kinds.append(Array(Array(world.int_type(), 2), 1 + world.rng.randrange(3)))
    fitting = [k for k in kinds if isinstance(k, (Struct, Array)) and constructible(world, k)]
    type = world.pick(fitting)
    value = expression(world, type, DEPTH)
    name = world.fresh("a")
    yield f"{name}: {world.spell(type)} = {value}" if world.chance(20) else f"{name} = {value}"
    world.bind(name, type)


def _alias(world: World, budget: int) -> Iterator[str]:
    """A second name for an object or a part of one, or for one of two."""
    parts = [part for held in world.visible() for part in _parts(world, held)]
    if not parts:
        yield from _declare(world, budget)
        return
    one = world.pick(parts)
    same = [p for p in parts if p.type == one.type]
    name = world.fresh("r")
    if world.chance(30):
        other = world.pick(same)
        yield f"{name} = {one.place} if {boolean(world, 2)} else {other.place}"
        world.bind(name, one.type, one.writable and other.writable)
    else:
        yield f"{name} = {one.place}"
        world.bind(name, one.type, one.writable)


def _parts(world: World, held: Name) -> Iterator[Name]:
    """The object itself, and the aggregates directly in it."""
    if not is_aggregate(held.type):
        return
    yield held
    if isinstance(held.type, Array) and is_aggregate(held.type.element):
        index = world.rng.randrange(held.type.length)
        yield Name(f"{held.place}[{index}]", held.type.element, held.writable)
    if isinstance(held.type, Struct):
        for field, type in held.type.fields:
            if is_aggregate(type):
                yield Name(f"{held.place}.{field}", type, held.writable)


def _store(world: World, budget: int) -> Iterator[str]:
    """Copy contents into an element or field."""
    parts = [
        part
        for held in world.visible()
        if held.writable
        for part in _parts(world, held)
        if part != held
    ]
    if not parts:
        yield from _declare(world, budget)
        return
    part = world.pick(parts)
    same = [p for p in parts if p.type == part.type]
    if world.chance(30) and len(same) > 1:
        yield f"{part.place} = {world.pick(same).place}"
        return
    assert isinstance(part.type, (Struct, Array))
    if constructible(world, part.type):
        yield f"{part.place} = {expression(world, part.type, DEPTH)}"
    else:
        yield from declare(world, budget)


# --- methods ---------------------------------------------------------------------------------


def _block_method(world: World, budget: int) -> Iterator[str]:
    known = [n for n in world.visible() if isinstance(n.type, Array) and n.writable]
    if not known:
        yield from _declare(world, budget)
        return
    held = world.pick(known)
    assert isinstance(held.type, Array)
    kind = world.rng.randrange(4)
    if kind == 0 and is_scalar(held.type.element):
        yield f"{held.place}.fill({_filling(world, held.type.element)})"
    elif kind < 3 and held.type.element == U8:
        yield _store_bytes(world, held, held.type.length)
    else:
        yield _copy_from(world, held)


def _filling(world: World, type: Type) -> str:
    return (
        str(world.rng.randrange(8))
        if type in INTS and world.chance(30)
        else (expression(world, type, 2))
    )


def _copy_from(world: World, held: Name) -> str:
    assert isinstance(held.type, Array)
    same = [
        n for n in world.visible()
        if isinstance(n.type, Array) and n.type.element == held.type.element
    ]  # fmt: skip
    other = world.pick(same)
    assert isinstance(other.type, Array)
    return (
        f"{held.place}.copy_from({other.place}{ranges(world, held.type.length, other.type.length)})"
    )


def ranges(world: World, room: int, given: int) -> str:
    """Where to, from where and how many: within both mostly."""
    if not world.safe and world.chance(12):
        wild = [integer(world, world.int_type(), 1) for _ in range(2)]
        return f", {wild[0]} % {room + 1}, start={wild[1]}"
    count = world.rng.randrange(min(room, given) + 1)
    at, start = world.rng.randrange(room - count + 1), world.rng.randrange(given - count + 1)
    kind = world.rng.randrange(4)
    if kind == 0 and given <= room:
        return ""
    if kind == 1:
        return f", start={start}, count={count}, at={at}"
    if kind == 2:
        return f", {at}, {start}, count={count}"
    return f", {at}, {start}, {count}"


def _store_bytes(world: World, held: Name, length: int) -> str:
    structs = [
        n for n in world.visible()
        if isinstance(n.type, Struct) and of_integers(n.type) and size(n.type) <= length
    ]  # fmt: skip
    if structs and world.chance(30):
        stored = world.pick(structs)
        offset = world.rng.randrange(length - size(stored.type) + 1)
        return f"{held.place}.store({offset}, {stored.place})"
    type = world.pick([t for t in INTS if size(t) <= length])
    offset_text = str(world.rng.randrange(length - size(type) + 1))
    if not world.safe and world.chance(15):
        offset_text = integer(world, world.int_type(), 2)
    form = world.pick(["store", "store.le", "store.be"])
    return f"{held.place}.{form}({offset_text}, {integer(world, type, 2)})"


MAKERS: list[Maker] = [_declare, _declare, _alias, _store, _store, _block_method, _block_method]
