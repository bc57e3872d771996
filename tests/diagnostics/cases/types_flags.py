from enum import Flag
from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

class Bits(u32, Flag):
    A = 1
    B = 2


def f(x: u32, bits: Bits) -> bool:
    if 1 in x:
        return True
    if Bits.A in bits == True:
        return False
    return x is u32(3) or 0 < 1 < x
