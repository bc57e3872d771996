"""A process of atheris for one target: `python -m tests.fuzz.worker TARGET FOLDER N SEED`.

FOLDER has `corpus`, `findings` and `record.json`. It ends after N executions; what it found
wrong it has written down, and went on.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["xaprt", "xapc", "elftools"]):
    from tests.fuzz.targets import load

    _TARGET = load(sys.argv[1])

from tests.fuzz.meter import Meter, Outcome
from tests.fuzz.mutate import elf
from tests.fuzz.record import Record

_MOST_BYTES = 1 << 17
_MOST_OF_A_KIND = 3
_MOST_CHANGES = 3
_WRITE_EVERY = 1000
_HANGS_AFTER_S = 60
_MOST_MIB = 2048
"""Of the whole process: then libFuzzer ends it."""
_GOOD: list[bytes] = []


class _Worker:
    def __init__(self, folder: Path, executions: int, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self._record = Record.read(folder / "record.json")
        self._end = self._record.executions + executions
        self._meter = Meter(_TARGET)

    def execute(self, data: bytes) -> None:
        outcome = self._meter.execute(data)
        self._record.add(outcome)
        if outcome.problem is not None:
            self._keep(data, outcome)
        done = self._record.executions >= self._end
        if done or self._record.executions % _WRITE_EVERY == 0:
            self._record.write(self._folder / "record.json")
        if done:
            sys.stderr.flush()
            os._exit(0)  # libFuzzer has no other end that is not a crash

    def _keep(self, data: bytes, outcome: Outcome) -> None:
        kind = hashlib.sha256(str(outcome.problem).encode()).hexdigest()[:8]
        place = self._folder / "findings"
        if len(list(place.glob(f"{kind}-*.bin"))) < _MOST_OF_A_KIND:
            name = f"{kind}-{hashlib.sha256(data).hexdigest()[:8]}"
            (place / f"{name}.bin").write_bytes(data)
            about = {"target": _TARGET.name, "seed": self._seed, **outcome._asdict()}
            (place / f"{name}.json").write_text(json.dumps(about, indent=2))


def _mutate(data: bytes, most: int, seed: int) -> bytes:
    """Mostly changes that know the format, of what libFuzzer offers or of a good file again;
    libFuzzer's own know what was compared."""
    rng = Random(seed)
    if rng.random() < 0.15:
        return bytes(atheris.Mutate(data, most))
    return _TARGET.mutate(rng.choice(_GOOD) if rng.random() < 0.25 else data, rng)[:most]


def _cross(one: bytes, other: bytes, most: int, seed: int) -> bytes:
    rng = Random(seed)
    if one.startswith(b"\x7fELF") and other.startswith(b"\x7fELF"):
        return elf.spliced(one, other, rng)[:most]
    at, to = rng.randrange(len(one) + 1), rng.randrange(len(other) + 1)
    return (one[:at] + other[to:])[:most]


def main() -> None:
    folder, executions, seed = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    worker = _Worker(folder, executions, seed)
    _GOOD.extend(path.read_bytes() for path in sorted(folder.glob("corpus/seed *")))
    options = [
        f"-seed={seed}", f"-max_len={_MOST_BYTES}", f"-mutate_depth={_MOST_CHANGES}",
        f"-timeout={_HANGS_AFTER_S}", f"-rss_limit_mb={_MOST_MIB}",
        f"-artifact_prefix={folder / 'findings'}/",
    ]  # fmt: skip
    arguments = [sys.argv[0], *options, str(folder / "corpus")]
    atheris.Setup(arguments, worker.execute, custom_mutator=_mutate, custom_crossover=_cross)
    atheris.Fuzz()


main()
