"""Who serves the calls that an app makes when it runs under CPython (LANGUAGE.md section 6).

A host installs its `Services` with `use`; without one, defaults suit `python app.py`.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from xaprt import abi


class GuestPage(Protocol):
    """A mapped page of 4096 bytes. Each call is one access."""

    def read(self, offset: int, size: int, /) -> bytes: ...

    def write(self, offset: int, data: bytes, /) -> None: ...


class Registers(Protocol):
    """A mapped region of 32-bit registers. Offsets are in bytes, multiples of 4."""

    @property
    def size(self) -> int:
        """Of the region, in bytes."""
        ...

    def read(self, offset: int, /) -> int: ...

    def write(self, offset: int, value: int, /) -> None: ...


class Services(Protocol):
    """The hypervisor, as an app sees it. Error numbers are those of ABI.md, negated."""

    def log(self, level: int, text: str, /) -> None:
        """One message, whole; the console cuts it (ABI.md section 3, clause 2)."""
        ...

    def call_smc(self, fid: int, args: tuple[int, ...], /) -> tuple[int, int, int, int] | None:
        """x0..x3 of the firmware's answer to `fid` with x1..x6; None: refused."""
        ...

    def map_guest_page(self, ipa: int, writable: bool, /) -> GuestPage | int:
        """The page, or -errno."""
        ...

    def map_io(self, name: str, /) -> Registers | int:
        """The region that the app declared as `name`, or -errno."""
        ...

    def unmap(self, mapping: GuestPage, /) -> None: ...

    def inject_irq(self, virq: int, /) -> int:
        """0 or -errno."""
        ...

    def set_timer(self, ns: int, /) -> int:
        """0 or -errno."""
        ...

    def now_ns(self) -> int: ...

    def caller(self) -> tuple[int, int]:
        """domid and vcpu."""
        ...


class Defaults:
    """No hypervisor: messages go to stderr, everything that needs a right is refused."""

    def log(self, level: int, text: str, /) -> None:
        print(f"{abi.LogLevel(level).name.lower()}: {text}", file=sys.stderr)

    def call_smc(self, fid: int, args: tuple[int, ...], /) -> tuple[int, int, int, int] | None:
        return None

    def map_guest_page(self, ipa: int, writable: bool, /) -> GuestPage | int:
        return -abi.Errno.EPERM

    def map_io(self, name: str, /) -> Registers | int:
        return -abi.Errno.EPERM

    def unmap(self, mapping: GuestPage, /) -> None:
        """Nothing was mapped."""

    def inject_irq(self, virq: int, /) -> int:
        return -abi.Errno.EPERM

    def set_timer(self, ns: int, /) -> int:
        return -abi.Errno.EPERM

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def caller(self) -> tuple[int, int]:
        return abi.DOMID_NONE, abi.VCPU_NONE


_DEFAULTS = Defaults()
_current: ContextVar[Services] = ContextVar("services")


def services() -> Services:
    """Those in use."""
    return _current.get(_DEFAULTS)


@contextmanager
def use(given: Services) -> Iterator[None]:
    """Serve the calls made inside by `given`."""
    token = _current.set(given)
    try:
        yield
    finally:
        _current.reset(token)
