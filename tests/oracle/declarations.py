"""What stands at the top of a module: types, constants, state, static assertions."""

from tests.oracle.model import Name, Routine, World
from tests.oracle.routines import build_time, method
from tests.oracle.suites import indented
from tests.oracle.types import (
    U8,
    U32,
    Array,
    Enumeration,
    Int,
    Struct,
    Type,
    has_zero,
    is_aggregate,
    is_scalar,
    layout,
    size,
)
from tests.oracle.values import constructible, some_bytes


def types(world: World) -> list[str]:
    return [*_aliases(world), *_enumerations(world), *_structures(world)]


def _aliases(world: World) -> list[str]:
    """Lengths and arrays may have names of their own."""
    lines: list[str] = []
    if world.chance(25):
        name, length = world.fresh(f"{world.tag}Length"), world.pick([2, 4, 8])
        lines.append(f"{name} = N[{length}]")
        world.spellings[f"N[{length}]"] = name
    if world.chance(25):
        name = world.fresh(f"{world.tag}Block")
        lines.append(f"{name} = {Array(U8, 8)}")
        world.spellings[str(Array(U8, 8))] = name
    return lines


def _enumerations(world: World) -> list[str]:
    lines: list[str] = []
    for _ in range(world.rng.randrange(3)):
        base, flag = world.pick([U8, U32, world.int_type()]), world.chance(40)
        if flag and base.signed:
            base = U32
        count = 1 + world.rng.randrange(4)
        values = [1 << n for n in range(count)]
        if not flag:
            values = sorted(world.rng.sample(range(8), count))
            if world.chance(80):
                values[0] = 0
        name = world.fresh(f"{world.tag}{'Flags' if flag else 'Kind'}")
        members = tuple((f"M{n}", value) for n, value in enumerate(values))
        world.enums.append(Enumeration(name, base, flag, members))
        lines += ["", f"class {name}({base}, {'Flag' if flag else 'Enum'}):"]
        lines += indented([f"{member} = {world.number(value)}" for member, value in members])
    return lines


# --- structs ---------------------------------------------------------------------------------


def _structures(world: World) -> list[str]:
    lines: list[str] = []
    for _ in range(world.pick([0, 0, 1, 1, 2])):
        name, fields = world.fresh(f"{world.tag}Struct"), _fields(world)
        required = 0
        while required < len(fields) and (
            not has_zero(fields[required][1])
            or (world.chance(15) and is_scalar(fields[required][1]))
        ):
            required += 1
        made = Struct(name, tuple(fields), required)
        lines += ["", "@struct", f"class {name}:"]
        if world.chance(20):
            lines += indented(['"""What it is for."""'])
        for place, (field, type) in enumerate(fields):
            given = "" if place < required else f" = {_default(world, type)}"
            lines += indented([f"{field}: {world.spell(type)}{given}"])
        for _ in range(world.rng.randrange(2)):
            lines += ["", *indented(method(world, made))]
        world.structs.append(made)
    return lines


def _fields(world: World) -> list[tuple[str, Type]]:
    """What has no zero stands first: it has no default either."""
    types = [_field(world) for _ in range(1 + world.rng.randrange(4))]
    types.sort(key=has_zero)
    return [(f"f{place}", type) for place, type in enumerate(types)]


def _field(world: World) -> Type:
    if world.structs and world.chance(20):
        return world.pick(world.structs)
    if world.chance(20):
        return Array(world.int_type(), 1 + world.rng.randrange(4))
    return world.scalar_type() if world.chance(60) else world.int_type()


def _default(world: World, type: Type) -> str:
    match type:
        case Int():
            return f"{type}({world.number(world.literal(type))})"
        case Enumeration(members=members):
            return f"{type}.{world.pick(members)[0]}"
        case Struct() | Array():
            return f"{type}()"
        case _:
            return world.pick(["True", "False"])


# --- constants -------------------------------------------------------------------------------


def constants(world: World) -> list[str]:
    lines = ["", *_untyped(world), *_texts(world), *_typed(world)]
    for _ in range(world.pick([0, 0, 0, 1, 1, 2])):
        lines += ["", *build_time(world)]
    lines += _computed(world)
    lines += _tables(world)
    return [*lines, *_assertions(world)]


def _name(world: World, prefix: str) -> str:
    return world.fresh(f"{world.tag.upper()}{prefix}")


def _untyped(world: World) -> list[str]:
    lines: list[str] = []
    for _ in range(world.rng.randrange(3)):
        name, value = _name(world, "K"), world.rng.randrange(1, 100)
        text = world.number(value)
        kind = world.rng.randrange(4)
        if kind == 0:
            power = world.rng.randrange(1, 7)
            text, value = f"2 ** {power} + {value}", 2**power + value
        elif kind == 1 and world.untyped:
            other, known = world.pick(world.untyped)
            text, value = f"({other} << 1) | 1", known << 1 | 1
        lines.append(f"{name}: Final = {text}")
        world.untyped.append((name, value))
    return lines


def _texts(world: World) -> list[str]:
    lines: list[str] = []
    if world.chance(20):
        name = _name(world, "T")
        lines.append(f'{name}: Final = "text {world.rng.randrange(100)}"')
        world.texts.append(name)
    if world.chance(20):
        name, length = _name(world, "B"), world.pick([4, 8])
        lines.append(f"{name}: Final = {some_bytes(world, length)}")
        world.blobs.append((name, length))
    return lines


def _typed(world: World) -> list[str]:
    lines: list[str] = []
    for _ in range(world.rng.randrange(3)):
        # Not zero: dividing by a constant zero is an error of the program.
        type, name = world.int_type(), _name(world, "C")
        value = f"{type}({world.literal(type) or 1})"
        lines.append(
            f"{name}: Final[{type}] = {value}" if world.chance(60) else (f"{name}: Final = {value}")
        )
        world.globals.append(Name(name, type, False))
    return lines


def _computed(world: World) -> list[str]:
    """Constants that functions compute when the app is built."""
    lines: list[str] = []
    for routine in _pure(world):
        if world.chance(40):
            name = _name(world, "E")
            # Odd, and so not zero: dividing by a constant zero is an error of the program.
            lines.append(f"{name}: Final = {_call(world, routine, '')} | 1")
            assert routine.result is not None
            world.globals.append(Name(name, routine.result, False))
    return lines


def _pure(world: World) -> list[Routine]:
    return [r for r in world.routines if r.pure]


def _call(world: World, routine: Routine, item: str) -> str:
    """A call at build time; `item`: what its first parameter of integer type gets."""
    args: list[str] = []
    for param in routine.params:
        assert isinstance(param.type, Int)
        value = f"{param.type}({world.number(world.literal(param.type))})"
        args.append(f"{param.type}.wrap({item})" if item and not args else value)
    return f"{routine.name}({', '.join(args)})"


def _tables(world: World) -> list[str]:
    lines: list[str] = []
    for _ in range(world.rng.randrange(3)):
        name, (type, text) = _name(world, "TABLE"), _table(world)
        lines.append(f"{name}: Final = {text}")
        world.globals.append(Name(name, type, False))
    return lines


def _table(world: World) -> tuple[Type, str]:
    kind = world.rng.randrange(5)
    structs = [s for s in world.structs if constructible(world, s)]
    if kind == 0 and structs:
        made = world.pick(structs)
        values = ", ".join(f"{f}={_constant(world, t)}" for f, t in made.fields[: made.required])
        return made, f"{made}({values})"
    held, length = world.int_type(), 2 + world.rng.randrange(6)
    if world.chance(30):
        held, length = U8, 8  # which functions take, too
    type = Array(held, length)
    if kind == 1:
        items = ", ".join(world.number(world.literal(held)) for _ in range(length))
        return type, f"{world.spell(type)}([{items}])"
    element = f"{held}.wrap(i * {world.rng.randrange(1, 50)})"
    known = [r for r in _pure(world) if r.result == held]
    if known:
        element = _call(world, world.pick(known), "i")
    if kind == 2:
        return type, f"{type}({element} for i in range({2 * length}) if i % 2 == 1)"
    arrays = [
        n for n in world.globals
        if not n.state and isinstance(n.type, Array) and isinstance(n.type.element, Int)
    ]  # fmt: skip
    if kind == 3 and arrays:
        source = world.pick(arrays)
        assert isinstance(source.type, Array)
        type = Array(held, source.type.length)
        return type, f"{type}({held}.wrap(i) for i in {source.place})"
    return type, f"{type}({element} for i in range({length}))"


def _constant(world: World, type: Type) -> str:
    if isinstance(type, Array) and not is_aggregate(type.element):
        return f"{type}([{', '.join(_default(world, type.element) for _ in range(type.length))}])"
    return _default(world, type)


def _assertions(world: World) -> list[str]:
    lines: list[str] = []
    for made in world.structs:
        if not made.name.startswith(f"{world.tag}Struct") or world.chance(50):
            continue
        lines.append(f'static_assert(sizeof({made}) == {size(made)}, "size of {made}")')
        field, _, offset = world.pick(list(layout(made)))
        lines.append(f'static_assert(offsetof({made}, "{field}") == {offset}, "place of {field}")')
    for routine in _pure(world):
        if world.chance(20):
            call = _call(world, routine, "")
            lines.append(f'static_assert({call} == {call}, "what it gives")')
    return lines


# --- state -----------------------------------------------------------------------------------


def scalars(world: World) -> list[str]:
    """Made before the types, so that methods can use them."""
    return [_variable(world, world.int_type()) for _ in range(world.rng.randrange(3))]


def state(world: World) -> list[str]:
    return [_variable(world, _kept(world)) for _ in range(world.rng.randrange(1, 4))]


def _variable(world: World, type: Type) -> str:
    name, annotation = world.fresh(f"{world.tag}g"), ""
    if world.chance(20):
        annotation = f": {world.spell(type)}"
    world.globals.append(Name(name, type, True, state=True))
    return f"{name}{annotation} = {_default(world, type)}"


def _kept(world: World) -> Type:
    kind = world.rng.randrange(5)
    structs = [s for s in world.structs if has_zero(s)]
    if kind == 0:
        found: Type = Array(world.scalar_type(), 1 + world.rng.randrange(6))
    elif kind == 1 and structs:
        found = world.pick(structs)
        if world.chance(50):
            found = Array(found, 1 + world.rng.randrange(3))
    elif kind == 2:
        found = world.pick([Array(U8, 8), Array(Array(world.int_type(), 2), 2), Array(U32, 4)])
    else:
        return world.scalar_type()
    return found if has_zero(found) else world.int_type()
