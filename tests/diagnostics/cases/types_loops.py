from xap import App, Array, N, u8, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

def f(x: u32, a: Array[u8, N[4]]) -> None:
    for i in x:
        pass
    for a[0] in range(3):
        pass
    for i in range(0, 10, 0):
        pass
    for e in enumerate(a):
        pass
    for e in reversed(a):
        pass
    for i in range():
        pass
    r = range(4)
