"""samples/pl011.py driven by real code of a guest, as drivers do it."""

import pytest
import xap_harness
from xap_harness import App
from xap_harness.hypervisor.memory import RAM_BASE

from tests.samples.bare_guest import BareGuest
from tests.samples.uart_line import Line

UART, TICK_NS = 0x0900_0000, 2_100_000
TEXT = RAM_BASE + 0x2000


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def pl011(line: Line) -> App:
    return xap_harness.load("samples/pl011.py", devices={"uart1": line})


PRINT = (
    # x2: text, which ends with a zero.
    "mov x2, #0x4000; lsl x2, x2, #16; add x2, x2, #0x2000;"
    "next: ldrb w3, [x2], #1; cbz w3, done; {wait} strb w3, [x1]; b next; done: {done} wfi"
)
WAIT_TXFF = "full: ldr w4, [x1, #0x18]; tbnz w4, #5, full;"
WAIT_BUSY = "busy: ldr w4, [x1, #0x18]; tbnz w4, #3, busy;"


@pytest.mark.parametrize("wait", ["", WAIT_TXFF], ids=["blind", "polled"])
def test_text_reaches_the_line(pl011: App, line: Line, wait: str) -> None:
    """As the SBSA's driver: no set-up, characters by 8-bit stores, the flags by 32-bit loads."""
    text = b"Booting on physical CPU 0x0\n" * 4
    pl011.domain().write(TEXT, text + b"\0")
    guest = BareGuest(pl011, UART, PRINT.format(wait=wait, done=WAIT_BUSY))
    guest.run()
    assert line.sent == text
    assert guest.interrupts == 0


def test_a_driver_that_polls_waits_for_a_slow_line(pl011: App, line: Line) -> None:
    """TXFF holds it up; nothing is lost."""
    text = bytes(range(1, 120))
    pl011.domain().write(TEXT, text + b"\0")
    guest = BareGuest(pl011, UART, PRINT.format(wait=WAIT_TXFF, done=""))
    for _ in range(12):
        line.room = 10
        pl011.advance(TICK_NS)
        guest.run(1000)
    assert line.sent == text


ECHO = (
    "cmp x20, #33; b.ne out;"
    "more: ldr w3, [x1, #0x18]; tbnz w3, #4, out; ldr w3, [x1]; strb w3, [x1]; b more;"
    "out: mov w3, #0x7ff; str w3, [x1, #0x44]"
)
"""Reads until RXFE, sends each character back, clears by UARTICR."""


def test_an_interrupt_driven_echo(pl011: App, line: Line) -> None:
    """Characters arrive while the guest waits; RX or RT wakes it, UARTICR quiets it."""
    guest = BareGuest(pl011, UART, "mov w3, #0x50; str w3, [x1, #0x38]; wait: wfi; b wait", ECHO)
    guest.run()
    for text in (b"ping", b"a line of more than sixteen characters\n"):
        line.sent.clear()
        line.arriving.extend(text)
        for _ in range(4):
            pl011.advance(TICK_NS)
            guest.run()
        assert line.sent == text
        assert pl011.domain().pending == []
    assert 2 <= guest.interrupts <= 5


SEND = (
    "cmp x20, #33; b.ne out; mov x5, #16;"
    "more: cbz x5, out; ldrb w3, [x2], #1; cbz w3, stop; strb w3, [x1]; sub x5, x5, #1; b more;"
    "stop: sub x2, x2, #1; str wzr, [x1, #0x38]; out: nop"
)
"""Half a FIFO for each interrupt, as long as there is text; then it masks UARTTXINTR."""


def test_output_by_interrupts(pl011: App, line: Line) -> None:
    """The driver never looks at a flag: UARTTXINTR says when there is room for sixteen."""
    text = bytes(range(1, 101))
    pl011.domain().write(TEXT, text + b"\0")
    program = (
        "mov x2, #0x4000; lsl x2, x2, #16; add x2, x2, #0x2000; mov w3, #0x20; str w3, [x1, #0x38];"
        "ldrb w3, [x2], #1; strb w3, [x1]; wait: wfi; b wait"
    )
    guest = BareGuest(pl011, UART, program, SEND)
    for _ in range(12):
        guest.run()
        pl011.advance(TICK_NS)
    assert line.sent == text
    assert guest.interrupts == 1 + 99 // 16
    assert pl011.domain().pending == []
