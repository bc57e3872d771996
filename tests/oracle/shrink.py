"""Make a disagreement small: statements, steps and memory are dropped while it stays one."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from tests.oracle.program import Generated

StillWrong = Callable[[Generated], bool]


def shrink(program: Generated, still_wrong: StillWrong) -> Generated:
    """The smallest program found; `still_wrong` is False for one that does not compile."""
    changed = True
    while changed:
        changed, tried = False, 0
        while (smaller := next(islice(_smaller(program), tried, None), None)) is not None:
            if still_wrong(smaller):
                program, changed = smaller, True
            else:
                tried += 1
    return program


def _smaller(program: Generated) -> Iterator[Generated]:
    if any(program.memory):
        yield replace(program, memory=bytes(len(program.memory)))
    for number in range(len(program.steps)):
        if len(program.steps) > 1:
            yield replace(program, steps=program.steps[:number] + program.steps[number + 1 :])
    for number, (name, text) in enumerate(program.files):
        for smaller in _shorter(text):
            files = list(program.files)
            files[number] = name, smaller
            yield replace(program, files=tuple(files))


def _shorter(source: str) -> Iterator[str]:
    lines = source.splitlines()
    for first, last in sorted(_statements(source), key=lambda s: s[0] - s[1]):
        yield "\n".join(lines[: first - 1] + lines[last:]) + "\n"
        indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
        yield "\n".join([*lines[: first - 1], indent + "pass", *lines[last:]]) + "\n"


def _statements(source: str) -> Iterator[tuple[int, int]]:
    """First and last line of every statement, decorators included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.Pass, ast.ImportFrom)):
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(d.lineno for d in decorators)])
            yield first, node.end_lineno or node.lineno
