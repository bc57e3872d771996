"""The diagnostics of `cases/*.py`, as text, beside them in `*.err`.

python -m tests.diagnostics.snapshots           rewrite them all
python -m tests.diagnostics.snapshots NAME...   rewrite some
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from xapc.diagnostics import CompileError
from xapc.pipeline import check_file
from xapc.render import render

CASES = Path(__file__).parent / "cases"


def names() -> list[str]:
    """`mod_*.py` are imported by cases."""
    return sorted(p.stem for p in CASES.glob("*.py") if not p.stem.startswith("mod_"))


def diagnostics(name: str) -> str:
    """As a user in the directory of the cases sees them."""
    before = Path.cwd()
    os.chdir(CASES)
    try:
        check_file(Path(f"{name}.py"))
    except CompileError as problem:
        return render(problem.errors, color=False)
    finally:
        os.chdir(before)
    return ""


def main(asked: list[str]) -> Iterator[str]:
    for name in asked or names():
        file = CASES / f"{name}.err"
        text = diagnostics(name)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            yield f"wrote {file.name}"


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line)
