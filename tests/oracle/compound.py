"""`if`, the loops, and `with wrapping()`."""

from collections.abc import Iterator

from tests.oracle.integers import integer
from tests.oracle.model import Name, World
from tests.oracle.suites import DEPTH, INDENT, Maker, nested
from tests.oracle.types import U8, Array, Int
from tests.oracle.values import boolean

_MOST_TURNS = 5
_MOST_NESTED = 3


def _if(world: World, budget: int) -> Iterator[str]:
    yield f"if {boolean(world, DEPTH)}:"
    yield from nested(world, budget)
    for _ in range(world.rng.randrange(3) if world.chance(30) else 0):
        yield f"elif {boolean(world, 2)}:"
        yield from nested(world, budget)
    if world.chance(50):
        yield "else:"
        yield from nested(world, budget)


def _body(world: World, budget: int, turns: int) -> list[str]:
    with world.loop(turns):
        return nested(world, budget)


def _else(world: World) -> Iterator[str]:
    if world.chance(25):
        yield "else:"
        yield from nested(world, 1)


def _too_deep(world: World) -> bool:
    return world.loops >= _MOST_NESTED or world.turns > 60


def _while(world: World, budget: int) -> Iterator[str]:
    if _too_deep(world):
        yield from _if(world, budget)
        return
    name, type = world.fresh("n"), world.int_type()
    turns = world.rng.randrange(_MOST_TURNS)
    yield f"{name} = {type}({turns})"
    endless = world.chance(20)
    also = f" and {boolean(world, 2)}" if world.chance(50) else ""
    yield "while True:" if endless else f"while {name} > 0{also}:"
    if endless:
        yield f"{INDENT}if {name} == 0:"
        yield f"{INDENT * 2}break"
    # The counter steps first, so that `continue` cannot skip it.
    yield f"{INDENT}{name} -= 1"
    yield from _body(world, budget, turns)
    if not endless:
        yield from _else(world)


# --- range -----------------------------------------------------------------------------------


def _for_range(world: World, budget: int) -> Iterator[str]:
    if _too_deep(world):
        yield from _if(world, budget)
        return
    text, bound = _range(world)
    if world.chance(25):
        text = f"reversed({text})"
    unused = world.chance(8)
    name = "_" if unused else world.fresh("it")
    yield f"for {name} in {text}:"
    if not unused:
        world.counters.append((name, bound))
    yield from _body(world, budget, bound)
    if not unused:
        world.counters.pop()
    yield from _else(world)


def _range(world: World) -> tuple[str, int]:
    """A range, and what its items are below."""
    bound = 1 + world.rng.randrange(_MOST_TURNS)
    kind = 5 if world.counters and world.chance(40) else world.rng.randrange(7)
    if kind == 1:
        return f"range({world.rng.randrange(2)}, {bound})", bound
    if kind == 2:
        step = 2 + world.rng.randrange(3)
        return f"range({world.rng.randrange(4)}, {world.rng.randrange(12)}, {step})", 12
    if kind == 3:
        return f"range({world.rng.randrange(8)}, {world.rng.randrange(3)}, -1)", 8
    if kind == 4:
        return f"range({integer(world, U8, 2)} % 6)", 6
    if kind == 5 and world.counters and world.turns < 20:
        counter, most = world.pick(world.counters)
        if most <= 8:
            return f"range({counter}, {most})", most
    arrays = [n for n in world.visible() if isinstance(n.type, Array)]
    if kind == 6 and arrays:
        held = world.pick(arrays)
        assert isinstance(held.type, Array)
        return f"range(len({held.place}))", held.type.length
    return f"range({bound})", bound


# --- arrays and views ------------------------------------------------------------------------


def _for_each(world: World, budget: int) -> Iterator[str]:
    known = [n for n in world.visible() if isinstance(n.type, Array) and n.type.length <= 8]
    if not known or _too_deep(world):
        yield from _for_range(world, budget)
        return
    held = world.pick(known)
    assert isinstance(held.type, Array)
    name = world.fresh("e")
    counter = ""
    if world.chance(40):
        counter = world.fresh("it")
        start, text = _start(world)
        yield f"for {counter}, {name} in enumerate({held.place}{text}):"
        world.counters.append((counter, held.type.length + start))
    else:
        yield f"for {name} in {held.place}:"
    with world.scope():
        world.scopes[-1].append(Name(name, held.type.element, held.writable))
        yield from _body(world, budget, held.type.length)
    if counter:
        world.counters.pop()
    yield from _else(world)


def _start(world: World) -> tuple[int, str]:
    start = world.rng.randrange(3)
    return start, world.pick([f", {start}", f", start={start}"]) if start else ""


def for_view(world: World, budget: int) -> Iterator[str]:
    """Over the first items of a view; each is one access."""
    views = [] if world.chance(30) else world.views()
    if not views or _too_deep(world):
        yield from _for_each(world, budget)
        return
    view = world.pick(views)
    assert isinstance(view.type.element, Int)  # type: ignore[union-attr]  # a view
    name, turns = world.fresh("e"), 1 + world.rng.randrange(4)
    counter = world.fresh("it")
    if world.chance(50):
        yield f"for {counter}, {name} in enumerate({view.place}):"
        yield f"{INDENT}if {counter} >= {turns}:"
        yield f"{INDENT * 2}break"
    else:
        yield f"{counter} = u32({turns})"
        yield f"for {name} in {view.place}:"
        yield f"{INDENT}if {counter} == 0:"
        yield f"{INDENT * 2}break"
        yield f"{INDENT}{counter} -= 1"
    with world.scope():
        world.bind(name, view.type.element)  # type: ignore[union-attr]  # a view
        yield from _body(world, budget, turns)


def _wrapping(world: World, budget: int) -> Iterator[str]:
    yield "with wrapping():"
    world.wrapping += 1
    yield from nested(world, budget)
    world.wrapping -= 1


MAKERS: list[Maker] = [
    _if, _if, _if, _while, _for_range, _for_range, _for_each, for_view, for_view, _wrapping,
]  # fmt: skip
