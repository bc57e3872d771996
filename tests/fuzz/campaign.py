"""Workers, one after the other, until enough was executed; then what they found, looked at again.

Instrumented code is slower, and a process that runs for long has a past: a finding of time or
memory counts only if it is one in a process of its own, without atheris (`confirmed`).
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.record import Record
from tests.fuzz.seeds import seeds

_PIECE = 50_000
"""Executions of one process."""
_MOST_FAILURES = 3
"""Processes of a target that end early, without an execution more than before."""
_ARTIFACTS = ("crash-", "timeout-", "oom-", "leak-")
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")


class Campaign:
    """Of one target, in a folder of its own: it goes on with what is there."""

    def __init__(self, folder: Path, target: str, seed: int) -> None:
        self._folder = folder / target
        self._target = target
        self._seed = seed
        for name in ("corpus", "findings"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        for name, data in seeds(target).items():
            (self._folder / "corpus" / f"seed {name}").write_bytes(data)

    def record(self) -> Record:
        return Record.read(self._folder / "record.json")

    def run(self, executions: int) -> Iterator[Record]:
        """As many more; tells after each piece."""
        end = self.record().executions + executions
        failures = 0
        while (done := self.record().executions) < end and failures < _MOST_FAILURES:
            self._piece(min(_PIECE, end - done), done)
            failures = 0 if self.record().executions > done else failures + 1
            yield self._judged()
        if failures == _MOST_FAILURES:
            raise RuntimeError(f"{self._target}: the worker ends early; see {self._folder}/log")

    def _piece(self, executions: int, done: int) -> None:
        log = self._folder / "log"
        command = [sys.executable, "-m", "tests.fuzz.worker", self._target, str(self._folder),
                   str(executions), str(self._seed + done + 1)]  # fmt: skip
        with log.open("w") as stream:
            subprocess.run(command, stdout=stream, stderr=stream, check=False)
        record = self.record()
        for edges, features in _COVERAGE.findall(log.read_text("utf-8", "replace")):
            record.edges = max(record.edges, int(edges))
            record.features = max(record.features, int(features))
        record.write(self._folder / "record.json")

    def _judged(self) -> Record:
        """The record, with the findings that count."""
        record, place = self.record(), self._folder / "findings"
        for path in sorted(place.glob("*.bin")):
            about = json.loads(path.with_suffix(".json").read_text())
            if about["problem"] in record.findings or not confirmed(self._target, path):
                continue
            record.findings.append(about["problem"])
        for path in sorted(place.iterdir()):
            if path.name.startswith(_ARTIFACTS) and path.name not in record.findings:
                record.findings.append(path.name)
        record.write(self._folder / "record.json")
        return record


def confirmed(target: str, path: Path) -> bool:
    """Whether the file is a finding in a process of its own; what is none is removed."""
    command = [sys.executable, "-m", "tests.fuzz.replay", target, str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return True
    path.unlink()
    path.with_suffix(".json").unlink()
    return False
