"""Bytes of a guest's page that are read twice, while the guest may change them (ABI.md 3.4)."""

BAD = '''
"""Checks a length in the guest's page, and then reads it again."""

from xap import App, Needs, map_guest_page, u32, u64

app = App(
    "attack",
    version="1.0.0",
    uuid="a77ac400-0000-4000-8000-000000000001",
    needs=[Needs.guest_memory("r")],
)


@app.smc(0xC600_0001)
def handle(ipa: u64) -> u64:
    with map_guest_page(ipa) as page:
        if not page:
            return u64(1)
        if page.load(u32, 16) > 64:
            return u64(2)
        length = page.load(u32, 16)
        total = u64(0)
        for n in range(length):
            total += u64(page[64 + n])
        return total
'''

GOOD = BAD.replace("reads it again", "uses what it read").replace(
    """        if page.load(u32, 16) > 64:
            return u64(2)
        length = page.load(u32, 16)
""",
    """        length = page.load(u32, 16)
        if length > 64:
            return u64(2)
""",
)
