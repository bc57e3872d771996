from xap import App, Needs

app = App(
    "My App",
    version="1.0",
    uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
    needs=[Needs.timer],
    budget=5,
)


@app.smc(0xC600_0001)
def f(x: u32 = u32(1)) -> bool:
    return x == 1
