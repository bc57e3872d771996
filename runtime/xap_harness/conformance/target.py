"""What the suite needs of a hypervisor: boot a scenario, and tell what was seen.

A scenario is data: a target may run it in one boot, with the apps as boot modules and in each
guest a program that goes through its steps. What is observed is what a real hypervisor can
show: verdicts, the guests' registers and memory, the console.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

GUEST_RAM = 0x4000_0000
GUEST_RAM_BYTES = 256 << 10
"""Every guest has this RAM (intermediate physical addresses)."""
FREE_RAM = GUEST_RAM + 0x1_0000
"""From here on it is the case's; zero at boot. Below are the guest's own program and stack."""
GUEST_UART = 0x2200_0000
"""Where a guest with a UART of the hypervisor's has it: GUEST_PL011_BASE of public/arch-arm.h."""
GUEST_GIC = 0x0300_1000
"""Every guest's interrupt distributor: GUEST_GICV3_GICD_BASE."""
NOWHERE = 0x0C00_0000
"""An address where no guest has anything; 64 KiB from there on."""


class Ability(Enum):
    """What some targets cannot do; a case that needs it is then not run."""

    LATE_LOAD = "load an app while guests run"
    LATE_GUEST = "create a guest while others run"
    PARALLEL = "run vCPUs on several processors"
    BUNDLE = "load several apps from one FIT image"
    SIGNATURES = "verify signatures when it loads"
    DEVICE_ERRORS = "give an app a device that answers with an error"


@dataclass(frozen=True, slots=True)
class Io:
    """A region of a device: physical base and size, in bytes."""

    name: str
    base: int
    size: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What the integrator lets an app have (ABI.md 4.1). `memory`: "", "r" or "rw"."""

    call_smc: tuple[int, ...] = ()
    memory: str = ""
    io: tuple[Io, ...] = ()
    irqs: tuple[int, ...] = ()
    timer: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """An app's ELF. `grant` None: all that its manifest asks for; `serves` None: every guest.
    `required`: if it is refused, boot ends."""

    image: bytes
    grant: Grant | None = None
    serves: tuple[int, ...] | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """A FIT image of several ELFs (Ability.BUNDLE); each gets all that it asks for and serves
    every guest. Its verdict is None if all were accepted, else the refusals, a line each."""

    fit: bytes


@dataclass(frozen=True, slots=True)
class GuestSpec:
    """A guest that exists at boot. `uart`: the hypervisor gives it one at GUEST_UART."""

    domid: int
    uart: bool = False


# --- steps, one after the other, whoever they are of -----------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A vCPU executes instructions at EL1 from its x0..x30 on, to the last one. Exceptions that
    it takes are noted and skipped, interrupts are noted and ended."""

    domid: int
    vcpu: int
    code: bytes
    registers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Several vCPUs at the same time (Ability.PARALLEL): `cpus` are the processors that each is
    on, from 0 on. All of them begin when the step does. `destroy`: a guest, and the ns after
    which it ends; its vCPUs need not come to the end of their code."""

    runs: tuple[Run, ...]
    cpus: tuple[int, ...]
    destroy: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens for `ns`, as the hypervisor's clock goes."""

    ns: int


@dataclass(frozen=True, slots=True)
class Write:
    """The guest's memory."""

    domid: int
    ipa: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Read:
    domid: int
    ipa: int
    size: int


@dataclass(frozen=True, slots=True)
class GiveAway:
    """The guest gives a page of its RAM back to the hypervisor."""

    domid: int
    ipa: int


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The guest asks for a page of zeros where it has given one away; no more than it had at
    boot. It is given unless the frame is still in use."""

    domid: int
    ipa: int


@dataclass(frozen=True, slots=True)
class Destroy:
    """The guest ends."""

    domid: int


@dataclass(frozen=True, slots=True)
class Create:
    """A guest begins (Ability.LATE_GUEST)."""

    guest: GuestSpec


@dataclass(frozen=True, slots=True)
class LoadNow:
    """An app is loaded (Ability.LATE_LOAD)."""

    module: Module


Step = Run | Together | Wait | Write | Read | GiveAway | TakeBack | Destroy | Create | LoadNow


@dataclass(frozen=True, slots=True)
class Scenario:
    """Guests are constructed, apps are loaded in order, then the guests run their steps. `keys`
    (Ability.SIGNATURES): 32 bytes each, as RFC 8032 encodes them; if there are any, what is loaded
    must be signed by one of them, of `minimum_version` at least."""

    guests: tuple[GuestSpec, ...]
    modules: tuple[Module | Bundle, ...]
    steps: tuple[Step, ...]
    keys: tuple[bytes, ...] = ()
    minimum_version: int = 0


# --- what was seen ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """A synchronous exception that a guest took: ESR_EL1, FAR_EL1, and which of the step's
    instructions it was."""

    esr: int
    far: int
    instruction: int


@dataclass(frozen=True, slots=True)
class Interrupt:
    """One that a guest took, and which of the step's instructions it came before; beyond them,
    while the vCPU was idle."""

    number: int
    instruction: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one step; what the kind of step does not have is empty."""

    console: tuple[str, ...] = ()
    """The hypervisor's lines since the step before, without its own prefix."""
    registers: tuple[int, ...] = ()
    exceptions: tuple[Taken, ...] = ()
    interrupts: tuple[Interrupt, ...] = ()
    """Taken by that vCPU since its last step."""
    data: bytes = b""
    verdict: str | None = None
    """Of LoadNow and TakeBack: None if it was accepted, else the text of the refusal."""
    runs: tuple["Seen", ...] = ()
    """Of Together: what was seen of each; without registers where it came to no end."""


@dataclass(frozen=True, slots=True)
class Observed:
    verdicts: tuple[str | None, ...]
    """Of each module up to where boot ended, as in Seen."""
    boot: tuple[str, ...]
    """The console while the apps were loaded."""
    steps: tuple[Seen, ...]
    booted: bool = True
    """False: boot ended at the last of the verdicts, and no guest ran."""


class TargetError(Exception):
    """The scenario came to no end, or the target could not show what it did."""


class Target(Protocol):
    """The platform's devices and firmware are those of `xap_harness.conformance.platform`."""

    @property
    def name(self) -> str: ...

    @property
    def lacks(self) -> Mapping[Ability, str]:
        """What it cannot do, each with the reason."""

    def boot(self, scenario: Scenario) -> Observed:
        """On a platform fresh from reset. Raises TargetError."""
