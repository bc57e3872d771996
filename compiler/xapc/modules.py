"""Where the modules of a program come from: beside the app's file, and the in-app library."""

from dataclasses import dataclass, field
from pathlib import Path

import xaprt

from xapc.diagnostics import Diagnostics
from xapc.load import Module, load, parse
from xapc.source import Source


@dataclass(frozen=True)
class Siblings:
    """The modules beside the app's file; `read` are those that were asked for and found."""

    main: Path
    diagnostics: Diagnostics
    read: list[Module] = field(default_factory=list)

    def __call__(self, name: str) -> Module | None:
        """None: there is none, or it is reported."""
        path = self.main.parent / f"{name}.py"
        if not name.isidentifier() or not path.is_file():
            return None
        module = load(path, self.diagnostics)
        self.read.extend(() if module is None else (module,))
        return module


def library() -> Module:
    """The in-app library, which is written in the language, too."""
    # Not importlib.resources: importing it takes as long as compiling a small app.
    path = Path(xaprt.__file__).with_name("lib") / "message.py"
    text = path.read_text(encoding="utf-8")
    diagnostics = Diagnostics()
    made = parse(Source("<xap>/message.py", text), diagnostics)
    assert made is not None and not diagnostics
    return made
