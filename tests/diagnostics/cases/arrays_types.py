from typing import Final
from xap import App, Array, N, u8, u16

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

SIZE: Final = 16


def f(a: Array[u8, 4], b: Array[u8, SIZE], c: Array[u8, N[0]]) -> None:
    d = Array[u8, N[4]]([1, 2])
    e = Array[u8, N[4]](u8(i) for i in range(4))
    g = Array[u8, N[2_000_000]]()


def h(a: Array[u8, N[4]], b: Array[u8, N[4]]) -> bool:
    a.load(u16, -1)
    return a == b
