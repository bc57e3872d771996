from enum import Enum
from typing import Final
from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

LIMIT: Final = 5


class Op(u32, Enum):
    READ = 0
    WRITE = 1


def f(x: u32, op: Op) -> u32:
    match x:
        case LIMIT:
            return u32(1)
        case [a, b]:
            return a
        case (1 as y) | (2 as y):
            return y
        case last:
            return last
    match op:
        case Op.REED:
            return u32(2)
        case 3:
            return u32(3)
    return op.value
