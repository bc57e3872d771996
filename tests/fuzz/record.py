"""What is known of a target's executions so far: a file that workers add to."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.meter import Outcome


@dataclass
class Record:
    executions: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """`accepted` or a refusal -> how often."""
    slowest_ms: float = 0.0
    most_kib: int = 0
    edges: int = 0
    """Of the readers' code, as atheris counts them; with how often, features."""
    features: int = 0
    findings: list[str] = field(default_factory=list)
    """What is wrong, each once."""

    @classmethod
    def read(cls, path: Path) -> "Record":
        if not path.exists():
            return cls()
        made = cls(**json.loads(path.read_text()))
        made.ends = Counter(made.ends)
        return made

    def write(self, path: Path) -> None:
        new = path.with_suffix(".new")
        new.write_text(json.dumps(vars(self), indent=2) + "\n")
        new.replace(path)

    def add(self, outcome: Outcome) -> None:
        self.executions += 1
        self.ends[outcome.end] += 1
        self.slowest_ms = max(self.slowest_ms, round(1000 * outcome.seconds, 1))
        self.most_kib = max(self.most_kib, outcome.kib)

    @property
    def accepted(self) -> int:
        return self.ends["accepted"]
