"""What happened, step by step: the seven steps of a call, for the demo and for traces."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from xap_harness.hypervisor.requester import Requester


class Step(Enum):
    GUEST_TRAPPED = "guest traps"
    VCPU_PAUSED = "vCPU paused"
    PARAMETERS = "parameters in registers"
    ENTERED_EL0 = "EL0 entered"
    APP_LOGGED = "app logs"
    SYSTEM_CALL = "system call"
    RETURNED = "app returns"
    FAULTED = "app faults"
    RESULT_CHECKED = "result checked"
    GUEST_REGISTERS = "guest registers updated"
    VCPU_RESUMED = "vCPU resumed"
    RAN = "ran on a CPU"
    DEFERRED = "deferred work"


@dataclass(frozen=True, slots=True)
class Event:
    """One step. `values` are the registers and numbers that it was seen with, by name."""

    step: Step
    requester: Requester
    values: Mapping[str, int | str]
    at_ns: int
    """Virtual time. Of RAN and DEFERRED its beginning; `values` have the end."""
    app: str = ""
    """The instance that runs; empty where none does."""


Recorder = Callable[[Event], None]
"""Called with each event as it happens; None where nobody looks, as it is not free."""
