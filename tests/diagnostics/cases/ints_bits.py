from typing import Final
from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def f(x: u32) -> u32:
    if x.bit(32):
        return x.bits(0, 3)
    return x.with_bits(7, 4, 1) + x.rotate_left(1, 2)


HUGE: Final = 1 << 100_000
BACK: Final = 1 << -1
