"""Addresses of a fault as Python places (ABI.md 5.3): file, line and call chain."""

from collections.abc import Sequence
from typing import Protocol

from xaprt.debug.place import Place


class Symbols(Protocol):
    def chain(self, pc: int, frames: Sequence[int]) -> tuple[Place, ...]:
        """The places of a fault, innermost first. `frames` are return addresses."""
