"""Imports: from `xap`, from the standard library's typing and enum, from sibling modules."""

import ast
import difflib
from typing import TYPE_CHECKING

from xapc import errors
from xapc.check.entities import BROKEN, Entity, Namespace, TheApp, Variable, Word
from xapc.source import Span

if TYPE_CHECKING:
    from xapc.check.module import ModuleChecker

STANDARD = {
    "typing": ("Final", "NoReturn", "Never", "Literal", "TYPE_CHECKING"),
    "enum": ("Enum", "Flag"),
    "__future__": ("annotations",),
}
"""What may come from the standard library; other names of these modules may not."""


def declare(checker: "ModuleChecker", node: ast.Import | ast.ImportFrom, number: int) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            _whole_module(checker, alias, number)
        return
    if node.level or node.module is None:
        checker.unit.diagnostics.add(errors.RelativeImport(span=checker.span(node)))
        for alias in node.names:
            _declare_broken(checker, alias, number)
        return
    for alias in node.names:
        _one_name(checker, node, node.module, alias, number)


def _whole_module(checker: "ModuleChecker", alias: ast.alias, number: int) -> None:
    """`import xap`, `import xap as x`."""
    names = checker.unit.sdk_names
    if alias.name == "xap":
        found = Namespace("xap", lambda: names)
        checker.declare(alias.asname or "xap", alias, number, lambda: found)
        return
    checker.unit.diagnostics.add(errors.CannotImport(span=checker.span(alias), name=alias.name))
    _declare_broken(checker, alias, number)


def _declare_broken(checker: "ModuleChecker", alias: ast.alias, number: int) -> None:
    """So that its uses make no further errors."""
    name = alias.asname or alias.name.partition(".")[0]
    if name != "*" and name not in checker.names.places:
        checker.declare(name, alias, number, lambda: BROKEN)


def _one_name(
    checker: "ModuleChecker", node: ast.ImportFrom, module: str, alias: ast.alias, number: int
) -> None:
    name = alias.asname or alias.name
    if alias.name == "*":
        checker.unit.diagnostics.add(errors.StarImport(span=checker.span(alias)))
        if module == "xap":
            for each, entity in checker.unit.sdk_names.items():
                checker.names.names.setdefault(each, entity)
        return
    if alias.asname and (module == "xap" or module in STANDARD) and alias.asname != alias.name:
        checker.unit.diagnostics.add(errors.RenamedWord(span=checker.span(alias), name=alias.name))
    checker.declare(name, alias, number, lambda: _resolve(checker, node, module, alias))


def _resolve(
    checker: "ModuleChecker", node: ast.ImportFrom, module: str, alias: ast.alias
) -> Entity:
    span = checker.span(alias)
    if module in STANDARD:
        if alias.name in STANDARD[module]:
            return Word(alias.name)
        return _refuse(checker, errors.CannotImport(span=span, name=f"{module}.{alias.name}"))
    if module in ("xap.smccc", "xap.psci"):
        table = checker.unit.sdk_names[module.removeprefix("xap.")]
        assert isinstance(table, Namespace)
        return _member(checker, span, module, alias.name, table.members)
    if module == "xap":
        return _member(checker, span, module, alias.name, checker.unit.sdk_names)
    return _from_sibling(checker, Span.of(checker.names.source, node), module, alias)


def _member(
    checker: "ModuleChecker", span: Span, module: str, name: str, members: dict[str, Entity]
) -> Entity:
    if name in members:
        return members[name]
    return _refuse(checker, errors.no_such_import(span, module, name, _near(name, members)))


def _near(name: str, known: "dict[str, Entity] | dict[str, Span]") -> str | None:
    close = difflib.get_close_matches(name, list(known), 1)
    return close[0] if close else None


def _from_sibling(checker: "ModuleChecker", whole: Span, module: str, alias: ast.alias) -> Entity:
    span = checker.span(alias)
    names = checker.load_sibling(module, whole)
    if names is None:
        return BROKEN
    if alias.name not in names.places:
        close = _near(alias.name, names.places)
        return _refuse(checker, errors.no_such_import(span, module, alias.name, close))
    found = checker.unit.resolve(names, alias.name) or BROKEN
    scalar_state = (
        isinstance(found, Variable) and not found.target.constant and found.target.type.is_scalar
    )
    if scalar_state or isinstance(found, TheApp):
        return _refuse(checker, errors.CannotShare(span=span, name=alias.name))
    return found


def _refuse(checker: "ModuleChecker", error: errors.Error) -> Entity:
    checker.unit.diagnostics.add(error)
    return BROKEN
