"""Counts its calls: for each guest on its own."""

from xap import App, Instances, u64

app = App(
    "count-own",
    version="1.0.0",
    uuid="11aa0000-0000-4000-8000-000000000003",
    instances=Instances.PER_DOMAIN,
)

calls = u64(0)


@app.hvc(0xC600_0300)
def count(a: u64) -> tuple[u64, u64]:
    global calls
    calls += 1
    return calls, a
