"""What a program runs on: a firmware, devices and guests that remember what is done to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.double_fetch import DoubleFetch
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.firmware import NOT_SUPPORTED, Results
from xap_harness.hypervisor.instance import Engine, MakeEngine
from xap_harness.hypervisor.outcome import NotHandled, Outcome
from xap_harness.hypervisor.posted import Record
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services
from xap_harness.hypervisor.timeline import Event
from xap_harness.hypervisor.timeline import Step as Traced
from xaprt.abi import Function

from tests.oracle.hypervisor import RAM

_PAGE = 4096
_U64 = (1 << 64) - 1

_UNASKED = (Function.INIT, Function.TIMER, Function.EVENT, Function.HANDLE_POSTED)
"""Their results go nowhere."""


@dataclass(frozen=True)
class Why:
    """What ended a call: reason, text, and the places, innermost first."""

    reason: str
    message: str
    chain: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Called:
    """One call of the app: what for, by whom, how it ended, and the log with its levels."""

    function: str
    arguments: tuple[int, ...]
    requester: tuple[int, int]
    ended: str
    results: tuple[int, ...]
    log: tuple[tuple[str, str], ...]
    why: Why | None = None


@dataclass
class Trace:
    """Everything that the app does, in its order: calls, log lines, firmware, registers."""

    seen: list[object] = field(default_factory=list)

    def note(self, event: Event) -> None:
        """Of the hypervisor's own steps only the log, which stands among the others here."""
        if event.step is Traced.APP_LOGGED:
            self.seen.append(("log", event.values["line"]))

    def take(self) -> tuple[object, ...]:
        taken, self.seen = tuple(self.seen), []
        return taken


@dataclass
class Firmware:
    """Answers that depend on all that it was asked before."""

    trace: Trace
    asked: int = 0

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        self.trace.seen.append(("smc", fid, tuple(arguments), client))
        self.asked += 1
        if self.asked % 7 == 0:
            return NOT_SUPPORTED
        mixed = (fid * 31 + sum(arguments) + self.asked) & _U64
        return mixed & 0xFF, mixed, self.asked, arguments[0] ^ _U64


@dataclass
class Device:
    """Registers that keep what is written; a read of every fourth counts it up."""

    name: str
    trace: Trace
    held: dict[int, int] = field(default_factory=dict)

    def read(self, offset: int, width: int) -> int:
        value = self.held.get(offset, offset * 0x0101_0101 & 0xFFFF_FFFF)
        self.trace.seen.append((f"{self.name} read", offset, width, value))
        if offset % 16 == 0:
            self.held[offset] = (value + 1) & 0xFFFF_FFFF
        return value

    def write(self, offset: int, width: int, value: int) -> None:
        self.trace.seen.append((f"{self.name} write", offset, width, value))
        self.held[offset] = value


# --- calls -----------------------------------------------------------------------------------


class Watched:
    """`xap_harness.hypervisor.instance.Engine` that notes each call and how it ended."""

    def __init__(self, engine: Engine, services: Services, trace: Trace) -> None:
        self._engine = engine
        self._services = services
        self._trace = trace

    def call(
        self, function: Function, arguments: Sequence[int], requester: Requester, budget: int
    ) -> Outcome:
        outcome = self._engine.call(function, arguments, requester, budget)
        ended = type(outcome).__name__
        if function is Function.INIT and isinstance(outcome, NotHandled):
            ended = "Done"  # the same to everyone (ABI.md 2.2): a backend may have work of its own
        # INIT is told an address, TIMER the time: both are the backend's own.
        told = () if function in (Function.INIT, Function.TIMER) else tuple(arguments)
        log = tuple((line.level.name, line.text) for line in self._services._log.call_lines)
        self._trace.seen.append(
            Called(
                function.name,
                told,
                (requester.domid, requester.vcpu),
                ended,
                () if function in _UNASKED else getattr(outcome, "results", ()),
                log,
                why(outcome) if isinstance(outcome, Fault) else None,
            )
        )
        return outcome

    @property
    def spent(self) -> int:
        return self._engine.spent

    @property
    def request_page(self) -> int:
        return self._engine.request_page

    def post(self, records: Sequence[Record]) -> None:
        self._engine.post(records)

    def reset(self) -> None:
        self._engine.reset()

    def watch_reads(self, found: list[DoubleFetch]) -> None:
        self._engine.watch_reads(found)


def why(fault: Fault) -> Why:
    chain = tuple((place.function, Path(place.file).name, place.line) for place in fault.chain)
    return Why(fault.reason, fault.message, chain)


def watching(make_engine: MakeEngine, trace: Trace) -> MakeEngine:
    return lambda services: Watched(make_engine(services), services, trace)


# --- guests ----------------------------------------------------------------------------------


@dataclass
class Memory:
    """The first pages of guests' RAM: what they hold at first, and what changes."""

    content: bytes
    known: dict[int, tuple[Domain, bytes]] = field(default_factory=dict)

    def changes(self, hypervisor: Hypervisor) -> tuple[object, ...]:
        """Since it was asked last: domid, address and the new bytes of each changed run; and the
        interrupts that are pending."""
        found: list[object] = []
        for domid, domain in sorted(hypervisor.domains.items()):
            if domain.pending:
                found.append((domid, "pending", tuple(domain.pending)))
            new = domain.read(RAM, 2 * _PAGE)
            before, old = self.known.get(domid, (None, b""))
            if before is not domain:
                old = self.initial()
            self.known[domid] = domain, new
            if new != old:
                found += [(domid, hex(RAM + start), run) for start, run in _runs(old, new)]
        return tuple(found)

    def initial(self) -> bytes:
        half = len(self.content) // 2
        return self.content[:half].ljust(_PAGE, b"\0") + self.content[half:].ljust(_PAGE, b"\0")

    def prepare(self, domain: Domain) -> None:
        half = len(self.content) // 2
        domain.write(RAM, self.content[:half])
        domain.write(RAM + _PAGE, self.content[half:])


def _runs(old: bytes, new: bytes) -> list[tuple[int, str]]:
    differs = (n for n in range(len(new)) if old[n] != new[n])
    runs = (list(run) for _, run in groupby(enumerate(differs), lambda each: each[1] - each[0]))
    return [(run[0][1], new[run[0][1] : run[-1][1] + 1].hex()) for run in runs]
