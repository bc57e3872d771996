from xap import App, Needs, View, map_guest_page, u64

app = App("case", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11", needs=[Needs.guest_memory("r")])

@app.smc(0xC600_0001)
def f(ipa: u64) -> u64:
    with map_guest_page(ipa) as page:
        kept = page
        if page[-1] == 0:
            return u64(1)
    return u64(page[0])


def g(page: View[u64]) -> None:
    pass
