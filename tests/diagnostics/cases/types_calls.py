from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def g(x: u32, width: u32 = u32(8)) -> u32:
    return x + width


def f(x: u32) -> u32:
    a = g()
    b = g(x, x, x)
    c = g(x, widht=x)
    d = g(x, x=x)
    return a + b + c + d
