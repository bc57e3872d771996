"""`python -m tests.oracle --programs 1000`: as many random programs as wanted.

Every program has a seed, which is printed with what went wrong; `--seed N --programs 1` runs
it again. Exit status 1 if any two of the three ways disagree.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator
from functools import partial

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
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=10) as pool:
        batches = list(_batches(options))
        results = pool.imap(partial(run_batch, size=options.size), batches)
        for said, (_, count) in zip(results, batches, strict=True):
            wrong += len(said)
            done += count
            print(*said, sep="\n", end="\n" * bool(said))
            rate = done / (time.monotonic() - began)
            print(f"{done}/{options.programs} programs, {wrong} wrong, {rate:.1f}/s", flush=True)
    print(f"{done - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
