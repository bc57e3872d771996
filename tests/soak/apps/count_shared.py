"""Counts its calls: those of all guests."""

from xap import App, u64

app = App(
    "count-shared",
    version="1.0.0",
    uuid="11aa0000-0000-4000-8000-000000000002",
)

calls = u64(0)


@app.hvc(0xC600_0200)
def count(a: u64) -> tuple[u64, u64]:
    global calls
    calls += 1
    return calls, a
