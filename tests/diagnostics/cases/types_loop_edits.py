from xap import App, Array, N, log, u8, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")


def f(n: u32, a: Array[u8, N[4]]) -> u32:
    total = u32(0)
    for i in n:
        total += 1
    for i, x in a:
        total += u32(x)
    for i in range(len(a)):
        total += i
    return total
