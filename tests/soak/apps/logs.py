"""Floods the console and asks for the time."""

from xap import App, log, now_ns, u64

app = App("logs", version="1.0.0", uuid="11aa0000-0000-4000-8000-000000000007")

latest = u64(0)


@app.hvc(0xC600_0700)
def tell(a: u64) -> tuple[u64, u64]:
    global latest
    now = now_ns()
    forward = u64(1) if now > latest else u64(0)
    latest = now
    log.info(f"{a:#x} at {now}")
    return forward, a
