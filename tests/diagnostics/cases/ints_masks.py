from xap import App, u32, u64

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")


def f(x: u32, n: u32) -> u32:
    y = x & ~0xFFF
    z = x | 1 << n
    return y + z


def g(x: u64) -> bool:
    return x == -1 or x == u64(-1)
