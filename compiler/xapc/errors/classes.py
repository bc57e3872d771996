"""Structs and enumerations (E02xx)."""

from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import insert, known, offer, replace
from xapc.source import Span
from xapc.types import INTS


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


@dataclass(frozen=True, kw_only=True)
class Inheritance(Error):
    """A struct is its fields in their order, as C lays them out; what a method does is known when
    the app is built. Nothing is taken over from another class: a struct may hold another one, and
    functions take what they work on as a parameter.

    Wrong:
        @struct
        class Job:
            id: u32
        @struct
        class Urgent(Job):
            deadline: u64

    Right:
        @struct
        class Job:
            id: u32
        @struct
        class Urgent:
            job: Job
            deadline: u64
    """

    code = "E0231"
    title = "class '{name}' inherits from {base}: there is no inheritance"
    help = "make what it would inherit a field of it; an enumeration is derived from (u32, Enum)"

    name: str
    base: str


@dataclass(frozen=True, kw_only=True)
class ClassDecorator(Error):
    """`@struct` gives a class its layout; an enumeration has no decorator.

    Wrong:
        @dataclass
        class Job:
            id: u32

    Right:
        @struct
        class Job:
            id: u32
    """

    code = "E0232"
    title = "@{text} is not a decorator of classes"
    help = "{hint}"

    text: str
    hint: str


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
    help = "{hint}"

    what: str
    hint: str = ""


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
    help = "derive it from one of the eight integer types and Enum or Flag: (u32, Enum)"


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
    help = "{hint}"

    hint: str


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
class PrivateName(Error):
    """In a class Python turns `__x` into another name, and takes `__slots__`, and in an
    enumeration `_ignore_`, `mro` and their like, for itself.

    Wrong:
        @struct
        class Job:
            __id: u32 = u32(0)

    Right:
        @struct
        class Job:
            id: u32 = u32(0)
    """

    code = "E0234"
    title = "'{name}' is a name that Python gives a meaning of its own in a class"
    help = "choose another name"

    name: str


@dataclass(frozen=True, kw_only=True)
class ShadowedInClass(Error):
    """While Python executes a class, a name means what the class has defined above by that name,
    and not what the module has.

    Wrong:
        SIZE: Final = u32(4)
        @struct
        class Job:
            SIZE: u32 = u32(1)
            left: u32 = SIZE

    Right:
        SIZE: Final = u32(4)
        @struct
        class Job:
            size: u32 = u32(1)
            left: u32 = SIZE
    """

    code = "E0235"
    title = "'{name}' is a field of the class here, and not what the module calls so"
    help = "give the field another name"

    name: str


@dataclass(frozen=True, kw_only=True)
class SpecialMethod(Error):
    """Python calls `__init__`, `__eq__` and their like by itself, where an operator or a
    construction stands. Here each call is written: a struct is made from its fields, compared by
    `equals`, and printed field by field.

    Wrong:
        @struct
        class Job:
            id: u32
            def __init__(self, id: u32) -> None:
                self.id = id

    Right:
        @struct
        class Job:
            id: u32
    """

    code = "E0233"
    title = "a struct has no '{name}' of its own"
    help = "{hint}"

    name: str
    hint: str


_SPECIAL = {
    "__init__": "it is made from its fields in their order: {owner}(...)",
    "__post_init__": "write a function that makes one and returns it",
    "__new__": "it is made from its fields in their order: {owner}(...)",
    "__eq__": "a.equals(b) compares the contents",
    "__ne__": "not a.equals(b) compares the contents",
    "__repr__": "print its fields in a message",
    "__str__": "print its fields in a message",
    "__len__": "write a method with a plain name",
}


def special_method(span: Span, owner: str, name: str) -> Error:
    hint = _SPECIAL.get(name, "write a method with a plain name, and call it")
    return SpecialMethod(span=span, name=name, hint=hint.format(owner=owner))


def class_decorator(span: Span, text: str, *, called: bool, enum: bool) -> Error:
    """`span` is that of the decorator, `called` whether it is `@struct()`."""
    if called:
        return ClassDecorator(span=span, text=text, hint="", edits=replace(span, text[:-2]))
    if enum:
        return ClassDecorator(span=span, text=text, hint="an enumeration has none")
    word, more = known(span.source, "struct")
    edits = (*more, *replace(span, word)) if text.rpartition(".")[2] == "dataclass" else ()
    return ClassDecorator(span=span, text=text, hint="write @struct", edits=edits)


def class_form(span: Span, name: str, line: int, *, plain: bool) -> Error:
    """`plain`: with @struct above its first line it would be one."""
    if not plain:
        return ClassForm(span=span, name=name)
    word, more = known(span.source, "struct")
    above = Span(span.source, line, 1, line, 1)
    return ClassForm(span=span, name=name, edits=(*more, insert(above, f"@{word}\n")))


def enum_base(*bases: Span) -> Error:
    """Of `(Enum)` and `(Enum, u32)` it is plain what was meant."""
    texts = [each.text() for each in bases]
    edits: tuple[Edit, ...] = ()
    if len(bases) == 1:
        word, more = known(bases[0].source, "u32")
        edits = (*more, insert(bases[0].before(), f"{word}, "))
    elif len(bases) == 2 and texts[1].rpartition(".")[2] in INTS:
        edits = (*replace(bases[0], texts[1]), *replace(bases[1], texts[0]))
    return EnumBase(span=bases[0], edits=edits)


_METHOD_DECORATORS = {
    "staticmethod": "move it to the top level: a plain function",
    "classmethod": "make it a plain function at the top level that returns the struct",
    "property": "leave @property out and call it: x.name()",
}


def method_decorator(span: Span) -> Error:
    hint = _METHOD_DECORATORS.get(span.text(), "leave it out")
    return MethodDecorator(span=span, hint=hint)
