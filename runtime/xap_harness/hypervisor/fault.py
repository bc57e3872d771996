"""A fault of an app, and its report on the console (ABI.md 5.1, 5.3)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from xaprt.debug.place import Place

from xap_harness.hypervisor.requester import Requester


class FaultKind(Enum):
    CHECK = "check"
    """A failed run-time check of the language."""
    PANIC = "panic"
    """System call 2."""
    EXCEPTION = "exception"
    BUDGET = "budget"
    STATUS = "status"
    """The call ended with a status that ABI.md 2.2 does not know."""


@dataclass(frozen=True, slots=True)
class Registers:
    """What the processor told of a fault; a host run has none of it.

    `pc` and `frames` (return addresses, innermost first) are relative to the image.
    """

    pc: int
    sp: int
    frames: tuple[int, ...]
    esr: int | None
    far: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call of an app ended without an answer."""

    app: str
    requester: Requester
    kind: FaultKind
    reason: str
    """Name of a `xaprt.abi.Reason`, or what happened, in words."""
    message: str = ""
    """What the app said to it: the text of a panic, on one line."""
    detail: str = ""
    """The values that failed a check, where they are known: on the host."""
    syscall: int | None = None
    """The last system call of the call."""
    spent: int = 0
    build_id: str = ""
    registers: Registers | None = None
    chain: tuple[Place, ...] = field(default=())
    """The Python lines, innermost first; empty without line information."""

    @property
    def file(self) -> str | None:
        return self.chain[0].file if self.chain else None

    @property
    def line(self) -> int | None:
        return self.chain[0].line if self.chain else None

    def report(self) -> Iterator[str]:
        """The lines for the console: keys and values for tools, then Python places."""
        yield _line(
            name=self.app,
            domid=self.requester.domid,
            vcpu=self.requester.vcpu,
            kind=self.kind.value,
            reason=self.reason,
            **({"message": self.message} if self.message else {}),
            **({"detail": self.detail} if self.detail else {}),
        )
        yield _line(
            syscall="none" if self.syscall is None else self.syscall,
            spent=self.spent,
            build=self.build_id or "none",
        )
        if self.registers is not None:
            seen = self.registers
            yield _line(
                pc=f"{seen.pc:#x}",
                sp=f"{seen.sp:#x}",
                esr="none" if seen.esr is None else f"{seen.esr:#x}",
                far=f"{seen.far:#x}",
            )
            if seen.frames:
                yield _line(frames=",".join(f"{each:#x}" for each in seen.frames))
        for place in self.chain:
            yield _line(at=f"{place.file}:{place.line}", function=place.function)

    def __str__(self) -> str:
        text = self.message or self.detail
        said = f": {text}" if text else ""
        where = f" at {self.chain[0]}" if self.chain else ""
        return f"{self.reason}{said}{where}"


def _line(**values: object) -> str:
    return "xap-fault: " + " ".join(f"{key}={_quoted(str(v))}" for key, v in values.items())


def _quoted(value: str) -> str:
    if value and " " not in value and '"' not in value:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
