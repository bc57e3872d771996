from xap import App, u32, u64

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def f(x: u32) -> u32:
    try:
        table = {1: x, 2: x + 1}
        y = [i for i in range(3)]
    except KeyError as e:
        raise ValueError("no") from e
    if (z := x) > 3:
        del z
    return table[x] + y[0]


async def g(x: u32) -> u32:
    def inner() -> u32:
        return x

    return await f(x) + inner()
