"""Physical CPUs: which vCPU runs where and when (ABI.md 6.4, 6.5).

Discrete events in the order of virtual time: each CPU has a clock, and the one whose clock is
earliest acts next, up to its guest's next trap or the end of a slice. So requests are served in
the order in which they are made, and an instance that one CPU is in is busy for the others.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from xap_harness.hypervisor.core import AccessAnswer, Answer, Hypervisor
from xap_harness.hypervisor.guests import Guest, GuestError
from xap_harness.hypervisor.instance import Instance
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Event, Step

SLICE_NS = 1_000_000
"""How long a vCPU runs while another one of its CPU could."""

STUCK_NS = 1000
"""What a guest is charged for a step in which it executes nothing: else one that takes an abort
at its own vector, again and again, would stop the time for all."""

Watcher = Callable[[Guest, Answer | AccessAnswer], None]


@dataclass(eq=False)
class Cpu:
    """One processor and the vCPUs that are pinned to it, the one that runs first."""

    now_ns: int = 0
    queue: deque[Guest] = field(default_factory=deque)
    slice_ends: int = 0

    @property
    def ready_at(self) -> int | None:
        """When it has something to run; None: all of its vCPUs wait for interrupts."""
        times = [at for guest in self.queue if (at := guest.ready_at) is not None]
        return max(min(times), self.now_ns) if times else None

    def choose(self) -> Guest:
        """The next in turn that is ready; one of them is."""
        while (at := self.queue[0].ready_at) is None or at > self.now_ns:
            self.next_turn()
        return self.queue[0]

    def next_turn(self) -> None:
        self.queue.rotate(-1)
        self.slice_ends = self.now_ns + SLICE_NS


class Scheduler:
    """Runs guests on `cpus` processors. `watch` sees each answer that a guest gets."""

    def __init__(self, hypervisor: Hypervisor, cpus: int, watch: Watcher | None = None) -> None:
        self.cpus = [Cpu() for _ in range(cpus)]
        self.crashed: dict[Guest, GuestError] = {}
        """Guests that took an exception without vectors; they run no more."""
        self._hypervisor = hypervisor
        self._watch = watch

    def add(self, guest: Guest, cpu: int) -> None:
        """A vCPU that runs on that CPU from now on."""
        chosen = self.cpus[cpu]
        chosen.now_ns = max(chosen.now_ns, self._hypervisor.clock.now_ns)
        chosen.queue.append(guest)

    def destroy_domain(self, domid: int) -> None:
        """Its vCPUs stop where they are, those that wait for an instance included."""
        for cpu in self.cpus:
            cpu.queue = deque(g for g in cpu.queue if g.requester.domid != domid)
        self._hypervisor.destroy_domain(domid)

    def run(self, ns: int) -> None:
        """Let that much virtual time pass on every CPU; a call that has begun is ended."""
        until = self._hypervisor.clock.now_ns + ns
        while self._act(until):
            pass
        self._hypervisor.clock.now_ns = until
        for cpu in self.cpus:
            cpu.now_ns = max(cpu.now_ns, until)

    # --- what happens next -------------------------------------------------------------------

    def _act(self, until: int) -> bool:
        """The earliest thing to happen; False: nothing does before `until`."""
        ready = [(at, cpu) for cpu in self.cpus if (at := cpu.ready_at) is not None]
        at, cpu = min(ready, key=lambda each: each[0], default=(until, None))
        due = self._hypervisor.next_due()
        idle = [each for each in self.cpus if each.ready_at is None]
        if due is not None and due[0] <= at and due[0] < until:
            self._do_deferred(*due)
        elif cpu is not None and at < until:
            self._run(cpu, at, until)
        else:
            return False
        for woken in (each for each in idle if each.ready_at is not None):
            # Not before what has woken it.
            woken.now_ns = max(woken.now_ns, self._hypervisor.clock.now_ns)
        return True

    def _do_deferred(self, due: int, instance: Instance) -> None:
        """On the CPU that is free first, one that has nothing else to do then if there is one: as
        long as it takes no guest runs there, and none pays for it."""

        def when(cpu: Cpu) -> tuple[int, bool]:
            at = cpu.ready_at
            return max(cpu.now_ns, due), at is not None and at <= due

        cpu = min(self.cpus, key=when)
        began = self._hypervisor.clock.now_ns = max(cpu.now_ns, due)
        self._hypervisor.perform(instance)
        cpu.now_ns = self._hypervisor.clock.now_ns
        cpu.slice_ends += cpu.now_ns - began
        self._note(Step.DEFERRED, Requester.nobody(), cpu, began)

    def _run(self, cpu: Cpu, at: int, until: int) -> None:
        """The CPU's vCPU in turn: up to its next trap, or what that trap asks for."""
        clock = self._hypervisor.clock
        clock.now_ns = cpu.now_ns = at
        if at >= cpu.slice_ends:
            cpu.slice_ends = at + SLICE_NS
        guest = cpu.choose()
        executed = guest.executed
        try:
            self._step(guest, max(min(cpu.slice_ends, until) - at, 1))
        except GuestError as error:
            self.crashed[guest] = error
            cpu.queue.remove(guest)
        stood_still = (clock.now_ns, guest.executed) == (at, executed) and not guest.has_trapped
        cpu.now_ns = at + STUCK_NS if stood_still else clock.now_ns
        self._note(Step.RAN, guest.requester, cpu, at)
        if guest.ready_at is None or guest.ready_at > clock.now_ns or cpu.now_ns >= cpu.slice_ends:
            cpu.next_turn()

    def _note(self, step: Step, who: Requester, cpu: Cpu, began: int) -> None:
        if self._hypervisor.record is not None and cpu.now_ns > began:
            values = {"cpu": self.cpus.index(cpu), "until": cpu.now_ns}
            self._hypervisor.record(Event(step, who, values, began))

    def _step(self, guest: Guest, most: int) -> None:
        guest.take_interrupt()
        if not guest.has_trapped:
            guest.execute(most)
            return
        answer = guest.serve()
        if answer is not None and answer.waits_until is None and self._watch is not None:
            self._watch(guest, answer)
