"""The command line: `xapc COMMAND ...`. Commands are imported when they are called."""

import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module

from xapc.console import INTERNAL_FAULT, OK, STATUS_HELP, USER_ERROR, reason, refuse

Command = Callable[[Sequence[str]], int]

COMMANDS = {
    "build": "compile an app to an ELF image",
    "check": "report what is wrong with an app, and mend it (--fix)",
    "verify": "prove from its bytes that an image keeps the contract",
    "inspect": "show what an image is and asks for, and where its bytes go",
    "bundle": "put images into one file, and write a device tree that loads them",
    "sign": "sign an image or a bundle",
    "explain": "the long form of an error, with examples",
}
"""In `xapc.commands`; others come from the entry points of that name."""

_ELSEWHERE = {
    "run": "make one call of an app, as a guest would",
    "replay": "run a recorded scenario again, and compare",
}
"""Summaries of commands in other packages of this distribution."""

_DESCRIPTION = """\
xapc compiles native apps for hypervisors, written in Python.

usage: xapc COMMAND ...      (xapc COMMAND --help shows each)
"""

_EPILOG = """\
examples:
  xapc check app.py
  xapc build app.py                writes app.elf
  xapc run app.elf smc 0xC600_0001
  xapc explain E0302
"""


def main(argv: Sequence[str] | None = None) -> int:
    """The whole command line; gives the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # File names need not be text in the terminal's encoding.
            stream.reconfigure(errors="backslashreplace")
    # Python's opinion of an app's source is not what was asked for.
    warnings.simplefilter("ignore", SyntaxWarning)
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _die(signal.SIGINT)
    except BrokenPipeError:
        # Whoever read the output has enough; nothing can be said to them any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except SystemExit as ended:
        # argparse, after --help or an error that it has printed.
        return ended.code if isinstance(ended.code, int) else USER_ERROR if ended.code else OK
    except OSError as problem:
        return refuse("xapc", reason(problem))
    except Exception as fault:  # noqa: BLE001  # the last resort: no bare traceback for users
        from xapc.faults import report

        sys.stderr.write(report(fault))
        return INTERNAL_FAULT


def _die(number: signal.Signals) -> int:
    """End as the signal would have: the shell then knows."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        if len(arguments) > 1 and arguments[0] == "help":
            return _dispatch([arguments[1], "--help"])
        print(_help(), end="", file=sys.stdout if arguments else sys.stderr)
        return OK if arguments else USER_ERROR
    name, *rest = arguments
    if name in ("-V", "--version"):
        print(_version())
        return OK
    command = _command(name)
    if command is None:
        return refuse("xapc", f"no command '{name}'{_meant(name)} (xapc --help lists them)")
    return command(rest)


def _command(name: str) -> Command | None:
    if name in COMMANDS:
        command: Command = import_module(f"xapc.commands.{name}").main
        return command
    from importlib.metadata import entry_points

    for found in entry_points(group="xapc.commands", name=name):
        loaded: Command = found.load()
        return loaded
    return None


def _meant(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, [*COMMANDS, *_ELSEWHERE], 1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _help() -> str:
    listed = "\n".join(f"  {name:<9}{text}" for name, text in {**COMMANDS, **_ELSEWHERE}.items())
    return f"{_DESCRIPTION}\ncommands:\n{listed}\n\n{_EPILOG}\n{STATUS_HELP}"


def _version() -> str:
    from importlib.metadata import version

    return f"xapc {version('xap')}"
