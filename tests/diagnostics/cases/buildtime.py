from typing import Final
from xap import App, Array, N, log, static_assert, u8, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

LAST: Final[u32] = after()
count = u32(1)
COPY: Final[u32] = count


def down(x: u32) -> u32:
    return x - 1


def after() -> u32:
    return u32(1)


def forever() -> u32:
    while True:
        pass


def noisy() -> u32:
    log.info("x")
    return u32(1)


DOWN: Final[u32] = down(u32(0))
NEVER: Final[u32] = forever()
LOUD: Final[u32] = noisy()
SHORT: Final = Array[u8, N[4]](u8(i) for i in range(3))
static_assert(DOWN == 0, "never reached")
static_assert(1 == 2, "one is two")
static_assert(1 == 1)
