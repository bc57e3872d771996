from xap import App, u32

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")

@app.smc(0xC600_0001, range(0xC600_0010, 0xC600_0020))
def f() -> None:
    pass


@app.smc(0xC600_0014)
def g() -> None:
    pass


@app.hvc(0x8400_0000)
def h() -> None:
    pass


@app.init
def one() -> None:
    pass


@app.init
def two() -> None:
    pass
