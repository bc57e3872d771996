"""A call that does not return is the last instruction of its function."""

from xap import App, u64

app = App("last", version="1.0.0", uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0008")

total = u64(0)


@app.smc(0xC600_0001)
def small(value: u64) -> u64:
    global total
    assert value < 8, "too large"  # the assertion
    total += value
    return total
