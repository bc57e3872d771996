"""A device that answers with an error (ABI.md 5.1: an SError of the app's own)."""

from pathlib import Path

import pytest
from xap_harness import ExternalAbort, FaultKind, load

REGS = Path(__file__).with_name("apps") / "regs.py"


class Model:
    """Fails at offset 0x100."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    def read(self, offset: int, width: int) -> int:
        return self._at("read", offset)

    def write(self, offset: int, width: int, value: int) -> None:
        self._at("write", offset)

    def _at(self, what: str, offset: int) -> int:
        self.seen.append((what, offset))
        if offset == 0x100:
            raise ExternalAbort
        return 7


@pytest.fixture(params=["host", "emulator"])
def device(request):
    model = Model()
    return load(REGS, request.param, devices={"device": model}), model


@pytest.mark.parametrize(
    ("fid", "line", "reason", "what"),
    [
        (0xC600_0001, "return u64(regs", "data abort: read, external", "read"),
        (0xC600_0002, "regs[offset // 4] = value", "SError", "write"),
    ],
)
def test_the_app_is_condemned_at_that_access(device, fid, line, reason, what):
    app, model = device
    assert app.smc(fid, 0x10).status == "ok"
    model.seen.clear()
    result = app.smc(fid, 0x100)
    assert (result.fault.kind, result.fault.reason) == (FaultKind.EXCEPTION, reason)
    assert line in REGS.read_text().splitlines()[result.fault.line - 1]
    assert model.seen == [(what, 0x100)]  # nothing behind it was done
    assert result.x0 == (1 << 64) - 1
    app.advance(20_000_000)
    assert app.smc(0xC600_0001, 0x10).x0 == 7  # restarted
