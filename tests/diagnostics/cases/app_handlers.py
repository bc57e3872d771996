from xap import App, MmioAccess, u32, u64

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

@app.init()
def start() -> None:
    pass


@app.timer
def tick() -> None:
    pass


@app.smc(0xC600_0001)
def flag(x: u32) -> bool:
    return x == 0


@app.mmio_read(0x1000, 0x1000)
def register(access: MmioAccess) -> u64:
    return access.offset


@app.smcc(0xC600_0002)
def other() -> None:
    pass


@staticmethod
def plain() -> None:
    pass
