"""Imports (E02xx)."""

from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import between, did_you_mean, insert, known, replace
from xapc.source import Span


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
    help = "{hint}"

    name: str
    hint: str


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


_ARRAY = "use Array[T, N[n]]"


_ENUM = "write class Op(u32, Enum), each member with its value"


_NO_NONE = "there is no None among values: return a flag beside the value, or an error code"


_INSTEAD = {
    "abc": "functions are called by their names; there is no inheritance",
    "array": _ARRAY,
    "asyncio": "a handler runs from its call to its end",
    "collections": _ARRAY,
    "ctypes": "use @struct, which has C's layout, and xap's integers",
    "dataclasses": "write @struct above the class: from xap import struct",
    "enum.IntEnum": _ENUM,
    "enum.IntFlag": "write class Bits(u32, Flag), each member with its value",
    "enum.auto": "write the value of each member",
    "logging": "use xap's log: from xap import log",
    "random": "there is no source of randomness; ask the firmware (SMCCC TRNG) by call_smc",
    "struct": "take bytes apart by a.load(u32, offset), put them together by a.store(offset, x)",
    "threading": "a handler runs from its call to its end; calls come one after the other",
    "time": "use now_ns() and set_timer(ns): from xap import now_ns, set_timer",
    "typing.Dict": "use an Array of structs that is searched",
    "typing.List": _ARRAY,
    "typing.NamedTuple": "use @struct: from xap import struct",
    "typing.Optional": _NO_NONE,
    "typing.Tuple": "write tuple[...]",
    "typing.TypeAlias": "leave it out: an alias of a type is assigned, Word = u32",
    "typing.Union": "a value has one type",
}


def cannot_import(span: Span, name: str) -> Error:
    hint = _INSTEAD.get(name) or _INSTEAD.get(name.partition(".")[0])
    return CannotImport(
        span=span, name=name, hint=hint or "import from xap, or from a file beside this one"
    )


def misplaced_import(whole: Span, names: list[Span], number: int, name: str, home: str) -> Error:
    """`names` are the places of all that the statement `whole` imports, `number` is that one's."""
    at, source = names[number], whole.source
    hint = f"it is in {home}: from {home} import {name}"
    line = f"from {home} import {name}"
    edits: tuple[Edit, ...] = ()
    if at.text() != name:
        pass  # `Final as F`: what is named F would be named so no more
    elif len(names) == 1:
        edits = replace(whole, line)
    else:
        last = number == len(names) - 1
        begin = names[number - 1].after() if last else at.before()
        end = at.after() if last else names[number + 1].before()
        above = Span(source, whole.line, 1, whole.line, 1)
        edits = (insert(above, f"{line}\n"), *replace(between(begin, end), ""))
    return NoSuchImport(span=at, module="xap", name=name, hint=hint, edits=edits)


def no_such_import(span: Span, module: str, name: str, close: str | None) -> Error:
    taken = close is not None and known(span.source, close, module)[1] == ()
    edits = replace(span, close) if close and span.text() == name and not taken else ()
    hint = did_you_mean(close)
    return NoSuchImport(span=span, module=module, name=name, hint=hint, edits=edits)
