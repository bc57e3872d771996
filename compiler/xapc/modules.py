"""Where the modules of a program come from: beside the app's file, and the in-app library."""

from pathlib import Path

import xaprt

from xapc.diagnostics import Diagnostics
from xapc.load import Module, load, parse
from xapc.source import Source


def sibling(main: Path, name: str, diagnostics: Diagnostics) -> Module | None:
    """The module `name` beside the app's file; None: there is none, or it is reported."""
    path = main.parent / f"{name}.py"
    return load(path, diagnostics) if name.isidentifier() and path.is_file() else None


def library() -> Module:
    """The in-app library, which is written in the language, too."""
    # Not importlib.resources: importing it takes as long as compiling a small app.
    path = Path(xaprt.__file__).with_name("lib") / "message.py"
    text = path.read_text(encoding="utf-8")
    diagnostics = Diagnostics()
    made = parse(Source("<xap>/message.py", text), diagnostics)
    assert made is not None and not diagnostics
    return made
