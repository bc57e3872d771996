"""No state: the same question always has the same answer."""

from xap import App, u64

app = App("sums", version="1.0.0", uuid="11aa0000-0000-4000-8000-000000000001")


@app.smc(0xC600_0100)
def add(a: u64, b: u64) -> tuple[u64, u64]:
    return a.wrapping_mul(3).wrapping_add(b), a ^ b
