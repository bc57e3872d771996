"""The harness's scheduler, with a price for each change of vCPU and with what wakes may do."""

from dataclasses import dataclass, field
from enum import Enum

from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.scheduler import SLICE_NS, Cpu, Scheduler, Watcher

from benchmarks.stub_domain.costs import Costs
from benchmarks.stub_domain.guest import TimedGuest
from benchmarks.stub_domain.mediator import STUB

GRAIN_NS = 50
"""How far a vCPU may run ahead of another CPU's that could act upon it at the same time."""


class Policy(Enum):
    """After how many ns on its CPU a vCPU gives way to one that is woken (None: not before it is
    that one's turn), and how long a slice is."""

    AT_ONCE = 0, SLICE_NS
    AFTER_1_MS = 1_000_000, 10_000_000
    """As Xen's default has it: credit2, `sched_ratelimit_us` 1000, at most 10 ms."""
    IN_TURN = None, SLICE_NS
    """The harness's own."""

    def __init__(self, gives_way_ns: int | None, slice_ns: int) -> None:
        self.gives_way_ns = gives_way_ns
        self.slice_ns = slice_ns


@dataclass(eq=False)
class TimedCpu(Cpu):
    costs: Costs = field(default_factory=Costs)
    policy: Policy = Policy.IN_TURN
    current: TimedGuest | None = None
    """Whose registers are on the CPU."""
    started: int = 0

    def choose(self) -> Guest:
        chosen = self._woken() or super().choose()
        assert isinstance(chosen, TimedGuest)
        if chosen is not self.current:
            if self.current is not None:
                chosen.debt += self.costs.save
            chosen.debt += self.costs.restore
            self.current = chosen
            self.started = self.now_ns
            chosen.switches += 1
        return chosen

    def next_turn(self) -> None:
        super().next_turn()
        self.slice_ends = self.now_ns + self.policy.slice_ns
        if self.current is not None:
            self.current.is_boosted = False

    def rest(self) -> None:
        """If the vCPU that ran waits now, its registers are saved, whatever comes next."""
        if self.current is not None and self.current.ready_at is None:
            self.current = None
            self.now_ns += self.costs.save

    @property
    def gives_way_at(self) -> int | None:
        """When the current vCPU gives way to one that was woken; None: it need not."""
        after, current = self.policy.gives_way_ns, self.current
        if after is None or current is None or current.is_boosted or not self._waiting():
            return None
        return self.started + after

    def _woken(self) -> Guest | None:
        """The first that was woken, put in front of the queue, if it may go before its turn."""
        waiting = self._waiting()
        if not waiting or self._goes_on():
            return None
        first = min(waiting, key=lambda guest: guest.woken_at)
        self.queue.remove(first)
        self.queue.appendleft(first)
        self.slice_ends = self.now_ns + self.policy.slice_ns
        return first

    def _goes_on(self) -> bool:
        """Whether the current vCPU need not give way now."""
        current = self.current
        if current is None or current is not self.queue[0] or not _is_ready(current, self.now_ns):
            return False
        at = self.gives_way_at
        return at is None or self.now_ns < at

    def _waiting(self) -> list[TimedGuest]:
        """Those that were woken and may go before their turn."""
        if self.policy.gives_way_ns is None:
            return []
        return [
            guest
            for guest in self.queue
            if isinstance(guest, TimedGuest)
            and guest.is_boosted
            and guest is not self.current
            and _is_ready(guest, self.now_ns)
        ]


class TimedScheduler(Scheduler):
    def __init__(
        self,
        hypervisor: Hypervisor,
        cpus: int,
        costs: Costs,
        policy: Policy,
        watch: Watcher | None = None,
    ) -> None:
        super().__init__(hypervisor, cpus, watch)
        self.timed = [TimedCpu(costs=costs, policy=policy) for _ in range(cpus)]
        self.cpus = [*self.timed]

    def _run(self, cpu: Cpu, at: int, until: int) -> None:
        super()._run(cpu, at, until)
        assert isinstance(cpu, TimedCpu)
        cpu.rest()

    def _step(self, guest: Guest, most: int) -> None:
        assert isinstance(guest, TimedGuest)
        if guest.debt:
            self._hypervisor.clock.executed(guest.debt)
            guest.debt = 0
        else:
            super()._step(guest, min(most, self._undisturbed(guest)))

    def _undisturbed(self, guest: Guest) -> int:
        """How long nothing that another CPU does can reach this vCPU: nothing ever does if it is
        alone on its CPU and shares no memory."""
        (own,) = [cpu for cpu in self.timed if guest in cpu.queue]
        if len(own.queue) == 1 and guest.requester != STUB:
            return own.policy.slice_ns
        times = [cpu.ready_at for cpu in self.timed if cpu is not own]
        now = self._hypervisor.clock.now_ns
        ends = [max(at - now, GRAIN_NS) for at in times if at is not None]
        if (at := own.gives_way_at) is not None:
            ends.append(max(at - now, 1))
        return min(ends, default=own.policy.slice_ns)


def _is_ready(guest: Guest, now_ns: int) -> bool:
    at = guest.ready_at
    return at is not None and at <= now_ns
