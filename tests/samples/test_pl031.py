"""samples/pl031.py, register by register: Arm DDI 0224C, chapters 2 and 3."""

from collections.abc import Iterator
from itertools import count

import pytest
from xap_harness import App
from xap_harness.plugin import Xap

from tests.samples.rtc import CR, DR, ICR, IMSC, LR, MIS, MR, RIS, SECOND, Clock, to_half_a_second

IDENTITY = range(0xFE0, 0x1000, 4)
LATE = 10_000
"""ns: what an alarm may be late, by the app's own work."""


@pytest.fixture(scope="module")
def app(xap: Xap) -> App:
    return xap.load("samples/pl031.py")


GUESTS = count(1)


@pytest.fixture
def reset(app: App) -> Iterator[Clock]:
    """Of a guest that comes half-way between two ticks of CLK1HZ: each has its own."""
    to_half_a_second(app)
    domid = next(GUESTS)
    app.domain(domid)
    yield Clock(app, domid)
    app.destroy_domain(domid)


@pytest.fixture
def clock(reset: Clock) -> Clock:
    """Started at 0."""
    reset.write(CR, 1)
    return reset


# --- 3.2: out of reset ---------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [DR, MR, LR, CR, IMSC, RIS, MIS])
def test_registers_are_zero_out_of_reset(reset: Clock, offset: int) -> None:
    assert reset.read(offset) == 0


def test_identity(reset: Clock) -> None:
    """3.3.9, 3.3.10: part 0x031, designer 0x41 (Arm), revision 1; PrimeCell."""
    words = [reset.read(offset) for offset in IDENTITY]
    assert words == [0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1]


# --- counting (2.1, 3.3.1, 3.3.3, 3.3.4) ---------------------------------------------------------


def test_it_stands_until_it_is_started(reset: Clock) -> None:
    """3.3.4: RTCCR bit 0."""
    reset.wait(5)
    assert reset.read(DR) == 0
    reset.write(CR, 1)
    assert (reset.read(CR), reset.read(DR)) == (1, 0)
    reset.wait(1)
    assert reset.read(DR) == 1


def test_nothing_but_a_reset_stops_it(clock: Clock) -> None:
    """3.3.4: once it is enabled, stores have no effect."""
    for value in (0, 0xFFFF_FFFE, 1):
        clock.write(CR, value)
        assert clock.read(CR) == 1
    clock.wait(2)
    assert clock.read(DR) == 2


def test_it_counts_seconds(clock: Clock) -> None:
    clock.wait(0.4)
    assert clock.read(DR) == 0
    clock.wait(0.2)
    assert clock.read(DR) == 1
    clock.wait(1000)
    assert clock.read(DR) == 1001


def test_rtclr_sets_the_counter(clock: Clock) -> None:
    """3.3.3: and reads as what was last stored."""
    clock.write(LR, 1_700_000_000)
    assert clock.read(DR) == 1_700_000_000
    clock.wait(7)
    assert (clock.read(DR), clock.read(LR)) == (1_700_000_007, 1_700_000_000)


def test_it_may_be_set_before_it_is_started(reset: Clock) -> None:
    reset.write(LR, 100)
    reset.wait(3)
    assert reset.read(DR) == 100
    reset.write(CR, 1)
    reset.wait(3)
    assert reset.read(DR) == 103


def test_it_wraps(clock: Clock) -> None:
    """2.1: a free-running counter of 32 bits."""
    clock.write(LR, 0xFFFF_FFFF)
    clock.wait(1)
    assert clock.read(DR) == 0


# --- the alarm (3.3.2, 3.3.5 to 3.3.8) -----------------------------------------------------------


def test_the_alarm_comes_with_the_tick_that_makes_them_equal(clock: Clock) -> None:
    clock.write(IMSC, 1)
    clock.write(MR, 3)
    clock.wait(2.49)
    assert not clock.interrupted()
    assert (clock.read(RIS), clock.read(MIS)) == (0, 0)
    clock.app.advance(SECOND // 100 + LATE)
    assert clock.interrupted()
    assert (clock.read(DR), clock.read(RIS), clock.read(MIS)) == (3, 1, 1)


def test_the_alarm_across_the_wrap(clock: Clock) -> None:
    clock.write(LR, 0xFFFF_FFFE)
    clock.write(MR, 1)
    clock.wait(2.4)
    assert clock.read(RIS) == 0
    clock.wait(0.2)
    assert clock.read(RIS) == 1


@pytest.mark.parametrize("offset", [MR, LR])
def test_a_store_that_makes_them_equal_is_a_match(clock: Clock, offset: int) -> None:
    """2.1: the interrupt is asserted when both values are equal."""
    clock.write(MR, 500)
    clock.write(LR, 400)
    clock.write(offset, 400 if offset == MR else 500)
    assert clock.read(RIS) == 1


def test_starting_is_no_match(clock: Clock) -> None:
    """RTCDR and RTCMR are both 0 then, and RTCRIS is too (3.2)."""
    assert clock.read(RIS) == 0


def test_a_clock_that_stands_has_no_alarm(reset: Clock) -> None:
    reset.write(LR, 5)
    for match in (5, 6):
        reset.write(MR, match)
        reset.wait(3)
        assert reset.read(RIS) == 0
    reset.write(CR, 1)
    reset.wait(1)
    assert reset.read(RIS) == 1


def test_a_match_that_is_moved_on_does_not_come(clock: Clock) -> None:
    clock.write(MR, 2)
    clock.wait(1)
    clock.write(MR, 4)
    clock.wait(2)
    assert clock.read(RIS) == 0
    clock.wait(1)
    assert clock.read(RIS) == 1


def test_setting_the_clock_moves_the_alarm(clock: Clock) -> None:
    clock.write(MR, 1000)
    clock.wait(1)
    clock.write(LR, 998)
    clock.wait(1)
    assert clock.read(RIS) == 0
    clock.wait(1)
    assert clock.read(RIS) == 1


def test_a_masked_alarm_waits(clock: Clock) -> None:
    """3.3.5 to 3.3.7: RTCMIS is RTCRIS if RTCIMSC is set."""
    clock.write(MR, 1)
    clock.wait(1)
    assert (clock.read(RIS), clock.read(MIS)) == (1, 0)
    assert not clock.interrupted()
    clock.write(IMSC, 0xFFFF_FFFF)
    assert clock.interrupted()
    assert (clock.read(IMSC), clock.read(MIS)) == (1, 1)
    clock.write(IMSC, 0)
    assert clock.read(MIS) == 0


def test_an_alarm_is_cleared_and_can_come_again(clock: Clock) -> None:
    """3.3.8: a one in bit 0 of RTCICR. In the same second, it stays cleared."""
    clock.write(IMSC, 1)
    for alarm in (1, 2, 5):
        clock.write(MR, alarm)
        clock.wait(alarm - clock.read(DR))
        assert clock.interrupted()
        clock.write(ICR, 0xFFFF_FFFE)
        assert clock.read(RIS) == 1
        clock.write(ICR, 1)
        assert (clock.read(RIS), clock.read(MIS)) == (0, 0)
        assert not clock.interrupted()


def test_an_alarm_that_was_not_cleared_is_one_interrupt(clock: Clock) -> None:
    clock.write(IMSC, 1)
    clock.write(MR, 1)
    clock.wait(1)
    assert clock.interrupted()
    clock.write(MR, 2)
    clock.wait(1)
    assert clock.read(MIS) == 1
    assert not clock.interrupted()


@pytest.mark.parametrize("before", range(0, 300, 20))
def test_a_tick_in_the_middle_of_a_store(clock: Clock, before: int) -> None:
    """The app looks at the time once a call: wherever the tick falls, counter and alarm agree."""
    clock.app.advance(SECOND // 2 - before - clock.app.hypervisor.clock.now_ns % (SECOND // 2))
    clock.write(MR, 2)
    clock.wait(0.9)
    assert (clock.read(DR), clock.read(RIS)) == (1, 0)
    clock.wait(0.2)
    assert (clock.read(DR), clock.read(RIS)) == (2, 1)


# --- the rest ------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [DR, RIS, MIS, *IDENTITY])
def test_what_is_only_read_is_not_written(clock: Clock, offset: int) -> None:
    before = clock.read(offset)
    clock.write(offset, ~before & 0xFFFF_FFFF)
    assert clock.read(offset) == before


@pytest.mark.parametrize("offset", [ICR, 0x20, 0x01, 0x80, 0xFDC, 0xFE2])
def test_what_is_reserved_reads_as_zero(clock: Clock, offset: int) -> None:
    width = 1 if offset % 4 else 4
    clock.write(offset, 0, width)
    assert clock.read(offset, width) == 0


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_width(clock: Clock, width: int) -> None:
    """A narrow store writes zeros above, a wide load reads them."""
    clock.write(LR, 0x1122_3344_5566_7788, width)
    kept = 0x5566_7788 & (1 << 8 * width) - 1
    assert clock.read(LR, 4) == kept
    assert clock.read(LR, width) == kept
