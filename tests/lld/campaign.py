"""The modules or objects of a row of seeds, and what is said of those that are linked otherwise."""

import tempfile
import traceback
from pathlib import Path

from xapc.diagnostics import CompileError

from tests.lld.objects import random_object
from tests.lld.placed import placed_differences, wrong_differences
from tests.lld.programs import generated
from tests.lld.readers import complaints

BATCH = {"modules": 25, "objects": 100}
"""Of what there are campaigns, and how many a process does at once."""


def _module(seed: int) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        try:
            made = generated(seed, 4, Path(name))
        except CompileError as problem:
            return [f"the generator's fault: {problem}"]
        return [line for image in made for line in complaints(image, Path(name))]


def _object(seed: int) -> list[str]:
    wrong = bool(seed % 2)
    compare = wrong_differences if wrong else placed_differences
    return compare(random_object(seed, wrong=wrong))


def run_batch(seeds: range, what: str) -> list[str]:
    """What went wrong with the modules or objects of these seeds."""
    said = []
    for seed in seeds:
        try:
            found = (_module if what == "modules" else _object)(seed)
        except Exception:  # noqa: BLE001 - whatever it is, the campaign reports it and goes on
            found = [traceback.format_exc()]
        if found:
            said.append("\n".join([f"seed {seed}:", *found]))
    return said
