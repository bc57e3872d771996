"""System calls (ABI.md section 3): from registers to services and back.

A system call changes the registers that its row names, and no other.
"""

from xaprt import abi

from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import ServiceError, Services
from xap_harness.machine import AppSpace, Layout

_U64 = (1 << 64) - 1


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

    def answer(self, number: int, requester: Requester) -> None:
        """Do system call `number` and write its results."""
        try:
            results = self._do(number, requester)
        except ServiceError as error:
            results = (-error.errno & _U64,)
        self._space.write_registers(dict(enumerate(results)))

    def message(self, pointer: int, length: int) -> bytes | None:
        """At most LOG_BYTES of an app's text; None where the pointer is not its own."""
        if not self._bounds.hold(pointer, length):
            return None
        return self._space.read(pointer, min(length, abi.LOG_BYTES)) if length else b""

    def _do(self, number: int, requester: Requester) -> tuple[int, ...]:
        match number:
            case abi.Syscall.LOG:
                return self._log(requester)
            case abi.Syscall.CALL_SMC:
                fid, *arguments = self._space.read_registers(0, 1 + abi.CALL_SMC_ARGUMENTS)
                return 0, *self._services.call_smc(requester, fid, arguments)
            case abi.Syscall.TIME:
                return (self._services.time(self._space.spent),)
            case (
                abi.Syscall.MAP_GUEST_PAGE
                | abi.Syscall.UNMAP
                | abi.Syscall.MAP_IO
                | abi.Syscall.INJECT_IRQ
                | abi.Syscall.SET_TIMER
            ):
                # The loader grants none of the needs behind these, and refuses who asks.
                raise ServiceError(abi.Errno.EPERM)
            case _:
                raise ServiceError(abi.Errno.ENOSYS)

    def _log(self, requester: Requester) -> tuple[int, ...]:
        pointer, length, level = self._space.read_registers(0, 3)
        message = self.message(pointer, length)
        if message is None:
            raise ServiceError(abi.Errno.EFAULT)
        self._services.log(requester, level, message)
        return (0,)
