"""The project's linker against ld.lld, on as much as wanted.

`--modules N`: generated modules at both levels, images compared, run, and read by others' tools.
`--objects N`: random objects, every second with relocations that perhaps cannot be resolved.
`--tests`: the tests of whole folders, with what they link linked twice.

Modules and objects have a seed, which is printed with what went wrong. Exit status 1 if anything
did.
"""

import argparse
import multiprocessing
import subprocess
import sys
import time
from functools import partial

from tests.lld.campaign import BATCH, run_batch
from tests.lld.programs import ROOT

_ON_THEIRS = ("samples", "language", "harness", "conformance", "soak", "hostile", "oracle", "sdk")
_BESIDE = ("verify", "independent", "diagnostics")
"""Their tests are about the file that the project's linker writes."""


def _campaign(what: str, seeds: range, jobs: int) -> bool:
    """Whether all was well."""
    began, done, wrong = time.monotonic(), 0, 0
    step = BATCH[what]
    batches = [seeds[at : at + step] for at in range(0, len(seeds), step)]
    # A process that has compiled thousands of modules holds LLVM's memory of all of them.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=10) as pool:
        results = pool.imap(partial(run_batch, what=what), batches)
        for said, batch in zip(results, batches, strict=True):
            wrong += len(said)
            done += len(batch)
            print(*said, sep="\n", end="\n" * bool(said))
            rate = done / (time.monotonic() - began)
            print(f"{done}/{len(seeds)} {what}, {wrong} different, {rate:.1f}/s", flush=True)
    print(f"{what} of seeds {seeds[0]} to {seeds[-1]}: {done - wrong} alike, {wrong} different")
    return not wrong


def _tests() -> bool:
    # Another process: in this one the linker is imported already.
    command = [sys.executable, "-m", "pytest", "-q", "--xap-on=emulator"]
    command += ["-p", "tests.lld.plugin", "-p", "no:cacheprovider"]
    theirs = [ROOT / "tests" / folder for folder in _ON_THEIRS]
    beside = ["--lld-beside", *(ROOT / "tests" / folder for folder in _BESIDE)]
    done = [subprocess.run([*command, *more], cwd=ROOT) for more in (theirs, beside)]
    return not any(each.returncode for each in done)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lld",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--modules", type=int, default=0, help="how many")
    parser.add_argument("--objects", type=int, default=0, help="how many")
    parser.add_argument("--tests", action="store_true")
    parser.add_argument("--seed", type=int, default=0, help="the first one (0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    options = parser.parse_args()
    if not (options.modules or options.objects or options.tests):
        parser.error("say what: --modules N, --objects N or --tests")
    good = True
    for what in BATCH:
        if count := getattr(options, what):
            seeds = range(options.seed, options.seed + count)
            good &= _campaign(what, seeds, options.jobs)
    if options.tests:
        good &= _tests()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
