"""What an app may ask for, as `App(...)` declares it (LANGUAGE.md section 5)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from xaprt import abi

from xap.integers import u8, u32, u64
from xap.layout import fitted

NAME = re.compile(f"[a-z0-9_-]{{1,{abi.MAX_NAME_BYTES}}}")

Instances = abi.Instances


class Event(u8, Enum):
    """What `@app.event` can be told of, numbered as in ABI.md section 2."""

    DOMAIN_CREATED = int(abi.Event.DOMAIN_CREATED)
    DOMAIN_DESTROYED = int(abi.Event.DOMAIN_DESTROYED)


@dataclass(frozen=True)
class Restart:
    """`Restart.NEVER`, or `Restart.ON_FAULT(limit=3)`: so many restarts in a row."""

    limit: int

    NEVER: ClassVar["Restart"]

    @staticmethod
    def ON_FAULT(limit: Any) -> "Restart":  # noqa: N802  # the language's name
        number = constant(limit, u32)
        if not 1 <= number <= 0xFFFF:
            raise ValueError(f"a restart limit is 1 to 65535, not {number}")
        return Restart(number)


Restart.NEVER = Restart(abi.RESTART_NEVER)


@dataclass(frozen=True)
class Need:
    """A record of the manifest; operands as in `xaprt.manifest.Need`."""

    kind: abi.NeedKind
    operands: tuple[int | str, ...]


class Needs:
    """Makes the entries of `App(needs=[...])`."""

    @staticmethod
    def call_smc(*ids: Any) -> Need:
        """May call the firmware with these function identifiers."""
        if not ids:
            raise ValueError("Needs.call_smc() takes one function identifier or more")
        return Need(abi.NeedKind.CALL_SMC, tuple(constant(each, u32) for each in ids))

    @staticmethod
    def guest_memory(mode: str) -> Need:
        """May map the requester's pages: "r" or "rw"."""
        modes = {"r": abi.GuestMemory.READ, "rw": abi.GuestMemory.READ_WRITE}
        if mode not in modes:
            raise ValueError(f'guest memory is needed "r" or "rw", not {mode!r}')
        return Need(abi.NeedKind.GUEST_MEMORY, (modes[mode],))

    @staticmethod
    def io(name: str, base: Any, size: Any) -> Need:
        """May map a device's registers: whole pages, named for `map_io`."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(f"a region's name is 1 to 31 of a-z 0-9 _ -, not {name!r}")
        first, length = region(base, size)
        return Need(abi.NeedKind.IO, (name, first, length))

    @staticmethod
    def irq(virq: Any) -> Need:
        """May inject this SPI."""
        number = constant(virq, u32)
        if not abi.SPI_FIRST <= number <= abi.SPI_LAST:
            raise ValueError(f"an SPI is {abi.SPI_FIRST} to {abi.SPI_LAST}, not {number}")
        return Need(abi.NeedKind.IRQ, (number,))

    @staticmethod
    def timer() -> Need:
        """May set its timer."""
        return Need(abi.NeedKind.TIMER, ())


def constant(value: Any, kind: Any) -> int:
    """A constant of a width or without one, as an int."""
    return int(fitted(kind, value, constants=True))


def region(base: Any, size: Any) -> tuple[int, int]:
    """Base and size of whole pages (ABI.md section 4, clause 2)."""
    first, length = constant(base, u64), constant(size, u64)
    if first % abi.PAGE_SIZE or length % abi.PAGE_SIZE or length == 0 or first + length > 1 << 64:
        raise ValueError(f"{length:#x} bytes at {first:#x} are not whole pages of 4096 bytes")
    return first, length


def checked(needs: Sequence[Need]) -> tuple[Need, ...]:
    """Within the limits of a manifest (ABI.md section 1, clause 4)."""
    for each in needs:
        if not isinstance(each, Need):
            raise TypeError(f"needs are made by Needs.call_smc(...) and its like, not {each!r}")
    counts = Counter[abi.NeedKind]()
    for each in needs:
        counts[each.kind] += len(each.operands) if each.kind is abi.NeedKind.CALL_SMC else 1
    for kind, count in counts.items():
        if count > abi.MAX_NEEDS_OF_A_KIND:
            most = abi.MAX_NEEDS_OF_A_KIND
            raise ValueError(f"{count} needs of kind {kind.name.lower()}; at most {most}")
    return tuple(needs)
