"""Ways to break a check, one at a time, in the syntax tree."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

_OFF_BY_ONE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Way:
    """`line` of the source, and what is done there; `apply` changes the tree for good."""

    line: int
    what: str
    apply: Callable[[], None]


def ways(inside: ast.AST) -> Iterator[Way]:
    """All ways to break what is `inside` a function, or the value of a constant."""
    for parent, field, index, node in _nodes(inside):
        for what, new in _ways(node, parent, field):
            yield Way(node.lineno, what, partial(_replace, parent, field, index, new))


def _nodes(inside: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.stmt | ast.expr]]:
    """Statements and expressions with the place that they have in their parent."""
    for parent in ast.walk(inside):
        if isinstance(parent, ast.JoinedStr | ast.FormattedValue):
            continue
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            if isinstance(parent, ast.MatchValue | ast.MatchClass):
                continue
            items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for index, node in items:
                if isinstance(node, ast.stmt | ast.expr) and not _is_told(parent, node):
                    yield parent, field, index, node


def _is_told(parent: ast.AST, node: ast.AST) -> bool:
    """Docstrings, and the text of what is raised."""
    if isinstance(parent, ast.Expr) and isinstance(node, ast.Constant):
        return True
    return isinstance(node, ast.JoinedStr)


def _ways(node: ast.stmt | ast.expr, parent: ast.AST, field: str) -> Iterator[tuple[str, ast.AST]]:
    yield from _statement(node)
    is_test = field in ("test", "ifs", "guard")
    if is_test and isinstance(node, ast.expr):
        yield f"{_text(node)} -> not", ast.UnaryOp(ast.Not(), node)
        # Left out: a filter lets everything pass, what is done on a condition is never done.
        always = field != "test" or isinstance(parent, ast.Assert)
        yield f"{_text(node)} -> {always}", ast.Constant(always)
    if isinstance(node, ast.BoolOp):
        for number in range(len(node.values)):
            rest = [value for at, value in enumerate(node.values) if at != number]
            new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield f"{_text(node)}: without {_text(node.values[number])}", new
    elif isinstance(node, ast.Compare):
        yield from _compared(node, is_test=is_test)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and not is_test:
        yield f"{_text(node)}: without not", node.operand
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield f"{node.value:#x} -> {node.value + 1:#x}", ast.Constant(node.value + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        yield f"{_text(node)}: without the mask", node.left
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        swapped = _SWAPPED.get(node.func.id)
        if swapped:
            new = ast.Call(ast.Name(swapped, ast.Load()), node.args, node.keywords)
            yield f"{_text(node)} -> {swapped}", new


def _statement(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Raise):
        yield "no raise", ast.Pass()
    elif (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)) or isinstance(
        node, ast.Delete | ast.Continue | ast.Break
    ):
        yield f"no {_text(node)}", ast.Pass()
    elif isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if all(isinstance(each, ast.Attribute | ast.Subscript) for each in targets):
            yield f"no {_text(node)}", ast.Pass()


def _compared(node: ast.Compare, *, is_test: bool) -> Iterator[tuple[str, ast.AST]]:
    for number, op in enumerate(node.ops):
        kinds = [_OFF_BY_ONE.get(type(op))]
        if len(node.ops) > 1 or not is_test:  # else it is the negation of the test
            kinds.append(_OPPOSITE.get(type(op)))
        for kind in filter(None, kinds):
            ops = [*node.ops[:number], kind(), *node.ops[number + 1 :]]
            new = ast.Compare(node.left, ops, node.comparators)
            yield f"{_text(node)} -> {_text(new)}", new


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:70]


def _replace(parent: ast.AST, field: str, index: int | None, new: ast.AST) -> None:
    old = getattr(parent, field)
    ast.copy_location(new, old if index is None else old[index])
    ast.fix_missing_locations(new)
    if index is None:
        setattr(parent, field, new)
    else:
        old[index] = new
