from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")


def f(x: u32, y: u32) -> bool:
    a = bool(x)
    b: bool = 1
    c = x in (1, 2)
    d = not x and not y
    return x & 1


def g(x: u32, y: u32) -> u32:
    return x or u32(5)
