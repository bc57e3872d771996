"""`python -m tests.oracle --programs 1000`: as many random programs as wanted.

Every program has a seed, which is printed with what went wrong; `--seed N --programs 1` runs
it again. Exit status 1 if any two of the three ways disagree.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.oracle.campaign import run_batch

_BATCH = 50


def _batches(options: argparse.Namespace) -> Iterator[tuple[int, int]]:
    end = options.seed + options.programs
    for first in range(options.seed, end, _BATCH):
        yield first, min(_BATCH, end - first)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--seed", type=int, default=0, help="the first one's seed (0)")
    parser.add_argument("--size", type=int, default=4, help="statements in a suite (4)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    options = parser.parse_args()
    began, done, wrong = time.monotonic(), 0, 0
    # A process that has compiled thousands of modules holds LLVM's memory of all of them.
    with ProcessPoolExecutor(
        options.jobs, multiprocessing.get_context("spawn"), max_tasks_per_child=10
    ) as pool:
        batches = list(_batches(options))
        running = [pool.submit(run_batch, *batch, options.size) for batch in batches]
        for future, (_, count) in zip(running, batches, strict=True):
            for said in future.result():
                wrong += 1
                print(said, flush=True)
            done += count
            rate = done / (time.monotonic() - began)
            print(f"{done}/{options.programs} programs, {wrong} wrong, {rate:.1f}/s", flush=True)
    print(f"{done - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
