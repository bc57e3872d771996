"""Suites: rows of statements. What is bound in one is not used behind it."""

from collections.abc import Callable, Iterator
from functools import cache

from tests.oracle.expressions import expression
from tests.oracle.model import World
from tests.oracle.types import Type

INDENT = "    "
DEPTH = 3
"""Of an expression in a statement."""

Maker = Callable[[World, int], Iterator[str]]


def suite(world: World, budget: int, *, ends: Type | None = None) -> list[str]:
    """A block of up to `budget` statements, never empty; `ends`: it returns a value of that."""
    lines: list[str] = []
    with world.scope():
        for _ in range(1 + world.rng.randrange(max(1, budget))):
            lines += statement(world, budget)
        if ends is not None:
            lines.append(f"return {expression(world, ends, DEPTH)}")
    return lines


def indented(lines: list[str]) -> list[str]:
    return [INDENT + line for line in lines]


def nested(world: World, budget: int) -> list[str]:
    return indented(suite(world, budget))


def statement(world: World, budget: int) -> list[str]:
    simple, compound, asking = _tables()
    if not world.pure and world.chance(30 if world.views() else 18):
        made = world.pick(asking)(world, budget - 1)
    elif budget > 1 and world.chance(45):
        made = world.pick(compound)(world, budget - 1)
    else:
        made = world.pick(simple)(world, budget - 1)
    return list(made)


@cache
def _tables() -> tuple[list[Maker], list[Maker], list[Maker]]:
    # Made on first use: the modules of statements import this one.
    from tests.oracle import aggregates, compound, hypervisor, matching, statements

    return (
        [*statements.MAKERS, *aggregates.MAKERS],
        [*compound.MAKERS, *matching.MAKERS],
        hypervisor.MAKERS,
    )
