"""One instance for each guest."""

from xap import (
    App,
    Instances,
    Needs,
    Restart,
    caller,
    inject_irq,
    log,
    map_guest_page,
    set_timer,
    u8,
    u64,
)

app = App(
    "own",
    version="1.0.0",
    uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0005",
    instances=Instances.PER_DOMAIN,
    restart=Restart.ON_FAULT(limit=1),
    needs=[Needs.guest_memory("r"), Needs.irq(33), Needs.timer()],
)

total = u64(0)
greeting = u8(0)


@app.init
def start() -> None:
    global greeting
    who = caller()
    with map_guest_page(0x4000_0000) as page:
        greeting = page[0]
    log.info(f"serves {who.domid} {who.vcpu:#x}")


@app.smc(0xC600_0001)
def add(value: u64) -> tuple[u64, u8]:
    global total
    total += value
    return total, greeting


@app.smc(0xC600_0002)
def later() -> None:
    set_timer(2_000_000)


@app.timer
def tick(now: u64) -> None:
    inject_irq(33)
