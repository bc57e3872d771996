"""The examples of `xapc explain` as files: what a snippet leaves out is put around it."""

import ast
import re
from dataclasses import dataclass

from xapc.check.entities import STANDARD, python_names, sdk_names
from xapc.explain import Entry, catalogue
from xapc.survey import binds

IN_WORDS = ("E0105", "E0108", "E0109", "E0722", "E0723")
"""Wrong examples too large to be written down; `tests/frontend/test_load.py` makes them."""

ENCODINGS = {"E0106": "latin-1"}
"""How a wrong example is saved, where that is what is wrong."""

APP = 'app = App("example", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")\n'
_FILE = re.compile(r"^# (\w+\.py)\n", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    code: str
    wrong: bool
    files: dict[str, str]
    """By name; `app.py` is the app."""

    def __str__(self) -> str:
        return f"{self.code}-{'wrong' if self.wrong else 'right'}"


def all_examples() -> list[Example]:
    found = []
    for each in catalogue().values():
        if each.code not in IN_WORDS:
            found.append(_example(each, each.wrong, wrong=True))
        found.append(_example(each, each.right, wrong=False))
    return found


def _example(entry: Entry, text: str, *, wrong: bool) -> Example:
    """`# name.py` begins a file; without one the snippet is the app."""
    parts = _FILE.split(text)
    files = dict(zip(parts[1::2], parts[2::2], strict=True)) if len(parts) > 1 else {}
    files.setdefault("app.py", parts[0])
    wants_app = not (wrong and entry.code == "E0701")
    return Example(
        entry.code,
        wrong,
        {name: _module(code, app=name == "app.py" and wants_app) for name, code in files.items()},
    )


def _module(code: str, *, app: bool) -> str:
    """With the imports of what it uses, and an App if it declares none, below its comments."""
    if app and not re.search(r"^\w+ = App\(", code, re.MULTILINE):
        code = re.sub(r"\A((?:#.*\n)*)", rf"\1{APP}", code)
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return f"from xap import App, u32\n{code}"
    given = {name for node in tree.body for name in binds(node)}
    used = dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name))
    missing = [name for name in used if name not in given and name not in python_names()]
    lines = []
    for module, names in {"xap": tuple(sdk_names()), **STANDARD}.items():
        wanted = [name for name in missing if name in names]
        missing = [name for name in missing if name not in wanted]
        if wanted:
            lines.append(f"from {module} import {', '.join(wanted)}\n")
    comments = re.match(r"(#.*\n)*", code)
    assert comments is not None
    return comments[0] + "".join(lines) + code[comments.end() :]
