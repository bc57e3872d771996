"""`python -m xap_harness.conformance --on emulator`: every clause of ABI.md, by number."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence

from xap_harness.conformance.clauses import CLAUSES
from xap_harness.conformance.emulator import EmulatorTarget
from xap_harness.conformance.suite import Case, Result, Status, all_cases, run, selects
from xap_harness.conformance.target import Target

TARGETS: dict[str, Callable[[], Target]] = {"emulator": EmulatorTarget}

_EPILOG = """\
Prints a line a case, and at the end `N passed, N failed, N not run`. The exit status is 1 if a
case failed, else 0.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    chosen = [c for c in all_cases() if not options.only or selects(options.only, c.clause)]
    if not chosen:
        print(f"no clause {options.only}: there are {', '.join(CLAUSES)}", file=sys.stderr)
        return 1
    if options.list:
        print("\n".join(_listed(chosen)))
        return 0
    return _run(chosen, TARGETS[options.on]())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m xap_harness.conformance", description=__doc__, epilog=_EPILOG
    )
    parser.add_argument(
        "--on", choices=sorted(TARGETS), default="emulator", help="the hypervisor (emulator)"
    )
    parser.add_argument("--only", metavar="CLAUSE", help="3.4, 3/4, or all of section 3: 3")
    parser.add_argument("--list", action="store_true", help="list them, and run none")
    return parser


def _listed(chosen: Sequence[Case]) -> list[str]:
    lines = []
    for clause, title in CLAUSES.items():
        own = [each for each in chosen if each.clause == clause]
        if own:
            lines.append(f"{clause}  {title}")
            lines += [f"      {c.words}" + ("" if c.body else " (not run)") for c in own]
    return lines


def _run(chosen: Sequence[Case], target: Target) -> int:
    count: Counter[Status] = Counter()
    for each in chosen:
        result = run(each, target)
        count[result.status] += 1
        print(_line(result), flush=True)
    print(
        f"{count[Status.PASSED]} passed, {count[Status.FAILED]} failed, "
        f"{count[Status.NOT_RUN]} not run"
    )
    return 1 if count[Status.FAILED] else 0


def _line(result: Result) -> str:
    said = {
        Status.PASSED: "",
        Status.FAILED: f": {result.reason}",
        Status.NOT_RUN: f": not run: {result.reason}",
    }
    case = result.case
    return f"{result.status.value:<4} {case.clause:<4} {case.words}{said[result.status]}"


if __name__ == "__main__":
    sys.exit(main())
