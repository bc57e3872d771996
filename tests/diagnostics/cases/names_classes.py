from enum import Enum
from xap import App, struct, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

class Job:
    id: u32


@struct
class Empty:
    pass


@struct
class Order:
    id: u32 = u32(0)
    size: u32
    count = 3

    def reset():
        pass


class Op(bool, Enum):
    READ = 0
