"""What the sources of a program contain, read off their syntax trees."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TypeVar

N = TypeVar("N", bound=ast.AST)

_MODULES = ("xap", "sdk")


class Facts:
    """Of one program: nodes by class, and the names that are called.

    `called` has `f` for f(...), `.m` for x.m(...), and both forms with `(key=)` for each keyword;
    `x.load.be(...)` is `.load.be`.
    """

    def __init__(self, texts: list[str]) -> None:
        self.trees = [ast.parse(text) for text in texts]
        self._nodes: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        self.called: set[str] = set()
        for tree in self.trees:
            for node in ast.walk(tree):
                self._nodes[type(node)].append(node)
                if isinstance(node, ast.Call):
                    self._note(node)

    def _note(self, node: ast.Call) -> None:
        name = called(node)
        self.called.add(name)
        self.called.update(f"{name}({k.arg}=)" for k in node.keywords)

    def all(self, kind: type[N]) -> Iterator[N]:
        yield from self._nodes[kind]  # type: ignore[misc]  # filed by class

    def any(self, kind: type[N], test: Callable[[N], bool] = lambda node: True) -> bool:
        return any(test(node) for node in self.all(kind))

    # --- questions that many rows ask --------------------------------------------------------

    def calls(self, *names: str) -> bool:
        """Whether all of them are called."""
        return self.called.issuperset(names)

    def functions(self) -> Iterator[ast.FunctionDef]:
        yield from self.all(ast.FunctionDef)

    def handlers(self, kind: str) -> Iterator[tuple[ast.FunctionDef, ast.expr]]:
        """With the decorator."""
        for function in self.functions():
            for decorator in function.decorator_list:
                if name_of(decorator) == f"app.{kind}":
                    yield function, decorator

    def methods(self) -> Iterator[ast.FunctionDef]:
        for owner in self.all(ast.ClassDef):
            yield from (each for each in owner.body if isinstance(each, ast.FunctionDef))

    def top(self, kind: type[N]) -> Iterator[N]:
        for tree in self.trees:
            yield from (each for each in tree.body if isinstance(each, kind))

    def finals(self) -> Iterator[ast.expr]:
        """The values of constants."""
        for each in self.top(ast.AnnAssign):
            if "Final" in ast.unparse(each.annotation) and each.value is not None:
                yield each.value

    def fields(self) -> Iterator[ast.AnnAssign]:
        for owner in self.all(ast.ClassDef):
            yield from (each for each in owner.body if isinstance(each, ast.AnnAssign))


def name_of(node: ast.expr) -> str:
    """`app.init`, also of `app.smc(...)`; without the name of the SDK's module."""
    if isinstance(node, ast.Call):
        node = node.func
    text = ast.unparse(node)
    module, _, rest = text.partition(".")
    return rest if module in _MODULES and rest else text


def called(node: ast.Call) -> str:
    func = node.func
    if isinstance(func, ast.Attribute) and func.attr in ("le", "be"):
        inner = func.value
        if isinstance(inner, ast.Attribute):
            return f".{inner.attr}.{func.attr}"
    if isinstance(func, ast.Attribute):
        if isinstance(func.value, ast.Name) and func.value.id in _MODULES:
            return func.attr
        return f".{func.attr}"
    if isinstance(func, ast.Subscript):
        return name_of(func.value)
    return func.id if isinstance(func, ast.Name) else ""


def word(node: ast.expr) -> str:
    """What a call at a place calls, in words of the language; empty where it is no call."""
    return called(node) if isinstance(node, ast.Call) else ""
