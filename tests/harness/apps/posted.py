"""A console by posted writes, and a counter of its own for each guest."""

from xap import App, Event, MmioAccess, Restart, log, panic, u16, u64

app = App(
    "console",
    version="1.0.0",
    uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0004",
    restart=Restart.ON_FAULT(limit=1),
)

written = u64(0)


@app.mmio_write(base=0x0900_0000, size=0x1000, posted=True)
def put(access: MmioAccess, value: u64) -> None:
    global written
    log.info(f"{access.caller.vcpu} {access.offset:#x} {access.width} {value:#x}")
    if value == 0xDEAD:
        panic("a bad byte")
    written += u64(1)


@app.mmio_read(base=0x0900_0000, size=0x1000)
def get(access: MmioAccess) -> u64:
    return written


@app.smc(0xC600_0001)
def count() -> u64:
    return written


@app.event(Event.DOMAIN_DESTROYED)
def went(domid: u16) -> None:
    log.info(f"{domid} went after {written}")
