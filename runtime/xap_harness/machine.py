"""What the hypervisor's rules need of a processor.

The emulator implements it on unicorn. Values are unsigned 64-bit integers; why the processor
came back is told by the syndrome, as the Arm ARM defines it for ESR_ELx and FAR_ELx.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xap_harness.hypervisor.device import Device
from xap_harness.hypervisor.memory import GuestRam


@dataclass(frozen=True, slots=True)
class Exit:
    """EL0 was left. After an SVC the program counter is behind it, else at the instruction."""

    esr: int | None
    """The syndrome of the exception; None: the budget is spent, nothing was raised."""
    far: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """A stretch of an app's address space; `bytes_` is its content after loading."""

    address: int
    size: int
    bytes_: bytes
    writable: bool
    executable: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an instance lives: the image's segments, and the stack with a guard page below.

    The stack's lowest byte starts a page; `entry` is an address, not an offset;
    `request_page`, which the app may only read, is 0 where it has none.
    """

    base: int
    entry: int
    segments: tuple[Memory, ...]
    stack_top: int
    stack_bytes: int
    request_page: int = 0


class AppSpace(Protocol):
    """The address space of one app instance, and the processor while it runs there at EL0."""

    def enter(self, arguments: Sequence[int], tpidrro: int, budget: int) -> Exit:
        """Run from the entry point with `arguments` in x0.., all other registers clear.

        Returns at the first exception, or when `budget` instructions were executed.
        """

    def resume(self) -> Exit:
        """Go on after an SVC, within what is left of the budget."""

    @property
    def spent(self) -> int:
        """Instructions executed since `enter`, those that raised an exception included."""

    def read_registers(self, first: int, count: int) -> tuple[int, ...]:
        """x`first` and the following."""

    def write_registers(self, values: Mapping[int, int]) -> None: ...

    @property
    def pc(self) -> int: ...

    @property
    def sp(self) -> int: ...

    def read(self, address: int, size: int) -> bytes:
        """A copy, made once; the caller has checked that the range is mapped."""

    def write(self, address: int, data: bytes) -> None:
        """Whatever the app may do there."""

    def map_page(self, address: int, page: memoryview, *, writable: bool) -> None:
        """Show a page of a guest, in Normal memory, never executable."""

    def map_device(self, address: int, size: int, device: Device) -> None:
        """Accesses go to the device, one by one and in program order; never executable."""

    def watch_reads(self, told: Callable[[int, int, int], None]) -> None:
        """`told` is called before each read of a guest's page: where the page's bytes are, which
        all its mappings share, offset, size; `pc` is then at the instruction."""

    def unmap(self, address: int, size: int) -> None:
        """Exactly what one of the two mapped."""

    def reset(self) -> None:
        """Writable segments as after loading."""


@dataclass(frozen=True, slots=True)
class GuestTrap:
    """What ended a guest's run; its program counter is at the instruction.

    A load or store that stage 2 refused is a data abort at `ipa`; its syndrome is valid (ISV)
    exactly if the architecture says so.
    """

    esr: int
    ipa: int = 0


class Vcpu(Protocol):
    """A guest's virtual CPU, at EL1 in the memory of its domain."""

    def run(self, budget: int) -> GuestTrap | None:
        """Until it traps; None: it waits for an interrupt, or executed `budget` instructions."""

    @property
    def spent(self) -> int:
        """Instructions executed since it was made."""

    @property
    def pc(self) -> int: ...

    def read_registers(self, first: int, count: int) -> tuple[int, ...]: ...

    def write_registers(self, values: Mapping[int, int]) -> None: ...

    def skip(self) -> None:
        """Move the program counter behind the instruction that trapped."""

    def take_exception(self, esr: int, far: int) -> bool:
        """Enter the guest's vector for a synchronous exception to EL1, taken where the program
        counter is. False, and nothing happens, if it has set up no vectors."""

    def take_interrupt(self) -> bool:
        """Enter the guest's vector for IRQs; False if it masks them or has no vectors."""


class Machine(Protocol):
    def app_space(self, layout: Layout) -> AppSpace: ...

    def vcpu(self, ram: GuestRam, pc: int) -> Vcpu:
        """A vCPU that starts at `pc`, with its stack at the end of the RAM."""
