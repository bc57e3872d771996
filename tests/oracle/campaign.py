"""The programs of a row of seeds, and what is said of those that disagree."""

import tempfile
import traceback
from pathlib import Path
from random import Random

from xapc.diagnostics import CompileError

from tests.oracle.compare import compare
from tests.oracle.program import Generated, generate
from tests.oracle.shrink import shrink


def run_seed(seed: int, size: int) -> str | None:
    """What went wrong with the program of that seed, made small; None if nothing did."""
    program = generate(Random(seed), size)
    with tempfile.TemporaryDirectory() as folder:

        def disagrees(candidate: Generated) -> bool:
            try:
                return compare(candidate, Path(folder)) is not None
            except (CompileError, SyntaxError):
                return False

        try:
            found = compare(program, Path(folder))
        except CompileError as problem:
            return f"seed {seed}: the generator's fault: {problem}\n{program.source}"
        except Exception:  # noqa: BLE001 - whatever it is, the campaign reports it and goes on
            return f"seed {seed}: {traceback.format_exc()}\n{program.source}"
        if found is None:
            return None
        small = compare(shrink(program, disagrees), Path(folder))
        return f"seed {seed}:\n{small}"


def run_batch(batch: tuple[int, int], size: int) -> list[str]:
    """Of a first seed and a number of seeds: what went wrong."""
    first, count = batch
    return [said for seed in range(first, first + count) if (said := run_seed(seed, size))]
