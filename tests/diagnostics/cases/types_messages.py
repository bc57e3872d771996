from enum import Enum, Flag
from xap import App, log, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

class Op(u32, Enum):
    READ = 0


class Bits(u32, Flag):
    A = 1


def f(x: u32, op: Op, bits: Bits, ok: bool) -> None:
    log.info(x)
    log.info(f"{x!r} {x:>8} {x:08x}")
    log.inof(f"{op:d} {bits}")
    log.info(f"{ok:>4}")
    s = "text"
    log.warn(s)
