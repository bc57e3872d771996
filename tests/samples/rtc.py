"""samples/pl031.py as its guests see it."""

from typing import NamedTuple

from xap_harness import App

BASE, VIRQ, SECOND = 0x0901_0000, 34, 1_000_000_000
DR, MR, LR, CR, IMSC, RIS, MIS, ICR = range(0, 0x20, 4)


def to_half_a_second(app: App) -> None:
    """Far from any tick of CLK1HZ."""
    app.advance((SECOND + SECOND // 2 - app.hypervisor.clock.now_ns) % SECOND)


class Clock(NamedTuple):
    """The device as a guest sees it."""

    app: App
    domid: int

    def read(self, offset: int, width: int = 4) -> int:
        value = self.app.mmio_read(BASE + offset, width, domid=self.domid).value
        assert value is not None
        return value

    def write(self, offset: int, value: int, width: int = 4) -> None:
        assert self.app.mmio_write(BASE + offset, value, width, domid=self.domid).status == "ok"

    def wait(self, seconds: float) -> None:
        self.app.advance(int(seconds * SECOND))

    def interrupted(self) -> bool:
        """Whether there was an interrupt since this was last asked."""
        return self.app.domain(self.domid).take_interrupt() == VIRQ
