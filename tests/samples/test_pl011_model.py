"""samples/pl011.py against a second model, by any sequence of accesses and events of the line.

The model is written from the manual in other terms: it keeps what was asked for, and works out
what a register reads when it is read.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from xap_harness import App
from xap_harness.plugin import Xap

from tests.samples.uart_line import Line

BASE, VIRQ = 0x0900_0000, 33
WRITABLE = {0x20: 0xFF, 0x24: 0xFFFF, 0x28: 0x3F, 0x30: 0xFF87, 0x34: 0x3F, 0x38: 0x7FF, 0x48: 7}
IDENTITY = dict(zip(range(0xFE0, 0x1000, 4), b"\x11\x10\x34\x00\x0d\xf0\x05\xb1", strict=True))
RX, TX, RT = 1 << 4, 1 << 5, 1 << 6
SHARES = (1 / 8, 1 / 4, 1 / 2, 3 / 4, 7 / 8, 7 / 8, 7 / 8, 7 / 8)


@dataclass
class Model:
    """`to` and `from_` are the FIFOs, `line_room` and `arriving` the state of the line."""

    to: deque[int] = field(default_factory=deque)
    from_: deque[int] = field(default_factory=deque)
    arriving: deque[int] = field(default_factory=deque)
    line_room: int = 1 << 30
    sent: bytearray = field(default_factory=bytearray)
    kept: dict[int, int] = field(
        default_factory=lambda: dict.fromkeys(WRITABLE, 0) | {0x30: 0x301, 0x34: 0x12}
    )
    line_control: int = 0x70
    errors: int = 0
    pending: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    interrupted: bool = False

    @property
    def depth(self) -> int:
        return 32 if self.line_control & 0x10 else 1

    def trigger(self, shift: int) -> int:
        return int(32 * SHARES[self.kept[0x34] >> shift & 7])

    @property
    def rx_trigger(self) -> int:
        return self.trigger(3) if self.depth == 32 else 1

    @property
    def tx_trigger(self) -> int:
        return self.trigger(0) if self.depth == 32 else 0

    @property
    def masked(self) -> set[int]:
        return {source for source in self.pending if self.kept[0x38] & source}

    def tell(self) -> None:
        """An edge for what is new."""
        self.interrupted |= bool(self.masked - self.told)
        self.told = self.masked

    def exchange(self) -> None:
        on = self.kept[0x30]
        while self.to and on & 0x101 == 0x101 and self.line_room:
            self.sent.append(self.to.popleft())
            self.line_room -= 1
            if len(self.to) <= self.tx_trigger:
                self.pending.add(TX)
        while self.arriving and on & 0x201 == 0x201 and len(self.from_) < self.depth:
            self.from_.append(self.arriving.popleft())
            self.pending |= {1 << 7 + n for n in range(4) if self.from_[-1] & 1 << 8 + n}
            if len(self.from_) == self.rx_trigger:
                self.pending.add(RX)

    def write(self, offset: int, value: int) -> None:
        if offset == 0:
            if len(self.to) < self.depth:
                self.to.append(value & 0xFF)
            if len(self.to) > self.tx_trigger:
                self.pending.discard(TX)
                self.told.discard(TX)
        elif offset == 0x04:
            self.errors = 0
        elif offset == 0x2C:
            self.line_control = value & 0xFF
            if self.depth == 1:
                self.to.clear()
                self.from_.clear()
        elif offset == 0x44:
            self.pending -= {1 << n for n in range(11) if value & 1 << n}
        elif offset in WRITABLE:
            self.kept[offset] = value & WRITABLE[offset]
        self.exchange()
        self.tell()

    def read(self, offset: int) -> int:
        if offset == 0:
            return self.take()
        if offset == 0x18:
            full, empty = len(self.to) == self.depth, not self.to
            return (
                0x08 * (not empty)
                + 0x10 * (not self.from_)
                + 0x20 * full
                + 0x40 * (len(self.from_) == self.depth)
                + 0x80 * empty
            )
        computed = {
            0x04: self.errors,
            0x2C: self.line_control,
            0x3C: sum(self.pending),
            0x40: sum(self.masked),
        }
        return (computed | self.kept | IDENTITY).get(offset, 0)

    def take(self) -> int:
        character = self.from_.popleft() if self.from_ else 0
        self.errors = self.errors & 8 | character >> 8
        if len(self.from_) < self.rx_trigger:
            self.pending.discard(RX)
        if not self.from_:
            self.pending.discard(RT)
        self.tell()
        return character

    def tick(self) -> None:
        before = len(self.from_)
        self.exchange()
        if before and len(self.from_) == before:
            self.pending.add(RT)
        self.interrupted |= bool(self.masked)
        self.told = self.masked


OFFSETS = st.sampled_from([*range(0, 0x50, 4), *IDENTITY, 0x01, 0x40C])
BUSY_OFFSETS = st.sampled_from([0x00, 0x00, 0x04, 0x2C, 0x30, 0x34, 0x38, 0x44])
VALUES = st.one_of(
    st.integers(0, 0xFFFF_FFFF), st.sampled_from([0x10, 0x70, 0x301, 0x201, 0x101, 0x7F0])
)
GUESTS = count(1)


class Uart(RuleBasedStateMachine):
    """Every step ends with all that is posted handed over."""

    app: ClassVar[App]
    line: ClassVar[Line]

    def __init__(self) -> None:
        super().__init__()
        self.line.reset()
        self.model = Model()
        self.domid = next(GUESTS)
        self.app.domain(self.domid)

    def teardown(self) -> None:
        self.app.destroy_domain(self.domid)

    @rule(writes=st.lists(st.tuples(BUSY_OFFSETS | OFFSETS, VALUES), min_size=1, max_size=40))
    def write(self, writes: list[tuple[int, int]]) -> None:
        for offset, value in writes:
            width = 1 if offset % 4 else 4
            self.app.mmio_write(BASE + offset, value, width, domid=self.domid)
            self.model.write(offset, value)
        self.read(0x08)

    @rule(text=st.binary(min_size=1, max_size=40))
    def put(self, text: bytes) -> None:
        self.write([(0, character) for character in text])

    @rule(offset=OFFSETS)
    def read(self, offset: int) -> None:
        width = 1 if offset % 4 else 4
        value = self.app.mmio_read(BASE + offset, width, domid=self.domid).value
        assert value == self.model.read(offset), hex(offset)

    @rule(times=st.integers(1, 40))
    def read_data(self, times: int) -> None:
        for _ in range(times):
            self.read(0x00)

    @rule(characters=st.lists(st.integers(0, 0xFFF), max_size=40))
    def arrive(self, characters: list[int]) -> None:
        self.line.arriving.extend(characters)
        self.model.arriving.extend(characters)

    @rule(room=st.integers(0, 5) | st.just(1 << 30))
    def set_room(self, room: int) -> None:
        self.line.room = self.model.line_room = room

    @rule()
    def tick(self) -> None:
        due = self.app.hypervisor.next_due()
        assert due is not None
        self.app.advance(due[0] - self.app.hypervisor.clock.now_ns)
        self.model.tick()

    @rule()
    def take_interrupt(self) -> None:
        taken = self.app.domain(self.domid).take_interrupt()
        assert taken == (VIRQ if self.model.interrupted else None)
        self.model.interrupted = False

    @invariant()
    def the_same_was_sent(self) -> None:
        assert self.line.sent == self.model.sent
        assert self.line.arriving == self.model.arriving

    @invariant()
    def status_is_the_same(self) -> None:
        for offset in (0x18, 0x3C, 0x40):
            self.read(offset)


def test_any_sequence(xap: Xap) -> None:
    line = Line()
    app = xap.load("samples/pl011.py", devices={"uart1": line})
    run_state_machine_as_test(
        type("Uart", (Uart,), {"app": app, "line": line}),
        settings=settings(max_examples=30, stateful_step_count=30, deadline=None),
    )
