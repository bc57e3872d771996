"""System calls (ABI.md section 3): from registers to services and back.

A system call changes the registers that its row names, and no other.
"""

from collections.abc import Callable

from xaprt import abi
from xaprt.abi import Errno, Syscall

from xap_harness.hypervisor.services import (
    MAX_IO_BYTES,
    GuestPage,
    IoWindow,
    ServiceError,
    Services,
)
from xap_harness.machine import AppSpace, Layout

_U64 = (1 << 64) - 1

PAGE_WINDOW = 0x1_0000_0000
"""Where guest pages are mapped: page n at `PAGE_WINDOW + n * PAGE_STRIDE`, an unmapped page
between each two."""
PAGE_STRIDE = 2 * abi.PAGE_SIZE

IO_WINDOW = 0x2_0000_0000
IO_STRIDE = MAX_IO_BYTES
"""Io need n is mapped at `IO_WINDOW + n * IO_STRIDE`, always: its address is constant."""


class Bounds:
    """Where pointers of an app may point (ABI.md 3.1): its image and its stack."""

    def __init__(self, layout: Layout) -> None:
        stack = (layout.stack_top - layout.stack_bytes, layout.stack_top)
        pieces = sorted([*((s.address, s.address + s.size) for s in layout.segments), stack])
        self._ranges: list[tuple[int, int]] = []
        for start, end in pieces:
            if self._ranges and self._ranges[-1][1] == start:
                self._ranges[-1] = (self._ranges[-1][0], end)
            else:
                self._ranges.append((start, end))

    def hold(self, address: int, size: int) -> bool:
        """Whether all of address .. address + size - 1 is inside; nothing always is."""
        # Python's integers do not wrap; the port checks address + size for carry.
        return size == 0 or any(
            start <= address and address + size <= end for start, end in self._ranges
        )


class SystemCalls:
    """Answers the system calls of one instance, those that come back."""

    def __init__(self, space: AppSpace, bounds: Bounds, services: Services) -> None:
        self._space = space
        self._bounds = bounds
        self._services = services
        self._pages: dict[int, GuestPage] = {}
        self._windows: dict[int, IoWindow] = {}

    def answer(self, number: int) -> None:
        """Do system call `number` and write its results."""
        try:
            results = self._do(number)
        except ServiceError as error:
            results = (-error.errno & _U64,)
        self._space.write_registers(dict(enumerate(results)))

    def message(self, pointer: int, length: int) -> bytes | None:
        """At most LOG_BYTES of an app's text; None where the pointer is not its own."""
        if not self._bounds.hold(pointer, length):
            return None
        return self._space.read(pointer, min(length, abi.LOG_BYTES)) if length else b""

    def end_call(self) -> None:
        """Guest pages do not stay mapped (ABI.md 3.4)."""
        for address in self._pages:
            self._space.unmap(address, abi.PAGE_SIZE)
        self._pages.clear()

    def reset(self) -> None:
        """After a fault nothing stays mapped (ABI.md 5.5)."""
        for address, window in self._windows.items():
            self._space.unmap(address, window.region.size)
        self._windows.clear()

    # --- each of them ------------------------------------------------------------------------

    def _do(self, number: int) -> tuple[int, ...]:
        call = _CALLS.get(number)
        if call is None:
            raise ServiceError(Errno.ENOSYS)
        return call(self)

    def _log(self) -> tuple[int, ...]:
        pointer, length, level = self._space.read_registers(0, 3)
        message = self.message(pointer, length)
        if message is None:
            raise ServiceError(Errno.EFAULT)
        self._services.log(level, message, self._space.spent)
        return (0,)

    def _call_smc(self) -> tuple[int, ...]:
        fid, *arguments = self._space.read_registers(0, 1 + abi.CALL_SMC_ARGUMENTS)
        return 0, *self._services.call_smc(fid, arguments)

    def _map_guest_page(self) -> tuple[int, ...]:
        ipa, flags = self._space.read_registers(0, 2)
        page = self._services.map_guest_page(ipa, flags)
        slots = (PAGE_WINDOW + n * PAGE_STRIDE for n in range(abi.MAX_GUEST_PAGES))
        address = next(slot for slot in slots if slot not in self._pages)
        self._space.map_page(address, page.frame.memory, writable=page.writable)
        self._pages[address] = page
        return (address,)

    def _unmap(self) -> tuple[int, ...]:
        (address,) = self._space.read_registers(0, 1)
        if not self._services.may_map:
            raise ServiceError(Errno.EPERM)
        if address in self._pages:
            self._space.unmap(address, abi.PAGE_SIZE)
            self._services.unmap_guest_page(self._pages.pop(address))
        elif address in self._windows:
            self._space.unmap(address, self._windows.pop(address).region.size)
        else:
            raise ServiceError(Errno.EINVAL)
        return (0,)

    def _map_io(self) -> tuple[int, ...]:
        (index,) = self._space.read_registers(0, 1)
        window = self._services.map_io(index)
        address = IO_WINDOW + index * IO_STRIDE
        if address not in self._windows:
            self._space.map_device(address, window.region.size, window.device)
            self._windows[address] = window
        return (address,)

    def _inject_irq(self) -> tuple[int, ...]:
        (virq,) = self._space.read_registers(0, 1)
        self._services.inject_irq(virq)
        return (0,)

    def _set_timer(self) -> tuple[int, ...]:
        (ns,) = self._space.read_registers(0, 1)
        self._services.set_timer(ns, self._space.spent)
        return (0,)

    def _time(self) -> tuple[int, ...]:
        return (self._services.time(self._space.spent),)


_CALLS: dict[int, Callable[[SystemCalls], tuple[int, ...]]] = {
    Syscall.LOG: SystemCalls._log,
    Syscall.CALL_SMC: SystemCalls._call_smc,
    Syscall.MAP_GUEST_PAGE: SystemCalls._map_guest_page,
    Syscall.UNMAP: SystemCalls._unmap,
    Syscall.MAP_IO: SystemCalls._map_io,
    Syscall.INJECT_IRQ: SystemCalls._inject_irq,
    Syscall.SET_TIMER: SystemCalls._set_timer,
    Syscall.TIME: SystemCalls._time,
}
"""RETURN and PANIC do not come back: `xap_harness.hypervisor.el0` ends the call."""
