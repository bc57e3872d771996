"""The long form of every error: what `xapc explain` prints.

It is the docstring of the error's class: paragraphs of text, then `Wrong:` and `Right:` with an
example each. An example of several files begins each with its name in a comment, `# helpers.py`.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from xapc import errors
from xapc.diagnostics import Error
from xapc.unsupported import LITERALS, NESTED, SYNTAX

AREAS = {
    "E01": "text and grammar",
    "E02": "names, imports and declarations",
    "E03": "types and calls",
    "E04": "integers",
    "E05": "arrays, structs and views",
    "E06": "flow",
    "E07": "the app and its handlers",
    "E08": "calls of the hypervisor",
    "E09": "build-time values",
}
"""By the first letters of the code."""


@dataclass(frozen=True)
class Entry:
    """`title` has <words> where a diagnostic names what it is about."""

    code: str
    title: str
    text: str
    wrong: str
    right: str


@cache
def catalogue() -> dict[str, Entry]:
    """All errors by code, in the order of codes."""
    for module in errors.MODULES:
        import_module(f"xapc.errors.{module}")
    found = sorted(map(_entry, _kinds(Error)), key=lambda each: each.code)
    return {each.code: each for each in found}


def entry(code: str) -> Entry:
    """Raises KeyError."""
    return catalogue()[code]


def _kinds(base: type[Error]) -> Iterator[type[Error]]:
    for kind in base.__subclasses__():
        if "code" in vars(kind) and kind.__module__.startswith("xapc.errors."):
            yield kind
        yield from _kinds(kind)


def _entry(kind: type[Error]) -> Entry:
    doc = inspect.cleandoc(kind.__doc__ or "")
    text, _, examples = doc.partition("\nWrong:\n")
    wrong, _, right = examples.partition("\nRight:\n")
    title = re.sub(r"\{(\w+)[^}]*\}", r"<\1>", kind.title)
    return Entry(kind.code, title, text.strip(), _code(wrong), _code(right))


def _code(text: str) -> str:
    return inspect.cleandoc("\n" + text).rstrip() + "\n"


def normalized(asked: str) -> str:
    """`302`, `0302` and `e0302` mean E0302."""
    digits = asked.upper().removeprefix("E")
    return f"E{digits:>04}" if digits.isdecimal() and digits.isascii() else asked


def long_form(found: Entry) -> str:
    lines = [f"{found.code}: {found.title}", "", found.text, ""]
    for head, code in (("Wrong:", found.wrong), ("Right:", found.right)):
        lines += [head, ""]
        lines += [f"    {line}".rstrip() for line in code.splitlines()]
        lines.append("")
    if found.code == errors.Unsupported.code:
        lines += ["What is left out, and what to write instead:", "", *_left_out(), ""]
    return "\n".join(lines[:-1]) + "\n"


def _left_out() -> list[str]:
    absent = [*SYNTAX.values(), *NESTED.values(), *LITERALS.values()]
    return [f"    {each.what}: {each.instead}" for each in dict.fromkeys(absent)]


def listing() -> str:
    """One line for each error, by area."""
    blocks = []
    for prefix, area in AREAS.items():
        held = [e for e in catalogue().values() if e.code.startswith(prefix)]
        blocks.append("\n".join([f"{prefix}xx  {area}", *(f"  {e.code}  {e.title}" for e in held)]))
    return "\n\n".join(blocks) + "\n"
