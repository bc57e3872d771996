"""`import xap`: what is written `xap.u32` is the name `xap.u32`, like `u32` in every way.

Done once, before a module is declared, so that no other part knows of it. The dotted name is
what the entity is filed under; under CPython, at build time, it is a key of the globals.
"""

import ast
from collections.abc import Collection

from xapc.check.entities import Entity, ModuleNames


def name_members(tree: ast.Module, names: ModuleNames, members: dict[str, Entity]) -> None:
    """Replace the attributes of every `import xap` in `tree`, and file their names."""
    modules = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "xap"
    }
    if modules:
        _Qualified(modules, members).visit(tree)
    for module in modules:
        names.names.update((f"{module}.{name}", entity) for name, entity in members.items())


class _Qualified(ast.NodeTransformer):
    def __init__(self, modules: Collection[str], members: Collection[str]) -> None:
        self._modules = modules
        self._members = members

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # ast's name
        self.generic_visit(node)
        base = node.value
        if (
            isinstance(base, ast.Name)
            and base.id in self._modules
            and node.attr in self._members
            and isinstance(node.ctx, ast.Load)
        ):
            return ast.copy_location(ast.Name(f"{base.id}.{node.attr}", ast.Load()), node)
        return node
