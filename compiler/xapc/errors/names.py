"""Names, imports and declarations (E02xx)."""

import difflib
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error, Related
from xapc.errors.edits import imported, insert, offer, replace
from xapc.source import Span
from xapc.types import INTS


@dataclass(frozen=True, kw_only=True)
class UnknownName(Error):
    """The name is neither declared in this module, nor imported, nor part of the language.

    Wrong:
        def f(count: u32) -> u32:
            return cuont

    Right:
        def f(count: u32) -> u32:
            return count
    """

    code = "E0201"
    title = "unknown name '{name}'"
    help = "{hint}"

    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class UnknownMember(Error):
    """The type, module or value has no member of that name.

    Wrong:
        def f(x: u32) -> u32:
            return x.count_one()

    Right:
        def f(x: u32) -> u32:
            return x.count_ones()
    """

    code = "E0202"
    title = "{owner} has no '{name}'"
    help = "{hint}"

    owner: str
    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class DefinedTwice(Error):
    """Each name of a module, struct or enumeration is declared once: functions may use what stands
    below them, and must not depend on which of two it is.

    Wrong:
        LIMIT: Final = 1
        LIMIT: Final = 2

    Right:
        LIMIT: Final = 1
        OTHER: Final = 2
    """

    code = "E0203"
    title = "'{name}' is defined twice"

    name: str


@dataclass(frozen=True, kw_only=True)
class Reserved(Error):
    """Names of the language keep their meaning everywhere, so that `u32(x)` or `range(n)` can be
    read without looking for another definition.

    Wrong:
        range: Final = 3

    Right:
        limit: Final = 3
    """

    code = "E0204"
    title = "'{name}' is a name of the language"
    help = "choose another name"

    name: str


@dataclass(frozen=True, kw_only=True)
class DependsOnItself(Error):
    """The value or type is needed to compute itself; there is no place to begin.

    Wrong:
        A: Final[u32] = B
        B: Final[u32] = A

    Right:
        A: Final[u32] = u32(1)
        B: Final[u32] = A
    """

    code = "E0205"
    title = "'{name}' depends on itself"

    name: str


@dataclass(frozen=True, kw_only=True)
class CannotImport(Error):
    """An app is compiled on its own: it takes names from `xap`, from `typing` and `enum`, and from
    modules that are files beside it. Python's library runs on a heap.

    Wrong:
        import os

    Right:
        from xap import psci
    """

    code = "E0206"
    title = "'{name}' cannot be imported"
    help = "import from xap, or from a file beside this one"

    name: str


@dataclass(frozen=True, kw_only=True)
class NoSuchImport(Error):
    """The module does not declare the name.

    Wrong:
        from xap import psic

    Right:
        from xap import psci
    """

    code = "E0207"
    title = "'{module}' has no '{name}'"
    help = "{hint}"

    module: str
    name: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class StarImport(Error):
    """`import *` would hide where names come from, from readers and from tools.

    Wrong:
        from xap import *

    Right:
        from xap import psci
    """

    code = "E0208"
    title = "import the names that you use"


@dataclass(frozen=True, kw_only=True)
class RelativeImport(Error):
    """Modules of an app lie beside each other; there are no packages.

    Wrong:
        from . import helpers

    Right:
        from xap import psci
    """

    code = "E0209"
    title = "a sibling module is imported by its name"


@dataclass(frozen=True, kw_only=True)
class RenamedWord(Error):
    """Names of the language keep their names, so that every app reads alike.

    Wrong:
        from xap import psci as p

    Right:
        from xap import psci
    """

    code = "E0210"
    title = "'{name}' is imported under another name"

    name: str


@dataclass(frozen=True, kw_only=True)
class CannotShare(Error):
    """Functions, constants, types and state aggregates can be imported. The app itself cannot, nor
    a scalar state variable: Python would copy its value into a second variable.

    Wrong:
        # app.py
        from helpers import count
        # helpers.py
        count = u32(0)

    Right:
        # app.py
        from helpers import step
        # helpers.py
        count = u32(0)
        def step() -> u32:
            global count
            count += 1
            return count
    """

    code = "E0211"
    title = "'{name}' cannot be imported from a sibling"
    help = "import a function that reads or writes it"

    name: str


@dataclass(frozen=True, kw_only=True)
class NotAValue(Error):
    """A type, a function or a module cannot be computed with.

    Wrong:
        def f(x: u32) -> u32:
            return x + f

    Right:
        def f(x: u32) -> u32:
            return x + 1
    """

    code = "E0212"
    title = "'{name}' is {what}, not a value"

    name: str
    what: str


@dataclass(frozen=True, kw_only=True)
class NotCallable(Error):
    """Only functions, types and methods are called.

    Wrong:
        def f(x: u32) -> u32:
            return x(1)

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0213"
    title = "{what} cannot be called"

    what: str


@dataclass(frozen=True, kw_only=True)
class ClassForm(Error):
    """Classes are `@struct class S:`, `class Op(u32, Enum):` or `class Bits(u32, Flag):`.

    Wrong:
        class Job:
            id: u32

    Right:
        @struct
        class Job:
            id: u32
    """

    code = "E0214"
    title = "class '{name}' is neither a struct nor an enumeration"
    help = "write @struct above it, or derive it from (u32, Enum)"

    name: str

    def __post_init__(self) -> None:
        source, line = self.span.source, self.span.line
        plain = source.line(line).split("#")[0].strip() == f"class {self.name}:"
        import_edits = imported(source, "struct")
        if plain and import_edits is not None and not source.line(line - 1).startswith("@"):
            above = Span(source, line, 1, line, 1)
            offer(self, (*import_edits, insert(above, "@struct\n")))


@dataclass(frozen=True, kw_only=True)
class NoInitialValue(Error):
    """Constants and state variables have a value when the instance starts.

    Wrong:
        count: u64

    Right:
        count: u64 = u64(0)
    """

    code = "E0215"
    title = "'{name}' has no value"

    name: str

    def __post_init__(self) -> None:
        annotation = self.span.text().partition(":")[2].strip()
        if annotation in INTS:
            offer(self, (insert(self.span.after(), f" = {annotation}(0)"),))


@dataclass(frozen=True, kw_only=True)
class StateWithoutWidth(Error):
    """State has a fixed width and may change; a constant is exact and is marked `Final`. A bare
    integer says neither.

    Wrong:
        LIMIT = 5

    Right:
        LIMIT: Final = 5
    """

    code = "E0216"
    title = "'{name}' needs a width, or to be Final"
    help = "write `{name}: Final = ...` for a constant, u64(...) for state"

    name: str


@dataclass(frozen=True, kw_only=True)
class NotState(Error):
    """`global` is for scalar state variables of this module: what it names will be assigned.

    Wrong:
        LIMIT: Final = 5
        def f() -> None:
            global LIMIT

    Right:
        count = u64(0)
        def f() -> None:
            global count
            count += 1
    """

    code = "E0217"
    title = "'{name}' is not a state variable"

    name: str


@dataclass(frozen=True, kw_only=True)
class StateRebound(Error):
    """Other functions refer to the object itself, and would go on using the old one.

    Wrong:
        table = Array[u8, N[4]]()
        def f() -> None:
            global table
            table = Array[u8, N[4]]()

    Right:
        table = Array[u8, N[4]]()
        def f() -> None:
            table.fill(0)
    """

    code = "E0218"
    title = "state aggregate '{name}' is changed in place, never rebound"
    help = "use {name}.fill(...), {name}.copy_from(...) or assign its fields; no `global` is needed"

    name: str


@dataclass(frozen=True, kw_only=True)
class NotInStruct(Error):
    """A struct holds annotated fields, with defaults if it likes, and methods.

    Wrong:
        @struct
        class Job:
            id: u32
            size = 3

    Right:
        @struct
        class Job:
            id: u32
            size: u32 = u32(3)
    """

    code = "E0219"
    title = "{what} cannot stand in a struct"

    what: str


@dataclass(frozen=True, kw_only=True)
class NotInEnum(Error):
    """An enumeration holds `NAME = value` lines.

    Wrong:
        class Op(u32, Enum):
            READ = 0
            WRITE: u32

    Right:
        class Op(u32, Enum):
            READ = 0
            WRITE = 1
    """

    code = "E0220"
    title = "{what} cannot stand in an enumeration"

    what: str


@dataclass(frozen=True, kw_only=True)
class EmptyStruct(Error):
    """A type without members has no size and no values.

    Wrong:
        @struct
        class Job:
            pass

    Right:
        @struct
        class Job:
            id: u32
    """

    code = "E0221"
    title = "'{name}' has no members"

    name: str


@dataclass(frozen=True, kw_only=True)
class FieldOrder(Error):
    """As in Python's dataclasses: the constructor takes fields in their order.

    Wrong:
        @struct
        class Job:
            id: u32 = u32(0)
            size: u32

    Right:
        @struct
        class Job:
            size: u32
            id: u32 = u32(0)
    """

    code = "E0222"
    title = "field '{name}' without a default follows one with a default"

    name: str


@dataclass(frozen=True, kw_only=True)
class EnumBase(Error):
    """An enumeration is kept in memory and passed in registers: the first of its bases is one of
    the eight integer types, the second `Enum` or `Flag`.

    Wrong:
        class Op(bool, Enum):
            READ = 0

    Right:
        class Op(u32, Enum):
            READ = 0
    """

    code = "E0223"
    title = "an enumeration has a fixed width"


@dataclass(frozen=True, kw_only=True)
class EnumValueForm(Error):
    """Members are integer constants that the base holds.

    Wrong:
        class Op(u32, Enum):
            READ = u8(0)

    Right:
        class Op(u32, Enum):
            READ = 0
    """

    code = "E0224"
    title = "a member's value is a constant of {base}"

    base: str


@dataclass(frozen=True, kw_only=True)
class Unannotated(Error):
    """Parameters and results are annotated: each function is checked once, by itself, and every
    width can be read where it is used.

    Wrong:
        def f(x) -> None:
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0225"
    title = "parameter '{name}' has no type"
    help = "write {name}: u64, or another type"

    name: str


@dataclass(frozen=True, kw_only=True)
class NoResultType(Error):
    """Parameters and results are annotated: each function is checked once, by itself, and every
    width can be read where it is used.

    Wrong:
        def f(x: u32):
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0226"
    title = "function '{name}' has no result type"
    help = "write `-> None` if it returns nothing"

    name: str


@dataclass(frozen=True, kw_only=True)
class ParameterKind(Error):
    """Parameters are positional; they may have constant defaults and be passed by keyword.
    `*args`, `**kwargs`, `/` and `*` are not part of the language.

    Wrong:
        def f(*x: u32) -> None:
            pass

    Right:
        def f(x: u32) -> None:
            pass
    """

    code = "E0227"
    title = "'{name}' is not a plain parameter"

    name: str


@dataclass(frozen=True, kw_only=True)
class MethodDecorator(Error):
    """Static methods, class methods and properties are plain functions in this language.

    Wrong:
        @struct
        class Job:
            id: u32
            @staticmethod
            def f(self) -> None:
                pass

    Right:
        @struct
        class Job:
            id: u32
            def f(self) -> None:
                pass
    """

    code = "E0228"
    title = "a method has no decorators"


@dataclass(frozen=True, kw_only=True)
class MethodSelf(Error):
    """The first parameter of a method is the struct.

    Wrong:
        @struct
        class Job:
            id: u32
            def f() -> None:
                pass

    Right:
        @struct
        class Job:
            id: u32
            def f(self) -> None:
                pass
    """

    code = "E0229"
    title = "a method takes self"

    def __post_init__(self) -> None:
        source, line = self.span.source, self.span.line
        at = source.line(line).find("(", self.span.column) + 2
        if at > 1:
            offer(self, (insert(Span(source, line, at, line, at), "self"),))


@dataclass(frozen=True, kw_only=True)
class DefaultOfAggregate(Error):
    """Python makes the default once and would share one array or struct among all calls.

    Wrong:
        def f(x: Array[u8, N[4]] = Array[u8, N[4]]()) -> None:
            pass

    Right:
        def f(x: u32 = u32(0)) -> None:
            pass
    """

    code = "E0230"
    title = "a default is a scalar constant"


def _did_you_mean(close: str | None) -> str:
    return f"did you mean '{close}'?" if close else ""


_NO_OBJECTS = "types are known when the app is built"
_BUILTINS = {
    "print": "use log.info(...)",
    "int": "write the width that is meant: u8(x) ... i64(x)",
    "float": "use fixed-point arithmetic in an integer",
    "str": 'values are put into messages: log.info(f"{x}")',
    "repr": 'values are put into messages: log.info(f"{x}")',
    "format": 'values are put into messages: log.info(f"{x:#x}")',
    "hex": 'values are put into messages: log.info(f"{x:#x}")',
    "bytes": "use Array[u8, N[...]]",
    "bytearray": "use Array[u8, N[...]]",
    "list": "use Array[T, N[...]]",
    "dict": "use an Array of structs",
    "set": "use Array[bool, N[...]] or a Flag",
    "divmod": "write x // y and x % y",
    "pow": "** is for constants; multiply in a loop",
    "sum": "add in a loop",
    "any": "test in a loop",
    "all": "test in a loop",
    "zip": "index both in one loop over range(...)",
    "map": "write a loop",
    "filter": "write a loop",
    "sorted": "sort in a loop, in place",
    "round": "integers have nothing to round",
    "ord": 'write the number, or an item of an Array[u8, N[1]](b"x")',
    "chr": "messages are made by f-strings; there are no characters",
    "hash": "compute it from the fields",
    "type": _NO_OBJECTS,
    "isinstance": _NO_OBJECTS,
    "open": "there are no files",
    "input": "there is no terminal; a guest passes arguments in registers",
}
"""Builtins of Python that the language does not have, and what to do instead."""


def unknown_name(span: Span, name: str, close: str | None) -> Error:
    edits = replace(span, close) if close else ()
    if name in _BUILTINS:
        return UnknownName(span=span, name=name, hint=_BUILTINS[name])
    return UnknownName(span=span, name=name, hint=_did_you_mean(close), edits=edits)


def unknown_member(span: Span, owner: str, name: str, known: list[str]) -> Error:
    close = difflib.get_close_matches(name, known, 1)
    hint = _did_you_mean(close[0] if close else None)
    edits: tuple[Edit, ...] = ()
    if close:
        # The span ends with the member's name, whatever stands before it.
        end = span.after()
        at = Span(end.source, end.line, end.column - len(name), end.line, end.column)
        edits = replace(at, close[0])
    return UnknownMember(span=span, owner=owner, name=name, hint=hint, edits=edits)


def no_such_import(span: Span, module: str, name: str, close: str | None) -> Error:
    edits = replace(span, close) if close and span.text() == name else ()
    hint = _did_you_mean(close)
    return NoSuchImport(span=span, module=module, name=name, hint=hint, edits=edits)


def defined_twice(span: Span, name: str, first: Span) -> Error:
    return DefinedTwice(span=span, name=name, related=(Related(first, "first defined here"),))
