"""One instance of an app: INIT, requests, what follows a fault (ABI.md 2.4, 5.5, 6)."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol

from xaprt import abi

from xap_harness.hypervisor.clock import Clock
from xap_harness.hypervisor.console import AppLog, Console
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.outcome import Failed, Outcome
from xap_harness.hypervisor.requester import Requester


class Engine(Protocol):
    """Runs the code of one instance."""

    def call(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester, budget: int
    ) -> Outcome:
        """One call from entry to its end; `budget` in instructions."""

    @property
    def spent(self) -> int:
        """Instructions of the last call; 0 where they are not counted."""

    def reset(self) -> None:
        """State as after loading."""


class Life(Enum):
    RUNNING = auto()
    WAITING = auto()  # for its restart; requests get the fault answer
    DEAD = auto()  # its routes are unclaimed


class Instance:
    """Calls to it never overlap; the hypervisor makes one at a time."""

    def __init__(
        self,
        engine: Engine,
        log: AppLog,
        console: Console,
        clock: Clock,
        *,
        budget_us: int,
        restart_limit: int,
    ) -> None:
        self._engine = engine
        self._log = log
        self._console = console
        self._clock = clock
        self._nobody = Requester.nobody()
        self._budget = (budget_us or abi.BUDGET_DEFAULT_US) * abi.INSTRUCTIONS_PER_US
        self._restart_limit = restart_limit
        self._restarts = 0
        self._calls_since_fault = 0
        self._restart_at = 0
        self._deferred_from = 0
        self.life = Life.RUNNING

    def start(self) -> Outcome:
        """INIT, when the app is loaded: no restart follows its failure."""
        return self._call(abi.Function.INIT, (abi.VERSION, 0), self._nobody)

    def request(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester
    ) -> Outcome:
        """A requester's call. The instance must be RUNNING."""
        outcome = self._call(function, arguments, requester)
        if isinstance(outcome, Fault):
            self._condemn()
        return outcome

    def tell(self, event: abi.Event, domid: int) -> None:
        """EVENT: nobody waits for its answer (ABI.md 6.6)."""
        if self.life is Life.RUNNING:
            began = self._clock.now_ns
            self.request(abi.Function.EVENT, (event, domid), self._nobody)
            self._charge_deferred(began)

    @property
    def restart_due(self) -> bool:
        return self.life is Life.WAITING and self._clock.now_ns >= self._restart_at

    def restart(self) -> bool:
        """Deferred work: fresh state and INIT (ABI.md 5.5). Whether it runs again."""
        began = self._clock.now_ns
        self._engine.reset()
        outcome = self._call(abi.Function.INIT, (abi.VERSION, 0), self._nobody)
        self._charge_deferred(began)
        if isinstance(outcome, Fault | Failed):
            self._condemn()
        else:
            self.life = Life.RUNNING
        return self.life is Life.RUNNING

    # --- inside ---------------------------------------------------------------------------

    def _call(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester
    ) -> Outcome:
        self._log.begin_call()
        outcome = self._engine.call(function, arguments, requester, self._budget)
        self._clock.executed(self._engine.spent)
        self._log.end_call()
        if isinstance(outcome, Fault):
            for line in outcome.report():
                self._console.print(line)
        else:
            self._count_good_call()
        return outcome

    def _count_good_call(self) -> None:
        self._calls_since_fault += 1
        if self._calls_since_fault >= abi.RESTART_FORGET_CALLS:
            self._restarts = 0

    def _condemn(self) -> None:
        """After a fault: a restart later and later, or the end (ABI.md 5.5)."""
        self._calls_since_fault = 0
        if self._restarts >= self._restart_limit:
            self.life = Life.DEAD
            return
        self._restarts += 1
        pause = min(abi.RESTART_FIRST_NS << (self._restarts - 1), abi.RESTART_MAX_NS)
        self._restart_at = max(self._clock.now_ns + pause, self._deferred_from)
        self.life = Life.WAITING

    def _charge_deferred(self, began_ns: int) -> None:
        """After deferred work that took t the next begins at least 9t later (ABI.md 6.5)."""
        took = self._clock.now_ns - began_ns
        until = self._clock.now_ns + abi.DEFERRED_SHARE * took
        self._deferred_from = max(self._deferred_from, until)
