"""One for each guest; for some arguments it loops until its budget is spent."""

from xap import App, Instances, Restart, u64

app = App(
    "loops",
    version="1.0.0",
    uuid="11aa0000-0000-4000-8000-000000000005",
    instances=Instances.PER_DOMAIN,
    restart=Restart.ON_FAULT(limit=65535),
    budget_us=10,
)

calls = u64(0)


@app.smc(0xC600_0500)
def count(a: u64) -> tuple[u64, u64]:
    global calls
    calls += 1
    while a & 0xFFF == 0:
        calls ^= 1
    return calls, a
