"""Programs that nobody would write: apps with pieces removed, doubled and put elsewhere."""

import ast
import copy
import io
import random
import tokenize
from functools import cache
from pathlib import Path

from tests.diagnostics.examples import all_examples
from tests.frontend.apps import app
from tests.frontend.test_unsupported import IN_USE

ROOT = Path(__file__).parents[2]

ODD = """
x := 1
lambda: 0
[i for i in x]
{1: 2, **x}
x[1:2, ::3]
f(*x, **y)
1.5e300
-(1 << 4000)
"text"
b"bytes"
f"{x!r:>{y}}"
None
...
u8(-1)
Array[u8, N[0]]
Array[Array[u8, N[3]], N[2]]()
x if y else z
not x in y is z
a < b < c != d
self.self.self
N[1 << 30]
range(0)
(yield)
await x
""".strip().splitlines()
"""Expressions that are odd wherever they stand."""


@cache
def corpus() -> tuple[str, ...]:
    """Sources to begin with: the samples, the test's own module of everything, the examples."""
    found = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("samples/*.py"))]
    found.append(app(IN_USE))
    found += [text for each in all_examples() for text in each.files.values()]
    return tuple(found)


@cache
def _pieces() -> tuple[list[ast.expr], list[ast.stmt]]:
    """Expressions and statements of the whole corpus."""
    expressions: list[ast.expr] = []
    statements: list[ast.stmt] = []
    for text in corpus():
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.expr):
                expressions.append(node)
            elif isinstance(node, ast.stmt):
                statements.append(node)
    for text in ODD:
        try:
            expressions += [ast.parse(f"({text})", mode="eval").body] * 5
        except SyntaxError:
            continue
    return expressions, statements


def mutant(seed: int) -> str:
    """The same text for the same seed (and corpus)."""
    rng = random.Random(seed)
    text = rng.choice(corpus())
    if rng.random() < 0.25:
        return _with_other_tokens(text, rng)
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return _with_other_tokens(text, rng)
    for _ in range(rng.randint(1, 4)):
        _change(tree, rng)
    try:
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    except (ValueError, RecursionError):
        return text  # what cannot be written as text is no program


def _change(tree: ast.Module, rng: random.Random) -> None:
    """Put one piece of the corpus, or of the tree, in another's place."""
    expressions, statements = _pieces()
    places: list[tuple[object, str, int | None, type[ast.AST]]] = []
    for node in ast.walk(tree):
        for name, held in ast.iter_fields(node):
            if isinstance(held, ast.expr):
                places.append((node, name, None, ast.expr))
            elif isinstance(held, list):
                places += [
                    (node, name, place, ast.expr if isinstance(each, ast.expr) else ast.stmt)
                    for place, each in enumerate(held)
                    if isinstance(each, (ast.expr, ast.stmt))
                ]
    if not places:
        return
    owner, name, number, kind = rng.choice(places)
    pool: list[ast.expr] | list[ast.stmt] = expressions if kind is ast.expr else statements
    new = copy.deepcopy(rng.choice(pool))
    if number is None:
        setattr(owner, name, new)
        return
    held = getattr(owner, name)
    match rng.randrange(4) if kind is ast.stmt else 0:
        case 1:
            held.insert(number, new)
        case 2 if len(held) > 1:
            del held[number]
        case 3:
            held.append(copy.deepcopy(held[number]))
        case _:
            held[number] = new


def _with_other_tokens(text: str, rng: random.Random) -> str:
    """Tokens removed, doubled and exchanged; rarely Python any more."""
    try:
        tokens = [t.string for t in tokenize.generate_tokens(io.StringIO(text).readline)]
    except (tokenize.TokenError, SyntaxError):
        tokens = text.split(" ")
    words = [t for t in tokens if t.strip()]
    made = text
    for _ in range(rng.randint(1, 3)):
        old, new = rng.choice(words), rng.choice(words)
        at = made.find(old, rng.randrange(len(made) + 1))
        if at >= 0:
            made = made[:at] + rng.choice([new, "", old + " " + old]) + made[at + len(old) :]
    return made
