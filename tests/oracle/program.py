"""Whole programs: types, constants, state, functions, and a handler that is called from outside."""

from dataclasses import dataclass
from random import Random

from tests.oracle.model import (
    BOOL,
    U8,
    U64,
    Array,
    Enumeration,
    Int,
    Name,
    Routine,
    Struct,
    Tuple,
    Type,
    World,
)
from tests.oracle.statements import indented, suite

FID = 0xC600_0001

_HEADER = '''\
"""Generated."""
from enum import Enum, Flag
from typing import Final
from xap import (
    App, Array, N, log, struct, wrapping, u8, u16, u32, u64, i8, i16, i32, i64,
)

app = App("oracle", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e")
'''


@dataclass(frozen=True)
class Generated:
    """Source text, and the arguments (x1..x7) of the calls to make, one after the other."""

    source: str
    calls: tuple[tuple[int, ...], ...]


def generate(rng: Random, size: int = 4) -> Generated:
    world = World(rng)
    lines = [_HEADER]
    lines += _enumerations(world)
    lines += _structures(world)
    lines += _constants(world)
    lines += _state(world)
    for _ in range(rng.randrange(1, size)):
        lines += ["", *_function(world)]
    handler, params = _handler(world, size)
    lines += ["", *handler]
    calls = tuple(tuple(_argument(world, p) for p in params) for _ in range(1 + rng.randrange(3)))
    return Generated("\n".join(lines) + "\n", calls)


def _argument(world: World, type: Int) -> int:
    """A register: the type's edges or small numbers, with noise above the width."""
    value = world.literal(type) & ((1 << type.bits) - 1)
    noise = world.rng.randrange(1 << 64) >> type.bits << type.bits
    return (value | noise) & ((1 << 64) - 1) if world.chance(30) else value


def _enumerations(world: World) -> list[str]:
    lines: list[str] = []
    for _ in range(world.rng.randrange(3)):
        base, flag = world.pick([U8, U64]), world.chance(40)
        count = 1 + world.rng.randrange(4)
        values = (
            [1 << n for n in range(count)] if flag else sorted(world.rng.sample(range(8), count))
        )
        if not flag and 0 not in values:
            values[0] = 0
        name = f"{'Flags' if flag else 'Kind'}{len(world.enums)}"
        members = tuple((f"M{n}", value) for n, value in enumerate(values))
        world.enums.append(Enumeration(name, base, flag, members))
        lines += ["", f"class {name}({base}, {'Flag' if flag else 'Enum'}):"]
        lines += indented([f"{member} = {value}" for member, value in members])
    return lines


def _structures(world: World) -> list[str]:
    lines: list[str] = []
    for number in range(world.rng.randrange(3)):
        fields: list[tuple[str, Type]] = []
        for place in range(1 + world.rng.randrange(4)):
            type: Type = world.scalar_type()
            if world.structs and world.chance(20):
                type = world.pick(world.structs)
            elif world.chance(20):
                type = Array(world.int_type(), 1 + world.rng.randrange(4))
            fields.append((f"f{place}", type))
        made = Struct(f"Struct{number}", tuple(fields))
        lines += ["", "@struct", f"class {made.name}:"]
        lines += indented([f"{f}: {t} = {_default(world, t)}" for f, t in fields])
        lines += ["", *indented(_method(world, made))]
        world.structs.append(made)
    return lines


def _default(world: World, type: Type) -> str:
    match type:
        case Int():
            return f"{type}({world.literal(type)})"
        case Enumeration(members=members):
            return f"{type}.{world.pick(members)[0]}"
        case Struct() | Array():
            return f"{type}()"
        case _:
            return world.pick(["True", "False"])


def _method(world: World, owner: Struct) -> list[str]:
    result = world.int_type()
    name = f"method{len(world.routines)}"
    with world.scope():
        world.scopes[-1].append(Name("self", owner, True))
        world.scopes[-1].append(Name("by", result, True))
        body = [*_globals(world), *suite(world, 2, ends=result)]
    world.routines.append(Routine(name, (("self", owner), ("by", result)), result, owner))
    return [f"def {name}(self, by: {result}) -> {result}:", *indented(body)]


def _constants(world: World) -> list[str]:
    lines = [""]
    for number in range(world.rng.randrange(3)):
        value = world.rng.randrange(1, 100)
        lines.append(f"K{number}: Final = {value}")
        world.untyped.append((f"K{number}", value))
    for number in range(world.rng.randrange(3)):
        type = world.int_type()
        # Not zero: dividing by a constant zero is an error of the program.
        lines.append(f"C{number}: Final[{type}] = {type}({world.literal(type) or 1})")
        world.globals.append(Name(f"C{number}", type, False))
    if world.chance(50):
        held = world.int_type()
        table = Array(held, 2 + world.rng.randrange(6))
        element = f"{held}.wrap(i * {world.rng.randrange(1, 50)})"
        lines.append(f"TABLE: Final = {table}({element} for i in range({table.length}))")
        world.globals.append(Name("TABLE", table, False))
    return lines


def _state(world: World) -> list[str]:
    lines: list[str] = []
    for number in range(world.rng.randrange(1, 5)):
        kind = world.rng.randrange(4)
        type: Type = world.scalar_type()
        if kind == 0:
            type = Array(world.scalar_type(), 1 + world.rng.randrange(6))
        elif kind == 1 and world.structs:
            type = world.pick(world.structs)
            if world.chance(50):
                type = Array(type, 1 + world.rng.randrange(3))
        name = f"g{number}"
        lines.append(f"{name} = {_default(world, type)}")
        world.globals.append(Name(name, type, True))
    return lines


def _globals(world: World) -> list[str]:
    names = [
        n.place for n in world.globals if n.writable and not isinstance(n.type, (Struct, Array))
    ]
    return [f"global {', '.join(names)}"] if names else []


def _function(world: World) -> list[str]:
    params: list[tuple[str, Type]] = []
    for _ in range(world.rng.randrange(4)):
        type: Type = world.scalar_type()
        if world.chance(25):
            type = world.pick([*world.structs, Array(U8, 8)])
        params.append((world.fresh("p"), type))
    kind = world.rng.randrange(10)
    result: Type | None = world.scalar_type()
    if kind == 0:
        result = None
    elif kind == 1:
        result = Tuple(tuple(world.scalar_type() for _ in range(2 + world.rng.randrange(2))))
    elif kind == 2 and world.structs:
        result = world.pick(world.structs)
    name = world.fresh("fn")
    with world.scope():
        world.scopes[-1] += [Name(n, t, True) for n, t in params]
        body = [*_globals(world), *suite(world, 3, ends=result)]
    world.routines.append(Routine(name, tuple(params), result))
    listed = ", ".join(f"{n}: {t}" for n, t in params)
    return [f"def {name}({listed}) -> {result}:", *indented(body)]


def _handler(world: World, size: int) -> tuple[list[str], list[Int]]:
    params = [world.int_type() for _ in range(world.rng.randrange(5))]
    count = 1 + world.rng.randrange(3)
    items = tuple(world.int_type() for _ in range(count))
    result: Type = items[0] if count == 1 else Tuple(items)
    names = [world.fresh("x") for _ in params]
    with world.scope():
        world.scopes[-1] += [Name(n, t, True) for n, t in zip(names, params, strict=True)]
        body = [*_globals(world), *suite(world, size, ends=result)]
    listed = ", ".join(f"{n}: {t}" for n, t in zip(names, params, strict=True))
    head = [f"@app.smc({FID:#x})", f"def handler({listed}) -> {result}:"]
    return [*head, *indented(body)], params


__all__ = ["BOOL", "FID", "Generated", "generate"]
