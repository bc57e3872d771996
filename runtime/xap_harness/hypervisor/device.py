"""Devices that `map_io` gives to an app (ABI.md 3.5): what a model of one implements."""

from typing import Protocol


class ExternalAbort(Exception):
    """Raised by a model: the device answers an access with an error. The app that made it is
    condemned, by a synchronous external abort of a load and an SError of a store (ABI.md 5.1)."""


class Device(Protocol):
    """Registers in a region. `offset` is in bytes, aligned to `width`: 1, 2, 4 or 8. What they
    raise other than ExternalAbort is raised in the test."""

    def read(self, offset: int, width: int) -> int:
        """The value, of which the low `width` bytes count."""

    def write(self, offset: int, width: int, value: int) -> None:
        """`value` is zero-extended from its width."""


class RegisterFile:
    """Registers that keep what is written, zero at first: where no model is given.

    `accesses` records what was done: ("read" or "write", offset, width, value).
    """

    def __init__(self, size: int) -> None:
        self._bytes = bytearray(size)
        self.accesses: list[tuple[str, int, int, int]] = []

    def read(self, offset: int, width: int) -> int:
        value = int.from_bytes(self._bytes[offset : offset + width], "little")
        self.accesses.append(("read", offset, width, value))
        return value

    def write(self, offset: int, width: int, value: int) -> None:
        self._bytes[offset : offset + width] = value.to_bytes(width, "little")
        self.accesses.append(("write", offset, width, value))
