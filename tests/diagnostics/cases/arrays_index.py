from xap import App, Array, N, u8, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def f(a: Array[u8, N[4]], i: u32) -> u8:
    a[-5] = 0
    return a[4] + a[i] + i[0]
