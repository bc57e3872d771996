"""Names of the language that a module uses without importing them: one error for each."""

import ast
from collections.abc import Iterator

from xapc import errors
from xapc.check.entities import ModuleNames, home_of
from xapc.check.unit import Unit
from xapc.source import Span


def report(unit: Unit, names: ModuleNames, tree: ast.Module) -> None:
    """At the first use of each; the others mean what they say."""
    if not names.unimported:
        return
    uses = list(_uses(tree))
    for name in sorted(names.unimported):
        here = [node for node in uses if _mentions(node, name)]
        place = Span(names.source, 1, 1, 1, 1)
        if here:
            place = Span.of(names.source, min(here, key=lambda n: (n.lineno, n.col_offset)))
        unit.diagnostics.add(errors.not_imported(place, name, home_of(name)))


def _uses(tree: ast.Module) -> Iterator[ast.Name | ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node  # perhaps an annotation in quotes
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node


def _mentions(node: ast.Name | ast.Constant, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name
    return node.value == name
