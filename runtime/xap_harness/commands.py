"""`xapc run FILE smc FID [ARG...]`: one call of an app, as a guest would make it."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from xapc import render
from xapc.diagnostics import CompileError
from xaprt.image import ImageError

from xap_harness.api import BACKENDS, Result, load
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.firmware import Firmware, NoFirmware, TrngFirmware
from xap_harness.hypervisor.loader import LoadError

EXIT_STATUS = {"ok": 0, "not_handled": 0, "failed": 3, "fault": 4}

_DESCRIPTION = """\
Load an app, make one SMC or HVC as a guest would, and show the registers that the guest
gets back, what the app logged, and how many instructions it spent.
"""

_EPILOG = """\
examples:
  xapc run samples/hello.py smc 0xC600_0001
  xapc run samples/trng.py --firmware trng smc 0xC4000053 64
  xapc run app.elf --json hvc 0xC600_0002 1 2 3

exit status:
  0  answered, or no app handles the id (status "ok", "not_handled")
  1  there was no call: bad arguments, no such file, diagnostics, the app refused
  3  the app answered with an error number (status "failed")
  4  the app faulted (status "fault")
"""


def run(argv: Sequence[str]) -> int:
    """The command; `argv` without its name. Returns the exit status."""
    options = _parser().parse_args(list(argv))
    try:
        app = load(options.file, options.backend, firmware=options.firmware())
        call = app.smc if options.conduit == "smc" else app.hvc
        result = call(options.fid, *options.args)
    except CompileError as error:
        print(render.render(error.errors, color=sys.stderr.isatty()), file=sys.stderr, end="")
        return 1
    except OSError as error:
        return _refuse(f"{options.file}: {error.strerror or error}")
    except (ImageError, LoadError, ValueError) as error:
        return _refuse(f"{options.file}: {error}")
    if options.json:
        print(json.dumps(_as_json(result)))
    else:
        print("\n".join(_as_text(result, app.manifest.name)))
    return EXIT_STATUS[result.status]


def _refuse(message: str) -> int:
    print(f"xapc run: {message}", file=sys.stderr)
    return 1


# --- arguments ------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit 1: 2 is the compiler's own fault (LANGUAGE.md section 7)."""
        self.exit(1, f"{self.prog}: {message} (--help shows how)\n")


def _integer(text: str) -> int:
    value = int(text, 0)
    if not -(1 << 63) <= value < 1 << 64:
        raise argparse.ArgumentTypeError(f"{text} does not fit in a register of 64 bits")
    return value


_integer.__name__ = "integer"  # argparse names it in its messages

_FIRMWARE: dict[str, type[NoFirmware] | type[TrngFirmware]] = {
    "none": NoFirmware,
    "trng": TrngFirmware,
}


def _firmware(name: str) -> "type[Firmware]":
    if name not in _FIRMWARE:
        raise argparse.ArgumentTypeError(f"no firmware '{name}': {' or '.join(_FIRMWARE)}")
    return _FIRMWARE[name]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="xapc run",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the app: a .py or an ELF")
    parser.add_argument("conduit", choices=("smc", "hvc"), help="how the guest calls")
    parser.add_argument(
        "fid", type=_integer, metavar="FID", help="function id (x0), as 0xC600_0001"
    )
    parser.add_argument(
        "args", type=_integer, metavar="ARG", nargs="*", help="x1 and further; others are 0"
    )
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default="emulator",
        help="emulator: compiled, at EL0 (default); host: the Python file under CPython",
    )
    parser.add_argument(
        "--firmware",
        type=_firmware,
        default=NoFirmware,
        metavar="none|trng",
        help="what the app's call_smc reaches: nothing (default), or a model of the "
        "firmware's random number generator, seeded with 0",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


# --- output ---------------------------------------------------------------------------------


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "status": result.status,
        **{f"x{n}": getattr(result, f"x{n}") for n in range(4)},
        "log": result.log,
        "instructions": result.instructions,
        "fault": None if result.fault is None else _fault_as_json(result.fault),
    }


def _fault_as_json(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind.value,
        "reason": fault.reason,
        "message": fault.message,
        "file": fault.file,
        "line": fault.line,
        "chain": [{"function": p.function, "file": p.file, "line": p.line} for p in fault.chain],
    }


def _as_text(result: Result, name: str) -> list[str]:
    lines = [f"{name}: {text}" for text in result.log]
    lines.append(f"status        {result.status.replace('_', ' ')}")
    lines += [f"x{n}            {getattr(result, f'x{n}'):#018x}" for n in range(4)]
    if result.instructions is not None:
        lines.append(f"instructions  {result.instructions}")
    if result.errno is not None:
        lines.append(f"errno         {result.errno}")
    if result.fault is not None:
        fault = result.fault
        lines.append(f"fault         {fault.reason}{': ' if fault.message else ''}{fault.message}")
        lines += [f"              {place}" for place in fault.chain]
    return lines
