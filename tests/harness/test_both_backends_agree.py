"""Any history of requests, time, guests and faults gives the same on the host and at EL0."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import xap_harness
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.api import App, MmioResult, Result

APPS = Path(__file__).parent / "apps"
RAM = 0x4000_0000
MS = 1_000_000

DOMIDS = st.integers(1, 3)
SMALL = st.integers(0, 12) | st.sampled_from([64, 255, 256, 0x1000, 1 << 31, (1 << 64) - 1])
IPAS = st.sampled_from([0, RAM, RAM + 8, RAM + 0x1000, RAM + 0xFF000, RAM + 0x10_0000])
OFFSETS = st.sampled_from([0, 1, 8, 0xFF8, 0xFF9, 0x1000, 0x1FFC, 0x2000])


@dataclass(frozen=True)
class Step:
    """`what` is a method of `App`, or one of `advance`, `destroy`."""

    what: str
    arguments: tuple[int, ...]
    domid: int = 1


def smc(fid: int, *arguments: st.SearchStrategy[int]) -> st.SearchStrategy[Step]:
    return st.builds(lambda domid, *given: Step("smc", (fid, *given), domid), DOMIDS, *arguments)


TIME = st.builds(lambda ms: Step("advance", (ms * MS + MS // 2,)), st.integers(0, 30))
GUESTS = st.builds(lambda domid: Step("destroy", (), domid), DOMIDS)

SERVICES = st.one_of(
    smc(0xC600_0001, IPAS, OFFSETS),
    smc(0xC600_0002, IPAS, OFFSETS, SMALL),
    smc(0xC600_0003, IPAS),
    smc(0xC600_0004, OFFSETS, SMALL),
    smc(0xC600_0005, OFFSETS),
    smc(0xC600_0006, st.sampled_from([40, 41, 0])),
    smc(0xC600_0009),
    TIME,
    GUESTS,
)
CONSOLE = st.one_of(
    st.builds(
        lambda domid, place, value: Step("mmio_write", (0x0900_0000 + 4 * place, value), domid),
        DOMIDS,
        st.integers(-1, 3),
        SMALL | st.just(0xDEAD),
    ),
    st.builds(lambda domid: Step("mmio_read", (0x0900_0000,), domid), DOMIDS),
    smc(0xC600_0001),
    TIME,
    GUESTS,
)
OWN = st.one_of(smc(0xC600_0001, SMALL), smc(0xC600_0002), TIME, GUESTS)
FAULTS = st.one_of(smc(0xC600_0001, st.integers(0, 10), SMALL), smc(0xC600_0002), TIME)


def outcome(result: Result | MmioResult) -> object:
    """All that a requester and a tester see, but for what only one backend knows."""
    fault = result.fault
    why = None if fault is None else (fault.kind, fault.reason, fault.message, fault.chain)
    values = (
        (result.value,)
        if isinstance(result, MmioResult)
        else tuple(getattr(result, f"x{n}") for n in range(8))
    )
    return values, result.status, result.log, result.errno, why


def play(app: App, steps: list[Step]) -> list[object]:
    """Between two steps passes more time than ten times what a step takes, and less than a posted
    write waits: what a call takes, and so what work deferred after it waits for (ABI.md 6.5), is
    known at EL0 only."""
    seen: list[object] = []
    for step in steps:
        if step.what == "advance":
            app.advance(*step.arguments)
        elif step.what == "destroy":
            if step.domid in app.hypervisor.domains:
                app.destroy_domain(step.domid)
        else:
            call = getattr(app, step.what)
            seen.append(outcome(call(*step.arguments, domid=step.domid)))
        app.advance(MS // 10)
    app.advance(100 * MS)
    domains = app.hypervisor.domains
    seen.append({d: (domains[d].pending, domains[d].read(RAM, 0x2000)) for d in domains})
    seen.append([line for line in app.log if not line.startswith("xap-fault: ")])
    return seen


@pytest.mark.parametrize(
    ("name", "histories"),
    [("services.py", SERVICES), ("posted.py", CONSOLE), ("own.py", OWN), ("faults.py", FAULTS)],
)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_history_is_the_same_on_both(name, histories, data):
    steps = data.draw(st.lists(histories, max_size=30))
    host, emulator = (
        play(xap_harness.load(APPS / name, backend), steps) for backend in xap_harness.BACKENDS
    )
    assert host == emulator
