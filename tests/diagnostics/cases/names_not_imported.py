from xap import App

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")
LIMIT: Final = 5


def f(x: u32) -> u32:
    log.info(f"{x}")
    return x + u32(LIMIT)
