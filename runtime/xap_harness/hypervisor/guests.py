"""A guest's vCPU and its requests: from trap to resumption."""

from xaprt import abi

from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.core import UNCLAIMED, Answer, Hypervisor
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.syndrome import ExceptionClass
from xap_harness.hypervisor.timeline import Event, Step
from xap_harness.machine import GuestTrap, Vcpu

_ROUTED = {
    ExceptionClass.SMC64: abi.RouteKind.SMC,
    ExceptionClass.HVC64: abi.RouteKind.HVC,
}


class GuestError(Exception):
    """The guest did what this hypervisor has no answer to."""


class Guest:
    """One vCPU of a domain that the hypervisor has created."""

    def __init__(self, hypervisor: Hypervisor, requester: Requester, vcpu: Vcpu) -> None:
        self._hypervisor = hypervisor
        self._requester = requester
        self._vcpu = vcpu

    def run(self, budget: int = 1_000_000) -> list[Answer]:
        """Until it waits for an interrupt, or has executed `budget` instructions; the answers
        that it got. Raises GuestError if it takes an exception that is its own to handle."""
        answers = []
        start = self._vcpu.spent
        while (left := budget - (self._vcpu.spent - start)) > 0:
            before = self._vcpu.spent
            trap = self._vcpu.run(left)
            self._hypervisor.clock.executed(self._vcpu.spent - before)
            if trap is None:
                break
            answers.append(self._serve(trap))
        return answers

    def _serve(self, trap: GuestTrap) -> Answer:
        cause = syndrome.ec(trap.esr)
        if cause not in _ROUTED:
            raise GuestError(
                f"domain {self._requester.domid} took an exception at {self._vcpu.pc:#x}: "
                f"{syndrome.describe(trap.esr)}"
            )
        kind = _ROUTED[ExceptionClass(cause)]
        immediate = syndrome.imm16(trap.esr)
        registers = self._vcpu.read_registers(0, 8)
        self._note(
            Step.GUEST_TRAPPED,
            {
                "instruction": f"{kind.name.lower()} #{immediate}",
                "pc": self._vcpu.pc,
                **{f"x{n}": value for n, value in enumerate(registers)},
            },
        )
        self._note(Step.VCPU_PAUSED, {})
        # Only immediate 0 is routed (ABI.md 2.3).
        answer = (
            self._hypervisor.call(kind, self._requester, registers)
            if immediate == 0
            else Answer(UNCLAIMED)
        )
        self._vcpu.write_registers(answer.registers)
        self._vcpu.skip()
        self._note(Step.GUEST_REGISTERS, {f"x{n}": value for n, value in answer.registers.items()})
        self._note(Step.VCPU_RESUMED, {"pc": self._vcpu.pc})
        return answer

    def _note(self, step: Step, values: dict[str, int | str]) -> None:
        if self._hypervisor.record is not None:
            self._hypervisor.record(Event(step, self._requester, values))
