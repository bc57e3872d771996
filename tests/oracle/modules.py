"""Modules: what one holds, what it takes from others, and how it names the SDK."""

import re
from dataclasses import dataclass, field, replace

from tests.oracle import declarations
from tests.oracle.model import Name, Routine, World
from tests.oracle.routines import function
from tests.oracle.types import Enumeration, Struct, is_aggregate

_SDK = [
    "App",
    "Array",
    "Caller",
    "Event",
    "Instances",
    "MmioAccess",
    "N",
    "Needs",
    "Restart",
    "SmcCall",
    "SmcResult",
    "SmcResult8",
    "View",
    "call_smc",
    "caller",
    "i8",
    "i16",
    "i32",
    "i64",
    "inject_irq",
    "log",
    "map_guest_page",
    "map_io",
    "not_handled",
    "now_ns",
    "offsetof",
    "panic",
    "psci",
    "set_timer",
    "sizeof",
    "smccc",
    "static_assert",
    "struct",
    "u8",
    "u16",
    "u32",
    "u64",
    "wrapping",
]

_SDK_NAME = re.compile(rf"(?<![\w.])({'|'.join(_SDK)})(?!\w)")
_BYTES = re.compile(r"""(\bb(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""")


@dataclass
class Exports:
    """What others may import from a module."""

    module: str
    enums: list[Enumeration] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    routines: list[Routine] = field(default_factory=list)
    globals: list[Name] = field(default_factory=list)
    untyped: list[tuple[str, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    blobs: list[tuple[str, int]] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)


def enter(world: World, tag: str) -> None:
    """A module begins: nothing is known of another until it is imported."""
    world.tag = tag
    world.enums, world.structs, world.routines, world.globals = [], [], [], []
    world.untyped, world.texts, world.blobs, world.fails = [], [], [], []
    world.spellings = {}


def sibling(world: World, name: str, others: list[Exports]) -> tuple[str, Exports]:
    """Text of a module, and what it offers."""
    enter(world, name)
    taken = [line for other in others for line in imports(world, other)]
    known = {id(each) for each in (*world.enums, *world.structs, *world.globals)}
    routines, names = len(world.routines), len(world.globals)
    lines = body(world)
    for _ in range(1 + world.rng.randrange(2)):
        lines += ["", *function(world, 2)]
    text = header(taken, "\n".join(lines) + "\n")
    made = Exports(
        name,
        [e for e in world.enums if id(e) not in known],
        [s for s in world.structs if id(s) not in known],
        world.routines[routines:],
        [n for n in world.globals[names:] if not n.state or is_aggregate(n.type)],
        [each for each in world.untyped if each[0].startswith(name.upper())],
        [each for each in world.texts if each.startswith(name.upper())],
        [each for each in world.blobs if each[0].startswith(name.upper())],
        [each for each in world.fails if each.startswith(name)],
    )
    return spelled(world, text), made


def body(world: World) -> list[str]:
    scalars = declarations.scalars(world)
    types = declarations.types(world)
    constants = declarations.constants(world)
    return [*types, *constants, *scalars, *declarations.state(world)]


# --- imports ---------------------------------------------------------------------------------


def imports(world: World, other: Exports) -> list[str]:
    """`from module import ...`: types always, as others are made of them, the rest by choice."""
    listed = [str(each) for each in (*other.enums, *other.structs)]
    world.enums += other.enums
    world.structs += other.structs
    world.routines += [r for r in other.routines if r.owner is not None]
    for routine in other.routines:
        if routine.owner is None and world.chance(80):
            world.routines.append(replace(routine, name=_take(world, listed, routine.name)))
    for name in other.globals:
        if world.chance(70):
            world.globals.append(replace(name, place=_take(world, listed, name.place)))
    world.untyped += [(_take(world, listed, n), v) for n, v in other.untyped if world.chance(70)]
    world.texts += [_take(world, listed, n) for n in other.texts if world.chance(70)]
    world.blobs += [(_take(world, listed, n), v) for n, v in other.blobs if world.chance(70)]
    world.fails += [_take(world, listed, n) for n in other.fails if world.chance(70)]
    return [f"from {other.module} import {', '.join(listed)}"] if listed else []


def _take(world: World, listed: list[str], name: str) -> str:
    """The name here: the same, or one of the importer's own."""
    if world.chance(75):
        listed.append(name)
        return name
    own = world.fresh(f"{world.tag}as")
    listed.append(f"{name} as {own}")
    return own


# --- the SDK ---------------------------------------------------------------------------------


def header(taken: list[str], text: str) -> str:
    """The module, with the imports that it needs."""
    used = sorted(set(_SDK_NAME.findall(text)))
    lines = [
        '"""Generated."""',
        "from enum import Enum, Flag",
        "from typing import Final, NoReturn",
        *taken,
        f"from xap import {', '.join(used)}",
    ]
    return "\n".join([*lines, "", text])


def spelled(world: World, text: str) -> str:
    """Now and then the SDK is named by its module."""
    if not world.chance(12):
        return text
    alias = world.pick(["xap", "sdk"])
    first, rest = text.split("from xap import ", 1)
    rest = rest.partition("\n")[2]
    parts = _BYTES.split(rest)
    parts[::2] = [_SDK_NAME.sub(rf"{alias}.\1", part) for part in parts[::2]]
    named = "".join(parts)
    return f"{first}import xap{'' if alias == 'xap' else ' as sdk'}\n{named}"
