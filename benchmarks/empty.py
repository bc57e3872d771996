"""An app with one route and a handler that does nothing: what a call costs at least."""

from typing import Final

from xap import App

app = App("empty", version="1.0.0", uuid="3a7f8c52-5a3c-4a55-9a3d-6e5fd2d1a7b0")

NOTHING: Final = 0xC600_0001


@app.smc(NOTHING)
def nothing() -> None:
    pass
