"""Expressions that ask the hypervisor, and those that read a mapping (LANGUAGE.md section 6)."""

from tests.oracle import integers
from tests.oracle.model import Name, World
from tests.oracle.types import I32, PAGE, U8, U16, U32, U64, Int, of_integers, size

_GRANULE = 24
"""Time is told in units of 2^24 ns: what a call takes differs from one way to run it to another."""


def number(world: World, depth: int) -> str | None:
    """A u64 that the firmware or the clock gives."""
    if world.rights.call_smc and world.chance(70):
        return f"{call_smc(world, depth)}.x{world.rng.randrange(4)}"
    return f"(now_ns() >> {_GRANULE})"


def identity(world: World, type: Int) -> str | None:
    """Who asks, or the error number that a service gives."""
    if type == U16:
        return f"caller().{world.pick(['domid', 'vcpu'])}"
    if type == I32:
        return world.pick([inject_irq, set_timer])(world)
    return None


def call_smc(world: World, depth: int) -> str:
    ids = world.rights.call_smc
    declared = world.number(world.pick(ids))
    if world.chance(10):
        # Refused, if it is none of them; a constant that is none is an error of the program.
        declared = f"({integers.integer(world, U32, 1)} ^ {declared})"
    count = world.rng.randrange(7)
    args = [_argument(world, depth) for _ in range(count)]
    named = world.rng.randrange(count + 1) if world.chance(25) else count
    by_name = [f"x{n + 1}={args[n]}" for n in range(named, count)]
    return f"call_smc({', '.join([declared, *args[:named], *by_name])})"


def _argument(world: World, depth: int) -> str:
    """In a call of xap a constant takes its width."""
    if world.chance(30):
        return world.number(world.literal(U64))
    return integers.integer(world, U64, depth - 1)


def inject_irq(world: World) -> str | None:
    if not world.rights.irqs:
        return None
    virq = world.number(world.pick(world.rights.irqs))
    if world.chance(30):
        virq = f"({integers.integer(world, U32, 1)} % 4) + 40"
    return f"inject_irq({virq})"


def set_timer(world: World) -> str | None:
    """Deadlines at which no two ways to run a program differ: never near one another's."""
    if not world.rights.timer:
        return None
    kind = world.rng.randrange(5)
    if kind == 0:
        return "set_timer(0)"
    if kind < 3:
        return f"set_timer({(1 + world.rng.randrange(4)) << _GRANULE:#x} + 4096)"
    return f"set_timer((({integers.integer(world, U64, 1)} % 4 + 1) << {_GRANULE}) + 4096)"


# --- mappings --------------------------------------------------------------------------------


def place(world: World, view: Name) -> str:
    """An index into a view: a constant one does not count from its end."""
    near, whole = (64, 4096) if view.type == PAGE else (8, 1024)
    length = whole if world.chance(10) else near
    if world.chance(50):
        return world.number(world.rng.randrange(length))
    wide = world.pick([t for t in (U16, U32, U64, I32) if t.bits >= 16])
    return f"{integers.integer(world, wide, 1)} % {length}"


def offset(world: World) -> str:
    """Of a load or store in a page; of any alignment, outside now and then."""
    kind = world.rng.randrange(12)
    if kind == 0 and not world.safe:
        return integers.integer(world, world.int_type(), 1)
    if kind < 6:
        return f"({integers.integer(world, U32, 1)} & 63)"
    return world.number(world.rng.randrange(64))


def read(world: World, type: Int, depth: int) -> str | None:
    """An integer out of one of the views in scope."""
    view = world.pick(world.views())
    if world.chance(9):
        text = f"i64(len({view.place}))"
        return text if str(type) == "i64" else f"{type}.wrap({text})"
    if world.chance(6):
        return view.place + ".error" if type == I32 else f"{type}.wrap({view.place}.error)"
    if view.type != PAGE:
        item = f"{view.place}[{place(world, view)}]"
        return item if type == U32 else f"{type}.wrap({item})"
    if type == U8 and world.chance(60):
        return f"{view.place}[{place(world, view)}]"
    structs = [s for s in world.structs if of_integers(s) and size(s) <= 64]
    if structs and world.chance(25):
        held = world.pick(structs)
        fields = [name for name, inner in held.fields if inner == type]
        if fields:
            return f"{view.place}.load({held}, {offset(world)}).{world.pick(fields)}"
    form = world.pick(["load", "load.le", "load.be"])
    return f"{view.place}.{form}({type}, {offset(world)})"
