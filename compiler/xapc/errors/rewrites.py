"""Edits of imports: they move names between the statements of a file and the places of their use.

All of it is read off the file's text; where the result would not be sure, there is no edit.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from xapc.diagnostics import Edit
from xapc.errors.edits import between, import_line, insert, replace, statements
from xapc.source import Source, Span
from xapc.survey import binds

Import = ast.Import | ast.ImportFrom


def siblings(source: Source) -> list[str]:
    """The modules beside a file."""
    path = Path(source.path)
    return sorted(each.stem for each in path.parent.glob("*.py") if each.name != path.name)


def is_sibling(source: Source, module: str) -> bool:
    return module.isidentifier() and Path(source.path).with_name(f"{module}.py").is_file()


def without(alias: Span) -> tuple[Edit, ...]:
    """Take one name out of the import that it stands in."""
    node = _statement(alias)
    if node is None:
        return ()
    whole = Span.of(alias.source, node)
    names = [Span.of(alias.source, each) for each in node.names]
    number = names.index(alias)
    if len(names) == 1:
        return _gone(whole)
    if number == len(names) - 1:
        return replace(between(names[number - 1].after(), alias.after()), "")
    return replace(between(alias.before(), names[number + 1].before()), "")


def _gone(whole: Span) -> tuple[Edit, ...]:
    """A statement, with its line where it has one of its own."""
    source = whole.source
    before = source.line(whole.line)[: whole.column - 1]
    after = source.line(whole.end_line)[whole.end_column - 1 :]
    if before.strip() or after.strip() or whole.end_line >= len(source.lines):
        return replace(whole, "pass")
    return replace(Span(source, whole.line, 1, whole.end_line + 1, 1), "")


def _statement(alias: Span) -> Import | None:
    for node in statements(alias.source):
        if isinstance(node, Import) and any(Span.of(alias.source, a) == alias for a in node.names):
            return node
    return None


def renamed(alias: Span, name: str, other: str) -> tuple[Edit, ...]:
    """`u32 as U`: what is named `other` is named `name` again."""
    source = alias.source
    places = _uses(source, other)
    if places is None or _is_bound(source, other, but=alias):
        return ()
    module = _module_of(alias)
    first = without(alias) if _imports(source, module, name, alias) else replace(alias, name)
    return (*first, *(edit for each in places for edit in replace(each, name)))


def _module_of(alias: Span) -> str:
    node = _statement(alias)
    return str(node.module) if isinstance(node, ast.ImportFrom) else ""


def _imports(source: Source, module: str, name: str, but: Span) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == module and alias.name == name
        for node in statements(source)
        for alias in (node.names if isinstance(node, ast.ImportFrom) else ())
        if Span.of(source, alias) != but and alias.asname in (None, name)
    )


def taken_apart(alias: Span, module: str, bound: str) -> tuple[Edit, ...]:
    """`import m`, of which `m.x` is used: `from m import x`, and `x`."""
    source, node = alias.source, _statement(alias)
    used: dict[str, None] = {}
    edits: list[Edit] = []
    for each in _nodes(source):
        if isinstance(each, ast.Attribute) and _is_name(each.value, bound):
            used[each.attr] = None
            edits += replace(Span.of(source, each), each.attr)
    places = _uses(source, bound)
    if node is None or places is None or len(places) != len(edits):
        return ()
    if not used or any(_is_bound(source, name) for name in used):
        return ()
    line = f"from {module} import {', '.join(used)}"
    if len(node.names) == 1:
        return (*replace(Span.of(source, node), line), *edits)
    above = Span(source, node.lineno, 1, node.lineno, 1)
    return (insert(above, f"{line}\n"), *without(alias), *edits)


def listed(star: Span, names: list[str]) -> tuple[Edit, ...]:
    """`import *` of a module that has those names: the ones that the file uses."""
    source = star.source
    read = {each.id for each in _nodes(source) if isinstance(each, ast.Name)}
    own = {name for each in statements(source) for name in binds(each)}
    used = [name for name in names if name in read - own]
    return replace(star, ", ".join(used)) if used else without(star)


def moved_up(source: Source, node: Import) -> tuple[Edit, ...]:
    """An import in a function, to the top of the file."""
    suite = next((s for s in _suites(source) if any(_same(each, node) for each in s)), None)
    whole = Span.of(source, node)
    if suite is None or not all(_is_known(source, module) for module in _modules(node)):
        return ()
    gone = replace(whole, "pass") if len(suite) == 1 else _gone(whole)
    names = node.names
    if isinstance(node, ast.ImportFrom):
        names = [a for a in names if not _imports(source, str(node.module), a.name, whole)]
        kept = ast.ImportFrom(node.module, names, 0)
        if any(_is_bound(source, alias.asname or alias.name, but=whole) for alias in names):
            return ()
        return (*_imported(source, kept if names else None), *gone)
    have = [a.name for n in statements(source) if isinstance(n, ast.Import) for a in n.names]
    missing = any(alias.name not in have for alias in names)
    return (*_imported(source, node if missing else None), *gone)


def _imported(source: Source, node: Import | None) -> tuple[Edit, ...]:
    return () if node is None else (insert(import_line(source), f"{ast.unparse(node)}\n"),)


def _modules(node: Import) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [str(node.module) if not node.level else ""]
    return [alias.name for alias in node.names]


def _is_known(source: Source, module: str) -> bool:
    return module.partition(".")[0] in ("xap", "typing", "enum") or is_sibling(source, module)


# --- the file's syntax -----------------------------------------------------------------------


def _nodes(source: Source) -> Iterator[ast.AST]:
    return (each for top in statements(source) for each in ast.walk(top))


def _suites(source: Source) -> Iterator[list[ast.stmt]]:
    for node in _nodes(source):
        for name in ("body", "orelse", "finalbody"):
            held = getattr(node, name, None)
            if isinstance(held, list):
                yield held


def _same(one: ast.stmt, other: ast.stmt) -> bool:
    return (one.lineno, one.col_offset) == (other.lineno, other.col_offset)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _uses(source: Source, name: str) -> list[Span] | None:
    """Where a name is read; None where a text mentions it, which may be an annotation."""
    found = []
    for each in _nodes(source):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            if re.search(rf"\b{re.escape(name)}\b", each.value):
                return None
        elif isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load):
            found.append(Span.of(source, each))
    return found


def _is_bound(source: Source, name: str, but: Span | None = None) -> bool:
    """Whether something else in the file gives the name a meaning."""
    for each in _nodes(source):
        match each:
            case ast.alias():
                at = Span.of(source, each)
                inside = but is not None and at.start >= but.start and at.end_line <= but.end_line
                if (each.asname or each.name) == name and not inside:
                    return True
            case ast.arg(arg=held) | ast.FunctionDef(name=held) | ast.ClassDef(name=held):
                if held == name:
                    return True
            case ast.MatchAs(name=held) if held == name:
                return True
            case ast.Name(id=held, ctx=ast.Store()) if held == name:
                return True
    return False
