"""Every shape of a handler (LANGUAGE.md section 5)."""

from xap import (
    App,
    Caller,
    MmioAccess,
    SmcCall,
    SmcResult,
    SmcResult8,
    caller,
    i8,
    i16,
    i32,
    i64,
    log,
    not_handled,
    u8,
    u16,
    u32,
    u64,
)

app = App("shapes", version="2.3.4", uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0002")

calls = u32(0)


@app.smc(0xC600_0000)
def nothing() -> None:
    global calls
    calls += u32(1)


@app.smc(0xC600_0001)
def narrow(a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64) -> SmcResult8:
    log.info(f"{a} {b} {c} {d} {e} {f} {g}")
    return SmcResult8(u64(a), u64.wrap(b), u64(c), u64.wrap(d), u64(e), u64.wrap(f), g, u64(7))


@app.smc(0xC600_0002)
def signed(value: i64) -> i32:
    return i32.wrap(value)


@app.smc(0xC600_0003)
def unsigned(value: u64) -> u16:
    return u16.wrap(value)


@app.smc(0xC600_0004)
def pair(value: u64) -> tuple[i8, u32]:
    return i8.wrap(value), u32.wrap(value)


@app.smc(0xC600_0005)
def four(a: u64, b: u64, c: u64, d: u64) -> tuple[u64, u64, u64, u64]:
    return d, c, b, a


@app.smc(0xC600_0006)
def three(a: u64, b: u64) -> SmcResult:
    return SmcResult(a, b, u64(calls))


@app.smc(0xC600_0007)
def declines(value: u64) -> u64:
    if value == 0:
        not_handled()
    return value


@app.smc(range(0xC600_0100, 0xC600_0110), 0xC600_0200)
def whole(call: SmcCall) -> SmcResult8:
    return SmcResult8(
        u64(call.fid),
        call.x1,
        call.x2,
        call.x5,
        call.x6,
        call.x7,
        u64(call.caller.domid),
        u64(call.caller.vcpu),
    )


@app.hvc(0xC600_0000)
def by_hvc(value: u64) -> tuple[u64, u16, u16]:
    who: Caller = caller()
    return value, who.domid, who.vcpu


@app.mmio_read(base=0x0900_0000, size=0x1000)
def load(access: MmioAccess) -> u64:
    log.info(f"load {access.offset:#x} {access.width} {access.caller.domid}")
    if access.offset == 0xFF8:
        not_handled()
    return u64(0x8182_8384_8586_8788) + access.offset


@app.mmio_write(base=0x0900_0000, size=0x2000)
def store(access: MmioAccess, value: u64) -> None:
    log.info(f"store {access.offset:#x} {access.width} {value:#x} {access.caller.vcpu}")
