"""The types of a generated program, and the layout that C gives them (AAPCS64)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache


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
I32, I64 = INTS[6:]


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
    """`required`: so many fields at the front have no default. `sdk`: it is one of xap's own."""

    name: str
    fields: "tuple[tuple[str, Type], ...]"
    required: int = 0
    sdk: bool = False

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


@dataclass(frozen=True)
class View:
    """Of u8: a guest's page; of u32: registers."""

    element: Int

    def __str__(self) -> str:
        return f"View[{self.element}]"


Type = Int | Bool | Enumeration | Struct | Array | Tuple | View

PAGE = View(U8)
REGISTERS = View(U32)

CALLER = Struct("Caller", (("domid", U16), ("vcpu", U16)), 2, sdk=True)
SMC_CALL = Struct(
    "SmcCall",
    (("fid", U32), *((f"x{n}", U64) for n in range(1, 8)), ("caller", CALLER)),
    9,
    sdk=True,
)
MMIO_ACCESS = Struct(
    "MmioAccess", (("offset", U64), ("width", U8), ("caller", CALLER)), 3, sdk=True
)
SMC_RESULT = Struct("SmcResult", tuple((f"x{n}", U64) for n in range(4)), sdk=True)
SMC_RESULT8 = Struct("SmcResult8", tuple((f"x{n}", U64) for n in range(8)), sdk=True)


def is_scalar(type: Type) -> bool:
    return isinstance(type, (Int, Bool, Enumeration))


def is_aggregate(type: Type) -> bool:
    return isinstance(type, (Struct, Array))


def has_zero(type: Type) -> bool:
    """Whether a value can be made from nothing, as `Array[T, N[2]]()` makes two."""
    match type:
        case Enumeration():
            return type.flag or 0 in dict(type.members).values()
        case Struct():
            return type.required == 0
        case Array():
            return has_zero(type.element)
        case _:
            return True


def of_integers(type: Type) -> bool:
    """What `load` and `store` move: integers, and structs of nothing else."""
    match type:
        case Int():
            return True
        case Struct():
            return all(of_integers(held) for _, held in type.fields)
        case Array():
            return of_integers(type.element)
        case _:
            return False


# --- layout ----------------------------------------------------------------------------------


def size(type: Type) -> int:
    match type:
        case Int():
            return type.bits // 8
        case Enumeration():
            return type.base.bits // 8
        case Array():
            return size(type.element) * type.length
        case Struct():
            end = max(offset + size(held) for _, held, offset in layout(type))
            return _aligned(end, alignment(type))
        case _:
            return 1


def alignment(type: Type) -> int:
    match type:
        case Array():
            return alignment(type.element)
        case Struct():
            return max(alignment(held) for _, held in type.fields)
        case _:
            return size(type)


def layout(type: Struct) -> Iterator[tuple[str, Type, int]]:
    """Name, type and offset of each field."""
    end = 0
    for name, held in type.fields:
        end = _aligned(end, alignment(held))
        yield name, held, end
        end += size(held)


def _aligned(place: int, to: int) -> int:
    return -(-place // to) * to


# --- parts -----------------------------------------------------------------------------------


@cache
def suffixes(held: Type, wanted: Type) -> tuple[str, ...]:
    """How the parts of type `wanted` of a thing of type `held` are written behind it.

    `@n` stands for an index into n elements.
    """
    found: tuple[str, ...] = ("",) if held == wanted else ()
    match held:
        case Struct():
            for name, inner in held.fields:
                found += tuple(f".{name}{rest}" for rest in suffixes(inner, wanted))
        case Array():
            found += tuple(f"[@{held.length}]{rest}" for rest in suffixes(held.element, wanted))
        case Tuple():
            for place, inner in enumerate(held.items):
                found += tuple(f"[{place}]{rest}" for rest in suffixes(inner, wanted))
    return found
