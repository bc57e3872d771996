"""samples/pl031.py driven by real code of a guest."""

import xap_harness

from tests.samples.bare_guest import BareGuest
from tests.samples.rtc import BASE, SECOND

STOP_ALARM = (
    "cmp x20, #34; b.ne out; ldr w21, [x1, #0x18]; ldr w22, [x1]; mov w3, #1; str w3, [x1, #0x1c];"
    "out: nop"
)


def test_a_guest_sleeps_until_its_alarm() -> None:
    """Start, load, match two seconds on, unmask; then the handler sees RTCMIS and RTCDR."""
    app = xap_harness.load("samples/pl031.py")
    program = (
        "mov w3, #1; str w3, [x1, #0x0c]; mov w2, #1000; str w2, [x1, #0x08];"
        "ldr w2, [x1]; add w2, w2, #2; str w2, [x1, #0x04]; str w3, [x1, #0x10]; wait: wfi; b wait"
    )
    guest = BareGuest(app, BASE, program, STOP_ALARM)
    guest.run()
    app.advance(SECOND)
    guest.run()
    assert guest.interrupts == 0
    app.advance(SECOND)
    guest.run()
    assert (guest.interrupts, guest.register(21), guest.register(22)) == (1, 1, 1002)
    app.advance(10 * SECOND)
    guest.run()
    assert guest.interrupts == 1
