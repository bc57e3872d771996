"""Shared by all guests; a failed check ends it for some arguments, and a restart begins anew."""

from xap import App, Restart, u64

app = App(
    "crashes",
    version="1.0.0",
    uuid="11aa0000-0000-4000-8000-000000000004",
    restart=Restart.ON_FAULT(limit=65535),
)

calls = u64(0)


@app.smc(0xC600_0400)
def count(a: u64) -> tuple[u64, u64]:
    global calls
    calls += 1
    return calls, 1000 // (a & 0xFFF)
