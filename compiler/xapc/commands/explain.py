"""`xapc explain [CODE]`."""

import difflib
from collections.abc import Sequence

from xapc.console import OK, STATUS_HELP, Parser, refuse

_DESCRIPTION = """\
Print why something is an error, with a wrong and a right example. Without a code, list all errors.
"""

_EPILOG = f"""\
examples:
  xapc explain E0302
  xapc explain 302
  xapc explain | less

{STATUS_HELP}"""


def main(argv: Sequence[str]) -> int:
    parser = Parser("xapc explain", _DESCRIPTION, _EPILOG)
    parser.add_argument("code", nargs="?", metavar="CODE", help="as the diagnostic shows it: E0302")
    asked: str | None = parser.parse_args(list(argv)).code
    from xapc.explain import catalogue, entry, listing, long_form, normalized

    if asked is None:
        print(listing(), end="")
        return OK
    try:
        print(long_form(entry(normalized(asked))), end="")
    except KeyError:
        close = difflib.get_close_matches(normalized(asked), list(catalogue()), 1, 0.7)
        meant = f"; did you mean {close[0]}?" if close else ""
        return refuse("xapc explain", f"there is no error '{asked}'{meant} (without it: a list)")
    return OK
