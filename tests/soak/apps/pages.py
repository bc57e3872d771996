"""Reads and writes a page of whoever calls."""

from xap import App, Needs, map_guest_page, u64

app = App(
    "pages",
    version="1.0.0",
    uuid="11aa0000-0000-4000-8000-000000000006",
    needs=[Needs.guest_memory("rw")],
)


@app.smc(0xC600_0600)
def bump(a: u64) -> tuple[u64, u64]:
    with map_guest_page(0x4002_0000, writable=True) as page:
        before = page.load(u64, (a & 511) * 8)
        page.store((a & 511) * 8, before.wrapping_add(a))
    return before, a
