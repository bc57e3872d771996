"""The platform under the hypervisor: what apps can be granted, and how it behaves.

Devices are two that QEMU's `virt` machine has at the same addresses. The firmware answers three
ids of the suite's own; a target with a real one runs it at EL3.
"""

from collections.abc import Sequence

from xap_harness.conformance.target import Io

RTC = Io("rtc", 0x0901_0000, 0x1000)
"""A PL031 (Arm DDI 0224): the match register reads as it was written."""
RTC_MATCH, RTC_ID = 0x04, 0xFE0
RTC_ID_VALUE = 0x31
"""Of PeriphID0: the low byte of the part number."""
GPIO = Io("gpio", 0x0903_0000, 0x1000)
"""A PL061 (Arm DDI 0190): bits 9:2 of the address of a data access say which pins it is for."""
GPIO_DIRECTION, GPIO_ID = 0x400, 0xFE0
GPIO_ID_VALUE = 0x61
CONSOLE_UART = Io("console", 0x0900_0000, 0x1000)
"""The hypervisor's own; nobody else gets it."""

HOLE = Io("hole", 0x0B00_0000, 0x1000)
"""Nothing answers there, and who accesses it gets an error (Ability.DEVICE_ERRORS)."""

FIRMWARE_LOW = 0xC300_0001
"""x0..x3 = x1, x2, x3, x7."""
FIRMWARE_HIGH = 0xC300_0002
"""x0..x3 = x4, x5, x6, the id."""
FIRMWARE_COUNT = 0xC300_0003
"""x0 = the number of SMCs that reached the firmware so far, this one included."""
NOT_SUPPORTED = (1 << 64) - 1
"""x0 of every other id."""


class Firmware:
    """A model of it."""

    def __init__(self) -> None:
        self._calls = 0

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> tuple[int, int, int, int]:
        """`arguments` are x1..x6, `client` is x7."""
        self._calls += 1
        x1, x2, x3, x4, x5, x6 = arguments
        if fid == FIRMWARE_LOW:
            return x1, x2, x3, client
        if fid == FIRMWARE_HIGH:
            return x4, x5, x6, fid
        if fid == FIRMWARE_COUNT:
            return self._calls, 0, 0, 0
        return NOT_SUPPORTED, 0, 0, 0


class Rtc:
    """As much of a PL031 as the cases touch."""

    def __init__(self) -> None:
        self._match = 0

    def read(self, offset: int, width: int) -> int:
        return {RTC_MATCH: self._match, RTC_ID: RTC_ID_VALUE}.get(offset, 0)

    def write(self, offset: int, width: int, value: int) -> None:
        if offset == RTC_MATCH:
            self._match = value


class Gpio:
    """As much of a PL061 as the cases touch: pins that are outputs read as written."""

    def __init__(self) -> None:
        self._direction = self._data = 0

    def read(self, offset: int, width: int) -> int:
        if offset < GPIO_DIRECTION:
            return self._data & self._direction & offset >> 2
        return {GPIO_DIRECTION: self._direction, GPIO_ID: GPIO_ID_VALUE}.get(offset, 0)

    def write(self, offset: int, width: int, value: int) -> None:
        if offset < GPIO_DIRECTION:
            pins = self._direction & offset >> 2
            self._data = self._data & ~pins | value & pins
        elif offset == GPIO_DIRECTION:
            self._direction = value & 0xFF
