from xap import App, Array, N, u8, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def f(x: u32, a: Array[u8, N[4]]) -> u32:
    while x & 1:
        x >>= 1
    if not x and a[0]:
        return x
    return x if x - 1 else u32(0)
