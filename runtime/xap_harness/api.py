"""Load an app and call it as a guest would: the same on every backend."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from xaprt import abi
from xaprt.manifest import Manifest

from xap_harness.hypervisor.console import LogLine
from xap_harness.hypervisor.core import UNCLAIMED, Answer, Hypervisor, MakeEngine
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.firmware import Firmware, NoFirmware
from xap_harness.hypervisor.loader import needed_calls
from xap_harness.hypervisor.outcome import Done, Failed, NotHandled
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Rights

BACKENDS = ("host", "emulator")

_U64 = (1 << 64) - 1


@dataclass(frozen=True)
class Result:
    """The guest's registers after its SMC or HVC, and what the call was like.

    Registers are unsigned 64-bit; those that the answer does not name are as the guest set
    them. `instructions` is what the app executed, None on the host backend.
    """

    x0: int
    x1: int
    x2: int
    x3: int
    x4: int
    x5: int
    x6: int
    x7: int
    status: str
    """ok; not_handled: no route, or the app said so; failed: the app answered -errno;
    fault: it faulted, or waits for its restart."""
    log: list[str] = field(default_factory=list)
    instructions: int | None = None
    fault: Fault | None = None
    errno: int | None = None

    @property
    def handled(self) -> bool:
        return self.status != "not_handled"


class App:
    """A loaded app on a hypervisor of its own.

    Requests come from domain 1, vCPU 0, unless they say otherwise; a domain exists from its
    first request on.
    """

    def __init__(self, hypervisor: Hypervisor, manifest: Manifest, *, counts: bool) -> None:
        self.hypervisor = hypervisor
        self.manifest = manifest
        self._counts = counts

    def smc(self, fid: int, *args: int, domid: int = 1, vcpu: int = 0) -> Result:
        """A guest's SMC with x0 = `fid` and `args` in x1..x7; what is not given is 0."""
        return self._call(abi.RouteKind.SMC, fid, args, Requester(domid, vcpu))

    def hvc(self, fid: int, *args: int, domid: int = 1, vcpu: int = 0) -> Result:
        """As `smc`, by HVC."""
        return self._call(abi.RouteKind.HVC, fid, args, Requester(domid, vcpu))

    @property
    def log(self) -> list[str]:
        """All that the console shows: log lines with the app's name, and fault reports."""
        return list(self.hypervisor.console.lines)

    def advance(self, ns: int) -> None:
        """Let virtual time pass: a restart, say, happens when it is due."""
        self.hypervisor.advance(ns)

    def _call(
        self, kind: abi.RouteKind, fid: int, args: tuple[int, ...], requester: Requester
    ) -> Result:
        if len(args) > 7:
            raise ValueError(f"a call has at most 7 arguments, x1..x7; got {len(args)}")
        given = [value & _U64 for value in (fid, *args)]
        registers = given + [0] * (8 - len(given))
        if requester.domid not in self.hypervisor.domains:
            self.hypervisor.create_domain(requester.domid)
        answer = self.hypervisor.call(kind, requester, registers)
        for number, value in answer.registers.items():
            registers[number] = value
        return self._result(answer, registers)

    def _result(self, answer: Answer, registers: list[int]) -> Result:
        outcome = answer.outcome
        x0, x1, x2, x3, x4, x5, x6, x7 = registers
        return Result(
            x0,
            x1,
            x2,
            x3,
            x4,
            x5,
            x6,
            x7,
            status=_status(answer),
            log=_texts(answer.log),
            instructions=answer.spent if self._counts else None,
            fault=outcome if isinstance(outcome, Fault) else None,
            errno=outcome.errno if isinstance(outcome, Failed) else None,
        )


def _status(answer: Answer) -> str:
    match answer.outcome:
        case Done():
            return "ok"
        case NotHandled():
            return "not_handled"
        case Failed():
            return "failed"
        case Fault():
            return "fault"
        case None:
            return "not_handled" if answer.registers is UNCLAIMED else "fault"


def _texts(lines: Collection[LogLine]) -> list[str]:
    return [line.text for line in lines]


def load(
    path: str | Path,
    backend: str = "emulator",
    *,
    grants: Rights | None = None,
    firmware: Firmware | None = None,
    hypervisor: Hypervisor | None = None,
) -> App:
    """Load an app's Python file, or its ELF, and run its INIT.

    `grants` is what the integrator allows, by default all that the manifest asks for.
    `hypervisor` is one that has other apps already; then `firmware` is that one's.

    Raises OSError, xapc.diagnostics.CompileError, xaprt's ImageError for a file that is no
    such image, LoadError, and ValueError for a backend that does not exist or cannot run it.
    """
    target = hypervisor or Hypervisor(firmware=firmware or NoFirmware())
    manifest, make_engine = _prepare(Path(path), backend, target)
    rights = grants if grants is not None else Rights(call_smc=needed_calls(manifest))
    target.load(manifest, make_engine, rights)
    return App(target, manifest, counts=backend == "emulator")


def _prepare(path: Path, backend: str, target: Hypervisor) -> tuple[Manifest, MakeEngine]:
    # Imported here: who only collects tests needs neither unicorn nor the compiler.
    if backend == "emulator":
        from xap_harness.emulator.backend import prepare

        return prepare(path, target)
    if backend == "host":
        from xap_harness.host.backend import prepare

        return prepare(path, target)
    raise ValueError(f"no backend '{backend}': there are {' and '.join(BACKENDS)}")
