"""samples/smc_firewall.py: an allow-list, a rate for each guest, and who may see the counters."""

from collections.abc import Sequence
from itertools import count

import pytest
import xap_harness
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness import App
from xap_harness.emulator.assembler import load_immediate
from xap_harness.hypervisor.firmware import Results
from xap_harness.plugin import Xap

from tests.samples.bare_guest import BareGuest

SAMPLE = "samples/smc_firewall.py"
TEMPERATURE, READ_FUSE, SET_CLOCK = 0x8200_0010, 0xC200_0011, 0xC200_0012
COSTS = {TEMPERATURE: 1, READ_FUSE: 1, SET_CLOCK: 10}
COUNTERS, MANAGER = 0xC600_0030, 0
TOKEN_NS, BURST = 10_000_000, 20
M64 = (1 << 64) - 1
NOT_SUPPORTED = (M64, 0, 0, 0)
"""SMCCC (DEN0028) 7.1: -1, and in a 64-bit register."""


class Firmware:
    """Answers with the number of the call and two of its arguments."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, tuple[int, ...], int]] = []

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        self.calls.append((fid, tuple(arguments), client))
        return len(self.calls), fid, arguments[0], arguments[5]


@pytest.fixture
def firmware() -> Firmware:
    return Firmware()


@pytest.fixture
def firewall(xap: Xap, firmware: Firmware) -> App:
    return xap.load(SAMPLE, firmware=firmware)


def call(firewall: App, fid: int, *arguments: int, domid: int = 1) -> tuple[int, int, int, int]:
    result = firewall.smc(fid, *arguments, domid=domid)
    assert result.status == "ok"
    return result.x0, result.x1, result.x2, result.x3


# --- the list ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fid", COSTS, ids=hex)
def test_what_is_on_the_list_is_the_firmwares(firewall: App, firmware: Firmware, fid: int) -> None:
    assert call(firewall, fid, 1, 2, 3, 4, 5, 6, domid=7) == (1, fid, 1, 6)
    # x7 is the hypervisor's: which guest it is for (ABI.md 3.3).
    assert firmware.calls == [(fid, (1, 2, 3, 4, 5, 6), 7 + 1)]


@pytest.mark.parametrize(
    "fid",
    [
        TEMPERATURE ^ 1 << 30,  # the same function by the other convention is another id
        READ_FUSE ^ 1 << 30,
        READ_FUSE | 1 << 16,  # the hint that SVE state is not live
        0x8200_0000,
        0x8200_FEFF,
        0xC200_0013,
        0xC200_FEFF,
    ],
    ids=hex,
)
def test_what_is_not_looks_as_if_there_were_none(
    firewall: App, firmware: Firmware, fid: int
) -> None:
    result = firewall.smc(fid, 5)
    if result.handled:
        assert (result.x0, result.x1, result.x2, result.x3) == NOT_SUPPORTED
    else:  # no route: the hypervisor says the same
        assert fid & 1 << 16 and result.x0 == M64
    assert firmware.calls == []


def test_a_32_bit_call_carries_32_bits(firewall: App, firmware: Firmware) -> None:
    """DEN0028 2.5: what a guest left in the upper halves goes no further."""
    call(firewall, TEMPERATURE, *[0xDEAD_BEEF_0000_0000 | n for n in range(1, 7)])
    call(firewall, READ_FUSE, 1 << 63)
    assert [arguments for _, arguments, _ in firmware.calls] == [
        (1, 2, 3, 4, 5, 6),
        (1 << 63, 0, 0, 0, 0, 0),
    ]


def test_other_owners_are_not_its_affair(firewall: App) -> None:
    for fid in (0x8300_0000, 0xC400_0053, 0x8200_FF01, COUNTERS + 1):
        assert not firewall.smc(fid).handled


def test_what_the_integrator_does_not_grant_refuses_the_load(xap: Xap) -> None:
    """ABI.md 4.1: the list asks, the grant decides."""
    granted = xap_harness.Rights(call_smc=frozenset({TEMPERATURE, READ_FUSE}))
    with pytest.raises(xap_harness.LoadError, match="0xc2000012"):
        xap.load(SAMPLE, grants=granted)


# --- the rate ------------------------------------------------------------------------------------


def test_a_burst_and_then_a_rate(firewall: App, firmware: Firmware) -> None:
    for _ in range(BURST):
        assert call(firewall, READ_FUSE)[1] == READ_FUSE
    assert call(firewall, READ_FUSE) == NOT_SUPPORTED
    for _ in range(3):
        firewall.advance(TOKEN_NS)
        assert call(firewall, READ_FUSE)[1] == READ_FUSE
        assert call(firewall, READ_FUSE) == NOT_SUPPORTED
    assert len(firmware.calls) == BURST + 3


def test_what_costs_more_is_rarer(firewall: App) -> None:
    assert [call(firewall, SET_CLOCK) != NOT_SUPPORTED for _ in range(3)] == [True, True, False]
    firewall.advance(9 * TOKEN_NS)
    assert call(firewall, SET_CLOCK) == NOT_SUPPORTED
    firewall.advance(TOKEN_NS)
    assert call(firewall, SET_CLOCK) != NOT_SUPPORTED


def test_a_bucket_holds_no_more_than_a_burst(firewall: App) -> None:
    firewall.advance(3600 * 10**9)
    passed = [call(firewall, TEMPERATURE) != NOT_SUPPORTED for _ in range(BURST + 5)]
    assert passed == [True] * BURST + [False] * 5


def test_what_is_refused_costs_nothing(firewall: App) -> None:
    for _ in range(50):
        call(firewall, 0x8200_0001)
    assert call(firewall, TEMPERATURE) != NOT_SUPPORTED


def test_one_guest_does_not_spend_anothers(firewall: App) -> None:
    for _ in range(BURST + 1):
        last = call(firewall, READ_FUSE, domid=1)
    assert last == NOT_SUPPORTED
    assert call(firewall, READ_FUSE, domid=2) != NOT_SUPPORTED


# --- the counters --------------------------------------------------------------------------------


def test_a_guest_sees_its_own_and_the_manager_all(firewall: App) -> None:
    for fid, times in ((TEMPERATURE, 3), (0xC200_0000, 4), (SET_CLOCK, 3)):
        for _ in range(times):
            call(firewall, fid, domid=5)
    own = (0, 3 + 1, 4, 2)
    assert call(firewall, COUNTERS, 5, domid=5) == own
    assert call(firewall, COUNTERS, 5, domid=MANAGER) == own
    firewall.domain(6)
    assert call(firewall, COUNTERS, 5, domid=6) == NOT_SUPPORTED
    assert call(firewall, COUNTERS, 6, domid=6) == (0, 0, 0, 0)


def test_nobody_is_counted_who_is_not_there(firewall: App) -> None:
    assert call(firewall, COUNTERS, 77, domid=MANAGER) == NOT_SUPPORTED


def test_the_number_is_16_bits(firewall: App) -> None:
    """LANGUAGE.md 5: a u16 parameter takes the low bits of x1."""
    call(firewall, TEMPERATURE)
    assert call(firewall, COUNTERS, 0xABCD_0001) == (0, 1, 0, 0)


def test_who_gets_a_number_again_gets_no_history(firewall: App) -> None:
    firewall.domain(MANAGER)
    for _ in range(BURST + 1):
        call(firewall, READ_FUSE, domid=3)
    firewall.destroy_domain(3)
    assert call(firewall, COUNTERS, 3, domid=MANAGER) == NOT_SUPPORTED
    firewall.domain(3)
    assert call(firewall, COUNTERS, 3, domid=3) == (0, 0, 0, 0)
    assert call(firewall, READ_FUSE, domid=3) != NOT_SUPPORTED


def test_there_are_sixteen_places(firewall: App) -> None:
    for domid in range(1, 17):
        assert call(firewall, TEMPERATURE, domid=domid) != NOT_SUPPORTED
    assert call(firewall, TEMPERATURE, domid=17) == NOT_SUPPORTED
    assert firewall.log[-1] == "smc_firewall: no place for domain 17: all its calls are refused"
    firewall.destroy_domain(4)
    assert call(firewall, TEMPERATURE, domid=18) != NOT_SUPPORTED


# --- any sequence --------------------------------------------------------------------------------

STEPS = st.one_of(
    st.tuples(st.just("call"), st.integers(0, 2), st.sampled_from([*COSTS, 0x8200_0000])),
    st.tuples(st.just("calls"), st.integers(0, 2), st.integers(1, BURST)),
    st.tuples(st.just("wait"), st.integers(1, 40)),
)
GUESTS = count(10, 3)


@pytest.fixture(scope="module")
def shared(xap: Xap) -> App:
    return xap.load(SAMPLE, firmware=Firmware())


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
def test_each_bucket_is_a_bucket(shared: App, steps: list[tuple[str, ...]]) -> None:
    """Against whole tokens: a call goes through if what has flowed in, up to a burst, pays it.
    Time passes in steps of a token and a half, so that the app's own does not decide."""
    domids = [next(GUESTS) + n for n in range(3)]
    for domid in domids:
        shared.domain(domid)
    try:
        run(shared, domids, steps)
    finally:
        for domid in domids:
            shared.destroy_domain(domid)


def run(firewall: App, domids: list[int], steps: list[tuple[str, ...]]) -> None:
    buckets = [float(BURST)] * 3
    for step in steps:
        match step:
            case ("wait", times):
                firewall.advance(times * TOKEN_NS * 3 // 2)
                buckets = [min(held + times * 1.5, BURST) for held in buckets]
            case (_, guest, what):
                for fid in [READ_FUSE] * what if step[0] == "calls" else [what]:
                    cost = COSTS.get(fid, BURST + 1)
                    passes = buckets[guest] >= cost
                    buckets[guest] -= cost if passes else 0
                    got = call(firewall, fid, domid=domids[guest])
                    assert (got != NOT_SUPPORTED) == passes


# --- a guest -------------------------------------------------------------------------------------


def test_a_guest_that_asks_in_a_loop() -> None:
    """Real code: thirty calls at once, of which a burst goes through; x19 counts those."""
    app = xap_harness.load(SAMPLE, firmware=Firmware())
    program = (
        f"mov x18, #30; again: {load_immediate('x0', TEMPERATURE)}; smc #0; cmn x0, #1;"
        "cinc x19, x19, ne; sub x18, x18, #1; cbnz x18, again; wfi"
    )
    guest = BareGuest(app, 0, program)
    guest.run()
    assert guest.register(19) == BURST
    assert call(app, COUNTERS, 1) == (0, BURST, 0, 30 - BURST)
