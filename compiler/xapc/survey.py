"""One pass over a fresh syntax tree: how deep it is, and whether `xapc.strip` has work to do.

Most files need no stripping; this costs them a fifth of it. Does not recurse.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from xapc.source import Located
from xapc.unsupported import LITERALS, NESTED, SYNTAX

MAX_CONSTANT_BITS = 4096
"""Of an integer literal, as of every constant (E0407)."""

_REMOVED = frozenset(SYNTAX) - {ast.keyword}
_NOT_INSIDE = tuple(NESTED)
"""Not inside a function."""


@dataclass(frozen=True)
class Survey:
    """`too_deep`: a place below the given limit, if there is one; `too_many`: an arm beyond.

    `levels` are those that a stage recurses into; an `elif` is one, though no reader sees it so.
    """

    levels: int
    too_deep: Located | None
    too_many: Located | None
    strippable: bool


def survey(tree: ast.Module, limit: int, most_arms: int) -> Survey:
    strippable = not all(_usual(each) for each in tree.body)
    level: list[ast.AST] = [tree]
    depth = longest = 0
    too_many: Located | None = None
    while level:
        if depth > limit:
            for node in level:
                if isinstance(node, Located):
                    return Survey(depth, node, None, strippable)
        strippable = strippable or any(map(_removable, level))
        below: list[ast.AST] = []
        for node in level:
            if isinstance(node, ast.If):
                arms = list(_arms(node))
                longest = max(longest, len(arms))
                if len(arms) > most_arms:
                    too_many = arms[most_arms]
                below += [each for arm in arms for each in (arm.test, *arm.body)]
                below += arms[-1].orelse
            else:
                below += ast.iter_child_nodes(node)
        level = below
        depth += 1
    return Survey(depth + longest, None, too_many, strippable)


def _arms(node: ast.If) -> Iterator[ast.If]:
    """An `if` and its `elif`s."""
    yield node
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        yield node


def _usual(node: ast.stmt) -> bool:
    return is_declaration(node) or isinstance(node, (ast.Expr, ast.Pass))


def _removable(node: ast.AST) -> bool:
    if type(node) in _REMOVED:
        return True
    match node:
        case ast.Constant(value=held):
            return type(held) in LITERALS or is_too_large(held)
        case ast.keyword(arg=None):
            return True
        case ast.FunctionDef():
            return any(isinstance(each, _NOT_INSIDE) for each in _statements(node))
        case _:
            return False


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below a statement that is or holds statements."""
    pending: list[ast.AST] = [node]
    while pending:
        for child in ast.iter_child_nodes(pending.pop()):
            if isinstance(child, (ast.stmt, ast.match_case, ast.excepthandler)):
                yield child
                pending.append(child)


def is_too_large(held: object) -> bool:
    return type(held) is int and held.bit_length() > MAX_CONSTANT_BITS


def is_declaration(node: ast.stmt) -> bool:
    """What may stand at the top level and binds its names there."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name()):
            return True
        case _:
            return False


def binds(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds in its own scope, in order, perhaps repeated."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            return
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (a.asname or a.name.partition(".")[0] for a in names if a.name != "*")
            return
        case ast.Lambda():
            return
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
            yield name
    for child in ast.iter_child_nodes(node):
        yield from binds(child)
