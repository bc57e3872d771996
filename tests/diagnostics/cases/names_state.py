from xap import App, Array, N, u8, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

LIMIT = 5
count: u32
table = Array[u8, N[4]]()


def f() -> None:
    global LIMIT, table
    table = Array[u8, N[4]]()
