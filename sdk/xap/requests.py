"""The structs of the language itself: what handlers take and give (LANGUAGE.md section 5)."""

from typing import TypeVar

from xap import structs
from xap.integers import u8, u16, u32, u64

T = TypeVar("T")


def _struct(cls: type[T]) -> type[T]:
    return structs.make(cls, globals(), constants=True)


@_struct
class Caller:
    """Who made the request; without one: 0x7ff4 or the served guest, and 0xffff."""

    domid: u16
    vcpu: u16


@_struct
class SmcCall:
    """A guest's SMC or HVC, whole."""

    fid: u32
    x1: u64
    x2: u64
    x3: u64
    x4: u64
    x5: u64
    x6: u64
    x7: u64
    caller: Caller


@_struct
class MmioAccess:
    """A trapped load or store; `width` in bytes."""

    offset: u64
    width: u8
    caller: Caller


@_struct
class SmcResult:
    """x0 to x3 of the answer."""

    x0: u64 = u64(0)
    x1: u64 = u64(0)
    x2: u64 = u64(0)
    x3: u64 = u64(0)


@_struct
class SmcResult8:
    """x0 to x7 of the answer."""

    x0: u64 = u64(0)
    x1: u64 = u64(0)
    x2: u64 = u64(0)
    x3: u64 = u64(0)
    x4: u64 = u64(0)
    x5: u64 = u64(0)
    x6: u64 = u64(0)
    x7: u64 = u64(0)
