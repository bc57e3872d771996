"""The device models of the samples against QEMU's of the same devices, access by access.

Both read the same manuals and leave out different things; what is compared is what both model.
QEMU's PL031 always counts, and its time stands here. Its PL011 takes every character at once and
interrupts at the first one that comes, as ours does without FIFOs; it knows no receive timeout.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness import App
from xap_harness.plugin import Xap

from tests.samples.qtest import QEMU, SECONDS, Qtest, running
from tests.samples.rtc import BASE as RTC
from tests.samples.rtc import CR, DR, ICR, IMSC, LR, MIS, MR, RIS, Clock, to_half_a_second
from tests.samples.uart_line import Line

pytestmark = pytest.mark.skipif(QEMU is None, reason="there is no qemu-system-aarch64 here")

UART = 0x0900_0000
UART_DR, UART_RSR, UART_FR, UART_LCR_H, UART_CR = 0x00, 0x04, 0x18, 0x2C, 0x30
UART_IMSC, UART_RIS, UART_MIS, UART_ICR = 0x38, 0x3C, 0x40, 0x44
UART_SEEN = (UART_RSR, UART_FR, UART_LCR_H, UART_CR, UART_IMSC, UART_RIS, UART_MIS)
_RXFE = 1 << 4
_RT = 1 << 6
IDENTITY = range(0xFE0, 0x1000, 4)
GUESTS = count(1)


@pytest.fixture(scope="module")
def qemu() -> Iterator[Qtest]:
    # A socket's path has room for 107 characters, of which pytest's folders take most.
    with TemporaryDirectory() as folder, running(Path(folder)) as machine:
        yield machine


# --- the clock -------------------------------------------------------------------------------

_NEAR = st.integers(0, 6) | st.integers(0xFFFF_FFFA, 0xFFFF_FFFF)
_CLOCK_STEPS = st.lists(
    st.tuples(st.sampled_from([MR, LR]), _NEAR)
    | st.tuples(st.sampled_from([IMSC]), st.integers(0, 3) | st.integers(0, 0xFFFF_FFFF))
    | st.tuples(st.sampled_from([CR, ICR]), st.just(1)),
    min_size=1,
    max_size=20,
)


def test_the_identity_of_the_clock(qemu: Qtest, xap: Xap) -> None:
    clock = Clock(xap.load("samples/pl031.py"), next(GUESTS))
    assert [clock.read(n) for n in IDENTITY] == [qemu.read(RTC + n) for n in IDENTITY]


def test_any_sequence_at_the_clock(qemu: Qtest, xap: Xap) -> None:
    app = xap.load("samples/pl031.py")
    seen = (DR, MR, LR, CR, IMSC, RIS, MIS)

    @settings(max_examples=40, deadline=None)
    @given(_CLOCK_STEPS)
    def both(steps: list[tuple[int, int]]) -> None:
        to_half_a_second(app)
        clock = Clock(app, next(GUESTS))
        app.domain(clock.domid)
        # From whatever the one before has left there to the state of a reset, but for its counter.
        for register, value in ((CR, 1), (IMSC, 0), (MR, 0x8000_0000), (LR, 0), (ICR, 1)):
            qemu.write(RTC + register, value)
            clock.write(register, value)
        for register, value in steps:
            clock.write(register, value)
            qemu.write(RTC + register, value)
            assert [clock.read(n) for n in seen] == [qemu.read(RTC + n) for n in seen]
        app.destroy_domain(clock.domid)

    both()


# --- the UART --------------------------------------------------------------------------------

_UART_STEPS = st.lists(
    st.tuples(st.just("write"), st.just(UART_DR), st.integers(0, 0xFF))
    | st.tuples(st.just("write"), st.just(UART_IMSC), st.integers(0, 0x7FF))
    | st.tuples(st.just("write"), st.just(UART_ICR), st.integers(0, 0x7FF))
    | st.tuples(st.just("write"), st.just(UART_RSR), st.integers(0, 0xFF))
    | st.tuples(st.just("take"), st.just(0), st.just(0))
    | st.tuples(st.just("arrive"), st.just(0), st.integers(0, 0xFF)),
    min_size=1,
    max_size=25,
)


def test_the_identity_of_the_uart(qemu: Qtest, xap: Xap) -> None:
    """QEMU's is an older revision: bits 7:4 of UARTPeriphID2."""
    app = xap.load("samples/pl011.py", devices={"uart1": Line()})
    ours = [app.mmio_read(UART + n, 4).value for n in IDENTITY]
    theirs = [qemu.read(UART + n) for n in IDENTITY]
    assert (ours[2], theirs[2]) == (0x34, 0x14)
    assert ours[:2] + ours[3:] == theirs[:2] + theirs[3:]


@dataclass
class Uarts:
    """Ours, as one of its guests has it, and QEMU's."""

    app: App
    line: Line
    qemu: Qtest
    domid: int
    sent: bytearray = field(default_factory=bytearray)
    waits: bool = False
    """A character that arrived and was not read: without FIFOs there is room for one."""

    def write(self, register: int, value: int) -> None:
        assert self.app.mmio_write(UART + register, value, 4, domid=self.domid).status == "posted"
        self.qemu.write(UART + register, value)
        if register == UART_DR:
            self.sent.append(value)

    def read(self, register: int) -> None:
        ours = self.app.mmio_read(UART + register, 4, domid=self.domid).value
        assert ours is not None
        if register in (UART_RIS, UART_MIS):
            ours &= ~_RT
        assert (hex(register), ours) == (hex(register), self.qemu.read(UART + register))

    def take(self) -> None:
        """What is read where nothing is, is undefined."""
        if self.waits:
            self.read(UART_DR)
            self.waits = False

    def arrive(self, character: int) -> None:
        if self.waits:
            return
        self.line.arriving.append(character)
        self.qemu.line.sendall(bytes([character]))
        for _ in range(1000 * SECONDS):
            if not self.qemu.read(UART + UART_FR) & _RXFE:
                break
            time.sleep(0.001)  # QEMU serves its sockets when it comes to it
        self.app.advance(3_000_000)  # the app looks at the line every 2 ms
        self.waits = True

    def begin(self) -> None:
        """Eight bits, no FIFOs."""
        while not self.qemu.read(UART + UART_FR) & _RXFE:  # of an example that failed
            self.qemu.read(UART + UART_DR)
        for register, value in ((UART_LCR_H, 0x60), (UART_CR, 0x301), (UART_IMSC, 0),
                                (UART_RSR, 0), (UART_ICR, 0x7FF)):  # fmt: skip
            self.write(register, value)
        self.read(UART_FR)  # and what was posted has come

    def end(self) -> None:
        self.take()
        arrived = self.qemu.sent(len(self.sent))
        assert arrived == bytes(self.line.sent) == bytes(self.sent)


def test_any_sequence_at_the_uart(qemu: Qtest, xap: Xap) -> None:
    line = Line()
    app = xap.load("samples/pl011.py", devices={"uart1": line})

    @settings(max_examples=40, deadline=None)
    @given(_UART_STEPS)
    def both(steps: list[tuple[str, int, int]]) -> None:
        line.reset()
        domid = next(GUESTS)
        app.domain(domid)
        uarts = Uarts(app, line, qemu, domid)
        uarts.begin()
        for what, register, value in steps:
            if what == "write":
                uarts.write(register, value)
            elif what == "take":
                uarts.take()
            else:
                uarts.arrive(value)
            for each in UART_SEEN:
                uarts.read(each)
        uarts.end()
        app.destroy_domain(domid)

    both()
