"""A guest's clock with an alarm: Arm's PL031 (DDI 0224C), counting the hypervisor's seconds.

| where | what |
|---|---|
| 0x0901_0000, 4 KiB | the registers of chapter 3; what it reserves reads as zero |
| interrupt 34 | RTCINTR: the counter reached RTCMR, and RTCIMSC lets it through |

Modelled: all registers but those for test. CLK1HZ ticks at full seconds since boot, so RTCDR moves
with `now_ns`, up to 2**32 - 1 and on from 0. Unlike the device, a load of the counter shows at
once, not at the next tick. Left out: a battery. Each guest's clock starts at 0, and stands until
the guest starts it; what time it is, the guest must know from elsewhere and store in RTCLR.
"""

from enum import Enum
from typing import Final

from xap import (
    App,
    Array,
    Instances,
    MmioAccess,
    N,
    Needs,
    Restart,
    inject_irq,
    now_ns,
    set_timer,
    struct,
    u32,
    u64,
)

VIRQ: Final = 34
SECOND: Final = 1_000_000_000
NEVER: Final = u64.MAX

app = App(
    "pl031",
    version="1.0.0",
    uuid="b7a9f3c2-6d10-4a2e-8f57-0c8e4d1b0031",
    instances=Instances.PER_DOMAIN,
    restart=Restart.ON_FAULT(limit=3),
    needs=[Needs.irq(VIRQ), Needs.timer()],
)

# RTCPeriphID0 to 3 (of revision 1), RTCPCellID0 to 3.
IDENTITY: Final = Array[u32, N[8]]((0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1))


class Reg(u64, Enum):
    DR = 0x000
    MR = 0x004
    LR = 0x008
    CR = 0x00C
    IMSC = 0x010
    RIS = 0x014
    MIS = 0x018
    ICR = 0x01C
    ID = 0xFE0  # and the seven behind it
    RESERVED = 0xFFFF


def register(offset: u64) -> Reg:
    """Reg(offset) alone would panic where a guest finds no register."""
    if offset % 4 != 0 or 0x1C < offset < 0xFE0:
        return Reg.RESERVED
    return Reg(offset) if offset <= 0x1C else Reg.ID


@struct
class Clock:
    now: u64 = u64(0)  # ns since boot, read once a call: a tick must not fall between two looks
    started: bool = False
    offset: u32 = u32(0)  # of the counter from the seconds since boot; while it stands, all of it
    loaded: u32 = u32(0)
    match: u32 = u32(0)
    alarm: u64 = u64(NEVER)  # as `now`
    raw: bool = False
    mask: bool = False
    high: bool = False  # RTCINTR

    def seconds(self) -> u32:
        return u32.wrap(self.now // SECOND) if self.started else u32(0)

    def count(self) -> u32:
        return self.seconds().wrapping_add(self.offset)

    def set_count(self, value: u32) -> None:
        self.offset = value.wrapping_sub(self.seconds())

    def start(self) -> None:
        value = self.count()
        self.started = True
        self.set_count(value)
        self.set_alarm()

    def compare(self) -> None:
        """After the counter or the match was written."""
        if self.started and self.count() == self.match:
            self.raw = True
        self.set_alarm()

    def set_alarm(self) -> None:
        """To the tick at which the counter comes to the match: a whole turn if it is there now."""
        if self.started:
            ticks = u64(self.match.wrapping_sub(self.count()).wrapping_sub(1)) + 1
            self.alarm = (self.now // SECOND + ticks) * SECOND
            set_timer(self.alarm - self.now)

    def advance(self, now: u64) -> None:
        self.now = now
        if now >= self.alarm:
            self.raw = True
            self.set_alarm()
        self.signal()

    def signal(self) -> None:
        """RTCINTR. What an app injects is an edge."""
        high = self.raw and self.mask
        if high and not self.high:
            inject_irq(VIRQ)
        self.high = high


clock = Clock()


@app.mmio_read(base=0x0901_0000, size=0x1000)
def read(access: MmioAccess) -> u64:
    clock.advance(now_ns())  # the timer may be late
    match register(access.offset):
        case Reg.DR:
            return u64(clock.count())
        case Reg.MR:
            return u64(clock.match)
        case Reg.LR:
            return u64(clock.loaded)
        case Reg.CR:
            return u64(clock.started)
        case Reg.IMSC:
            return u64(clock.mask)
        case Reg.RIS:
            return u64(clock.raw)
        case Reg.MIS:
            return u64(clock.high)
        case Reg.ID:
            return u64(IDENTITY[(access.offset - u64(Reg.ID)) // 4])
        case Reg.ICR | Reg.RESERVED:
            return u64(0)


# Not posted: a clock is set at a moment.
@app.mmio_write(base=0x0901_0000, size=0x1000)
def write(access: MmioAccess, value: u64) -> None:
    clock.advance(now_ns())
    word = u32.wrap(value)
    match register(access.offset):
        case Reg.MR:
            clock.match = word
            clock.compare()
        case Reg.LR:
            clock.loaded = word
            clock.set_count(word)
            clock.compare()
        case Reg.CR:
            if word.bit(0):  # only a reset stops it again
                clock.start()
        case Reg.IMSC:
            clock.mask = word.bit(0)
        case Reg.ICR:
            clock.raw = clock.raw and not word.bit(0)
        case _:
            pass
    clock.signal()


@app.timer
def tick(now: u64) -> None:
    clock.advance(now)
