from xap import App, struct, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")


@struct
class Job:
    id: u32


@struct
class Urgent(Job):
    deadline: u32


@dataclass
class Plain:
    id: u32
