"""`xapc run FILE smc FID [ARG...]`: one request to an app, as a guest would make it."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xapc import render
from xapc.commands.sign import add_keys
from xapc.console import Parser, reason, refuse, use_color
from xapc.diagnostics import CompileError
from xaprt.abi import RouteKind
from xaprt.admission import LoadError
from xaprt.image import ImageError

from xap_harness.api import BACKENDS, App, MmioResult, Result, load
from xap_harness.bundle import is_bundle, load_bundle
from xap_harness.host.engine import HostError
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.firmware import Firmware, NoFirmware, TrngFirmware
from xap_harness.scenario import RecordedHypervisor
from xap_harness.trace import Trace

EXIT_STATUS = {"ok": 0, "not_handled": 0, "posted": 0, "failed": 3, "fault": 4}

_DESCRIPTION = """\
Load an app, make one request as a guest would (an SMC, an HVC, a load or a store), and show what
the guest gets back, what the app logged, and how many instructions it spent.
"""

_EPILOG = """\
examples:
  xapc run samples/hello.py smc 0xC600_0001
  xapc run samples/trng.py --firmware trng smc 0xC4000053 64
  xapc run app.elf --json hvc 0xC600_0002 1 2 3
  xapc run app.py --timeline --trace out.json smc 0xC600_0001
  xapc run uart.py read 0x0900_0018            4 bytes
  xapc run uart.py write 0x0900_0000 65 1      1 byte

exit status:
  0  answered, or no app handles the request (status "ok", "posted", "not_handled")
  1  there was no call: bad arguments, no such file, diagnostics, the app refused
  3  the app answered with an error number (status "failed")
  4  the app faulted (status "fault")
"""

_COMMAND = "xapc run"


def run(argv: Sequence[str]) -> int:
    """The command; `argv` without its name. Returns the exit status."""
    parser = _parser()
    options = parser.parse_args(list(argv))
    if options.min_version and options.key is None:
        parser.error("--min-version needs --key")
    trace = Trace()
    wanted = options.trace is not None or options.timeline
    made = Hypervisor if options.record is None else RecordedHypervisor
    hypervisor = made(firmware=options.firmware(), record=trace if wanted else None)
    try:
        app = _load(options, hypervisor)
        result = _request(app, options.request, options.number, options.args)
        if options.trace is not None:
            trace.save(options.trace)
        if isinstance(hypervisor, RecordedHypervisor):
            hypervisor.save(options.record)
    except CompileError as error:
        sys.stderr.write(render.render(error.errors, color=use_color(sys.stderr)))
        return 1
    except OSError as error:
        return refuse(_COMMAND, reason(error))
    except HostError as error:
        return refuse(_COMMAND, f"{error} (no panic of the language: a bug)")
    except (ImageError, LoadError, ValueError) as error:
        return refuse(_COMMAND, f"{options.file}: {error}")
    if options.timeline:
        # Beside the answer, which may be JSON.
        sys.stderr.writelines(f"{line}\n" for line in trace.lines())
    if options.json:
        print(json.dumps(_as_json(result)))
    else:
        print("\n".join(_as_text(result, app.manifest.name)))
    return EXIT_STATUS[result.status]


def _load(options: argparse.Namespace, hypervisor: Hypervisor) -> App:
    """The app; of a bundle, the one that the request is for, or any. What of a bundle is refused
    is told on standard error."""
    path, keys, oldest = options.file, options.key, options.min_version
    if options.backend != "emulator" or not is_bundle(path):
        return load(path, options.backend, hypervisor=hypervisor, keys=keys, minimum_version=oldest)
    bundle = load_bundle(path, hypervisor=hypervisor, keys=keys, minimum_version=oldest)
    for problem in bundle.refused.values():
        refuse(_COMMAND, f"{path}: {problem}")
    wanted = bundle.app_for(_ROUTES[options.request], options.number)
    found = wanted or next(iter(bundle.apps.values()), None)
    if found is None:
        raise ValueError("no app of the bundle could be loaded")
    return found


_ROUTES = {
    "smc": RouteKind.SMC,
    "hvc": RouteKind.HVC,
    "read": RouteKind.MMIO_READ,
    "write": RouteKind.MMIO_WRITE,
}


def _request(app: App, kind: str, number: int, args: Sequence[int]) -> Result | MmioResult:
    """Raises ValueError for arguments that do not fit the kind of request."""
    match kind, list(args):
        case "smc", _:
            return app.smc(number, *args)
        case "hvc", _:
            return app.hvc(number, *args)
        case "read", [] | [_]:
            return app.mmio_read(number, *args)
        case "write", [_] | [_, _]:
            return app.mmio_write(number, *args)
        case "read", _:
            raise ValueError("read takes an address and a width in bytes")
        case _:
            raise ValueError("write takes an address, a value and a width in bytes")


# --- arguments ------------------------------------------------------------------------------


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


def _parser() -> Parser:
    parser = Parser(_COMMAND, _DESCRIPTION, _EPILOG)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the app: a .py, an ELF, or a bundle of several"
    )
    parser.add_argument(
        "request", choices=("smc", "hvc", "read", "write"), help="what the guest does"
    )
    parser.add_argument(
        "number",
        type=_integer,
        metavar="FID|ADDRESS",
        help="function id (x0), as 0xC600_0001, or guest-physical address",
    )
    parser.add_argument(
        "args",
        type=_integer,
        metavar="ARG",
        nargs="*",
        help="x1 and further, others are 0; of a write the value; then a width, by default 4",
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
    add_keys(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument(
        "--trace", type=Path, metavar="OUT.json", help="write a timeline for ui.perfetto.dev"
    )
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="write the scenario for xapc replay"
    )
    parser.add_argument("--timeline", action="store_true", help="the timeline in short on stderr")
    return parser


# --- output ---------------------------------------------------------------------------------


def _as_json(result: Result | MmioResult) -> dict[str, Any]:
    return {
        "status": result.status,
        **_values(result),
        "log": result.log,
        "instructions": result.instructions,
        "fault": None if result.fault is None else _fault_as_json(result.fault),
    }


def _values(result: Result | MmioResult) -> dict[str, int | None]:
    if isinstance(result, MmioResult):
        return {"value": result.value}
    return {f"x{n}": getattr(result, f"x{n}") for n in range(4)}


def _fault_as_json(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind.value,
        "reason": fault.reason,
        "message": fault.message,
        "file": fault.file,
        "line": fault.line,
        "chain": [{"function": p.function, "file": p.file, "line": p.line} for p in fault.chain],
    }


def _as_text(result: Result | MmioResult, name: str) -> list[str]:
    lines = [f"{name}: {text}" for text in result.log]
    lines.append(f"status        {result.status.replace('_', ' ')}")
    for what, value in _values(result).items():
        lines.append(f"{what:<13} {'none' if value is None else f'{value:#018x}'}")
    if result.instructions is not None:
        lines.append(f"instructions  {result.instructions}")
    if result.errno is not None:
        lines.append(f"errno         {result.errno}")
    if result.fault is not None:
        fault = result.fault
        lines.append(f"fault         {fault.reason}{': ' if fault.message else ''}{fault.message}")
        lines += [f"              {place}" for place in fault.chain]
    return lines
