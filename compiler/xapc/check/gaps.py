"""What a `match` does not take: the members, or everything else, that no case of it is for."""

from collections.abc import Iterator

from xapc.tree import Block, Compare, Const, Expr, If, Match, Or, Stmt, With
from xapc.types import BOOL, EnumType

_FEW = 4


def gap(node: Match) -> str:
    """`Op.GET, Op.PUT`, `False`, `any other value`; empty where each value has its case."""
    tests = [case.test for case in node.cases if case.guard is None]
    if None in tests:
        return ""
    taken = {value for test in tests if test is not None for value in _values(test)}
    type = node.subject.type
    if type is BOOL:
        names = [str(bool(value)) for value in (1, 0) if value not in taken]
    elif isinstance(type, EnumType) and not type.flag:
        names = [f"{type.name}.{name}" for name, held in type.members.items() if held not in taken]
    else:
        return "any other value"
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _values(test: Expr) -> Iterator[int]:
    """Of the comparisons that a case is tested by."""
    for each in test.operands if isinstance(test, Or) else (test,):
        if isinstance(each, Compare) and isinstance(each.operands[1], Const):
            yield each.operands[1].value


def last_gap(block: Block) -> Match | None:
    """The `match` with a gap that a block can end by."""
    last: Stmt | None = block[-1] if block else None
    match last:
        case Match():
            inner = (last_gap(case.body) for case in last.cases)
            return last if gap(last) else next((each for each in inner if each), None)
        case If(then=then, other=other):
            return last_gap(then) or last_gap(other)
        case With(body=body):
            return last_gap(body)
        case _:
            return None
