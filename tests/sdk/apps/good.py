"""Every construct of LANGUAGE.md that has a type, as an app would write it."""

from enum import Enum
from typing import Final, NoReturn

from xap import (
    App,
    Array,
    Caller,
    Event,
    Flag,
    Instances,
    MmioAccess,
    N,
    Needs,
    Restart,
    SmcCall,
    SmcResult,
    SmcResult8,
    View,
    call_smc,
    caller,
    i8,
    i16,
    i32,
    i64,
    inject_irq,
    log,
    map_guest_page,
    map_io,
    not_handled,
    now_ns,
    offsetof,
    panic,
    psci,
    set_timer,
    sizeof,
    smccc,
    static_assert,
    struct,
    u8,
    u16,
    u32,
    u64,
    wrapping,
)

READ: Final = 0xC600_0001
FIRST: Final[u32] = u32(0xC600_0010)
POLY: Final[u32] = u32(0xEDB8_8320)
ONE: Final[u32] = u32(1)
GREETING: Final = "hello"
MAGIC: Final = b"\x7fXAP"
DENIED: Final[u64] = u64.wrap(smccc.NOT_SUPPORTED)

app = App(
    "good",
    version="1.0.0",
    uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
    instances=Instances.SHARED,
    restart=Restart.ON_FAULT(limit=3),
    budget_us=500,
    needs=[
        Needs.call_smc(0xC200_0001, FIRST),
        Needs.guest_memory("rw"),
        Needs.io("uart1", 0x900_0000, 0x1000),
        Needs.irq(40),
        Needs.timer(),
    ],
)


def crc_entry(n: u32) -> u32:
    for _ in range(8):
        n = (n >> 1) ^ POLY if n & 1 != 0 else n >> 1
    return n


TABLE: Final = Array[u32, N[256]](crc_entry(u32(i)) for i in range(256))
Block = N[64]


class Op(u32, Enum):
    READ = 0
    WRITE = 1


class Access(u8, Flag):
    R = 1
    W = 2


@struct
class Point:
    x: i32 = i32(0)
    y: i32 = i32(0)

    def move(self, dx: i32, dy: i32) -> None:
        self.x += dx
        self.y += dy


@struct
class State:
    calls: u64 = u64(0)
    where: Point = Point(y=i32(4))
    last: Array[u8, Block] = Array[u8, Block]()
    op: Op = Op.READ
    access: Access = Access.R
    ready: bool = False
    points: Array[Point, N[4]] = Array[Point, N[4]]()
    grid: Array[Array[u8, N[8]], N[8]] = Array[Array[u8, N[8]], N[8]]()


@struct
class Header:
    kind: u8
    length: u32


static_assert(sizeof(Header) == 8, "layout")
static_assert(offsetof(Header, "length") == 4, "layout")
static_assert(sizeof(Array[u16, N[4]]) == 8, "arrays")
static_assert(sizeof(u64) == 8 and sizeof(bool) == 1 and sizeof(Op) == 4, "scalars")

state = State()
total = u64(0)
magic = Array[u8, N[4]](MAGIC)


def arithmetic(x: u64, y: u64, n: u8) -> u64:
    z = x + y - 1 + 2 * x // 3 % y
    z = 1 + z
    z = -z if z == 0 else +z
    z = (z << n) | (z >> 3) ^ ~x & 0xFF
    z = abs(z)
    z += x
    z -= 1
    z <<= n
    with wrapping():
        z = z * x + 1
    z = z.wrapping_add(y).wrapping_sub(1).wrapping_mul(x)
    z = z.saturating_add(5).saturating_sub(y)
    high, low = z.mul_wide(x)
    z = high.rotate_left(n).rotate_right(3) + low.byteswap()
    ones: u32 = z.count_ones() + z.leading_zeros() + z.trailing_zeros()
    if z.bit(3) and ones != 0:
        z = z.bits(15, 8).with_bits(3, 0, u64(5))
    z = min(z, x, u64.MAX)
    z = max(z, u64.MIN + u64.BITS)
    return z if 0 <= z < 100 else u64(0)


def signed(x: i8) -> tuple[i8, u8]:
    return x.mul_wide(-3)


def conversions(x: u64, flag: bool) -> tuple[u8, i16, u32, bool]:
    a = u8.wrap(x) + u8.saturate(x)
    b = i16(a) + i16(flag)
    c = u32(Op.WRITE) + u32(u8(Access.W))
    return a, b, c, Op(c) is Op.READ


def aggregates(job: Point, row: Array[u8, N[8]]) -> i32:
    grid = state.grid
    grid[0] = row
    cell = grid[1]
    cell[2] = 3
    cell[-1] = u8(4)
    cell[u16(1)] += 1
    row.fill(7)
    row.copy_from(cell, 1, 2, count=3)
    same = row.equals(cell) and grid[2].copy().equals(row)
    state.points[0] = job
    state.where = job
    job.move(i32(1), i32(2) if same else i32(3))
    word = state.last.load(u32, 4) + state.last.load.le(u32, i64(0)) + state.last.load.be(u32, 8)
    header = state.last.load(Header, 16)
    state.last.store(0, word)
    state.last.store.be(4, u16(1))
    state.last.store(20, header)
    return job.x


def loops(n: u32) -> u64:
    found = u64(0)
    for i in range(n):
        if i % 4 == 3:
            continue
        found += u64(i)
    for i in reversed(range(1, 10, 2)):
        found += u64(state.last[i])
    for i, each in enumerate(state.last):
        found += u64(each)
        if i == len(state.last) - 1:
            break
    else:
        found += 1
    for point in state.points:
        point.x = i32(0)
    while found > 10:
        found //= 2
    return found


def choose(op: Op) -> u32:
    match op:
        case Op.READ:
            return u32(1)
        case Op.WRITE:
            return u32(2)


def flags(access: Access) -> Access:
    if Access.R in access and access != Access.W:
        return ~access & Access.W
    return access | Access.R ^ Access.W


def pick(n: u32, extra: u32 = ONE) -> u32:
    match n:
        case smccc.SUCCESS:
            return extra
        case other if other > 5:
            return other
        case _:
            return u32(psci.VERSION)


def fail() -> NoReturn:
    panic(f"no way {u8(1)}")


def copy_page(page: View[u8], n: u64) -> u64:
    if not page:
        return DENIED
    header = page.load(Header, n)
    page.store(0, header)
    page[0] = page[1] + 1
    page.copy_from(state.last, 0)
    state.last.copy_from(page, 0, 0, 16)
    log.hexdump(state.last)
    log.hexdump(page)
    assert page.error == 0, f"{page.error}"
    return u64(len(page)) + u64(header.length)


@app.init
def start() -> None:
    log.info(GREETING)
    log.debug(f"{choose(Op.READ):#010x} {Op.WRITE} {True}")
    error = set_timer(1_000_000)
    assert error == 0


@app.smc(READ, range(0xC600_0020, 0xC600_0030), FIRST)
def read(step: u64, width: u8) -> u64:
    global total
    total += step
    state.calls += 1
    if width == 0:
        not_handled()
    return total


@app.hvc(READ)
def call(request: SmcCall) -> SmcResult:
    who: Caller = request.caller
    answer = call_smc(0xC200_0001, request.x1, x3=5)
    if answer.x0 == DENIED or who.domid != 1:
        return SmcResult(DENIED)
    return SmcResult(answer.x0, 1, x3=request.x2)


@app.hvc(FIRST)
def eight() -> SmcResult8:
    return SmcResult8(x7=now_ns())


@app.smc(0xC600_0100)
def several(a: u32, b: i64) -> tuple[u32, i64, u8]:
    return a, b, u8(a == 0)


@app.mmio_read(base=0x1000_0000, size=0x1000)
def load(access: MmioAccess) -> u64:
    return access.offset + u64(access.width)


@app.mmio_write(base=0x1000_0000, size=0x1000, posted=True)
def store(access: MmioAccess, value: u64) -> None:
    with map_io("uart1") as regs:
        regs[0] = u32.wrap(value)
        while regs[6] & 0x20 == 0:
            pass
        regs[1] |= 1


@app.smc(0xC600_0101)
def page_of(ipa: u64) -> u64:
    with map_guest_page(ipa, writable=True) as page:
        return copy_page(page, ipa & 0xFF)


@app.timer
def tick(now: u64) -> None:
    error = inject_irq(40)
    if error != 0 or caller().vcpu == 0xFFFF:
        log.warn(f"{now} {error}")


@app.event(Event.DOMAIN_CREATED)
def created(domid: u16) -> None:
    log.error(f"{domid:x}")
