"""What a generated program is made of: names in scope, routines, and the choices of a `Random`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from tests.oracle.types import (
    BOOL,
    INTS,
    Enumeration,
    Int,
    Struct,
    Tuple,
    Type,
    View,
    is_scalar,
)

T = TypeVar("T")

MOST_TURNS = 400
"""How often the innermost suite of a call may run; CPython is slow, and budgets end."""


@dataclass(frozen=True)
class Name:
    """Something in scope; `place` is how it is written. `state`: a state variable."""

    place: str
    type: Type
    writable: bool
    state: bool = False


@dataclass(frozen=True)
class Parameter:
    """`default`: it has one. `written`: an aggregate that the function may change."""

    name: str
    type: Type
    default: bool = False
    written: bool = True


@dataclass(frozen=True)
class Routine:
    """`turns`: how often its innermost suite runs. `pure`: it uses no state and no service."""

    name: str
    params: tuple[Parameter, ...]
    result: Type | None
    owner: Struct | None = None
    safe: bool = False
    pure: bool = False
    turns: int = 1


@dataclass(frozen=True)
class Rights:
    """What the app declares that it needs."""

    call_smc: tuple[int, ...] = ()
    guest_memory: str = ""
    io: tuple[tuple[str, int, int], ...] = ()
    irqs: tuple[int, ...] = ()
    timer: bool = False


@dataclass
class World:
    """The program so far, and the choices that make the rest."""

    rng: Random
    rights: Rights = field(default_factory=Rights)
    enums: list[Enumeration] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    routines: list[Routine] = field(default_factory=list)
    globals: list[Name] = field(default_factory=list)
    untyped: list[tuple[str, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    blobs: list[tuple[str, int]] = field(default_factory=list)
    """Constants of bytes: name and length."""
    spellings: dict[str, str] = field(default_factory=dict)
    """Other names of types, by the text that they stand for."""
    fails: list[str] = field(default_factory=list)
    """Functions of one u32 that do not return."""
    scopes: list[list[Name]] = field(default_factory=list)
    counters: list[tuple[str, int]] = field(default_factory=list)
    """Loop counters in scope, each with a bound that it is below."""
    result: Type | None = None
    returns: bool = False
    """Whether `return` may stand in the suite that is being made."""
    declared: bool = False
    """Whether the scalars of the state were declared `global`."""
    safe: bool = False
    """Nothing is made that could panic."""
    pure: bool = False
    """Nothing is made that uses state or a service: for build-time values."""
    wrapping: int = 0
    loops: int = 0
    turns: int = 1
    peak: int = 1
    names: int = 0
    tag: str = ""
    """What the names of the module's own things begin with."""

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def pick(self, items: Sequence[T]) -> T:
        return items[self.rng.randrange(len(items))]

    # --- names -------------------------------------------------------------------------------

    def visible(self) -> Iterator[Name]:
        for scope in self.scopes:
            yield from scope
        for name in self.globals:
            if not (self.pure and name.state):
                yield name

    def bind(self, place: str, type: Type, writable: bool = True) -> None:
        self.scopes[-1].append(Name(place, type, writable))

    def may_write(self, name: Name) -> bool:
        """Whether the name itself may be assigned, or what it refers to be changed."""
        return name.writable and (self.declared or not name.state or not is_scalar(name.type))

    def of_type(self, type: Type, *, writable: bool = False) -> list[Name]:
        return [n for n in self.visible() if n.type == type and (n.writable or not writable)]

    def views(self, *, writable: bool = False) -> list[Name]:
        return [
            n for n in self.visible()
            if isinstance(n.type, View) and (n.writable or not writable)
        ]  # fmt: skip

    @contextmanager
    def scope(self) -> Iterator[None]:
        self.scopes.append([])
        try:
            yield
        finally:
            self.scopes.pop()

    @contextmanager
    def function(self, result: Type | None, *, safe: bool, declared: bool) -> Iterator[None]:
        """The body of a function; `peak` then tells how long it may run."""
        before = self.result, self.returns, self.safe, self.declared
        self.result, self.returns, self.safe, self.declared = result, True, safe, declared
        self.turns = self.peak = 1
        with self.scope():
            yield
        self.result, self.returns, self.safe, self.declared = before

    @contextmanager
    def loop(self, turns: int) -> Iterator[None]:
        before, self.turns = self.turns, self.turns * max(1, turns)
        self.peak = max(self.peak, self.turns)
        self.loops += 1
        try:
            yield
        finally:
            self.turns = before
            self.loops -= 1

    def callable(self) -> list[Routine]:
        """What may be called here without taking too long, or panicking where it must not."""
        return [
            r
            for r in self.routines
            if r.turns * self.turns <= MOST_TURNS
            and (r.safe or not self.safe)
            and (r.pure or not self.pure)
        ]

    # --- types and values --------------------------------------------------------------------

    def spell(self, type: Type) -> str:
        """The type as written: by another name where there is one, now and then."""
        text = str(type)
        for meant, name in self.spellings.items():
            if meant in text and self.chance(50):
                text = text.replace(meant, name)
        return text

    def int_type(self) -> Int:
        return self.pick(INTS)

    def scalar_type(self) -> Type:
        if self.enums and self.chance(15):
            return self.pick(self.enums)
        return BOOL if self.chance(12) else self.int_type()

    def tuple_type(self, most: int = 3) -> Tuple:
        return Tuple(tuple(self.scalar_type() for _ in range(2 + self.rng.randrange(most - 1))))

    def literal(self, type: Int) -> int:
        """Small numbers mostly; edges of the width often enough."""
        kind = self.rng.randrange(10)
        if kind < 6:
            return self.rng.randrange(0, 8)
        if kind == 6:
            return self.pick([type.low, type.high])
        if kind == 7:
            return min(type.high, max(type.low, self.rng.randrange(-3, 4)))
        if kind == 8:
            return 1 << self.rng.randrange(type.bits - type.signed)
        return self.rng.randrange(type.low, type.high + 1)

    def number(self, value: int) -> str:
        """A literal, in one of Python's spellings."""
        kind = self.rng.randrange(8) if value >= 0 else 7
        return f"{value:#x}" if kind == 0 else f"{value:#b}" if kind == 1 else str(value)
