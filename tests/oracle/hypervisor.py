"""Statements that ask the hypervisor: firmware, interrupts, timers, mappings, ends of a call."""

from collections.abc import Iterator

from tests.oracle import services
from tests.oracle.aggregates import ranges
from tests.oracle.compound import for_view
from tests.oracle.integers import integer
from tests.oracle.model import Name, World
from tests.oracle.statements import augmentation, leaving, log, message, rare
from tests.oracle.suites import INDENT, Maker, indented, nested, suite
from tests.oracle.types import (
    CALLER,
    INTS,
    PAGE,
    REGISTERS,
    SMC_RESULT,
    U8,
    U32,
    Array,
    Int,
    Struct,
    of_integers,
    size,
)

RAM = 0x4000_0000


def _call_smc(world: World, budget: int) -> Iterator[str]:
    if not world.rights.call_smc:
        yield from _caller(world, budget)
        return
    name = world.fresh("s")
    yield f"{name} = {services.call_smc(world, 2)}"
    world.bind(name, SMC_RESULT)


def _caller(world: World, budget: int) -> Iterator[str]:
    name = world.fresh("c")
    yield f"{name} = caller()"
    world.bind(name, CALLER)


def _notify(world: World, budget: int) -> Iterator[str]:
    made = world.pick([services.inject_irq, services.set_timer])(world)
    if made is None:
        yield from log(world, budget)
    else:
        yield made


def _end(world: World, budget: int) -> Iterator[str]:
    """The end of the call, where a condition asks for it that does not often hold."""
    if world.safe:
        yield from _notify(world, budget)
        return
    kind = world.rng.randrange(4)
    yield f"if {rare(world)}:"
    if kind == 0 and world.fails:
        yield f"{INDENT}{world.pick(world.fails)}({integer(world, U32, 1)})"
    elif kind < 3:
        yield INDENT + world.pick([f'panic(f"{message(world)}")', 'panic("over")'])
    else:
        yield f"{INDENT}{world.pick(['not_handled()', 'return not_handled()'])}"


def _hexdump(world: World, budget: int) -> Iterator[str]:
    blocks = [n for n in world.visible() if isinstance(n.type, Array) and n.type.element == U8]
    if not blocks or world.loops > 1:
        yield from log(world, budget)
    else:
        yield f"log.hexdump({world.pick(blocks).place})"


# --- mappings --------------------------------------------------------------------------------


def _map(world: World, budget: int) -> Iterator[str]:
    kinds = [_map_page] * bool(world.rights.guest_memory) + [_map_io] * bool(world.rights.io)
    # Mapping is slow, and eight pages are all that may be mapped at once.
    if not kinds or world.turns > 20 or len(world.views()) > 3:
        yield from _call_smc(world, budget)
    else:
        yield from world.pick(kinds)(world, budget)


def _map_page(world: World, budget: int) -> Iterator[str]:
    writable = world.rights.guest_memory == "rw" and world.chance(75)
    name = world.fresh("page")
    mode = (
        world.pick([", writable=True", ", True"])
        if writable
        else world.pick(["", "", ", writable=False"])
    )
    wrapping = "wrapping(), " if world.chance(8) else ""
    yield f"with {wrapping}map_guest_page({_address(world)}{mode}) as {name}:"
    world.wrapping += bool(wrapping)
    yield from indented(_with_page(world, Name(name, PAGE, writable), budget))
    world.wrapping -= bool(wrapping)


def _address(world: World) -> str:
    """One of two pages mostly, so that they meet; an address where no page is, now and then."""
    kind = world.rng.randrange(12)
    if kind == 0:
        return world.number(world.pick([0, 1, RAM + 1, 0x9000_0000, (1 << 64) - 4096]))
    if kind == 1 and not world.safe:
        return integer(world, INTS[3], 2)
    if kind < 5:
        return f"0x4000_0000 + (({integer(world, INTS[3], 1)} & 1) << 12)"
    return world.pick(["0x4000_0000", "0x4000_1000", "u64(0x4000_0000)"])


def _with_page(world: World, view: Name, budget: int) -> list[str]:
    """What is done with a page, behind a look at whether it is one, mostly."""
    kind = world.rng.randrange(5)
    if world.safe or kind < 2:
        lines = [f"if {view.place}:", *indented(_using(world, view, budget))]
        return [*lines, "else:", *nested(world, 1)] if world.chance(20) else lines
    if kind == 2:
        return [f"if not {view.place}:", *indented(_without(world, view)),
                *_using(world, view, budget)]  # fmt: skip
    return _using(world, view, budget)


def _without(world: World, view: Name) -> list[str]:
    """The mapping failed: say why, and leave."""
    lines = [f'log.warn(f"none {{{view.place}.error}}")']
    if world.loops and world.chance(50):
        return [*lines, world.pick(["break", "continue"])]
    return [*lines, leaving(world)] if world.returns else lines


def _using(world: World, view: Name, budget: int) -> list[str]:
    lines: list[str] = []
    with world.scope():
        world.scopes[-1].append(view)
        for _ in range(1 + world.rng.randrange(3)):
            lines += _access(world, budget)
        if world.chance(25):
            lines += for_view(world, budget)
        lines += suite(world, budget)
    return lines


def _map_io(world: World, budget: int) -> Iterator[str]:
    region = world.pick(world.rights.io)[0]
    name = world.fresh("regs")
    yield f'with map_io("{region}") as {name}:'
    yield from indented(_using(world, Name(name, REGISTERS, True), budget))


# --- through a view --------------------------------------------------------------------------


def _access(world: World, budget: int) -> Iterator[str]:
    views = world.views(writable=True)
    if not views or world.chance(20):
        yield from _read(world, budget)
        return
    view = world.pick(views)
    if world.chance(25):
        yield from _copy(world, view)
    elif view.type == PAGE:
        yield _write_page(world, view)
    else:
        yield _item(world, view, U32)


def _read(world: World, budget: int) -> Iterator[str]:
    pages = [v for v in world.views() if v.type == PAGE]
    structs = [s for s in world.structs if of_integers(s) and size(s) <= 64]
    if not world.views():
        yield from _hexdump(world, budget)
        return
    if pages and structs and world.chance(40):
        name, held = world.fresh("a"), world.pick(structs)
        yield f"{name} = {world.pick(pages).place}.load({held}, {services.offset(world)})"
        world.bind(name, held)
        return
    type, name = world.pick([U8, U8, world.int_type()]), world.fresh("v")
    yield f"{name} = {services.read(world, type, 2)}"
    world.bind(name, type)


def _item(world: World, view: Name, type: Int) -> str:
    item = f"{view.place}[{services.place(world, view)}]"
    if world.chance(40):
        return f"{item} {augmentation(world, type)}"
    value = world.number(world.rng.randrange(256)) if world.chance(25) else integer(world, type, 2)
    return f"{item} = {value}"


def _write_page(world: World, view: Name) -> str:
    kind = world.rng.randrange(9)
    if kind == 0:
        return f"{view.place}.fill({integer(world, U8, 1)})"
    if kind < 4:
        return _item(world, view, U8)
    structs = [n for n in world.visible() if isinstance(n.type, Struct) and of_integers(n.type)]
    if structs and kind < 7:
        return f"{view.place}.store({services.offset(world)}, {world.pick(structs).place})"
    form = world.pick(["store", "store.le", "store.be"])
    value = integer(world, world.int_type(), 2)
    return f"{view.place}.{form}({services.offset(world)}, {value})"


def _copy(world: World, view: Name) -> Iterator[str]:
    """Between a view and an array, or two views of a kind."""
    arrays = [
        n for n in world.visible()
        if isinstance(n.type, Array) and n.type.element == view.type.element  # type: ignore[union-attr]  # a view
    ]  # fmt: skip
    others = [v for v in world.views() if v.type == view.type]
    near = 64 if view.type == PAGE else 16
    if not arrays or world.chance(20):
        count = world.rng.randrange(4)
        start, at = world.rng.randrange(near), world.rng.randrange(near)
        yield f"{view.place}.copy_from({world.pick(others).place}, {at}, {start}, {count})"
        return
    held = world.pick(arrays)
    assert isinstance(held.type, Array)
    length = held.type.length
    if held.writable and world.chance(50):
        text = ranges(world, length, near)
        yield f"{held.place}.copy_from({view.place}{text})"
    elif world.chance(20):
        yield f'log.info(f"same {{{view.place}.equals({held.place})}}")'
    else:
        yield f"{view.place}.copy_from({held.place}, {world.rng.randrange(near)})"


MAKERS: list[Maker] = [
    _call_smc, _caller, _notify, _notify, _end, _hexdump, _map, _map, _map, _map, _access,
]  # fmt: skip
