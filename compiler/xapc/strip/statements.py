"""Statements that the language leaves out, and functions and classes where they cannot stand."""

# ruff: noqa: N802  # ast.NodeTransformer names its methods so

import ast

from xapc import errors
from xapc.source import Located
from xapc.strip.base import Function
from xapc.strip.expressions import Expressions
from xapc.survey import binds
from xapc.unsupported import NESTED, SYNTAX, Broken


class Statements(Expressions):
    """Each gives the statement, or the statements, that take a statement's place."""

    # --- functions and classes -------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return self.defined(node, Function())

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        self.absent(node)
        if self.function is not None:
            return self.poisoned(node.name, node)
        plain = ast.FunctionDef(**dict(ast.iter_fields(node)))
        return self.defined(ast.copy_location(plain, node), Function(is_async=True))

    def defined(self, node: ast.FunctionDef, inner: Function) -> ast.stmt:
        if self.function is not None:
            self.absent(node, NESTED[ast.FunctionDef])
            return self.poisoned(node.name, node)
        inner.type_variables = self.type_variables(node)
        self.function = inner
        decorators = [self.visit(each) for each in node.decorator_list]
        node.decorator_list = [each for each in decorators if not isinstance(each, Broken)]
        node.args = self.visit(node.args)
        node.returns = self.visit(node.returns) if node.returns else None
        node.body = self.suite(node.body, node)
        self.function = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        if self.function is not None:
            self.absent(node, NESTED[ast.ClassDef])
            return self.poisoned(node.name, node)
        self.type_variables(node)
        return self.generic_visit(node)

    def type_variables(self, node: ast.FunctionDef | ast.ClassDef) -> set[str]:
        """Report and drop `[T]` behind a name (Python 3.12)."""
        found: list[Located] = getattr(node, "type_params", [])
        if not found:
            return set()
        self.absent(found[0])
        names = {str(getattr(each, "name", "")) for each in found}
        found.clear()
        return names

    def visit_Import(self, node: ast.Import) -> ast.stmt | list[ast.stmt]:
        return self.imported(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        return self.imported(node)

    def imported(self, node: ast.Import | ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        if self.function is None:
            return node
        self.absent(node, NESTED[type(node)], errors.moved_up(self.source, node))
        return [self.poisoned(name, node) for name in binds(node)]

    # --- statements ------------------------------------------------------------------------------

    def visit_Delete(self, node: ast.Delete) -> ast.stmt:
        self.absent(node)
        return self.gone(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        self.absent(node)
        return self.gone(node)

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        self.absent(node)
        return self.poisoned(next(binds(node)), node)

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        self.absent(node)
        return ast.copy_location(ast.Return(ast.copy_location(Broken(), node)), node)

    def visit_Try(self, node: ast.Try) -> list[ast.stmt]:
        return self.tried(node)

    def visit_TryStar(self, node: ast.TryStar) -> list[ast.stmt]:
        return self.tried(node)

    def tried(self, node: ast.Try | ast.TryStar) -> list[ast.stmt]:
        """All suites after each other, so that every name is bound."""
        self.absent(node)
        made = self.suite(node.body, node)
        for handler in node.handlers:
            if handler.name:
                made.append(self.poisoned(handler.name, handler))
            made += self.suite(handler.body, handler)
        for rest in (node.orelse, node.finalbody):
            made += self.suite(rest, node)
        return made

    def visit_With(self, node: ast.With) -> list[ast.stmt]:
        """Managers that are gone bind their names; the others stay."""
        names = {item: list(binds(item)) for item in node.items}
        for item in node.items:
            item.context_expr = self.visit(item.context_expr)
        kept = [item for item in node.items if not isinstance(item.context_expr, Broken)]
        made: list[ast.stmt] = []
        for item in node.items:
            if item not in kept:
                made += [self.poisoned(name, node) for name in names[item]]
        body = self.suite(node.body, node)
        if not kept:
            return [*made, *body]
        node.items, node.body = kept, body
        return [*made, node]

    def visit_AsyncWith(self, node: ast.AsyncWith) -> list[ast.stmt]:
        self.outside_async(node)
        names = [name for each in node.items for name in binds(each)]
        return [*(self.poisoned(name, node) for name in names), *self.suite(node.body, node)]

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.stmt:
        self.outside_async(node)
        plain = ast.For(**dict(ast.iter_fields(node)))
        plain.iter = ast.copy_location(Broken(), node.iter)
        return self.visit_For(ast.copy_location(plain, node))

    def visit_For(self, node: ast.For) -> ast.stmt:
        target = self.without_star(node.target)
        self.generic_visit(node)
        if target is not None:
            node.target, node.iter = target, ast.copy_location(Broken(), node.iter)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        targets = [self.without_star(each) for each in node.targets]
        self.generic_visit(node)
        if any(targets):
            node.targets = [new or old for new, old in zip(targets, node.targets, strict=True)]
            node.value = ast.copy_location(Broken(), node.value)
        return node

    def without_star(self, target: ast.expr) -> ast.Tuple | None:
        """The names of a target with a star, for a value that is broken."""
        if not any(isinstance(each, ast.Starred) for each in ast.walk(target)):
            return None
        names = [ast.copy_location(ast.Name(n, ast.Store()), target) for n in binds(target)]
        return ast.copy_location(ast.Tuple(list(names), ast.Store()), target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        self.generic_visit(node)
        if isinstance(node.annotation, Broken) and isinstance(node.target, ast.Name):
            return self.poisoned(node.target.id, node.target)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if isinstance(node.op, ast.MatMult):
            self.absent(node, SYNTAX[ast.MatMult])
            return self.gone(node)
        return node
