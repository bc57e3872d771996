"""Imports: from `xap`, from the standard library's typing and enum, from sibling modules."""

import ast
from typing import TYPE_CHECKING

from xapc import errors
from xapc.check.entities import BROKEN, STANDARD, Entity, Namespace, TheApp, Variable, Word, home_of
from xapc.source import Span
from xapc.survey import binds

if TYPE_CHECKING:
    from xapc.check.module import ModuleChecker


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
    """`import xap`, `import xap as x`, `import xap.psci`, `import typing`."""
    whole, _, part = alias.name.partition(".")
    members = checker.unit.whole_modules.get(whole)
    inner = None if members is None else members.get(part)
    if members is None or (part and not isinstance(inner, Namespace)):
        span = checker.span(alias)
        checker.unit.diagnostics.add(errors.cannot_import(span, alias.name))
        _declare_broken(checker, alias, number)
        return
    if part and alias.asname:
        checker.unit.diagnostics.add(errors.RenamedWord(span=checker.span(alias), name=alias.name))
    found = inner if part and alias.asname and inner else Namespace(whole, lambda: members)
    name = alias.asname or whole
    if name not in checker.whole_modules:
        checker.declare(name, alias, number, lambda: found)
    checker.whole_modules.add(name)


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
        checker.unit.diagnostics.add(_star(checker, module, alias))
        if module == "xap":
            for each, entity in checker.unit.sdk_names.items():
                checker.names.names.setdefault(each, entity)
        return
    if module == "xap" and alias.name == "App":
        checker.app_names.add(name)
    checker.declare(name, alias, number, lambda: _resolve(checker, node, module, alias))


def _resolve(
    checker: "ModuleChecker", node: ast.ImportFrom, module: str, alias: ast.alias
) -> Entity:
    span = checker.span(alias)
    if module in STANDARD:
        if alias.name in STANDARD[module]:
            _require_own_name(checker, alias)
            return Word(alias.name)
        return _refuse(checker, errors.cannot_import(span, f"{module}.{alias.name}"))
    if module in ("xap.smccc", "xap.psci"):
        table = checker.unit.sdk_names[module.removeprefix("xap.")]
        assert isinstance(table, Namespace)
        return _member(checker, span, module, alias.name, table.members)
    if module == "xap":
        if alias.name in checker.unit.sdk_names:
            _require_own_name(checker, alias)
        elif home_of(alias.name) != "xap":
            return _refuse(checker, _misplaced(checker, node, alias))
        return _member(checker, span, module, alias.name, checker.unit.sdk_names)
    return _from_sibling(checker, Span.of(checker.names.source, node), module, alias)


def _require_own_name(checker: "ModuleChecker", alias: ast.alias) -> None:
    if alias.asname and alias.asname != alias.name:
        checker.unit.diagnostics.add(errors.RenamedWord(span=checker.span(alias), name=alias.name))


def _star(checker: "ModuleChecker", module: str, alias: ast.alias) -> errors.Error:
    """`from xap import *`: what the file uses of it takes its place."""
    span = checker.span(alias)
    if module != "xap":
        return errors.StarImport(span=span)
    read = {n.id for n in ast.walk(checker.tree) if isinstance(n, ast.Name)}
    taken = {name for each in checker.tree.body for name in binds(each)}
    used = [name for name in checker.unit.sdk_names if name in read - taken]
    return errors.StarImport(span=span, edits=errors.replace(span, ", ".join(used)) if used else ())


def _misplaced(checker: "ModuleChecker", node: ast.ImportFrom, alias: ast.alias) -> errors.Error:
    """`from xap import Final`: another module has it."""
    names = list(node.names)
    spans = [checker.span(each) for each in names]
    return errors.misplaced_import(
        Span.of(checker.names.source, node),
        spans,
        names.index(alias),
        alias.name,
        home_of(alias.name),
    )


def _member(
    checker: "ModuleChecker", span: Span, module: str, name: str, members: dict[str, Entity]
) -> Entity:
    if name in members:
        return members[name]
    return _refuse(checker, errors.no_such_import(span, module, name, _near(name, members)))


def _near(name: str, known: "dict[str, Entity] | dict[str, Span]") -> str | None:
    return errors.near(name, known)


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
