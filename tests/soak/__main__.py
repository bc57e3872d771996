"""`python -m tests.soak --calls 1000000`: mixed calls, every answer checked, memory watched."""

import argparse
import sys
import time

from tests.soak.soak import Soak, memory_kib


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="how many (1000000)")
    parser.add_argument("--seed", type=int, default=0, help="of the guests' tables (0)")
    options = parser.parse_args()
    soak = Soak(options.seed)
    began, shown = time.monotonic(), 0

    def progress(soak: Soak) -> None:
        nonlocal shown
        if soak.calls >= shown:
            rate = soak.calls / (time.monotonic() - began)
            print(f"{soak.calls} calls, {len(soak.model.wrong)} wrong, {memory_kib()} KiB, "
                  f"{rate:.0f}/s", flush=True)  # fmt: skip
            shown += options.calls // 10

    soak.run(options.calls, progress)
    soak.finish()
    for line in soak.model.wrong[:20]:
        print(line)
    for what, count in sorted(soak.model.seen.items()):
        print(f"{what}: {count}")
    print(f"{soak.calls} calls, {len(soak.model.wrong)} wrong answers")
    return 1 if soak.model.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
