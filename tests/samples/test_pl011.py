"""samples/pl011.py, register by register: Arm DDI 0183G (r1p5) and the SBSA, DEN0029 appendix B."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

import pytest
from xap_harness import App
from xap_harness.plugin import Xap

from tests.samples.uart_line import Line

BASE, VIRQ, POLL_NS = 0x0900_0000, 33, 2_000_000
DR, RSR, ECR, FR, ILPR, IBRD, FBRD, LCR_H = 0x00, 0x04, 0x04, 0x18, 0x20, 0x24, 0x28, 0x2C
CR, IFLS, IMSC, RIS, MIS, ICR, DMACR = 0x30, 0x34, 0x38, 0x3C, 0x40, 0x44, 0x48
BUSY, RXFE, TXFF, RXFF, TXFE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
RX, TX, RT, FE, PE, BE, OE = (1 << n for n in range(4, 11))
FEN, WLEN8 = 1 << 4, 3 << 5
UARTEN, TXE, RXE = 1 << 0, 1 << 8, 1 << 9
REGISTERS = {DR, RSR, FR, ILPR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, MIS, ICR, DMACR}
IDENTITY = range(0xFE0, 0x1000, 4)


class Uart(NamedTuple):
    """The device as a guest sees it, and the line behind it."""

    app: App
    line: Line
    domid: int

    def read(self, offset: int, width: int = 4) -> int:
        value = self.app.mmio_read(BASE + offset, width, domid=self.domid).value
        assert value is not None
        return value

    def write(self, offset: int, value: int, width: int = 4) -> None:
        done = self.app.mmio_write(BASE + offset, value, width, domid=self.domid)
        assert done.status == "posted"

    def put(self, text: bytes) -> None:
        for character in text:
            self.write(DR, character, 1)

    def arrive(self, characters: Iterable[int]) -> None:
        """And the app has looked."""
        self.settle()
        self.line.arriving.extend(characters)
        self.poll()

    def settle(self) -> None:
        """What is posted has been handed over."""
        self.read(0x08)

    def poll(self) -> None:
        """The app looks at the line, once."""
        self.settle()
        due = self.app.hypervisor.next_due()
        assert due is not None
        self.app.advance(due[0] - self.app.hypervisor.clock.now_ns)

    def interrupted(self) -> bool:
        """Whether there was an interrupt since this was last asked."""
        self.settle()
        return self.app.domain(self.domid).take_interrupt() == VIRQ


@pytest.fixture(scope="module")
def machine(xap: Xap) -> tuple[App, Line]:
    line = Line()
    return xap.load("samples/pl011.py", devices={"uart1": line}), line


GUESTS = count(1)


@pytest.fixture
def uart(machine: tuple[App, Line]) -> Iterator[Uart]:
    """Of a guest that has just come: each has a UART of its own."""
    app, line = machine
    line.reset()
    domid = next(GUESTS)
    app.domain(domid)
    yield Uart(app, line, domid)
    app.destroy_domain(domid)


# --- as it is found (3.2; DEN0029, B.1: on, eight bits, with FIFOs) ------------------------------


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (RSR, 0),
        (FR, TXFE | RXFE),
        (ILPR, 0),
        (IBRD, 0),
        (FBRD, 0),
        (LCR_H, WLEN8 | FEN),
        (CR, RXE | TXE | UARTEN),
        (IFLS, 0x12),
        (IMSC, 0),
        (RIS, 0),
        (MIS, 0),
        (DMACR, 0),
    ],
)
def test_registers_as_firmware_leaves_them(uart: Uart, offset: int, value: int) -> None:
    """Out of reset, but that UARTLCR_H and UARTCR would be 0 and 0x300."""
    assert uart.read(offset) == value


def test_identity(uart: Uart) -> None:
    """3.3.15, 3.3.16: part 0x011, designer 0x41 (Arm), revision 3 (r1p5); PrimeCell."""
    words = [uart.read(offset) for offset in IDENTITY]
    assert words == [0x11, 0x10, 0x34, 0x00, 0x0D, 0xF0, 0x05, 0xB1]


# --- sending (3.3.1, 3.3.8) ----------------------------------------------------------------------


def test_characters_go_to_the_line_in_order(uart: Uart) -> None:
    uart.put(b"hello, ")
    uart.put(b"world\n")
    assert uart.read(FR) == TXFE | RXFE
    assert uart.line.sent == b"hello, world\n"


def test_a_character_is_the_low_byte(uart: Uart) -> None:
    uart.write(DR, 0xFFFF_FF41)
    uart.settle()
    assert uart.line.sent == b"A"


def test_stores_wait_and_loads_do_not_overtake_them(uart: Uart) -> None:
    """ABI.md 2.5: at most 1 ms, and never past a load."""
    uart.put(b"a")
    assert uart.line.sent == b""
    uart.app.advance(1_000_000)
    assert uart.line.sent == b"a"
    uart.put(b"b")
    uart.read(RIS)
    assert uart.line.sent == b"ab"


@pytest.mark.parametrize("control", [TXE, UARTEN, 0])
def test_switched_off_it_keeps_what_it_is_given(uart: Uart, control: int) -> None:
    """3.3.8: UARTEN and TXE; 3.3.3: BUSY as soon as there is something, on or off."""
    uart.write(CR, RXE | control)
    uart.put(b"abc")
    assert uart.read(FR) == BUSY | RXFE
    assert uart.line.sent == b""
    uart.write(CR, UARTEN | TXE)
    assert uart.read(FR) == TXFE | RXFE
    assert uart.line.sent == b"abc"


@pytest.mark.parametrize(("line_control", "depth"), [(FEN, 32), (0, 1)])
def test_depth_of_the_transmit_fifo(uart: Uart, line_control: int, depth: int) -> None:
    """2.4.2 (32 in r1p5), 3.3.7: FEN. What is written when it is full is lost."""
    uart.write(LCR_H, line_control)
    uart.line.room = 0
    for held in range(depth):
        assert uart.read(FR) & TXFF == 0
        uart.put(bytes([held]))
    assert uart.read(FR) == BUSY | TXFF | RXFE
    uart.put(b"lost")
    uart.settle()
    uart.line.room = 100
    uart.poll()
    assert uart.line.sent == bytes(range(depth))
    assert uart.read(FR) == TXFE | RXFE


# --- receiving (3.3.1, 3.3.2) --------------------------------------------------------------------


def test_characters_come_from_the_line_in_order(uart: Uart) -> None:
    uart.arrive(b"ok")
    assert uart.read(FR) & RXFE == 0
    assert [uart.read(DR), uart.read(DR)] == [*b"ok"]
    assert uart.read(FR) & RXFE != 0


def test_errors_come_with_their_character(uart: Uart) -> None:
    """3.3.1: FE, PE, BE, OE are bits 8 to 11 of UARTDR; 3.3.2: UARTRSR has those of the last
    character read, and OE until UARTECR is written."""
    uart.arrive([0x141, 0x242, 0x400, 0x843, 0x44])
    read = [(uart.read(DR), uart.read(RSR)) for _ in range(5)]
    assert read == [(0x141, 1), (0x242, 2), (0x400, 4), (0x843, 8), (0x44, 8)]
    uart.write(ECR, 0)
    assert uart.read(RSR) == 0


@pytest.mark.parametrize(("line_control", "depth"), [(FEN, 32), (0, 1)])
def test_depth_of_the_receive_fifo(uart: Uart, line_control: int, depth: int) -> None:
    """What does not fit stays in the real one: it is that one that overruns."""
    uart.write(LCR_H, line_control)
    uart.arrive(range(depth + 3))
    assert uart.read(FR) & (RXFF | RXFE) == RXFF
    assert len(uart.line.arriving) == 3
    assert [uart.read(DR) for _ in range(depth)] == [*range(depth)]
    uart.poll()
    assert uart.read(DR) == depth


@pytest.mark.parametrize("control", [RXE, UARTEN])
def test_switched_off_it_receives_nothing(uart: Uart, control: int) -> None:
    uart.write(CR, TXE | control)
    uart.arrive(b"x")
    assert uart.read(FR) & RXFE != 0


@pytest.mark.parametrize("line_control", [0, WLEN8])
def test_without_fen_both_fifos_are_emptied(uart: Uart, line_control: int) -> None:
    """3.3.8: clearing FEN flushes the transmit FIFO."""
    uart.arrive(b"in")
    uart.line.room = 0
    uart.put(b"out")
    uart.write(LCR_H, line_control)
    assert uart.read(FR) == TXFE | RXFE
    assert uart.read(DR) == 0


# --- interrupts (2.8, 3.3.9 to 3.3.13) -----------------------------------------------------------

LEVELS = list(enumerate((4, 8, 16, 24, 28, 28, 28, 28)))  # the last three are reserved


@pytest.mark.parametrize(("select", "level"), LEVELS)
def test_the_receive_interrupt_has_a_level(uart: Uart, select: int, level: int) -> None:
    """UARTRXINTR: asserted when the FIFO reaches the level, until it is read below."""
    uart.write(IFLS, select << 3)
    uart.arrive(range(level - 1))
    assert uart.read(RIS) & RX == 0
    uart.arrive([0xFF])
    assert uart.read(RIS) & RX != 0
    uart.read(DR)
    assert uart.read(RIS) & RX == 0


def test_a_cleared_receive_interrupt_comes_when_the_level_is_reached_again(uart: Uart) -> None:
    uart.arrive(range(16))
    uart.write(ICR, RX)
    uart.arrive([16])
    assert uart.read(RIS) & RX == 0
    uart.read(DR), uart.read(DR)
    uart.arrive([17])
    assert uart.read(RIS) & RX != 0


def test_the_receive_interrupt_without_fifo(uart: Uart) -> None:
    """UARTRXINTR: asserted by each character, until it is read."""
    uart.write(LCR_H, WLEN8)
    for character in b"ab":
        uart.arrive([character])
        assert uart.read(RIS) & RX != 0
        assert uart.read(DR) == character
        assert uart.read(RIS) & RX == 0


def test_the_timeout_interrupt(uart: Uart) -> None:
    """UARTRTINTR: something is in the FIFO, and nothing came for the time of 32 bits."""
    uart.arrive(b"ab")
    assert uart.read(RIS) & RT == 0
    uart.arrive(b"c")
    assert uart.read(RIS) & RT == 0
    uart.poll()
    assert uart.read(RIS) & RT != 0
    uart.read(DR), uart.read(DR)
    assert uart.read(RIS) & RT != 0
    uart.read(DR)
    assert uart.read(RIS) & RT == 0


@pytest.mark.parametrize(("select", "level"), LEVELS)
def test_the_transmit_interrupt_has_a_level(uart: Uart, select: int, level: int) -> None:
    """UARTTXINTR: by passing the level downwards, not by being below; filling up clears it."""
    uart.write(IFLS, select)
    assert uart.read(RIS) & TX == 0
    uart.line.room = 0
    uart.put(bytes(level + 2))
    assert uart.read(RIS) & TX == 0
    uart.line.room = 1
    uart.poll()
    assert uart.read(RIS) & TX == 0
    uart.line.room = 1
    uart.poll()
    assert uart.read(RIS) & TX != 0
    uart.put(b"x")
    assert uart.read(RIS) & TX == 0


def test_the_transmit_interrupt_without_fifo(uart: Uart) -> None:
    """UARTTXINTR: the one location is empty; each store clears it, each character gone sets it."""
    uart.write(LCR_H, WLEN8)
    uart.write(IMSC, TX)
    for character in b"abc":
        uart.put(bytes([character]))
        assert uart.interrupted()
        assert uart.read(MIS) == TX


@pytest.mark.parametrize(("error", "source"), [(0x100, FE), (0x200, PE), (0x400, BE), (0x800, OE)])
def test_an_error_interrupts(uart: Uart, error: int, source: int) -> None:
    uart.arrive([error | 0x55])
    assert uart.read(RIS) == source
    uart.write(ICR, source)
    assert uart.read(RIS) == 0


def test_mask_and_clear(uart: Uart) -> None:
    """3.3.10 to 3.3.13: UARTMIS is UARTRIS where UARTIMSC has ones; a one in UARTICR clears."""
    uart.put(b"x")
    uart.arrive([*b"x" * 16])
    assert (uart.read(RIS), uart.read(MIS)) == (RX | TX, 0)
    uart.write(IMSC, RX)
    assert (uart.read(RIS), uart.read(MIS)) == (RX | TX, RX)
    uart.write(ICR, RX)
    assert (uart.read(RIS), uart.read(MIS)) == (TX, 0)
    uart.write(RIS, 0)
    uart.write(MIS, 0xFFFF)
    assert (uart.read(RIS), uart.read(MIS)) == (TX, 0)


def test_the_interrupt_is_injected_when_a_source_rises(uart: Uart) -> None:
    uart.put(b"x")
    assert not uart.interrupted()
    uart.write(IMSC, TX | RT)
    assert uart.interrupted()
    uart.write(IMSC, TX | RT)
    assert not uart.interrupted()
    uart.write(IMSC, 0)
    uart.write(IMSC, TX)
    assert uart.interrupted()


def test_a_second_source_is_a_second_interrupt(uart: Uart) -> None:
    """A handler that has read UARTMIS before it rose would never know."""
    uart.write(IMSC, TX | RX)
    uart.put(b"x")
    assert uart.interrupted()
    uart.line.arriving.extend(b"y" * 16)
    uart.write(IBRD, 1)
    assert uart.interrupted()


def test_as_long_as_the_line_is_high_the_guest_is_reminded(uart: Uart) -> None:
    """UARTINTR is a level, an app's interrupts are edges (ABI.md 3.6)."""
    uart.write(IMSC, TX)
    uart.put(b"x")
    assert uart.interrupted()
    for _ in range(2):
        uart.poll()
        assert uart.interrupted()
    uart.write(ICR, TX)
    uart.poll()
    assert not uart.interrupted()


# --- the rest (3.3.4 to 3.3.8, 3.3.14; 3.2: what is reserved) ------------------------------------


@pytest.mark.parametrize(
    ("offset", "bits"),
    [
        (ILPR, 0xFF),
        (IBRD, 0xFFFF),
        (FBRD, 0x3F),
        (LCR_H, 0xFF),
        (CR, 0xFF87),
        (IFLS, 0x3F),
        (IMSC, 0x7FF),
        (DMACR, 0x7),
    ],
)
def test_kept_bits(uart: Uart, offset: int, bits: int) -> None:
    uart.write(offset, 0xFFFF_FFFF)
    assert uart.read(offset) == bits
    uart.write(offset, 0)
    assert uart.read(offset) == 0


@pytest.mark.parametrize("offset", [0x01, 0x08, 0x1C, 0x3E, 0x4C, 0x80, 0xFDC, 0xFE1, 0xFFE])
def test_what_is_reserved_reads_as_zero(uart: Uart, offset: int) -> None:
    before = [uart.read(each) for each in sorted(REGISTERS - {DR})]
    uart.write(offset, 0xFF, 1)
    assert uart.read(offset, 1) == 0
    assert [uart.read(each) for each in sorted(REGISTERS - {DR})] == before
    assert uart.line.sent == b""


@pytest.mark.parametrize("offset", [FR, RIS, MIS, *IDENTITY])
def test_what_is_only_read_is_not_written(uart: Uart, offset: int) -> None:
    before = uart.read(offset)
    uart.write(offset, ~before & 0xFFFF_FFFF)
    assert uart.read(offset) == before


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_width(uart: Uart, width: int) -> None:
    """The SBSA's drivers use 8, 16 and 32 bits. A wider access reads zeros above."""
    uart.write(DR, 0x41, width)
    assert uart.read(CR, width) == (RXE | TXE | UARTEN) & (1 << 8 * width) - 1
    assert uart.read(0xFF0, width) == 0x0D
    assert uart.line.sent == b"A"


def test_each_guest_has_its_own(xap: Xap) -> None:
    uart = xap.load("samples/pl011.py", devices={"uart1": Line()})
    uart.mmio_write(BASE + IBRD, 5, domid=1)
    uart.mmio_write(BASE + IBRD, 7, domid=2)
    assert [uart.mmio_read(BASE + IBRD, domid=n).value for n in (1, 2)] == [5, 7]
