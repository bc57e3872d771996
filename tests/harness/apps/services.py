"""Uses every service of the hypervisor, as its guest asks."""

from xap import (
    App,
    Event,
    Needs,
    Restart,
    caller,
    i32,
    inject_irq,
    log,
    map_guest_page,
    map_io,
    now_ns,
    set_timer,
    u16,
    u32,
    u64,
)

app = App(
    "services",
    version="1.0.0",
    uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0003",
    restart=Restart.ON_FAULT(limit=3),
    needs=[
        Needs.guest_memory("rw"),
        Needs.io("uart0", 0x1C09_0000, 0x1000),
        Needs.io("rtc0", 0x1C17_0000, 0x2000),
        Needs.irq(40),
        Needs.timer(),
    ],
)

ticks = u64(0)
last = u64(0)
period = u64(0)


@app.init
def start() -> None:
    log.info("started")


@app.smc(0xC600_0001)
def read_guest(ipa: u64, offset: u64) -> tuple[u64, u64]:
    with map_guest_page(ipa) as page:
        if not page:
            return u64.wrap(page.error), u64(0)
        return u64(0), page.load(u64, offset)


@app.smc(0xC600_0002)
def write_guest(ipa: u64, offset: u64, value: u64) -> u64:
    with map_guest_page(ipa, writable=True) as page:
        if not page:
            return u64.wrap(page.error)
        page.store(offset, value)
    return u64(0)


@app.smc(0xC600_0003)
def write_read_only(ipa: u64) -> u64:
    with map_guest_page(ipa) as page:
        return u64(page[0]) + u64(page[4096 - 1])


@app.smc(0xC600_0004)
def uart(offset: u64, value: u32) -> u64:
    with map_io("uart0") as regs:
        regs[offset // 4] = value
        return u64(regs[0])


@app.smc(0xC600_0005)
def rtc(offset: u64) -> u64:
    with map_io("rtc0") as regs:
        return u64(regs[offset // 4])


@app.smc(0xC600_0006)
def interrupt(virq: u32) -> i32:
    return inject_irq(virq)


@app.smc(0xC600_0007)
def arm(ns: u64, again: u64) -> tuple[i32, u64]:
    global period
    period = again
    now = now_ns()
    return set_timer(ns), now


@app.smc(0xC600_0008)
def seen() -> tuple[u64, u64]:
    return ticks, last


@app.smc(0xC600_0009)
def fault() -> None:
    assert ticks > 1_000_000


@app.timer
def tick(now: u64) -> None:
    global ticks, last
    ticks += u64(1)
    last = now
    who = caller()
    log.info(f"tick {who.domid:#x} {who.vcpu:#x} irq {inject_irq(u32(40))}")
    if period != 0:
        set_timer(period)


@app.event(Event.DOMAIN_CREATED)
def came(domid: u16) -> None:
    log.info(f"{domid} came")


@app.event(Event.DOMAIN_DESTROYED)
def went(domid: u16) -> None:
    log.info(f"{domid} went")
