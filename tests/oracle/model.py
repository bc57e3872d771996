"""What a generated program is made of: types, names in scope, and the choices of a `Random`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Int:
    name: str
    bits: int
    signed: bool

    @property
    def low(self) -> int:
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        return (1 << (self.bits - self.signed)) - 1

    def __str__(self) -> str:
        return self.name


INTS = [Int(f"{s}{n}", n, s == "i") for s in "ui" for n in (8, 16, 32, 64)]
U8, U16, U32, U64 = INTS[:4]
I64 = INTS[7]


@dataclass(frozen=True)
class Bool:
    def __str__(self) -> str:
        return "bool"


BOOL = Bool()


@dataclass(frozen=True)
class Enumeration:
    name: str
    base: Int
    flag: bool
    members: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Struct:
    name: str
    fields: "tuple[tuple[str, Type], ...]"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Array:
    element: "Type"
    length: int

    def __str__(self) -> str:
        return f"Array[{self.element}, N[{self.length}]]"


@dataclass(frozen=True)
class Tuple:
    items: "tuple[Type, ...]"

    def __str__(self) -> str:
        return f"tuple[{', '.join(map(str, self.items))}]"


Type = Int | Bool | Enumeration | Struct | Array | Tuple


@dataclass(frozen=True)
class Name:
    """Something in scope; `place` is how it is written."""

    place: str
    type: Type
    writable: bool


@dataclass(frozen=True)
class Routine:
    name: str
    params: tuple[tuple[str, Type], ...]
    result: Type | None
    owner: Struct | None = None


@dataclass
class World:
    """The program so far, and the choices that make the rest."""

    rng: Random
    enums: list[Enumeration] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    routines: list[Routine] = field(default_factory=list)
    globals: list[Name] = field(default_factory=list)
    untyped: list[tuple[str, int]] = field(default_factory=list)
    scopes: list[list[Name]] = field(default_factory=list)
    counters: list[tuple[str, int]] = field(default_factory=list)
    """Loop counters in scope, each with a bound that it is below."""
    wrapping: int = 0
    loops: int = 0
    names: int = 0

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def pick(self, items: Sequence[T]) -> T:
        return items[self.rng.randrange(len(items))]

    def visible(self) -> Iterator[Name]:
        for scope in self.scopes:
            yield from scope
        yield from self.globals

    def of_type(self, type: Type, *, writable: bool = False) -> list[Name]:
        return [n for n in self.visible() if n.type == type and (n.writable or not writable)]

    @contextmanager
    def scope(self) -> Iterator[None]:
        self.scopes.append([])
        try:
            yield
        finally:
            self.scopes.pop()

    def int_type(self) -> Int:
        return self.pick(INTS)

    def scalar_type(self) -> Type:
        if self.enums and self.chance(15):
            return self.pick(self.enums)
        return BOOL if self.chance(12) else self.int_type()

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
