from typing import Final
from xap import App, struct, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

from xap import psic

LIMIT: Final = 3


@struct
class Job:
    length: u32 = u32(0)


def f(count: u32, job: Job) -> u32:
    if cuont > LIMTI:
        return job.lenght
    return count.count_one() + u32.MIX


def g(first: u32, second: u32) -> u32:
    return f(first, job=Job(lenght=second))
