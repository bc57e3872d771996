from xap import App, Instances, Needs, Restart

app = App(
    "case",
    version="1.0.0",
    uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
    instances="shared",
    restart=Restart.ON_FAULT(limit=0),
    budget_us=20_000,
    needs=[Needs.irq(5), Needs.uart(1), Needs.io("uart1", 0x1000, 16)],
)
