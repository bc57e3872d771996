from xap import App, u8

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def f(x: u8) -> u8:
    y = u8(256)
    if x == 300:
        return x + 256
    return x << 8
