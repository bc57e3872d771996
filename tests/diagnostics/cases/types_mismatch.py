from xap import App, u32, u64

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

@app.smc(0xC600_0001)
def handle(x: u32, y: u64) -> u64:
    z: u64 = x
    return x


def f(x: u64) -> u32:
    return g(x, flag=x)


def g(x: u32, flag: bool) -> u32:
    return flag
