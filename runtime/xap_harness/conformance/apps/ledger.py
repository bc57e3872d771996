"""A sum that guests add to: what the compiler makes of the language, in short."""

from typing import Final

from xap import App, log, u64

app = App("ledger", version="1.0.0", uuid="6f4a3f56-3f6e-4f0e-8a25-04f9f8a2f5d1")

ADD: Final = 0xC600_0100
READ: Final = 0xC600_0101

total = u64(0)


@app.smc(ADD)
def add(amount: u64) -> u64:
    global total
    total += amount  # the line of the report
    log.info(f"total {total}")
    return total


@app.smc(READ)
def read() -> u64:
    return total
