from typing import Final

from xap import App, struct, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")


@struct
class Job:
    LIMIT: Final = 5
    id: u32 = u32(0)

    def __init__(self, id: u32) -> None:
        self.id = id

    @staticmethod
    def first() -> u32:
        return u32(1)

    @property
    def double(self) -> u32:
        return self.id * 2

    def next(self) -> u32:
        return self.id + 1


def f(job: Job) -> u32:
    return job.double + Job.first() + u32(Job.LIMIT) + job.next
