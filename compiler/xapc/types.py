"""The types of the language (LANGUAGE.md section 2), and their layout (AAPCS64)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xapc.source import Span
    from xapc.tree import Function, Value


class Type:
    """A type; `str()` of it is what the user writes."""

    @property
    def size(self) -> int:
        """Bytes in memory."""
        raise TypeError(f"{self} is not stored")

    @property
    def align(self) -> int:
        raise TypeError(f"{self} is not stored")

    @property
    def is_scalar(self) -> bool:
        """Held in a register: copied by assignment, compared by `==`."""
        return False

    @property
    def is_aggregate(self) -> bool:
        """Lives in memory: names refer to it, storing copies."""
        return False


@dataclass(frozen=True)
class IntType(Type):
    """A two's complement integer of fixed width."""

    name: str
    bits: int
    signed: bool

    @property
    def min(self) -> int:
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def max(self) -> int:
        return (1 << (self.bits - self.signed)) - 1

    def holds(self, value: int) -> bool:
        return self.min <= value <= self.max

    def wrap(self, value: int) -> int:
        value &= (1 << self.bits) - 1
        return value - (1 << self.bits) if self.signed and value > self.max else value

    @property
    def size(self) -> int:
        return self.bits // 8

    @property
    def align(self) -> int:
        return self.bits // 8

    @property
    def is_scalar(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.name


U8, U16, U32, U64 = (IntType(f"u{n}", n, False) for n in (8, 16, 32, 64))
I8, I16, I32, I64 = (IntType(f"i{n}", n, True) for n in (8, 16, 32, 64))
INTS = {t.name: t for t in (U8, U16, U32, U64, I8, I16, I32, I64)}

INDEX = IntType("i64 counter", 64, True)
"""The variable of `range`, the counter of `enumerate`, `len` of a view, and arithmetic on
them: an i64 that the type checkers see as `int`, so passing or storing it is written
`i64(i)` (LANGUAGE.md section 4). Mixed with i64 it gives i64."""


@dataclass(frozen=True)
class BoolType(Type):
    """`bool`: one byte in memory, holding 0 or 1."""

    @property
    def size(self) -> int:
        return 1

    @property
    def align(self) -> int:
        return 1

    @property
    def is_scalar(self) -> bool:
        return True

    def __str__(self) -> str:
        return "bool"


BOOL = BoolType()


@dataclass(eq=False)
class EnumType(Type):
    """`class Op(u32, Enum)` or `class Bits(u32, Flag)`. Members may be aliases of a value."""

    name: str
    base: IntType
    flag: bool
    members: dict[str, int] = field(default_factory=dict)
    span: "Span | None" = None

    @property
    def size(self) -> int:
        return self.base.size

    @property
    def align(self) -> int:
        return self.base.align

    @property
    def is_scalar(self) -> bool:
        return True

    @property
    def mask(self) -> int:
        """Flags: all bits that some member names."""
        bits = 0
        for value in self.members.values():
            bits |= value
        return bits

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class ArrayType(Type):
    """`Array[T, N[length]]`: the elements in place."""

    element: Type
    length: int

    @property
    def size(self) -> int:
        return self.element.size * self.length

    @property
    def align(self) -> int:
        return self.element.align

    @property
    def is_aggregate(self) -> bool:
        return True

    def __str__(self) -> str:
        return f"Array[{self.element}, N[{self.length}]]"


@dataclass(eq=False)
class Field:
    """A field of a struct; `default` is None where the constructor needs an argument."""

    name: str
    type: Type
    offset: int
    default: "Value | None"
    place: "Span | None" = None


@dataclass(eq=False)
class StructType(Type):
    """`@struct class`: C layout; padding is always zero."""

    name: str
    fields: dict[str, Field] = field(default_factory=dict)
    methods: "dict[str, Function]" = field(default_factory=dict)
    span: "Span | None" = None

    def add(
        self, name: str, type: Type, default: "Value | None", place: "Span | None" = None
    ) -> None:
        end = max((f.offset + f.type.size for f in self.fields.values()), default=0)
        self.fields[name] = Field(name, type, -(-end // type.align) * type.align, default, place)

    @property
    def size(self) -> int:
        end = max((f.offset + f.type.size for f in self.fields.values()), default=0)
        return -(-end // self.align) * self.align

    @property
    def align(self) -> int:
        return max((f.type.align for f in self.fields.values()), default=1)

    @property
    def is_aggregate(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class TupleType(Type):
    """`tuple[...]` of scalars, in registers."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"tuple[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class ViewType(Type):
    """`View[T]`: a bounds-checked window on memory that the hypervisor mapped.

    `device` views hold registers: each access is exactly of the element's width.
    """

    element: IntType
    device: bool

    def __str__(self) -> str:
        return f"View[{self.element}]"


@dataclass(frozen=True)
class Simple(Type):
    """The types without structure that no variable has."""

    name: str

    def __str__(self) -> str:
        return self.name


NONE = Simple("None")
NEVER = Simple("NoReturn")
UNTYPED = Simple("untyped integer constant")
STR = Simple("str")
BYTES = Simple("bytes")


@dataclass(frozen=True)
class Poison(Simple):
    """A field of it has a place, so that its struct has a layout."""

    @property
    def size(self) -> int:
        return 1

    @property
    def align(self) -> int:
        return 1


POISON = Poison("<error>")
"""The type of what already got its diagnostic: everything about it is accepted silently."""


def scalars(type: Type) -> Iterator[Type]:
    """The scalar types that a value of `type` is made of, in memory order, padding left out."""
    if isinstance(type, ArrayType):
        for _ in range(type.length):
            yield from scalars(type.element)
    elif isinstance(type, StructType):
        for each in type.fields.values():
            yield from scalars(each.type)
    else:
        yield type
