"""Every way in which a call of an app can fail, with the lines that a report must name."""

from helpers import third_of
from xap import App, Array, N, Restart, SmcResult, log, panic, struct, u8, u32, u64

app = App(
    "faults",
    version="1.0.0",
    uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0001",
    restart=Restart.ON_FAULT(limit=200),
)

TABLE = Array[u32, N[4]]()


@struct
class Meter:
    level: u8 = u8(250)

    def raise_by(self, step: u8) -> None:
        self.level += step  # overflow: in a method


meter = Meter()
calls = u32(0)


def scaled(value: u32) -> u32:
    return value * u32(3)  # overflow: in a helper


def twice_scaled(value: u32) -> u32:
    log.info(f"scaling {value}")
    return scaled(scaled(value))  # overflow: its caller


@app.init
def start() -> None:
    log.info("ready")


@app.smc(0xC600_0001)
def fail(how: u32, value: u64) -> u64:
    global calls
    calls += u32(1)
    if how == 0:
        return u64(twice_scaled(u32.wrap(value)))  # overflow: the handler
    if how == 1:
        return u64(100) // value  # division
    if how == 2:
        return u64(1) << value  # shift
    if how == 3:
        return u64(u8(value))  # conversion
    if how == 4:
        TABLE[value] = u32(1)  # index
    elif how == 5:
        assert value < 10  # assert
    elif how == 6:
        assert value < 10, "the value is too large"  # assert with text
    elif how == 7:
        panic("nothing works")  # panic
    elif how == 8:
        meter.raise_by(u8.wrap(value))  # method: the caller
    elif how == 9:
        return third_of(value)  # sibling: the caller
    return u64(calls)


@app.smc(0xC600_0002)
def level() -> SmcResult:
    return SmcResult(u64(meter.level), u64(calls))
