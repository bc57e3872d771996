"""`xapc inspect FILE`."""

import json
from collections.abc import Sequence
from pathlib import Path

from xapc.commands.build import compiled, linked
from xapc.console import OK, STATUS_HELP, USER_ERROR, Parser, reason, refuse
from xapc.files import read_image

_DESCRIPTION = """\
Show an image (or the image that a .py would become) on one page: identity, what it handles and
needs, its policies, its system calls and the lines that make them, its stack bound and the calls
that reach it, and its sizes by segment, section and function.
"""

_EPILOG = f"""\
examples:
  xapc inspect app.elf
  xapc inspect app.py
  xapc inspect --json app.elf | jq .needs

{STATUS_HELP}"""


def main(argv: Sequence[str]) -> int:
    parser = Parser("xapc inspect", _DESCRIPTION, _EPILOG)
    parser.add_argument("file", type=Path, metavar="FILE", help="an image, or an app: a .py file")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args(list(argv))
    from xaprt.image import ImageError

    from xapc.inspection import inspect
    from xapc.inspection.machine import as_object
    from xapc.inspection.text import as_text

    path: Path = options.file
    try:
        data = _image(path)
        if data is None:
            return USER_ERROR
        found = inspect(data)
    except OSError as problem:
        return refuse("xapc inspect", reason(problem))
    except ImageError as problem:
        return refuse("xapc inspect", f"{path}: {problem}")
    if options.json:
        print(json.dumps({"file": str(path), **as_object(found)}, indent=2))
    else:
        print(as_text(found), end="")
    return OK


def _image(path: Path) -> bytes | None:
    """The bytes of an ELF; other files are compiled. None where that failed (reported)."""
    data = read_image(path)
    if data.startswith(b"\x7fELF") or path.suffix != ".py":
        return data
    made = compiled(path)
    return None if made is None else linked(made)
