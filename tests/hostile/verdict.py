"""What becomes of an attack: exactly one of five things, each said as exactly as it is known."""

from dataclasses import dataclass
from typing import Any

from xap_harness import Fault, FaultKind
from xap_harness.hypervisor.outcome import Done, Failed

ERRNO = {
    1: "EPERM",
    2: "ENOENT",
    12: "ENOMEM",
    14: "EFAULT",
    16: "EBUSY",
    22: "EINVAL",
    38: "ENOSYS",
}
_TOP = 1 << 64


@dataclass(frozen=True)
class Check:
    """The compiler refuses the source, with this code."""

    code: str
    kind = "refused at check"

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Load:
    """The loader refuses the image, and says so with these words."""

    text: str
    kind = "refused at load"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Error:
    """The app or its requester is answered with an error.

    `errno`: its name; what an app was told is its result r0. `unclaimed`: the requester gets
    what it would get with no app. `results` are those after the first.
    """

    errno: str
    results: tuple[int, ...] = ()
    kind = "error returned"

    def __str__(self) -> str:
        return self.errno if self.errno == "unclaimed" else f"-{self.errno}"


@dataclass(frozen=True)
class Condemned:
    """The call ends as a fault of this kind and reason.

    `far` is exact, or None where it is not told; `spent` counts the instructions.
    """

    fault: str
    reason: str
    far: int | None = None
    message: str = ""
    spent: int | None = None
    esr: int | None = None
    kind = "app condemned"

    def __str__(self) -> str:
        return f"{self.fault}: {self.reason}"


@dataclass(frozen=True)
class Budget:
    """The call is ended after exactly so many instructions."""

    spent: int = 1_000_000
    kind = "budget"

    def __str__(self) -> str:
        return f"{self.spent} instructions"


Verdict = Check | Load | Error | Condemned | Budget


def of_answer(answer: Any, wanted: Verdict) -> Verdict | str:
    """What the answer to a request amounts to; in words where it is none of the five. Details
    that `wanted` does not ask for are left out."""
    outcome = answer.outcome
    if isinstance(outcome, Fault):
        return _of_fault(outcome, wanted)
    if isinstance(outcome, Failed):
        return Error(ERRNO.get(outcome.errno, str(outcome.errno)))
    if isinstance(outcome, Done):
        errno = _TOP - outcome.results[0]
        rest = outcome.results[1:] if isinstance(wanted, Error) and wanted.results else ()
        if errno <= 4095:
            return Error(ERRNO.get(errno, str(errno)), rest)
        return f"it succeeded: {[hex(value) for value in outcome.results]}"
    return Error("unclaimed")


def _of_fault(fault: Fault, wanted: Verdict) -> Verdict:
    if fault.kind is FaultKind.BUDGET:
        return Budget(fault.spent)
    asked = wanted if isinstance(wanted, Condemned) else Condemned("", "")
    seen = fault.registers
    return Condemned(
        fault.kind.value,
        fault.reason,
        seen.far if seen is not None and asked.far is not None else None,
        fault.message,
        fault.spent if asked.spent is not None else None,
        seen.esr if seen is not None and asked.esr is not None else None,
    )
