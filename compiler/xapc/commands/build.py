"""`xapc build FILE`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xapc.cache import from_environment
from xapc.commands.check import add_format, show
from xapc.console import OK, STATUS_HELP, USER_ERROR, Parser, reason, refuse
from xapc.diagnostics import CompileError
from xapc.files import write

if TYPE_CHECKING:
    from xapc.pipeline import Build

STAGES = ("tree", "llvm", "asm", "elf")

_DESCRIPTION = """\
Compile an app to an ELF image that a hypervisor loads. Nothing of the app's file is executed but
the functions that compute its build-time values, after they were checked.
"""

_EPILOG = f"""\
examples:
  xapc build app.py                     writes app.elf
  xapc build app.py -o out/a.elf
  xapc build --emit asm app.py | less   what the handlers became
  xapc build --no-debug app.py          without line numbers and symbols

An image that was built before from the same sources by the same tools is not built again: XAP_CACHE
names the folder that keeps them (default: xap in the user's cache folder), `off` keeps none.

{STATUS_HELP}"""


def main(argv: Sequence[str]) -> int:
    options = _parser().parse_args(list(argv))
    path: Path = options.file
    output: Path | None = options.output
    if output is None and options.emit == "elf":
        output = path.with_suffix(".elf") if path.name else path
    form = "json" if options.json else options.format
    if output is not None and output.exists() and path.is_file() and output.samefile(path):
        return refuse("xapc build", f"{output}: the output would replace the source")
    try:
        data = _made(path, options, form)
        if data is None:
            return USER_ERROR
        if output is None or str(output) == "-":
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            write(output, data)
            if options.emit == "elf":
                _tell(output, data, as_json=options.json)
    except OSError as problem:
        return refuse("xapc build", reason(problem))
    return OK


def _parser() -> Parser:
    parser = Parser("xapc build", _DESCRIPTION, _EPILOG)
    parser.add_argument("file", type=Path, metavar="FILE", help="the app: a .py file")
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        metavar="OUT",
        help="where to write; - is standard output (default: FILE with .elf for an image, standard "
        "output for other stages)",
    )
    parser.add_argument(
        "--emit",
        choices=STAGES,
        default="elf",
        help="the stage to write: the typed tree, LLVM IR, assembly, or the image (default)",
    )
    parser.add_argument(
        "--no-debug", action="store_true", help="leave out line numbers, types and symbols"
    )
    parser.add_argument("-O0", action="store_true", help="do not optimise")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object about the image; errors as --format json",
    )
    add_format(parser)
    return parser


def compiled(
    path: Path, *, form: str = "text", debug: bool = True, optimize: bool = True
) -> "Build | None":
    """The stages of an app; None where it has errors (printed). Raises OSError."""
    from xapc.pipeline import build

    try:
        return build(path, debug=debug, optimize=optimize)
    except CompileError as problem:
        show(problem.errors, form)
        return None


def linked(made: "Build", form: str = "text") -> bytes | None:
    """The image; None where it is larger than images may be (printed)."""
    try:
        return made.elf
    except CompileError as problem:
        show(problem.errors, form)
        return None


def _made(path: Path, options: argparse.Namespace, form: str) -> bytes | None:
    """The stage that is asked for; None where the app has errors (printed). Raises OSError."""
    cache = from_environment() if options.emit == "elf" else None
    flags = [name for name in ("no_debug", "O0") if getattr(options, name)]
    found = None if cache is None else cache.find(path, flags)
    if found is not None:
        return found
    made = compiled(path, form=form, debug=not options.no_debug, optimize=not options.O0)
    data = None if made is None else _stage(made, options.emit, form)
    if cache is not None and made is not None and data is not None:
        cache.keep(made.checked.sources, flags, data)
    return data


def _stage(made: "Build", stage: str, form: str) -> bytes | None:
    if stage == "elf":
        return linked(made, form)
    text: str = getattr(made, stage)
    return text.encode()


def _tell(output: Path, data: bytes, *, as_json: bool) -> None:
    from xapc.inspection import inspect

    found = inspect(data)
    if as_json:
        from xapc.inspection.machine import as_object

        print(json.dumps({"file": str(output), **as_object(found)}, indent=2))
        return
    stack = found.image.manifest.stack_bytes
    print(
        f"{output}: {len(data)} bytes, {found.loaded_bytes} of them loaded, "
        f"at most {stack} of stack"
    )
