"""Make a disagreement small: statements and calls are dropped while it stays one."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.oracle.program import Generated

StillWrong = Callable[[Generated], bool]


def shrink(program: Generated, still_wrong: StillWrong) -> Generated:
    """The smallest program found; `still_wrong` is False for one that does not compile."""
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(program):
            if still_wrong(smaller):
                program, changed = smaller, True
                break
    return program


def _smaller(program: Generated) -> Iterator[Generated]:
    for number in range(len(program.calls)):
        if len(program.calls) > 1:
            yield replace(program, calls=program.calls[:number] + program.calls[number + 1 :])
    lines = program.source.splitlines()
    for first, last in sorted(_statements(program.source), key=lambda s: s[0] - s[1]):
        kept = lines[: first - 1] + lines[last:]
        yield replace(program, source="\n".join(kept) + "\n")
        indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
        kept = [*lines[: first - 1], indent + "pass", *lines[last:]]
        yield replace(program, source="\n".join(kept) + "\n")


def _statements(source: str) -> Iterator[tuple[int, int]]:
    """First and last line of every statement."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.Pass, ast.ImportFrom)):
            yield node.lineno, node.end_lineno or node.lineno
