"""The programs of a row of seeds, and what is said of those that disagree."""

import gc
import tempfile
import traceback
from pathlib import Path
from random import Random

from xapc.diagnostics import CompileError

from tests.oracle.compare import Disagreement, compare
from tests.oracle.program import Generated, generate
from tests.oracle.shrink import shrink

_OBJECTS = 50_000
"""Between two searches for cycles; at Python's 700 they take a tenth of the time."""


def run_seed(seed: int, size: int) -> str | None:
    """What went wrong with the program of that seed, made small; None if nothing did."""
    program = generate(Random(seed), size)
    with tempfile.TemporaryDirectory() as folder:

        def disagreement(candidate: Generated) -> Disagreement | None:
            """A part of a program need not be one: what fails otherwise is no disagreement."""
            try:
                return compare(candidate, Path(folder))
            except Exception:  # noqa: BLE001 - reported for the whole program, if it is at fault
                return None

        try:
            found = compare(program, Path(folder))
        except CompileError as problem:
            return f"seed {seed}: the generator's fault: {problem}\n{program}"
        except Exception:  # noqa: BLE001 - whatever it is, the campaign reports it and goes on
            return f"seed {seed}: {traceback.format_exc()}\n{program}"
        if found is None:
            return None
        small = shrink(program, lambda candidate: disagreement(candidate) is not None)
        return f"seed {seed}:\n{disagreement(small)}"


def run_batch(batch: tuple[int, int], size: int) -> list[str]:
    """Of a first seed and a number of seeds: what went wrong."""
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    first, count = batch
    return [said for seed in range(first, first + count) if (said := run_seed(seed, size))]
