"""Whole programs: what the app declares, its modules, and what is done to it from outside."""

from dataclasses import dataclass
from random import Random

from tests.oracle.handlers import Entry, Handlers, handlers
from tests.oracle.model import Rights, World
from tests.oracle.modules import Exports, body, enter, header, imports, sibling, spelled
from tests.oracle.routines import function
from tests.oracle.types import Int

MAIN = "oracle.py"

MEMORY_BYTES = 128
"""Of each of the first two pages of every guest's RAM: what is there at first."""


@dataclass(frozen=True)
class Step:
    """`what`: "smc", "hvc" (id, x1...), "load" (address, width), "store" (address, value, width),
    or "destroy" (). `settles`: time passes after it."""

    what: str
    arguments: tuple[int, ...] = ()
    domid: int = 1
    vcpu: int = 0
    settles: bool = True


@dataclass(frozen=True)
class Generated:
    """File names with their texts, MAIN being the app's; and the steps, one after the other."""

    files: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    memory: bytes

    def __str__(self) -> str:
        parts: list[str] = []
        for name, text in self.files:
            parts += [f"# {name}"]
            parts += [f"{n:>4} {line}" for n, line in enumerate(text.splitlines(), 1)]
        return "\n".join([*parts, *map(str, self.steps)])


def generate(rng: Random, size: int = 4) -> Generated:
    world = World(rng)
    world.rights = _rights(world)
    files: list[tuple[str, str]] = []
    others: list[Exports] = []
    for name in world.pick([(), (), (), (), ("low",), ("low",), ("low", "high")]):
        text, made = sibling(world, name, others)
        files.append((f"{name}.py", text))
        others.append(made)
    per_domain = world.chance(20)
    text, entries = _main(world, size, others, per_domain)
    # Deadlines of two instances could fall together.
    domids = (1,) if per_domain and world.rights.timer else (1, 1, 2)
    memory = rng.randbytes(2 * MEMORY_BYTES)
    return Generated((*files, (MAIN, text)), _steps(world, entries, domids), memory)


def _main(
    world: World, size: int, others: list[Exports], per_domain: bool
) -> tuple[str, list[Entry]]:
    enter(world, "")
    taken = [line for other in others for line in imports(world, other)]
    lines = [*_app(world, per_domain), *body(world)]
    texts = [function(world, 3) for _ in range(world.rng.randrange(max(1, size - len(others))))]
    made: Handlers = handlers(world, size, events=not per_domain)
    texts += made.texts
    if world.chance(30):  # a function may use what stands below it
        world.rng.shuffle(texts)
    for text in texts:
        lines += ["", *text]
    return spelled(world, header(taken, "\n".join(lines) + "\n")), made.entries


# --- what the app declares -------------------------------------------------------------------


def _rights(world: World) -> Rights:
    ids = world.rng.sample([0xC200_0001, 0x8300_0010, 0xC600_0F00, 0x8400_0050], 2)
    io = [("uart1", 0x1C09_0000, 0x1000), ("gpio", 0x1C10_0000, 0x2000)]
    return Rights(
        call_smc=tuple(ids) if world.chance(35) else (),
        guest_memory=world.pick(["r", "rw", "rw", "rw"]) if world.chance(55) else "",
        io=tuple(io[: 1 + world.chance(30)]) if world.chance(35) else (),
        irqs=(40, 41) if world.chance(30) else (),
        timer=world.chance(20),
    )


def _app(world: World, per_domain: bool) -> list[str]:
    rights = world.rights
    needs: list[str] = []
    if rights.call_smc:
        needs.append(f"Needs.call_smc({', '.join(f'{i:#x}' for i in rights.call_smc)})")
    if rights.guest_memory:
        needs.append(f'Needs.guest_memory("{rights.guest_memory}")')
    needs += [f'Needs.io("{name}", {base:#x}, {size:#x})' for name, base, size in rights.io]
    needs += [f"Needs.irq({virq})" for virq in rights.irqs]
    needs += ["Needs.timer()"] * rights.timer
    lines = [
        "app = App(",
        '    "oracle", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e",',
        # As instructions are not counted on the host, no budget may end a call.
        "    budget_us=10_000,",
    ]
    if per_domain or world.chance(10):
        lines.append(f"    instances=Instances.{'PER_DOMAIN' if per_domain else 'SHARED'},")
    if world.chance(50):
        lines.append(f"    restart=Restart.ON_FAULT(limit={world.rng.randrange(1, 4)}),")
    elif world.chance(10):
        lines.append("    restart=Restart.NEVER,")
    if needs:
        lines.append(f"    needs=[{', '.join(needs)}],")
    return [*lines, ")"]


# --- steps -----------------------------------------------------------------------------------


def _steps(world: World, entries: list[Entry], domids: tuple[int, ...]) -> tuple[Step, ...]:
    made: list[Step] = []
    for _ in range(2 + world.rng.randrange(4)):
        domid, vcpu = world.pick(domids), world.pick([0, 0, 0, 1])
        entry = world.pick(entries)
        if entry.what != "mmio":
            made.append(_request(world, entry, domid, vcpu))
            continue
        writes = 1 + world.rng.randrange(3) if entry.posted else 1
        for _ in range(writes):
            made.append(_access(world, entry, domid, vcpu))
    if world.chance(15):
        made.insert(world.rng.randrange(len(made)) + 1, Step("destroy", domid=world.pick(domids)))
    return tuple(made)


def _request(world: World, entry: Entry, domid: int, vcpu: int) -> Step:
    fid = world.pick(entry.ids)
    if world.chance(10):
        fid |= 1 << (32 + world.rng.randrange(32))  # what the hypervisor does not look at
    args = [_register(world, type) for type in entry.params]
    return Step(entry.what, (fid, *args), domid, vcpu)


def _register(world: World, type: Int) -> int:
    """The type's edges or small numbers, with noise above the width."""
    value = world.literal(type) & ((1 << type.bits) - 1)
    noise = world.rng.randrange(1 << 64) >> type.bits << type.bits
    return (value | noise) & ((1 << 64) - 1) if world.chance(30) else value


def _access(world: World, entry: Entry, domid: int, vcpu: int) -> Step:
    """Aligned and inside mostly; others are nobody's."""
    width = world.pick([1, 2, 4, 4, 8])
    offset = world.rng.randrange(64) // width * width
    if world.chance(10):
        offset = world.rng.randrange(entry.size + 16)
    if entry.writes and (not entry.reads or world.chance(50)):
        value = world.rng.randrange(1 << world.pick([4, 8, 32, 64]))
        settles = not entry.posted or world.chance(40)
        return Step("store", (entry.base + offset, value, width), domid, vcpu, settles)
    return Step("load", (entry.base + offset, width), domid, vcpu)
