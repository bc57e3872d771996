"""Expressions of a wanted type, in source form: which kind, what is in scope, and calls."""

import re
from typing import cast

from tests.oracle import integers, services, values
from tests.oracle.model import Name, Parameter, Routine, World
from tests.oracle.types import (
    U64,
    Array,
    Bool,
    Enumeration,
    Int,
    Struct,
    Tuple,
    Type,
    View,
    is_aggregate,
    suffixes,
)

_HOLE = re.compile(r"@(\d+)")


def expression(world: World, type: Type, depth: int) -> str:
    match type:
        case Int():
            return integers.integer(world, type, depth)
        case Bool():
            return values.boolean(world, depth)
        case Enumeration():
            return values.enumeration(world, type, depth)
        case Struct():
            return values.structure(world, type, depth)
        case Array():
            return values.array(world, type, depth)
        case Tuple():
            return values.several(world, type, depth)
        case View():
            raise TypeError("a view is only ever a name")


# --- what is in scope ------------------------------------------------------------------------


def place(world: World, type: Type, *, writable: bool = False) -> str | None:
    """A name of the type, or a part of one that is surely there."""
    found = [
        name.place + rest
        for name in world.visible()
        if not writable or name.writable
        for rest in suffixes(name.type, type)
        if not writable or rest or world.may_write(name)
    ]
    return fill(world, world.pick(found)) if found else None


def fill(world: World, template: str) -> str:
    """An index for every `@n`."""
    return _HOLE.sub(lambda hole: index(world, int(hole[1])), template)


def index(world: World, length: int) -> str:
    """An index into so many elements; outside now and then where that may be."""
    fitting = [c for c, bound in world.counters if bound <= length]
    if fitting and world.chance(50):
        return world.pick(fitting)
    kind = world.rng.randrange(10)
    if kind == 0:
        return str(-1 - world.rng.randrange(length))
    known = _indices(world)
    if known and kind < 5:
        name = world.pick(known)
        bare = kind == 1 and not world.safe and world.chance(40)
        return name.place if bare else f"{name.place} % {length}" if length < 100 else "0"
    if world.counters and kind < 7:
        counter, _ = world.pick(world.counters)
        return f"({counter} + {world.rng.randrange(4)}) % {length}"
    return world.number(world.rng.randrange(length))


def _indices(world: World) -> list[Name]:
    return [n for n in world.visible() if isinstance(n.type, Int)]


def leaf(world: World, type: Int) -> str:
    known = place(world, type)
    if known is not None and world.chance(75):
        return known
    if world.counters and world.chance(30):
        counter, bound = world.pick(world.counters)
        return f"{type}({counter})" if bound <= 100 else f"{type}.wrap({counter})"
    kind = world.rng.randrange(20)
    if kind == 0:
        return f"{type}.{world.pick(['MIN', 'MAX', 'BITS'])}"
    if kind < 3:
        text, value = constant(world)
        if value and type.low <= value <= type.high:
            return f"{type}({text})"
        if value % (1 << type.bits):  # dividing by a constant zero is an error of the program
            return f"{type}.wrap({text})"
    return f"{type}({world.number(world.literal(type))})"


def constant(world: World) -> tuple[str, int]:
    """A constant without a width that is not a literal, and its value."""
    kind = world.rng.randrange(4)
    if kind == 0 or not world.untyped:
        return values.measure(world)
    if kind == 1:
        return values.architecture(world)
    return world.pick(world.untyped)


# --- calls -----------------------------------------------------------------------------------


def result_of(world: World, type: Type, depth: int) -> str | None:
    """A call that gives the type, or a part of what a call gives."""
    fitting = [
        (routine, rest)
        for routine in world.callable()
        if routine.result is not None
        for rest in suffixes(routine.result, type)
        if "@" not in rest or not world.safe
    ]
    if not fitting:
        return None
    routine, rest = world.pick(fitting)
    made = call_of(world, routine, depth)
    return None if made is None else fill(world, made + rest)


def call_of(world: World, routine: Routine, depth: int) -> str | None:
    """A call, or None where nothing fits a parameter."""
    params = routine.params
    owner = ""
    if routine.owner is not None:
        known = world.of_type(routine.owner, writable=params[0].written)
        if not known:
            return None
        owner, params = f"{world.pick(known).place}.", params[1:]
    args: list[tuple[Parameter, str]] = []
    for param in params:
        made = argument(world, param, depth)
        if made is None:
            return None
        args.append((param, made))
    world.peak = max(world.peak, world.turns * routine.turns)
    return f"{owner}{routine.name}({_passed(world, args)})"


def _passed(world: World, args: list[tuple[Parameter, str]]) -> str:
    """By place up to some parameter, the others by keyword, in any order; defaults left out."""
    by_place = len(args) if world.chance(65) else world.rng.randrange(len(args) + 1)
    kept = [(p, made) for p, made in args[by_place:] if not (p.default and world.chance(50))]
    if by_place == len(args):
        while args and args[-1][0].default and world.chance(50):
            args = args[:-1]
    world.rng.shuffle(kept)
    by_name = [f"{p.name}={made}" for p, made in kept]
    return ", ".join([*(made for _, made in args[:by_place]), *by_name])


def argument(world: World, param: Parameter, depth: int) -> str | None:
    type = param.type
    if isinstance(type, View):
        known = [v for v in world.views(writable=param.written) if v.type == type]
        return world.pick(known).place if known else None
    if is_aggregate(type):
        names = world.of_type(type, writable=param.written)
        constants = [n for n in names if not n.writable and not n.state]
        if constants and world.chance(50):
            names = constants
        if names and (depth <= 0 or world.chance(80)):
            return world.pick(names).place
        if not values.constructible(world, cast(Struct | Array, type)):
            return None
    return expression(world, type, depth - 1)


def served(world: World, type: Int, depth: int) -> str | None:
    """What the hypervisor or a mapping tells."""
    if world.pure:
        return None
    if world.views() and world.chance(80):
        return services.read(world, type, depth)
    if type == U64:
        return services.number(world, depth)
    return services.identity(world, type)
