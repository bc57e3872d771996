from xap import App, Needs

app = App(
    "My App",
    version=1.0,
    uuid="8a2f6d0e",
    budgets_us=3,
)
