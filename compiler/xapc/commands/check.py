"""`xapc check FILE...`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from xapc.console import OK, STATUS_HELP, USER_ERROR, Parser, reason, refuse, use_color
from xapc.diagnostics import CompileError, Error

_DESCRIPTION = """\
Check apps without building them: every error of every file, each with its place, its reason and,
where there is one, the edit that mends it.
"""

_EPILOG = f"""\
examples:
  xapc check app.py
  xapc check --fix app.py
  xapc check --format sarif samples/*.py > xapc.sarif

Text goes to standard error; json, github and sarif go to standard output.

{STATUS_HELP}"""


def main(argv: Sequence[str]) -> int:
    parser = Parser("xapc check", _DESCRIPTION, _EPILOG)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an app: a .py file")
    add_format(parser)
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument(
        "--fix", action="store_true", help="apply the suggested edits, then report what is left"
    )
    options = parser.parse_args(list(argv))
    found: list[Error] = []
    status = OK
    for path in options.files:
        try:
            found += _fixed(path) if options.fix else _checked(path)
        except OSError as problem:
            status = refuse("xapc check", reason(problem))
    show(found, "json" if options.json else options.format)
    return USER_ERROR if found else status


def add_format(parser: Parser) -> None:
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="how diagnostics are printed (default: text)",
    )


def _checked(path: Path) -> list[Error]:
    from xapc.pipeline import check_file

    try:
        check_file(path)
    except CompileError as problem:
        return problem.errors
    return []


def _fixed(path: Path) -> list[Error]:
    from xapc.fix import fix

    result = fix(path, _checked)
    if result.edits:
        files = ", ".join(result.files)
        count = f"{result.edits} edit{'s' if result.edits > 1 else ''}"
        print(f"xapc check: made {count} in {files}", file=sys.stderr)
    return result.left


def show(found: Sequence[Error], form: str) -> None:
    """Print diagnostics: text on standard error, with their number; others on standard output."""
    from xapc.render import FORMATS, render

    if form != "text":
        print(FORMATS[form](found), end="")
        return
    if not found:
        return
    sys.stderr.write(render(found, color=use_color(sys.stderr)))
    if len(found) > 1:
        sys.stderr.write(f"\n{len(found)} errors\n")
