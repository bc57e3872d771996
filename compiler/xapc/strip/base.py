"""What the parts of the stripper share: reporting, stand-ins, and the walk."""

import ast
from dataclasses import dataclass, field
from typing import TypeVar

from xapc import errors
from xapc.diagnostics import Diagnostics
from xapc.source import Located, Source, Span
from xapc.unsupported import SYNTAX, Absent, Broken, Lost

Node = TypeVar("Node", bound=ast.AST)


@dataclass
class Function:
    """The function being walked."""

    is_async: bool = False
    yields: bool = False
    type_variables: set[str] = field(default_factory=set)


class Base(ast.NodeTransformer):
    """Methods give the node that takes a node's place, or a list of statements."""

    def __init__(self, source: Source, diagnostics: Diagnostics) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.function: Function | None = None
        self.bound: list[ast.Name] = []
        """Names that expressions of the statement at hand would have bound."""

    # --- reporting -----------------------------------------------------------------------------

    def absent(
        self, node: Located, entry: Absent | None = None, edits: tuple[errors.Edit, ...] = ()
    ) -> None:
        entry = entry or SYNTAX[type(node)]
        span = Span.of(self.source, node)
        if entry.keyword:
            end = span.column + len(entry.keyword)
            span = Span(self.source, span.line, span.column, span.line, end)
        self.diagnostics.add(
            errors.Unsupported(
                span=span,
                what=entry.what,
                reason=entry.reason,
                instead=entry.instead,
                edits=edits,
            )
        )

    def broken(self, node: ast.expr) -> Broken:
        """In place of an expression; what it would have bound is bound before its statement."""
        for each in ast.walk(node):
            if isinstance(each, ast.NamedExpr):
                self.bound.append(each.target)
        return ast.copy_location(Broken(), node)

    def removed(self, node: ast.expr) -> Broken:
        self.absent(node)
        return self.broken(node)

    def poisoned(self, name: str, at: Located) -> ast.Assign:
        """`name = Broken`."""
        target = ast.copy_location(Lost(name, ast.Store()), at)
        return ast.copy_location(ast.Assign([target], ast.copy_location(Broken(), at)), at)

    def gone(self, node: ast.stmt) -> ast.Expr:
        """In place of a statement that binds nothing."""
        return ast.copy_location(ast.Expr(ast.copy_location(Broken(), node)), node)

    def outside_async(self, node: Located) -> None:
        """What stands in an `async def` has its error already."""
        if self.function is None or not self.function.is_async:
            self.absent(node)

    # --- the walk ------------------------------------------------------------------------------

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        outer, self.bound = self.bound, []
        made: ast.stmt | list[ast.stmt] = self.visit(node)
        kept = made if isinstance(made, list) else [made]
        if self.function is not None:
            kept = [*(self.poisoned(name.id, name) for name in self.bound), *kept]
        self.bound = outer
        return kept

    def suite(self, nodes: list[ast.stmt], owner: Located) -> list[ast.stmt]:
        made = [kept for node in nodes for kept in self.statement(node)]
        return made or [ast.copy_location(ast.Pass(), owner)]

    def generic_visit(self, node: Node) -> Node:
        """As inherited, but for suites."""
        for name, held in ast.iter_fields(node):
            if isinstance(held, list):
                if held and isinstance(held[0], ast.stmt):
                    held[:] = self.suite(held, held[0])
                else:
                    held[:] = [self.visit(x) if isinstance(x, ast.AST) else x for x in held]
            elif isinstance(held, ast.AST):
                setattr(node, name, self.visit(held))
        return node
