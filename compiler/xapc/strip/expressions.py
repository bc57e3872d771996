"""Expressions that the language leaves out."""

# ruff: noqa: N802  # ast.NodeTransformer names its methods so

import ast
from typing import Any

from xapc import errors
from xapc.source import Span
from xapc.strip.base import Base
from xapc.survey import MAX_CONSTANT_BITS, is_too_large
from xapc.unsupported import LITERALS, SYNTAX, Broken

_TAKEN_OUT = (
    ast.Lambda,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.NamedExpr,
    ast.YieldFrom,
)


class Expressions(Base):
    """Each gives the expression that takes an expression's place."""

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, _TAKEN_OUT) or type(node).__name__ == "TemplateStr":
            assert isinstance(node, ast.expr)
            return self.removed(node)
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        generic = self.function is not None and node.id in self.function.type_variables
        return self.broken(node) if generic else node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        held = node.value
        if type(held) in LITERALS:
            self.absent(node, LITERALS[type(held)])
            return self.broken(node)
        if is_too_large(held):
            span = Span.of(self.source, node)
            self.diagnostics.add(errors.ConstantTooLarge(span=span, bits=MAX_CONSTANT_BITS))
            return self.broken(node)
        return node

    def visit_Await(self, node: ast.Await) -> ast.expr:
        self.outside_async(node)
        value: ast.expr = self.visit(node.value)
        return value

    def visit_Yield(self, node: ast.Yield) -> ast.expr:
        """Once a function: it is a generator or it is not."""
        if self.function is None or not self.function.yields:
            self.absent(node)
        if self.function is not None:
            self.function.yields = True
        return self.broken(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.MatMult):
            self.absent(node, SYNTAX[ast.MatMult])
            return self.broken(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == "App":
            return node  # its arguments are declarations, with errors of their own
        if self.function is None and isinstance(node.func, ast.Subscript):
            self.unbracket(node)
        unnamed = next((each for each in node.keywords if each.arg is None), None)
        if unnamed is not None:
            self.absent(unnamed)
        starred = any(isinstance(each, ast.Starred) for each in node.args)
        self.generic_visit(node)
        if unnamed is not None:
            self.absent(unnamed)
        lost = starred or unnamed is not None or isinstance(node.func, Broken)
        return self.broken(node) if lost else node

    def unbracket(self, node: ast.Call) -> None:
        """`Array[...]([... for ...])` of the top level: a generator is meant."""
        match node.args:
            case [ast.ListComp() as given]:
                span = Span.of(self.source, given)
                begin = Span(self.source, span.line, span.column, span.line, span.column + 1)
                last = span.end_column
                end = Span(self.source, span.end_line, last - 1, span.end_line, last)
                edits = (*errors.replace(begin, ""), *errors.replace(end, ""))
                self.absent(given, edits=edits)
                node.args = [self.broken(given)]
            case _:
                pass

    def visit_Starred(self, node: ast.Starred) -> ast.expr:
        return self.removed(node)

    def visit_List(self, node: ast.List) -> ast.expr:
        return self.display(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        return self.display(node)

    def display(self, node: ast.List | ast.Tuple) -> ast.expr:
        """How many elements it has is unknown where one is starred."""
        starred = any(isinstance(each, ast.Starred) for each in node.elts)
        self.generic_visit(node)
        return self.broken(node) if starred and isinstance(node.ctx, ast.Load) else node

    def visit_Slice(self, node: ast.Slice) -> ast.expr:
        return self.removed(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """In an annotation, too, where each part has its meaning."""
        self.generic_visit(node)
        parts = [node.value, node.slice]
        if isinstance(node.slice, ast.Tuple):
            parts += node.slice.elts
        return self.broken(node) if any(isinstance(p, Broken) for p in parts) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return self.broken(node) if isinstance(node.value, Broken) else node
