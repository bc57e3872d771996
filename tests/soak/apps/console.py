"""Posted writes, and how many there were: for each guest on its own."""

from xap import App, Instances, MmioAccess, u64

app = App(
    "console",
    version="1.0.0",
    uuid="11aa0000-0000-4000-8000-000000000008",
    instances=Instances.PER_DOMAIN,
)

written = u64(0)
summed = u64(0)


@app.mmio_write(base=0x0900_0000, size=0x1000, posted=True)
def put(access: MmioAccess, value: u64) -> None:
    global written, summed
    written += 1
    summed = summed.wrapping_add(value)


@app.mmio_read(base=0x0900_0000, size=0x1000)
def get(access: MmioAccess) -> u64:
    return written if access.offset == 0 else summed
