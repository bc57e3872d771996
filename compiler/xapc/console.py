"""What the commands share: arguments, messages, exit statuses, colour."""

import argparse
import os
import sys
from typing import NoReturn, TextIO

from xaprt.debug.place import printable

OK = 0
USER_ERROR = 1
INTERNAL_FAULT = 2

STATUS_HELP = """\
exit status:
  0  done
  1  something is wrong with the app or the arguments, which is said
  2  a fault of the compiler itself: please report it
"""


class Parser(argparse.ArgumentParser):
    """Wrong arguments exit with 1: 2 is the compiler's own fault (LANGUAGE.md section 7)."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        self.exit(USER_ERROR, f"{self.prog}: {message} (--help shows how)\n")


def refuse(command: str, message: str) -> int:
    """One line on standard error; gives the exit status."""
    print(printable(f"{command}: {message}"), file=sys.stderr)
    return USER_ERROR


def use_color(stream: TextIO) -> bool:
    """A terminal that shows colour, and nobody against it (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def reason(error: OSError) -> str:
    """`app.py: No such file or directory`."""
    text = error.strerror or str(error)
    return f"{error.filename}: {text}" if error.filename else text
