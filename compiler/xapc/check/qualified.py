"""`import xap`: what is written `xap.u32` is the name `xap.u32`, like `u32` in every way.

Done once, before a module is declared, so that no other part knows of it. The dotted name is
what the entity is filed under; under CPython, at build time, it is a key of the globals.
"""

import ast
from collections.abc import Collection

from xapc.check.entities import Entity, ModuleNames
from xapc.survey import binds


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
        self._own: set[str] = set()
        """Names of the function or class that is visited."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # ast's name
        """A local that is called as the module is what its function means."""
        own = {name for each in node.body for name in binds(each)}
        own |= {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
        outer, self._own = self._own, own
        node.body = [self.visit(each) for each in node.body]
        self._own = outer
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.args = self.visit(node.args)
        node.returns = None if node.returns is None else self.visit(node.returns)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:  # ast's name
        """So is a field, outside of methods."""
        plain = [each for each in node.body if not isinstance(each, ast.FunctionDef)]
        fields = {name for each in plain for name in binds(each)}
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.bases = [self.visit(each) for each in node.bases]
        outer, self._own = self._own, fields
        node.body = [self.visit(each) for each in node.body]
        self._own = outer
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:  # ast's name
        self.generic_visit(node)
        base = node.value
        if (
            isinstance(base, ast.Name)
            and base.id not in self._own
            and f"{base.id}.{node.attr}" in self._names
            and isinstance(node.ctx, ast.Load)
        ):
            return ast.copy_location(ast.Name(f"{base.id}.{node.attr}", ast.Load()), node)
        return node
