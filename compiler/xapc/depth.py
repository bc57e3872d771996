"""Where a file is nested too deeply for CPython's own parser, which does not say where."""

import io
import tokenize

from xapc import errors
from xapc.diagnostics import Error
from xapc.source import Source, Span

MAX_DEPTH = 200
"""Levels of syntax in each other. The later stages recurse."""

MAX_ARMS = 900
"""Of one `if`: CPython's compiler goes a level deeper for each `elif`, to about a thousand."""

_TOKENS_A_LEVEL = 2
"""Of a chain of operators: an operand and an operator."""


def too_deep(source: Source) -> Error:
    """The error of a file that CPython's parser gave up on, at the first place that is to blame."""
    try:
        found = _first(source)
    except (tokenize.TokenError, SyntaxError):
        found = None
    return found or errors.TooDeep(span=Span(source, 1, 1, 1, 1), most=MAX_DEPTH)


def _first(source: Source) -> Error | None:
    arms: dict[int, int] = {}
    runs = [0]  # tokens since the last comma, for each bracket that is open
    fresh = True
    lines = io.StringIO("\n".join(source.lines)).readline
    for token in tokenize.generate_tokens(lines):
        span = Span(source, token.start[0], token.start[1] + 1, token.end[0], token.end[1] + 1)
        if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            continue
        if fresh and token.string in ("if", "elif"):
            count = arms.get(token.start[1], 0) + 1 if token.string == "elif" else 1
            arms[token.start[1]] = count
            if count > MAX_ARMS:
                return errors.TooManyArms(span=span, most=MAX_ARMS)
        fresh = token.type == tokenize.NEWLINE
        if fresh:
            runs = [0]
        elif token.string in ("(", "[", "{"):
            runs.append(1)
        elif token.string in (")", "]", "}") and len(runs) > 1:
            runs.pop()
        elif token.string == ",":
            runs[-1] = 0
        else:
            runs[-1] += 1
        if sum(runs) > MAX_DEPTH * _TOKENS_A_LEVEL or len(runs) > MAX_DEPTH:
            return errors.TooDeep(span=span, most=MAX_DEPTH)
    return None
