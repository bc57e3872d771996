"""Imports: from `xap`, from the standard library's typing and enum, from sibling modules."""

import ast
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from xapc import errors
from xapc.check.entities import (
    BROKEN,
    STANDARD,
    Entity,
    ModuleNames,
    Namespace,
    TheApp,
    Variable,
    Word,
    home_of,
)
from xapc.source import Span

if TYPE_CHECKING:
    from xapc.check.module import ModuleChecker


def declare(checker: "ModuleChecker", node: ast.Import | ast.ImportFrom, number: int) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            _whole_module(checker, alias, number)
        return
    if node.level or node.module is None:
        named = [(checker.span(a), a.name, a.asname or a.name) for a in node.names]
        error = errors.relative(checker.span(node), node.module, node.level, named)
        checker.unit.diagnostics.add(error)
        starred = any(alias.name == "*" for alias in node.names)
        if node.module is None or starred or not error.edits:
            checker.names.open |= starred
            for alias in node.names:
                _declare_broken(checker, alias, number)
            return
    assert node.module is not None
    if node.module == Path(checker.names.source.path).stem:
        checker.unit.diagnostics.add(errors.imports_itself(_place(checker, node), [node.module]))
        return
    for alias in node.names:
        _one_name(checker, node, node.module, alias, number)


def _place(checker: "ModuleChecker", node: ast.ImportFrom) -> Span:
    """Where the module's name stands in `from name import ...`."""
    whole, name = checker.span(node), node.module or ""
    line = whole.source.line(whole.line)
    found = re.match(rf"from[\s.]+({re.escape(name)})\b", line[whole.column - 1 :])
    return whole if found is None else errors.slice_of(whole, found.start(1), found.end(1))


def _whole_module(checker: "ModuleChecker", alias: ast.alias, number: int) -> None:
    """`import xap`, `import xap as x`, `import xap.psci`, `import typing`."""
    whole, _, part = alias.name.partition(".")
    members = checker.unit.whole_modules.get(whole)
    inner = None if members is None else members.get(part)
    if members is None or (part and not isinstance(inner, Namespace)):
        span = checker.span(alias)
        error = errors.cannot_import(span, alias.name)
        if alias.name == Path(span.source.path).stem:
            error = errors.imports_itself(span, [alias.name])
        elif errors.is_sibling(span.source, alias.name):
            error = errors.sibling_as_whole(span, alias.name, alias.asname or alias.name)
        checker.unit.diagnostics.add(error)
        _declare_broken(checker, alias, number)
        return
    if part and alias.asname:
        checker.unit.diagnostics.add(_renamed(checker, alias))
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
        _star(checker, node, module, alias)
        return
    if checker.imported.get(name) == (module, alias.name):
        first = checker.names.places[name]
        checker.unit.diagnostics.add(errors.imported_twice(checker.span(alias), name, first))
        return
    if name not in checker.names.places:
        checker.imported[name] = module, alias.name
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
    if module.startswith("xap."):
        known = all(each.name in checker.unit.sdk_names for each in node.names)
        checker.unit.diagnostics.add(errors.of_xap(_place(checker, node), module, known=known))
        return checker.unit.sdk_names.get(alias.name, BROKEN)
    return _from_sibling(checker, _place(checker, node), module, alias)


def _require_own_name(checker: "ModuleChecker", alias: ast.alias) -> None:
    if alias.asname and alias.asname != alias.name:
        checker.unit.diagnostics.add(_renamed(checker, alias))


def _renamed(checker: "ModuleChecker", alias: ast.alias) -> errors.Error:
    return errors.RenamedWord(span=checker.span(alias), name=alias.name, other=alias.asname or "")


def _star(checker: "ModuleChecker", node: ast.ImportFrom, module: str, alias: ast.alias) -> None:
    """What the file uses of the module takes the place of the star."""
    unit, names = checker.unit, checker.names
    known: dict[str, Entity] = {}
    having: list[str] = []
    if module == "xap":
        known = unit.sdk_names
    elif module in STANDARD:
        known = {name: Word(name) for name in STANDARD[module]}
    else:
        before = unit.diagnostics.count
        sibling = checker.load_sibling(module, _place(checker, node))
        if sibling is None:
            names.open = True
            if unit.diagnostics.count > before:
                return
        else:
            having = list(sibling.places)
            for each in having:
                if each not in names.places:
                    unit.declare(names, each, partial(_of_star, checker, sibling, each))
    for each, entity in known.items():
        names.names.setdefault(each, entity)
    unit.diagnostics.add(errors.star(checker.span(alias), having or list(known)))


def _of_star(checker: "ModuleChecker", sibling: ModuleNames, name: str) -> Entity:
    return checker.unit.resolve(sibling, name) or BROKEN


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
        words = {**checker.unit.sdk_names, **checker.unit.standard_names}
        have = [each for each in names.places if each not in words]
        error = errors.no_such_import(span, module, alias.name, close, have)
        return _refuse(checker, error)
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
