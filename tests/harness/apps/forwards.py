"""Forwards a request to the firmware."""

from xap import App, Needs, SmcResult, call_smc, u64

app = App(
    "forwards",
    version="1.0.0",
    uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0006",
    needs=[Needs.call_smc(0xC400_0053)],
)


@app.smc(0xC600_0001)
def forward(first: u64, second: u64) -> SmcResult:
    asked = first + second
    return call_smc(0xC400_0053, asked, 2, 3, 4, 5, 6)
