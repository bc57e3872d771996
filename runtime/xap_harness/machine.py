"""What the hypervisor's rules need of a processor.

The emulator implements it on unicorn. Values are unsigned 64-bit integers; why the processor
came back is told by the syndrome, as the Arm ARM defines it for ESR_ELx and FAR_ELx.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


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

    `stack_bytes` is a multiple of the page; `entry` is an address, not an offset.
    """

    base: int
    entry: int
    segments: tuple[Memory, ...]
    stack_top: int
    stack_bytes: int


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

    def reset(self) -> None:
        """Writable segments as after loading."""


@dataclass(frozen=True, slots=True)
class GuestTrap:
    """A guest's vCPU trapped by SMC or HVC; its program counter is at the instruction."""

    esr: int


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


class Machine(Protocol):
    def app_space(self, layout: Layout) -> AppSpace: ...

    def guest(self, code: bytes, *, ram_base: int, ram_bytes: int) -> Vcpu:
        """A vCPU that starts at `ram_base`, where `code` is, with its stack at the RAM's end."""
