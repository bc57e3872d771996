"""How a call of an app ended (ABI.md 2.2, 5.1)."""

from dataclasses import dataclass

from xaprt import abi

from xap_harness.hypervisor.fault import Fault


@dataclass(frozen=True, slots=True)
class Done:
    """Status 0 with r0..r3, or status 1 with r0..r7."""

    results: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotHandled:
    """-ENOSYS: as if no route existed."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Another -errno: the requester gets the fault answer, the instance lives."""

    errno: int


Outcome = Done | NotHandled | Failed | Fault


def init_failure(outcome: Outcome) -> str | None:
    """What is wrong with the end of an INIT, in words: only 0 and -ENOSYS are right (ABI.md
    2.2, 6.1)."""
    match outcome:
        case Fault():
            return f"INIT: {outcome}"
        case Failed(errno):
            return f"INIT ended with -{errno}"
        case Done(results) if len(results) != 4:
            return "INIT ended with status 1"
        case _:
            return None


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def status_name(status: int) -> str:
    if status == abi.Status.NOT_HANDLED:
        return "-ENOSYS"
    return str(status)
