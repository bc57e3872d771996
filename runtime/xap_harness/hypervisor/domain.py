"""A guest as the hypervisor knows it: its RAM, its memory map, its pending interrupts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xap_harness.hypervisor.memory import GuestRam


@dataclass(frozen=True, slots=True)
class Region:
    """`size` bytes of a guest's physical address space from `base` on, and what is there."""

    name: str
    base: int
    size: int

    @property
    def last(self) -> int:
        return self.base + self.size - 1

    def meets(self, first: int, last: int) -> bool:
        return self.base <= last and first <= self.last


INTERRUPT_CONTROLLER = (
    Region("interrupt controller", 0x0300_1000, 0x1_0000),
    Region("interrupt controller", 0x0302_0000, 0x100_0000),
)
"""Where Xen's guests have their GICv3 (public/arch-arm.h): distributor and redistributors."""


class Domain:
    """Domid 0 .. 0x7fef; `devices` are those that the hypervisor itself gives the guest."""

    def __init__(
        self, domid: int, ram: GuestRam | None = None, devices: Sequence[Region] = ()
    ) -> None:
        self.domid = domid
        self.ram = ram or GuestRam()
        self.devices = tuple(devices)
        self.regions = (
            Region("RAM", self.ram.base, self.ram.size),
            *INTERRUPT_CONTROLLER,
            *self.devices,
        )
        self.pending: list[int] = []
        """Interrupts injected and not yet taken, in the order in which they came."""
        self.interrupt_watchers: list[Callable[[int], None]] = []
        """Told of each one that is injected."""

    def read(self, ipa: int, size: int) -> bytes:
        """A copy of its RAM. Raises NotRam."""
        return self.ram.read(ipa, size)

    def write(self, ipa: int, data: bytes) -> None:
        """Raises NotRam."""
        self.ram.write(ipa, data)

    def make_pending(self, virq: int) -> None:
        """An edge: one that is pending already stays so, once (ABI.md 3.6)."""
        for watcher in self.interrupt_watchers:
            watcher(virq)
        if virq not in self.pending:
            self.pending.append(virq)

    def take_interrupt(self) -> int | None:
        """As a read of ICC_IAR1_EL1: the first one pending, which then no longer is."""
        return self.pending.pop(0) if self.pending else None

    def __repr__(self) -> str:
        return f"Domain({self.domid})"
