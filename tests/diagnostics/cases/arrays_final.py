from typing import Final
from xap import App, Array, N, u8

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

TABLE: Final = Array[u8, N[4]](b"\x00\x01\x02\x03")


def fill(a: Array[u8, N[4]]) -> None:
    a[0] = 1


def f() -> Array[u8, N[4]]:
    TABLE[0] = 1
    fill(TABLE)
    alias = TABLE
    alias.fill(0)
    return TABLE
