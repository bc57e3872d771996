from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def f(ok: bool) -> u32:
    if ok:
        x = u32(1)
    for i in range(3):
        y = u32(2)
    return x + y


def g(ok: bool) -> u32:
    while ok:
        return u32(1)
