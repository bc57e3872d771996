"""The hypervisor's plain services (LANGUAGE.md section 6); messages and mappings apart."""

from xaprt import abi

from xap import runtime
from xap.integers import i32, u16, u32, u64
from xap.layout import fitted
from xap.requests import Caller, SmcResult


def call_smc(
    fid: u32 | int,
    x1: u64 | int = 0,
    x2: u64 | int = 0,
    x3: u64 | int = 0,
    x4: u64 | int = 0,
    x5: u64 | int = 0,
    x6: u64 | int = 0,
) -> SmcResult:
    """What the real firmware answers; x0 all ones and the rest 0 where it was refused."""
    number = int(fitted(u32, fid, constants=True))
    args = tuple(int(fitted(u64, x, constants=True)) for x in (x1, x2, x3, x4, x5, x6))
    found = runtime.services().call_smc(number, args)
    return SmcResult(abi.REFUSED) if found is None else SmcResult(*found)


def inject_irq(virq: u32 | int) -> i32:
    """Make a declared interrupt pending in the requester's domain: 0 or -errno."""
    return i32(runtime.services().inject_irq(int(fitted(u32, virq, constants=True))))


def set_timer(ns: u64 | int) -> i32:
    """Ask for a TIMER call in `ns` nanoseconds (0 cancels): 0 or -errno."""
    return i32(runtime.services().set_timer(int(fitted(u64, ns, constants=True))))


def now_ns() -> u64:
    """Nanoseconds since boot, of one monotonic clock."""
    return u64(runtime.services().now_ns())


def caller() -> Caller:
    """Who made the request that is being handled."""
    domid, vcpu = runtime.services().caller()
    return Caller(u16(domid), u16(vcpu))
