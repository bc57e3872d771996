"""A vCPU whose traps have a price, and that can wait for another domain's answer."""

from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.core import AccessAnswer, Answer, Hypervisor
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.syndrome import ExceptionClass
from xap_harness.machine import Vcpu

from benchmarks.stub_domain.costs import Costs


class TimedGuest(Guest):
    """`debt` is the hypervisor's time on its behalf: it passes on the vCPU's CPU before the vCPU
    goes on."""

    def __init__(
        self, hypervisor: Hypervisor, requester: Requester, vcpu: Vcpu, costs: Costs
    ) -> None:
        super().__init__(hypervisor, requester, vcpu)
        self._costs = costs
        self._clock = hypervisor.clock
        self._trapped_at: int | None = None
        self._is_blocked = False
        self.woken_at = 0
        self.is_boosted = False
        """It was woken and has not waited since: what a scheduler may prefer it for."""
        self.debt = 0
        self.calls = 0
        """Times that it left for the hypervisor by SMC or HVC, repeated ones included."""
        self.waits = 0
        """Times that it did by WFI."""
        self.switches = 0
        """Times that a CPU took it up."""
        self.times: list[int] = []
        """From each trap to the vCPU's next instruction, in ns."""

    @property
    def ready_at(self) -> int | None:
        at = None if self._is_blocked else super().ready_at
        return None if at is None else max(at, self.woken_at)

    @property
    def traps(self) -> int:
        return self.calls + self.waits

    def block(self) -> None:
        """Until `wake`."""
        self._is_blocked = True
        self.is_boosted = False

    def wake(self) -> None:
        """If it waits; what it waited for has happened."""
        self._is_blocked = False
        self.woken_at = self._clock.now_ns
        self.is_boosted = True

    def execute(self, most: int) -> int:
        if self._trapped_at is not None:
            self.times.append(self._clock.now_ns - self._trapped_at)
            self._trapped_at = None
        ran = super().execute(most)
        if self._trap is not None:
            if not _is_free(self._trap.esr):
                self._trapped_at = self._clock.now_ns
                self.calls += 1
                self.debt += self._costs.trap_in
        elif self.ready_at is None:  # WFI, and nothing pending
            self.waits += 1
            self.is_boosted = False
            self._clock.executed(self._costs.trap_in)
            self.debt += self._costs.trap_out
        return ran

    def serve(self) -> Answer | AccessAnswer | None:
        assert self._trap is not None
        is_free = _is_free(self._trap.esr)
        answer = super().serve()
        if is_free:
            return answer
        if answer is None or answer.waits_until is None:
            self.debt += self._costs.trap_out
        elif not self._is_blocked:  # it repeats its instruction (ABI.md 6.4)
            self.debt += self._costs.trap
            self.calls += 1
            if self.debt:
                self._waits_until = self._clock.now_ns  # it does not know when to do so
        return answer


def _is_free(esr: int) -> bool:
    """The interrupt controller's CPU interface: hardware has one for guests, which do not trap
    there as they do in the emulator."""
    return syndrome.ec(esr) == ExceptionClass.SYSTEM_REGISTER
