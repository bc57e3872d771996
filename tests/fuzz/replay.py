"""One file again, without atheris: `python -m tests.fuzz.replay TARGET FILE`. Status 1 if something
is wrong."""

import sys
from pathlib import Path

from tests.fuzz.meter import Meter
from tests.fuzz.targets import load


def main(target: str, path: str) -> int:
    outcome = Meter(load(target)).execute(Path(path).read_bytes())
    print(f"{outcome.problem or outcome.end}, {1000 * outcome.seconds:.0f} ms, {outcome.kib} KiB")
    print(outcome.details, end="")
    return int(outcome.problem is not None)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
