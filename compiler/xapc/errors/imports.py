"""Imports (E02xx)."""

import re
import sys
from collections.abc import Collection
from dataclasses import dataclass

from xapc.diagnostics import Edit, Error
from xapc.errors.edits import (
    between,
    did_you_mean,
    insert,
    known,
    near,
    offer,
    replace,
    slice_of,
)
from xapc.errors.foreign import INSTEAD, LIBRARY
from xapc.errors.names import DependsOnItself
from xapc.errors.rewrites import is_sibling, listed, renamed, siblings, taken_apart
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
    help = "{hint}"

    hint: str = ""


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
    help = "{hint}"

    hint: str = ""


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
    other: str = ""

    def __post_init__(self) -> None:
        if self.other and "." not in self.name:
            offer(self, renamed(self.span, self.name, self.other))


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


def cannot_import(span: Span, name: str) -> Error:
    """`span` is that of the module's name, or begins with it."""
    hint = INSTEAD.get(name) or INSTEAD.get(name.partition(".")[0])
    if hint is None and name.startswith("xap."):
        hint = "import from xap itself; xap.smccc and xap.psci are its modules"
    if hint is None and name.partition(".")[0] not in sys.stdlib_module_names:
        close = near(name, siblings(span.source))
        if close is not None:
            edits = replace(slice_of(span, 0, len(name)), close)
            return CannotImport(span=span, name=name, hint=did_you_mean(close), edits=edits)
        hint = f"there is no file {name}.py beside this one"
        if "." in name:
            hint = "modules lie beside the app's file; there are no packages"
    return CannotImport(span=span, name=name, hint=hint or LIBRARY)


def sibling_as_whole(span: Span, module: str, bound: str) -> Error:
    """`import m` of a file beside this one."""
    hint = f"import its names: from {module} import ..."
    return CannotImport(span=span, name=module, hint=hint, edits=taken_apart(span, module, bound))


def of_xap(span: Span, module: str, *, known: bool) -> Error:
    """`from xap.types import u32`; `known`: xap itself has all of the names."""
    edits = replace(span, "xap") if known else ()
    name = module.partition(".")[2]
    hint = (
        "write from xap import log, and log.info(...)"
        if name == "log"
        else "import from xap itself"
    )
    return CannotImport(span=span, name=module, hint=hint, edits=edits)


def relative(
    whole: Span, module: str | None, level: int, names: list[tuple[Span, str, str]]
) -> Error:
    """`from .m import x`, `from . import m`; `names` are place, name and what is bound."""
    line, source = whole.source.line(whole.line), whole.source
    found = re.match(r"from(\s*\.+\s*)", line[whole.column - 1 :])
    edits: tuple[Edit, ...] = ()
    hint = f"from {module or names[0][1]} import ..."
    if found is None or level > 1:
        return RelativeImport(span=whole, hint=hint)
    if module is not None and is_sibling(source, module):
        edits = replace(slice_of(whole, found.start(1), found.end(1)), " ")
    elif module is None and len(names) == 1 and is_sibling(source, names[0][1]):
        edits = taken_apart(*names[0])
    return RelativeImport(span=whole, hint=hint, edits=edits)


def star(span: Span, names: list[str]) -> Error:
    """`import *` of a module that has `names`."""
    edits = listed(span, names)
    unused = names and not any(edit.text for edit in edits)
    return StarImport(
        span=span, hint="the file uses none: leave it out" if unused else "", edits=edits
    )


def imports_itself(span: Span, chain: list[str]) -> Error:
    """The last of the chain imports the first."""
    hint = "a file does not import itself"
    if len(chain) > 1:
        hint = f"{' -> '.join([*chain, chain[0]])}: put what they share into a file of its own"
    return DependsOnItself(span=span, name=chain[0], hint=hint)


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


def no_such_import(
    span: Span, module: str, name: str, close: str | None, have: Collection[str] = ()
) -> Error:
    taken = close is not None and known(span.source, close, module)[1] == ()
    edits = replace(span, close) if close and span.text() == name and not taken else ()
    if close and span.text() != name and re.match(rf"{name}\s+as\b", span.text()):
        edits = replace(slice_of(span, 0, len(name)), close)
    hint = did_you_mean(close)
    if not close and 0 < len(have) <= 8:
        hint = f"it has {', '.join(have)}"
    return NoSuchImport(span=span, module=module, name=name, hint=hint, edits=edits)
