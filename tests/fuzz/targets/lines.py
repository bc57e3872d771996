"""Debug information: the Python line of an instruction, or nothing; it never refuses."""

from random import Random

import xaprt.debug.dwarf  # noqa: F401  # later it would be too late for atheris
from xapc.inspection.facts import line_of

from tests.fuzz.mutate import elf

REFUSALS: tuple[type[Exception], ...] = ()


def judge(data: bytes) -> None:
    line = line_of(data, 64)
    assert line is None or line.isprintable()


def mutate(data: bytes, rng: Random) -> bytes:
    return elf.debug(data, rng) if rng.random() < 0.8 else elf.mutate(data, rng)
