"""One instance of an app: INIT, requests, what follows a fault (ABI.md 2.4, 5.5, 6)."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import Protocol

from xaprt import abi
from xaprt.manifest import Manifest

from xap_harness.hypervisor.agenda import Agenda
from xap_harness.hypervisor.clock import Clock
from xap_harness.hypervisor.console import AppLog, Console
from xap_harness.hypervisor.double_fetch import DoubleFetch
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.outcome import Outcome, init_failure
from xap_harness.hypervisor.posted import DELAY_NS, Batch, Record
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services


class Engine(Protocol):
    """Runs the code of one instance."""

    def call(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester, budget: int
    ) -> Outcome:
        """One call from entry to its end; `budget` in instructions."""

    @property
    def spent(self) -> int:
        """Instructions of the last call; 0 where they are not counted."""

    @property
    def request_page(self) -> int:
        """The address of it, which INIT is told; 0: there is none."""

    def post(self, records: Sequence[Record]) -> None:
        """Fill the request page."""

    def reset(self) -> None:
        """State as after loading, nothing mapped."""

    def watch_reads(self, found: list[DoubleFetch]) -> None:
        """Put there, from now on, what a call reads twice of a guest's page."""


MakeEngine = Callable[[Services], Engine]


class Life(Enum):
    RUNNING = auto()
    WAITING = auto()  # for its restart; requests get the fault answer
    DEAD = auto()  # its routes are unclaimed


class Instance:
    """Calls to it never overlap: until `busy_until` others wait (ABI.md 6.4).

    `served` is the only guest of a PER_DOMAIN instance, None of a SHARED one, whose guests
    that live now `guests` gives.
    """

    def __init__(
        self,
        manifest: Manifest,
        engine: Engine,
        services: Services,
        log: AppLog,
        console: Console,
        clock: Clock,
        agenda: "Agenda[Instance]",
        *,
        served: int | None,
        guests: Callable[[], Iterable[int]],
    ) -> None:
        self._engine = engine
        self._services = services
        self._log = log
        self._console = console
        self._clock = clock
        self._agenda = agenda
        self._guests = guests
        self._nobody = Requester.nobody(served)
        self._budget = (manifest.budget_us or abi.BUDGET_DEFAULT_US) * abi.INSTRUCTIONS_PER_US
        self._restart_limit = manifest.restart_limit
        self._restarts = 0
        self._calls_since_fault = 0
        self._restart_at = 0
        self._deferred_from = 0
        self._events: deque[tuple[abi.Event, int]] = deque()
        self._batch: Batch | None = None
        self._in_call = False
        self._busy_until = 0
        self.life = Life.RUNNING

    # --- calls -------------------------------------------------------------------------------

    def start(self) -> Outcome:
        """INIT, when it is made; the caller says what follows a failure."""
        return self._call(abi.Function.INIT, (abi.VERSION, self._engine.request_page), self._nobody)

    def request(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester
    ) -> Outcome:
        """A requester's call. The instance must be RUNNING."""
        outcome = self._call(function, arguments, requester)
        if isinstance(outcome, Fault):
            self.condemn()
        return outcome

    @property
    def spent(self) -> int:
        """Instructions of the last call."""
        return self._engine.spent

    @property
    def busy_until(self) -> int | None:
        """When the call ends that another CPU is in; None: there is none."""
        return self._busy_until if self._busy_until > self._clock.now_ns else None

    # --- posted writes (ABI.md 2.5) ----------------------------------------------------------

    def post(self, record: Record, requester: Requester) -> None:
        """A guest's write, handed over later. The instance must be RUNNING, and not busy if it
        `must_hand_over` first."""
        if self.must_hand_over(requester):
            self._hand_over()
            if self.life is not Life.RUNNING:
                return
        if self._batch is None:
            self._batch = Batch(requester, self._clock.now_ns + DELAY_NS)
        self._batch.records.append(record)
        if self._batch.is_full:
            if self.busy_until is None:
                self._hand_over()
            else:
                self._batch.due_ns = self._clock.now_ns
        self._note_due()

    def must_hand_over(self, requester: Requester) -> bool:
        """Before it can keep a write of that requester."""
        batch = self._batch
        return batch is not None and (batch.requester != requester or batch.is_full)

    def flush(self, domid: int) -> None:
        """Before any other call of that guest, and when it ends."""
        if self._batch is not None and self._batch.requester.domid == domid:
            self._hand_over()

    def _hand_over(self) -> None:
        batch, self._batch = self._batch, None
        if batch is not None:
            self._engine.post(batch.records)
            self.request(abi.Function.HANDLE_POSTED, (len(batch.records),), batch.requester)

    # --- deferred work (ABI.md 6.5) ----------------------------------------------------------

    def tell(self, event: abi.Event, domid: int) -> None:
        """EVENT, when deferred work may run next."""
        if self.life is Life.RUNNING:
            self._events.append((event, domid))
            self._note_due()

    @property
    def has_events(self) -> bool:
        return bool(self._events)

    @property
    def due_ns(self) -> int | None:
        """When its next deferred work may begin; None: there is none."""
        if self.life is Life.DEAD:
            return None
        begins = max(self._deferred_from, self._busy_until)
        if self.life is Life.WAITING:
            return max(self._restart_at, begins)
        times = [
            *([0] if self._events else []),
            *([] if self._batch is None else [self._batch.due_ns]),
            *([] if self._services.deadline_ns is None else [self._services.deadline_ns]),
        ]
        return max(min(times), begins) if times else None

    def do_deferred(self) -> None:
        """One piece of the work that is due. After one that took t the next begins at least 9t
        later."""
        began = self._clock.now_ns
        if self.life is Life.WAITING:
            self._restart()
        elif self._events:
            self.request(abi.Function.EVENT, self._events.popleft(), self._nobody)
        elif self._batch is not None and self._batch.due_ns <= began:
            self._hand_over()
        elif self._services.deadline_ns is not None and self._services.deadline_ns <= began:
            self._services.deadline_ns = None
            self.request(abi.Function.TIMER, (began,), self._nobody)
        took = self._clock.now_ns - began
        self._deferred_from = self._clock.now_ns + abi.DEFERRED_SHARE * took
        self._note_due()

    def _restart(self) -> None:
        """Fresh state, INIT, and the guests that live (ABI.md 5.5, 6.6)."""
        self._engine.reset()
        self.life = Life.RUNNING
        if init_failure(self.start()) is not None:
            self.condemn()
        self.tell_of_guests()

    def tell_of_guests(self) -> None:
        """After INIT: EVENT 1 for every living guest."""
        for domid in self._guests():
            if self.life is Life.RUNNING:
                arguments = (abi.Event.DOMAIN_CREATED, domid)
                self.request(abi.Function.EVENT, arguments, self._nobody)

    # --- inside ------------------------------------------------------------------------------

    def _call(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester
    ) -> Outcome:
        if self._in_call:
            raise RuntimeError("a call of an app led to another call (ABI.md 6.4)")
        if self.busy_until is not None:
            raise RuntimeError("calls to one instance overlap (ABI.md 6.4)")
        self._in_call = True
        self._log.begin_call()
        self._services.requester = requester
        try:
            outcome = self._engine.call(function, arguments, requester, self._budget)
        finally:
            self._services.end_call()
            self._in_call = False
        self._clock.executed(self._engine.spent)
        self._busy_until = self._clock.now_ns
        self._log.end_call()
        if isinstance(outcome, Fault):
            for line in outcome.report():
                self._console.print(line)
        else:
            self._count_good_call()
        self._note_due()
        return outcome

    def _count_good_call(self) -> None:
        self._calls_since_fault += 1
        if self._calls_since_fault >= abi.RESTART_FORGET_CALLS:
            self._restarts = 0

    def condemn(self) -> None:
        """After a fault: a restart later and later, or the end (ABI.md 5.5)."""
        self._calls_since_fault = 0
        self._events.clear()
        self._batch = None
        self._services.deadline_ns = None
        if self._restarts >= self._restart_limit:
            self.life = Life.DEAD
        else:
            self._restarts += 1
            pause = min(abi.RESTART_FIRST_NS << (self._restarts - 1), abi.RESTART_MAX_NS)
            self._restart_at = self._clock.now_ns + pause
            self.life = Life.WAITING
        self._note_due()

    def _note_due(self) -> None:
        self._agenda.note(self, self.due_ns)
