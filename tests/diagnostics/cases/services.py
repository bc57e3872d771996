from xap import App, Needs, call_smc, inject_irq, map_guest_page, map_io, set_timer, u64

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11", needs=[Needs.call_smc(0x8400_0050), Needs.guest_memory("rw")])

@app.smc(0xC600_0001)
def f(x: u64) -> u64:
    set_timer(1_000_000)
    result = call_smc(0x8400_0051)
    page = map_guest_page(x)
    with map_guest_page(x, writable=True):
        pass
    with map_io("uart1") as regs:
        regs[0] = 1
    return result.x0 + inject_irq(33)
