"""`xapc replay FILE`: run a recorded scenario again and compare every byte."""

import sys
from collections.abc import Sequence
from pathlib import Path

from xapc.console import Parser, reason, refuse

from xap_harness.scenario.replay import Difference, ScenarioError, replay
from xap_harness.trace import Trace

_COMMAND = "xapc replay"

_DESCRIPTION = """\
Run a scenario that `xapc run --record` or a RecordedHypervisor wrote: the same images, requests
and times, and the same guest pages, device registers and firmware answers. Whatever the
hypervisor and the apps do is compared with what they did then.
"""

_EPILOG = """\
examples:
  xapc run samples/trng.py --firmware trng --record draw.scenario smc 0xC4000053 64
  xapc replay draw.scenario
  xapc replay draw.scenario --trace out.json

exit status:
  0  every byte is the same
  1  something differs, or the file is no scenario
"""


def run(argv: Sequence[str]) -> int:
    """The command; `argv` without its name. Returns the exit status."""
    options = _parser().parse_args(list(argv))
    trace = Trace()
    wanted = options.trace is not None or options.timeline
    try:
        text = options.file.read_text(encoding="utf-8")
        found = replay(text, trace if wanted else None)
        if options.trace is not None:
            trace.save(options.trace)
    except OSError as problem:
        return refuse(_COMMAND, reason(problem))
    except (ScenarioError, UnicodeDecodeError) as problem:
        return refuse(_COMMAND, f"{options.file}: {problem}")
    if options.timeline:
        sys.stderr.writelines(f"{line}\n" for line in trace.lines())
    print(_said(options.file, text, found))
    return 0 if found is None else 1


def _said(file: Path, text: str, found: Difference | None) -> str:
    if found is None:
        return f"{file}: {len(text.splitlines())} lines, every byte the same"
    then, now = (line or "nothing more" for line in (found.recorded, found.now))
    return f"{file}:{found.line}: differs\n  recorded {then}\n  now      {now}"


def _parser() -> Parser:
    parser = Parser(_COMMAND, _DESCRIPTION, _EPILOG)
    parser.add_argument("file", type=Path, metavar="FILE", help="the scenario")
    parser.add_argument(
        "--trace", type=Path, metavar="OUT.json", help="write a timeline for ui.perfetto.dev"
    )
    parser.add_argument("--timeline", action="store_true", help="the timeline in short on stderr")
    return parser
