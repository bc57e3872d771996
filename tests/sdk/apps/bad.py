"""Each line that ends in `# E` is wrong, and a type checker says so; no other line is."""

from enum import Enum, Flag
from typing import Final

from xap import App, Array, N, SmcResult, View, call_smc, i64, log, struct, u8, u16, u32, u64

TYPED: Final[u32] = 5  # E


class Op(u32, Enum):
    A = 0


class Bits(u32, Flag):
    R = 1


@struct
class Job:
    id: u32
    size: u64 = 0  # E
    data: Array[u8, N[4]] = Array[u8, N[8]]()  # E


app = App("bad", version="1.0.0", uuid=5)  # E


def arithmetic(x: u64, y: u32, z: i64) -> u64:
    a = x + y  # E
    b = x - z  # E
    c = y * x  # E
    d = x // y  # E
    e = x & y  # E
    f = x / 2  # E
    g = x**2  # E
    h = 1 << x  # E
    if x == y:  # E
        return u64(1)
    if x < z:  # E
        return u64(2)
    x += y  # E
    log.info(f"{a} {b} {c} {d} {e} {f} {g} {h}")
    return 0  # E


def places(job: Job, array: Array[u8, N[4]], page: View[u8]) -> None:
    x: u64 = 0  # E
    w: u64 = u32(1)  # E
    job.id = 5  # E
    job.id = u64(5)  # E
    job.none = u64(5)  # E
    array[0] = u16(1)  # E
    array[1.0] = u8(1)  # E
    array.fill(u16(1))  # E
    array.copy_from(Array[u16, N[4]]())  # E
    array.equals(Array[u16, N[4]]())  # E
    array.store.be(0, 5)  # E
    page[0] = u32(1)  # E
    n: u32 = page.load(u16, 0)  # E
    log.info(f"{x} {w} {n}")


def calls(x: u64, y: u32) -> u64:
    a = arithmetic(y, y, i64(0))  # E
    b = arithmetic(1, y, i64(0))  # E
    c = x.wrapping_add(y)  # E
    d = u8("1")  # E
    e = call_smc(x)  # E
    f = SmcResult(y)  # E
    g = Job()  # E
    h = Job(u32(1), color=u32(2))  # E
    k: u32 = x.bits(3, 0)  # E
    log.info(u32(5))  # E
    log.info(f"{a} {b} {c} {d} {e.x0} {f.x0} {g.id} {h.id} {k}")
    for i in range(5):
        y = i  # E
    return y  # E


def length(a: Array[u8, N[4]]) -> u32:
    return u32(a[0])


def uses() -> u32:
    op: Op = u32(0)  # E
    bits: Bits = Bits.R | Op.A  # E
    if op is Op.A and Bits.R in bits:
        return Op.B  # E
    return length(Array[u8, N[5]]())  # E
