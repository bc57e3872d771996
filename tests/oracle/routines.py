"""Functions and methods: what they take and give, and their bodies."""

from tests.oracle.model import Name, Parameter, Routine, World
from tests.oracle.suites import indented, suite
from tests.oracle.types import (
    PAGE,
    REGISTERS,
    SMC_RESULT,
    U8,
    Array,
    Enumeration,
    Int,
    Struct,
    Tuple,
    Type,
    is_scalar,
)

_SAFE = 50
"""Percent of the functions that cannot panic."""


def head(name: str, params: tuple[Parameter, ...], result: Type | None, world: World) -> str:
    listed: list[str] = []
    for param in params:
        if param.name == "self":
            listed.append("self")
            continue
        default = f" = {_constant(world, param.type)}" if param.default else ""
        listed.append(f"{param.name}: {world.spell(param.type)}{default}")
    return f"def {name}({', '.join(listed)}) -> {result}:"


def _constant(world: World, type: Type) -> str:
    match type:
        case Int():
            return f"{type}({world.number(world.literal(type))})"
        case Enumeration(members=members):
            return f"{type}.{world.pick(members)[0]}"
        case _:
            return world.pick(["True", "False"])


def bind(world: World, params: tuple[Parameter, ...]) -> None:
    for param in params:
        written = param.written and not isinstance(param.type, Tuple)
        world.scopes[-1].append(Name(param.name, param.type, written))


def globals_of(world: World) -> list[str]:
    """`global` for the scalars of the state, where the function may assign them."""
    if not world.declared:
        return []
    names = [n.place for n in world.globals if n.state and n.writable and is_scalar(n.type)]
    return [f"global {', '.join(names)}"] if names else []


# --- functions -------------------------------------------------------------------------------


def function(world: World, size: int) -> list[str]:
    if world.chance(12):
        return _fails(world)
    params = _parameters(world)
    views = any(p.type in (PAGE, REGISTERS) for p in params)
    result = _result(world)
    safe = not views and world.chance(_SAFE)
    name = world.fresh(f"{world.tag}fn")
    with world.function(result, safe=safe, declared=world.chance(80)):
        bind(world, params)
        lines = ['"""What it does."""'] if world.chance(10) else []
        lines += [*globals_of(world), *suite(world, size, ends=result)]
        turns = world.peak
    world.routines.append(Routine(name, params, result, safe=safe, turns=turns))
    return [head(name, params, result, world), *indented(lines)]


def _fails(world: World) -> list[str]:
    """One that ends the call."""
    name = world.fresh(f"{world.tag}fail")
    world.fails.append(name)
    how = f'panic(f"no {{why:#x}} in {name}")' if world.chance(70) else "not_handled()"
    lines = [f"def {name}(why: u32) -> NoReturn:"]
    if world.chance(50):
        lines += indented([f'log.error(f"{name} {{why}}")'])
    return [*lines, *indented([how])]


def _parameters(world: World) -> tuple[Parameter, ...]:
    """Those with defaults stand last."""
    made: list[Parameter] = []
    for _ in range(world.rng.randrange(4)):
        name = world.fresh("p")
        if world.chance(25):
            types: list[Type] = [*world.structs, Array(U8, 8), SMC_RESULT]
            type = world.pick(types)
            made.append(Parameter(name, type, written=world.chance(60)))
        elif world.chance(12):
            made.append(Parameter(name, _view(world), written=world.chance(60)))
        elif world.chance(8):
            made.append(Parameter(name, world.tuple_type()))
        else:
            made.append(Parameter(name, world.scalar_type(), default=world.chance(30)))
    made.sort(key=lambda p: p.default)
    return tuple(made)


def _view(world: World) -> Type:
    if world.rights.io and world.chance(50):
        return REGISTERS
    return PAGE if world.rights.guest_memory else U8


def _result(world: World) -> Type | None:
    kind = world.rng.randrange(12)
    if kind < 2:
        return None
    if kind == 2:
        return world.tuple_type()
    if kind == 3:
        types: list[Type] = [*world.structs, SMC_RESULT, Array(U8, 8), Array(U8, 4)]
        return world.pick(types)
    return world.scalar_type()


def method(world: World, owner: Struct) -> list[str]:
    """Of a struct, which reads it or writes it."""
    writes, safe = world.chance(60), world.chance(_SAFE)
    result = world.int_type()
    name = world.fresh("method")
    by = Parameter("by", result, default=world.chance(30))
    params = (Parameter("self", owner, written=writes), by)
    with world.function(result, safe=safe, declared=world.chance(60)):
        bind(world, params)
        lines = [*globals_of(world), *suite(world, 2, ends=result)]
        turns = world.peak
    world.routines.append(Routine(name, params, result, owner, safe=safe, turns=turns))
    return [head(name, params, result, world), *indented(lines)]


def build_time(world: World) -> list[str]:
    """One that constants are computed with: it uses no state and cannot panic."""
    result = world.int_type()
    name = world.fresh(f"{world.tag}pure")
    params = tuple(
        Parameter(world.fresh("p"), world.int_type()) for _ in range(1 + world.chance(40))
    )
    before, world.pure = world.pure, True
    with world.function(result, safe=True, declared=False):
        bind(world, params)
        lines = suite(world, 2, ends=result)
        turns = world.peak
    world.pure = before
    world.routines.append(Routine(name, params, result, safe=True, pure=True, turns=turns))
    return [head(name, params, result, world), *indented(lines)]
