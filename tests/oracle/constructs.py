"""Every construct of LANGUAGE.md: where it is generated, and how to see that a program has it.

`python -m tests.oracle.table` prints the table of README.md.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.facts import Facts, word

Test = Callable[[Facts], bool]


@dataclass(frozen=True)
class Construct:
    """`where`: the function of tests.oracle that makes it. `parts`: each has to be seen, though
    not in one program."""

    section: int
    what: str
    where: str
    parts: tuple[Test, ...]


Tests = Test | tuple[Test, ...]


def calling(*names: str) -> Test:
    """All of these are called."""
    return lambda facts: facts.calls(*names)


def each_called(*names: str) -> tuple[Test, ...]:
    return tuple(calling(name) for name in names)


def one_of(*names: str) -> Test:
    return lambda facts: bool(facts.called & set(names))


def node(kind: type[ast.AST], test: Callable[[ast.AST], bool] = lambda node: True) -> Test:
    return lambda facts: facts.any(kind, test)


def written(text: str) -> Test:
    """The text stands in an expression or annotation."""
    return lambda facts: any(text in ast.unparse(tree) for tree in facts.trees)


def operator(kind: type[ast.operator]) -> Test:
    return lambda facts: facts.any(ast.BinOp, lambda n: isinstance(n.op, kind))


def augmented(kind: type[ast.operator]) -> Test:
    return lambda facts: facts.any(ast.AugAssign, lambda n: isinstance(n.op, kind))


def comparing(*kinds: type[ast.cmpop]) -> tuple[Test, ...]:
    def test(kind: type[ast.cmpop]) -> Test:
        return lambda facts: facts.any(
            ast.Compare, lambda n: any(isinstance(op, kind) for op in n.ops)
        )

    return tuple(test(kind) for kind in kinds)


def operators(*kinds: type[ast.operator]) -> tuple[Test, ...]:
    return tuple(operator(kind) for kind in kinds)


def augmentations(*kinds: type[ast.operator]) -> tuple[Test, ...]:
    return tuple(augmented(kind) for kind in kinds)


def signs(*kinds: type[ast.unaryop]) -> tuple[Test, ...]:
    def test(kind: type[ast.unaryop]) -> Test:
        return lambda facts: facts.any(ast.UnaryOp, lambda n: isinstance(n.op, kind))

    return tuple(test(kind) for kind in kinds)


def handling(kind: str, test: Callable[[ast.FunctionDef, ast.expr], bool] | None = None) -> Test:
    return lambda facts: any(
        test is None or test(function, decorator) for function, decorator in facts.handlers(kind)
    )


def declaring(text: str) -> Test:
    """An argument of `App(...)`."""
    return lambda facts: any(
        text in ast.unparse(k) for c in facts.all(ast.Call) if word(c) == "App" for k in c.keywords
    )


def rows(section: int, *given: tuple[str, str, Tests]) -> list[Construct]:
    return [
        Construct(section, what, where, parts if isinstance(parts, tuple) else (parts,))
        for what, where, parts in given
    ]
