"""samples/pl031.py against a second model, by any sequence of accesses."""

from itertools import count
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from xap_harness import App
from xap_harness.plugin import Xap

from tests.samples.rtc import CR, DR, ICR, IMSC, LR, MIS, MR, RIS, Clock, to_half_a_second


class Reference:
    """The device second by second: a counter that is incremented, and a comparator."""

    def __init__(self) -> None:
        self.counter = self.match = self.loaded = 0
        self.started = self.raw = self.mask = self.edge = False

    def tick(self) -> None:
        if self.started:
            self.counter = (self.counter + 1) % (1 << 32)
            self.compare()

    def compare(self) -> None:
        if self.started and self.counter == self.match:
            self.set(raw=True, mask=self.mask)

    def set(self, *, raw: bool, mask: bool) -> None:
        self.edge |= (raw and mask) and not (self.raw and self.mask)
        self.raw, self.mask = raw, mask

    def write(self, offset: int, value: int) -> None:
        match offset:
            case 0x04:
                self.match = value
                self.compare()
            case 0x08:
                self.loaded = self.counter = value
                self.compare()
            case 0x0C:
                self.started |= bool(value & 1)
            case 0x10:
                self.set(raw=self.raw, mask=bool(value & 1))
            case 0x1C:
                self.set(raw=self.raw and not value & 1, mask=self.mask)

    def registers(self) -> list[int]:
        raw = [self.started, self.mask, self.raw, self.raw and self.mask]
        return [self.counter, self.match, self.loaded, *map(int, raw), 0]


GUESTS = count(1)
NEAR = st.one_of(st.integers(0, 6), st.integers(0xFFFF_FFFA, 0xFFFF_FFFF))


class Sequence(RuleBasedStateMachine):
    app: ClassVar[App]

    @initialize()
    def arrive(self) -> None:
        to_half_a_second(self.app)
        self.clock = Clock(self.app, next(GUESTS))
        self.app.domain(self.clock.domid)
        self.reference = Reference()

    def teardown(self) -> None:
        self.app.destroy_domain(self.clock.domid)

    @rule(offset=st.sampled_from([MR, LR]), value=NEAR)
    def set(self, offset: int, value: int) -> None:
        self.clock.write(offset, value)
        self.reference.write(offset, value)

    @rule(
        offset=st.sampled_from([CR, IMSC, ICR, DR, RIS, MIS]),
        value=st.integers(0, 3) | st.integers(0, 0xFFFF_FFFF),
    )
    def write(self, offset: int, value: int) -> None:
        self.clock.write(offset, value)
        self.reference.write(offset, value)

    @rule(seconds=st.integers(1, 4))
    def wait(self, seconds: int) -> None:
        self.clock.wait(seconds)
        for _ in range(seconds):
            self.reference.tick()

    @rule()
    def take_interrupt(self) -> None:
        assert self.clock.interrupted() == self.reference.edge
        self.reference.edge = False

    @invariant()
    def they_agree(self) -> None:
        assert [self.clock.read(n) for n in range(0, 0x20, 4)] == self.reference.registers()


def test_any_sequence(xap: Xap) -> None:
    run_state_machine_as_test(
        type("Sequence", (Sequence,), {"app": xap.load("samples/pl031.py")}),
        settings=settings(max_examples=40, stateful_step_count=30, deadline=None),
    )
