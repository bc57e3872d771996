"""Reads and writes a device for whoever asks."""

from xap import App, Needs, Restart, map_io, u32, u64

app = App(
    "regs",
    version="1.0.0",
    uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0009",
    restart=Restart.ON_FAULT(limit=5),
    needs=[Needs.io("device", base=0x0A00_0000, size=0x1000)],
)


@app.smc(0xC600_0001)
def read(offset: u32) -> u64:
    with map_io("device") as regs:
        return u64(regs[offset // 4])


@app.smc(0xC600_0002)
def write(offset: u32, value: u32) -> u64:
    with map_io("device") as regs:
        regs[offset // 4] = value
        regs[offset // 4 + 1] = value
    return u64(1)
