"""Samples run in exactly the stack that their images ask for, and not in a slot less (ABI.md 1.3;
issue 5, part 3). A fixture has all of tests/language and tests/samples run in exactly that."""

from itertools import repeat
from pathlib import Path

import pytest
from xap_harness import App, LoadError, load
from xap_harness.hypervisor.firmware import NOT_SUPPORTED, Results
from xapc.pipeline import build
from xaprt import abi

from tests.image.exact_stack import exactly

SAMPLES = Path(__file__).parents[2] / "samples"


class Firmware:
    """Gives words of entropy that repeat, and in the end none."""

    def __init__(self) -> None:
        self._draws = iter([(0, 1, 2, 3), (0, 7, 7, 7)])

    def smc(self, fid: int, arguments: object, client: int) -> Results:
        return next(self._draws, NOT_SUPPORTED)


Faults = list[str | None]


def crc(app: App) -> Faults:
    """The last call fails its assertion, with a message."""
    calls = [(0xC600_0010,), (0xC600_0011, 0x1234, 8), (0xC600_0012,), (0xC600_0011, 0, 9)]
    return [_reason(app, *call) for call in calls]


def hello(app: App) -> Faults:
    return [_reason(app, 0xC600_0001)]


def mailbox(app: App) -> Faults:
    calls = [(0xC600_0020,), (0xC600_0021, 1, 5), (0xC600_0022,), (0xC600_0022,)]
    return [_reason(app, *call) for call in calls]


def trng(app: App) -> Faults:
    fids = [0x8400_0050, 0x8400_0051, 0x8400_0052, 0x8400_0053, *repeat(0xC400_0053, 5)]
    return [_reason(app, fid, 96) for fid in fids]


def _reason(app: App, *registers: int) -> str | None:
    fault = app.smc(*registers).fault
    return None if fault is None else fault.reason


DRIVERS = {each.__name__: each for each in (crc, hello, mailbox, trng)}
"""Calls that reach the deepest path of a sample."""
UNREACHABLE = {("mailbox", False), ("trng", False)}
"""Without optimisation the deepest path pads a number, which nobody asks for there."""


def outcome(path: Path, sample: str) -> Faults:
    try:
        return DRIVERS[sample](load(path, firmware=Firmware()))
    except LoadError as refused:
        return [str(refused)]


@pytest.mark.parametrize("optimize", [True, False], ids=["O2", "O0"])
@pytest.mark.parametrize("sample", DRIVERS)
def test_a_sample_runs_in_its_bound_and_not_in_a_slot_less(
    sample: str, optimize: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "app.elf"
    made.write_bytes(build(SAMPLES / f"{sample}.py", optimize=optimize).elf)
    usual = outcome(made, sample)
    exactly(monkeypatch)
    assert outcome(made, sample) == usual
    monkeypatch.undo()
    exactly(monkeypatch, less=abi.STACK_ALIGN)
    overran = any("data abort: write, not mapped" in str(each) for each in outcome(made, sample))
    assert overran == ((sample, optimize) not in UNREACHABLE)
