"""What a name can stand for, and the names that the language itself gives."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module

from xapc import tree
from xapc.source import Source, Span
from xapc.tree import Const, Function, Global
from xapc.types import BOOL, INTS, UNTYPED, EnumType, Simple, Type


@dataclass(frozen=True)
class TypeName:
    """A scalar type, a struct, or an alias of a type."""

    type: Type


@dataclass(frozen=True)
class Length:
    """An alias of a length: `Block = N[64]`."""

    length: int


@dataclass(frozen=True)
class Constant:
    """A scalar `Final`; of type UNTYPED where it was given no width."""

    value: Const


@dataclass(frozen=True)
class Text:
    """A `Final` string or bytes."""

    value: str | bytes


@dataclass(frozen=True)
class Variable:
    """State, or a `Final` aggregate."""

    target: Global


@dataclass(eq=False)
class Routine:
    """A function: its declaration, and how its parameters may be given."""

    function: Function
    node: ast.FunctionDef
    module: "ModuleNames"
    defaults: "dict[str, Const]" = field(default_factory=dict)
    owner: Type | None = None
    state: Span | None = None
    """Where it first reads or writes state, itself."""
    service: Span | None = None
    """Where it first calls the hypervisor, itself."""


@dataclass(frozen=True)
class Word:
    """A name with a meaning of its own in the language: `range`, `log`, `App`, `Array`."""

    name: str


@dataclass(frozen=True)
class Namespace:
    """A module behind a name: `xap`, `smccc`, `psci`. `read` gives its members when asked."""

    name: str
    read: "Callable[[], dict[str, Entity]]"

    @property
    def members(self) -> "dict[str, Entity]":
        return self.read()


@dataclass(frozen=True)
class Broken:
    """Its declaration already got a diagnostic."""


@dataclass(frozen=True)
class TheApp:
    """The variable that `App(...)` was assigned to."""


Entity = (
    TypeName | Length | Constant | Text | Variable | Routine | Word | Namespace | Broken | TheApp
)

BROKEN = Broken()


@dataclass(eq=False)
class ModuleNames:
    """A module's source, its names, and where each was declared."""

    source: Source
    names: dict[str, Entity] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    unimported: set[str] = field(default_factory=set)
    """Names of the language that are used without an import."""
    unknown: set[str] = field(default_factory=set)
    """Names that nothing defines, and that is reported."""
    open: bool = False
    """Whether it may have names that nobody knows: those of a star whose module is not there."""


EVENTS = EnumType("Event", INTS["u8"], False, {"DOMAIN_CREATED": 1, "DOMAIN_DESTROYED": 2})

PYTHON_WORDS = (
    "range",
    "len",
    "enumerate",
    "reversed",
    "min",
    "max",
    "abs",
)
"""Builtins of Python that the language has."""

SDK_WORDS = (
    "App",
    "Array",
    "N",
    "View",
    "struct",
    "log",
    "wrapping",
    "static_assert",
    "sizeof",
    "offsetof",
    "call_smc",
    "map_guest_page",
    "map_io",
    "inject_irq",
    "set_timer",
    "now_ns",
    "caller",
    "not_handled",
    "panic",
    "Instances",
    "Restart",
    "Needs",
    "Enum",
    "Flag",
)

SDK_STRUCTS = (tree.CALLER, tree.SMC_CALL, tree.SMC_RESULT, tree.SMC_RESULT_8, tree.MMIO_ACCESS)


@cache
def _constants(module: str) -> "dict[str, Entity]":
    """The integer constants of one of the SDK's tables."""
    span = Span(Source(module, ""), 1, 1, 1, 1)
    # Imported when a program asks for it: most need nothing of the SDK to be compiled.
    return {
        name: Constant(Const(UNTYPED, span, value))
        for name, value in vars(import_module(module)).items()
        if name.isupper() and isinstance(value, int)
    }


def sdk_names() -> dict[str, Entity]:
    """What `from xap import ...` can take."""
    names: dict[str, Entity] = {name: Word(name) for name in SDK_WORDS}
    names.update({name: TypeName(type) for name, type in INTS.items()})
    names.update({each.name: TypeName(each) for each in SDK_STRUCTS})
    names["Event"] = TypeName(EVENTS)
    for module in ("xap.smccc", "xap.psci"):
        names[module.removeprefix("xap.")] = Namespace(module, partial(_constants, module))
    return names


STANDARD = {
    "typing": ("Final", "NoReturn", "Never", "Literal", "TYPE_CHECKING"),
    "enum": ("Enum", "Flag"),
    "__future__": ("annotations",),
}
"""What may come from the standard library; other names of these modules may not."""


def standard_names() -> dict[str, Entity]:
    """What nobody means to be anything else, imported or not."""
    return {name: Word(name) for name in ("Final", "NoReturn", "Never", "Enum", "Flag")}


def home_of(name: str) -> str:
    """The module that a name of the language is imported from."""
    return next((module for module, names in STANDARD.items() if name in names), "xap")


def python_names() -> dict[str, Entity]:
    """What every module has without an import."""
    names: dict[str, Entity] = {name: Word(name) for name in PYTHON_WORDS}
    names["bool"] = TypeName(BOOL)
    return names


def describe(entity: Entity) -> str:
    """For messages: 'a function', 'a type'."""
    match entity:
        case TypeName():
            return "a type"
        case Length():
            return "a length"
        case Constant() | Text():
            return "a constant"
        case Variable(target):
            return "a constant" if target.constant else "a state variable"
        case Routine():
            return "a function"
        case Namespace():
            return "a module"
        case TheApp():
            return "the app"
        case _:
            return "a name of the language"


NO_VALUE = Simple("no value")
