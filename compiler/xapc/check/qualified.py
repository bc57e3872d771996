"""`import xap`: what is written `xap.u32` is the name `xap.u32`, like `u32` in every way.

Done once, before a module is declared, so that no other part knows of it. The dotted name is
what the entity is filed under; under CPython, at build time, it is a key of the globals.
"""

import ast
from collections.abc import Collection

from xapc.check.entities import Entity, ModuleNames


def name_members(tree: ast.Module, names: ModuleNames, known: dict[str, dict[str, Entity]]) -> None:
    """Replace the attributes of the modules `known` that `tree` imports, and file their names."""
    found: dict[str, Entity] = {}
    for node in tree.body:
        for alias in node.names if isinstance(node, ast.Import) else ():
            # `import xap.psci` binds `xap`; with `as`, what it binds is no module of these.
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            for name, entity in known.get(whole, {}).items():
                found[f"{alias.asname or whole}.{name}"] = entity
    if found:
        _Qualified(found).visit(tree)
        names.names.update(found)


class _Qualified(ast.NodeTransformer):
    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # ast's name
        self.generic_visit(node)
        base = node.value
        if (
            isinstance(base, ast.Name)
            and f"{base.id}.{node.attr}" in self._names
            and isinstance(node.ctx, ast.Load)
        ):
            return ast.copy_location(ast.Name(f"{base.id}.{node.attr}", ast.Load()), node)
        return node
