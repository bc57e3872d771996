"""Handlers, each with what it is called for, and the requests that are made of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.oracle.model import Parameter, Routine, World
from tests.oracle.routines import bind, globals_of, head
from tests.oracle.suites import indented, suite
from tests.oracle.types import (
    MMIO_ACCESS,
    SMC_CALL,
    SMC_RESULT,
    SMC_RESULT8,
    U16,
    U64,
    Int,
    Tuple,
    Type,
)

_SAFE = 50
"""Percent of the handlers that cannot panic."""


@dataclass(frozen=True)
class Entry:
    """What a request can be made of: `ids` of `what` ("smc", "hvc"), or a region of "mmio"."""

    what: str
    ids: tuple[int, ...] = ()
    params: tuple[Int, ...] = ()
    base: int = 0
    size: int = 0
    reads: bool = False
    writes: bool = False
    posted: bool = False


@dataclass
class Handlers:
    """`texts`: the lines of each."""

    texts: list[list[str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    timer: bool = False
    events: bool = False
    """Whether there are handlers of events already, or may be none."""
    next_id: int = 0xC600_0001
    next_base: int = 0x0900_0000


def handlers(world: World, size: int, *, events: bool) -> Handlers:
    """One that is called by number at least, and up to three more of any kind. `events`: of
    guests that come and go, too, which only a shared instance is told."""
    made = Handlers(events=not events)
    if world.chance(25):
        _init(world, made)
    _call(world, made, size)
    kinds: list[Callable[[World, Handlers, int], None]] = [_call, _mmio, _mmio, _deferred]
    for _ in range(world.pick([0, 0, 1, 1, 2])):
        world.pick(kinds)(world, made, max(2, size - 1))
    if world.rights.timer and not made.timer and world.chance(70):
        _timer(world, made)
    return made


def _body(
    world: World, params: tuple[Parameter, ...], result: Type | None, size: int, *, safe: int
) -> tuple[list[str], bool, int]:
    """The suite of a handler, whether it is safe, and how long it runs."""
    chosen = world.chance(safe)
    with world.function(result, safe=chosen, declared=world.chance(85)):
        bind(world, params)
        lines = [*globals_of(world), *suite(world, size, ends=result)]
        return lines, chosen, world.peak


# --- smc, hvc --------------------------------------------------------------------------------


def _call(world: World, made: Handlers, size: int) -> None:
    name = world.fresh("handler")
    whole = world.chance(20)
    types = tuple(world.int_type() for _ in range(world.pick([0, 1, 1, 2, 2, 3, 4, 7])))
    if whole:
        types = (U64,) * 7
    params = tuple(Parameter(world.fresh("x"), t) for t in types)
    if whole:
        params = (Parameter("call", SMC_CALL),)
    result = _result(world)
    lines, safe, turns = _body(world, params, result, size, safe=_SAFE)
    decorators = _decorators(world, made, types)
    made.texts.append([*decorators, head(name, params, result, world), *indented(lines)])
    if not whole and world.chance(40):
        world.routines.append(Routine(name, params, result, safe=safe, turns=turns))


def _result(world: World) -> Type | None:
    kind = world.rng.randrange(10)
    if kind == 0:
        return None
    if kind < 4:
        return world.int_type()
    if kind < 7:
        return Tuple(tuple(world.int_type() for _ in range(1 + world.rng.randrange(4))))
    return SMC_RESULT if kind < 9 else SMC_RESULT8


def _decorators(world: World, made: Handlers, types: tuple[Int, ...]) -> list[str]:
    """One for each way to call it."""
    lines: list[str] = []
    kinds = ["smc", "hvc"] if world.chance(15) else [world.pick(["smc", "smc", "hvc"])]
    for kind in kinds:
        ids: list[int] = []
        written: list[str] = []
        for _ in range(1 + world.chance(20)):
            first = made.next_id
            count = 1 + world.rng.randrange(3) if world.chance(20) else 1
            made.next_id += count
            ids += range(first, first + count)
            span = f"range({first:#x}, {first + count:#x})"
            written.append(f"{first:#x}" if count == 1 and world.chance(90) else span)
        made.entries.append(Entry(kind, tuple(ids), types))
        lines.append(f"@app.{kind}({', '.join(written)})")
    return lines


# --- mmio ------------------------------------------------------------------------------------


def _mmio(world: World, made: Handlers, size: int) -> None:
    """A region that is read, written, or both."""
    base, length = made.next_base, world.pick([0x1000, 0x1000, 0x2000])
    made.next_base += 0x10000
    reads, writes = world.pick([(True, False), (False, True), (True, True)])
    posted = writes and world.chance(50)
    access = Parameter("access", MMIO_ACCESS)
    if reads:
        lines, _, _ = _body(world, (access,), U64, size - 1, safe=_SAFE)
        made.texts.append(
            [
                f"@app.mmio_read(base={base:#x}, size={length:#x})",
                head(world.fresh("load"), (access,), U64, world),
                *indented(lines),
            ]
        )
    if writes:
        params = access, Parameter("value", U64)
        lines, _, _ = _body(world, params, None, size - 1, safe=_SAFE)
        option = ", posted=True" if posted else ", posted=False" if world.chance(10) else ""
        made.texts.append(
            [
                f"@app.mmio_write(base={base:#x}, size={length:#x}{option})",
                head(world.fresh("store"), params, None, world),
                *indented(lines),
            ]
        )
    made.entries.append(
        Entry("mmio", base=base, size=length, reads=reads, writes=writes, posted=posted)
    )


# --- init, timer, event ----------------------------------------------------------------------


def _init(world: World, made: Handlers) -> None:
    """One that panics refuses the load: nothing of the program is seen then."""
    lines, _, _ = _body(world, (), None, 2, safe=95)
    made.texts.append(["@app.init", head(world.fresh("start"), (), None, world), *indented(lines)])


def _deferred(world: World, made: Handlers, size: int) -> None:
    if world.rights.timer and not made.timer:
        _timer(world, made)
    elif made.events:
        _call(world, made, size)
    else:
        _events(world, made)


def _timer(world: World, made: Handlers) -> None:
    made.timer = True
    params = (Parameter("now", U64),)
    # Of the time only what no call can change is told to the program.
    with world.function(None, safe=world.chance(_SAFE), declared=world.chance(85)):
        world.bind("ticks", U64)
        lines = [*globals_of(world), "ticks = now >> 24", *suite(world, 2)]
    name = world.fresh("tick")
    made.texts.append(["@app.timer", head(name, params, None, world), *indented(lines)])


def _events(world: World, made: Handlers) -> None:
    made.events = True
    for event in world.pick([("CREATED",), ("DESTROYED",), ("CREATED", "DESTROYED")]):
        params = (Parameter("domid", U16),)
        lines, _, _ = _body(world, params, None, 2, safe=80)
        name = world.fresh("event")
        made.texts.append(
            [
                f"@app.event(Event.DOMAIN_{event})",
                head(name, params, None, world),
                *indented(lines),
            ]
        )
