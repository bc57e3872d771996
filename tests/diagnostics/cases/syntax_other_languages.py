from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")


def f(x: u32, y: u32) -> u32:
    if x > 1 && y > 1:
        return x
    return y
