from xap import App, struct, u32, u64

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

@struct
class Job:
    id: u32


def g(x: u64) -> u64:
    return x


def f(x: u32, ok: bool) -> u32:
    a = 0
    b: u64 = 5
    g(1)
    job = Job(3)
    job.id = 4
    return x if ok else 0
