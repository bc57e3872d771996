"""The readers, by name. A module has

    judge(data)    None, or one of REFUSALS; anything else is a finding
    REFUSALS       the exceptions that say no
    mutate         a change that knows the format

Modules are imported when they are asked for: atheris counts coverage only in what is imported
after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from tests.fuzz.mutate.raw import Mutator

SHARES = {
    "image": 15, "manifest": 12, "fit": 13, "signature": 8, "pem": 3, "grants": 2,
    "verifier": 30, "loader": 14, "inspect": 2, "lines": 1,
}  # fmt: skip
"""Of a hundred executions, if no target is named."""


@dataclass(frozen=True)
class Target:
    name: str
    judge: Callable[[bytes], None]
    refusals: tuple[type[Exception], ...]
    mutate: Mutator


def load(name: str) -> Target:
    module = import_module(f"tests.fuzz.targets.{name}")
    return Target(name, module.judge, module.REFUSALS, module.mutate)
