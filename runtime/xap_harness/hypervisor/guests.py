"""A guest's vCPU and its requests: from trap to resumption."""

from collections.abc import Mapping

from xaprt import abi

from xap_harness.hypervisor import gic, syndrome
from xap_harness.hypervisor.core import (
    UNCLAIMED,
    Access,
    AccessAnswer,
    Answer,
    Hypervisor,
)
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.syndrome import ExceptionClass
from xap_harness.hypervisor.timeline import Event, Step
from xap_harness.machine import GuestTrap, Vcpu

_ROUTED = {
    ExceptionClass.SMC64: abi.RouteKind.SMC,
    ExceptionClass.HVC64: abi.RouteKind.HVC,
}
_ABORTS = (ExceptionClass.DATA_ABORT, ExceptionClass.INSTRUCTION_ABORT)
_ITS_OWN = (ExceptionClass.SVC64, ExceptionClass.BRK64)
_ZERO_REGISTER = 31


class GuestError(Exception):
    """The guest took an exception and has no vectors for it."""


class Guest:
    """One vCPU of a domain that the hypervisor has created."""

    def __init__(self, hypervisor: Hypervisor, requester: Requester, vcpu: Vcpu) -> None:
        self._hypervisor = hypervisor
        self.requester = requester
        self._vcpu = vcpu
        self._trap: GuestTrap | None = None
        self._waits_for_interrupt = False
        self._waits_until = 0
        self.charged_ns = 0
        """Time of calls that it asked for (ABI.md 6.5)."""

    def run(self, budget: int = 1_000_000) -> list[Answer | AccessAnswer]:
        """Alone on its CPU, until it waits for an interrupt and none is pending, or has executed
        `budget` instructions; the answers that it got. Raises GuestError."""
        answers: list[Answer | AccessAnswer] = []
        while budget > 0 and (ready := self.ready_at) is not None:
            self._hypervisor.advance(max(ready - self._hypervisor.clock.now_ns, 0))
            self.take_interrupt()
            if self._trap is None:
                # A fetch that aborts executes nothing, and may do so for ever.
                budget -= max(self.execute(budget), 1)
            elif (answer := self.serve()) is not None and answer.waits_until is None:
                answers.append(answer)
        return answers

    @property
    def ready_at(self) -> int | None:
        """When it can go on: 0 is at once; None: it waits for an interrupt."""
        if self._is_interrupted:
            return 0
        return None if self._waits_for_interrupt else self._waits_until

    @property
    def executed(self) -> int:
        """Instructions, since its vCPU was made."""
        return self._vcpu.spent

    @property
    def has_trapped(self) -> bool:
        """It waits for `serve`."""
        return self._trap is not None

    def execute(self, most: int) -> int:
        """At most that many instructions, fewer if the hypervisor has work of its own before;
        how many it was."""
        share = self._until_deferred(most)
        before = self._vcpu.spent
        self._trap = self._vcpu.run(share)
        ran = self._vcpu.spent - before
        self._hypervisor.clock.executed(ran)
        self._waits_for_interrupt = self._trap is None and ran < share
        return ran

    def take_interrupt(self) -> None:
        """If one is pending; of an instruction that waited nothing remains but its address."""
        if self._is_interrupted and self._vcpu.take_interrupt():
            self._trap = None
            self._waits_until = 0

    def serve(self) -> Answer | AccessAnswer | None:
        """What it trapped for. None: no request of an app's. Raises GuestError."""
        assert self._trap is not None
        began = self._hypervisor.clock.now_ns
        answer = self._serve(self._trap)
        self.charged_ns += self._hypervisor.clock.now_ns - began
        if answer is not None and answer.waits_until is not None:
            self._waits_until = answer.waits_until
        else:
            self._trap = None
        return answer

    @property
    def _is_interrupted(self) -> bool:
        """An SPI goes to vCPU 0 unless the guest routes it elsewhere, which is not modelled."""
        return self.requester.vcpu == 0 and bool(self._domain.pending)

    @property
    def _domain(self) -> Domain:
        return self._hypervisor.domains[self.requester.domid]

    def _until_deferred(self, most: int) -> int:
        """Instructions until the hypervisor has work of its own."""
        due = self._hypervisor.next_due()
        return most if due is None else min(most, max(due[0] - self._hypervisor.clock.now_ns, 1))

    # --- traps -------------------------------------------------------------------------------

    def _serve(self, trap: GuestTrap) -> Answer | AccessAnswer | None:
        """None: no request of an app's."""
        cause = syndrome.ec(trap.esr)
        if cause in _ROUTED:
            return self._serve_call(trap, _ROUTED[ExceptionClass(cause)])
        if cause in _ABORTS:
            return self._serve_abort(trap)
        if cause in _ITS_OWN:
            self._raise_in_guest(trap, trap.esr, 0)
            return None
        if cause == ExceptionClass.SYSTEM_REGISTER and self._serve_register(trap):
            return None
        self._raise_in_guest(trap, syndrome.make(ExceptionClass.UNKNOWN), 0)
        return None

    def _serve_call(self, trap: GuestTrap, kind: abi.RouteKind) -> Answer:
        immediate = syndrome.imm16(trap.esr)
        registers = self._vcpu.read_registers(0, 8)
        if self._hypervisor.record is not None:
            self._note_trap(
                f"{kind.name.lower()} #{immediate}",
                {f"x{n}": value for n, value in enumerate(registers)},
            )
        # Only immediate 0 is routed (ABI.md 2.3).
        answer = (
            self._hypervisor.call(kind, self.requester, registers)
            if immediate == 0
            else Answer(UNCLAIMED)
        )
        if answer.waits_until is not None:
            return answer
        self._vcpu.write_registers(answer.registers)
        self._go_on(answer.registers)
        return answer

    def _serve_abort(self, trap: GuestTrap) -> AccessAnswer:
        """A load or store where stage 2 maps nothing (ABI.md 2.3)."""
        found = None
        if syndrome.ec(trap.esr) == ExceptionClass.DATA_ABORT:
            found = syndrome.load_store(trap.esr)
        if found is None:  # never reaches an app
            self._abort(trap)
            return AccessAnswer(claimed=False)
        value = self._register(found.register) if found.store else None
        if value is not None:
            value &= (1 << 8 * found.width) - 1
        if self._hypervisor.record is not None:
            action = "store" if found.store else "load"
            self._note_trap(
                f"{action} of {found.width} at {trap.ipa:#x}",
                {} if value is None else {"value": value},
            )
        answer = self._hypervisor.access(self.requester, Access(trap.ipa, found.width, value))
        if answer.waits_until is not None:
            return answer
        if not answer.claimed:
            self._abort(trap)
            return answer
        loaded = {} if found.store else {found.register: found.loaded(answer.value)}
        loaded.pop(_ZERO_REGISTER, None)
        self._vcpu.write_registers(loaded)
        self._go_on(loaded)
        return answer

    def _abort(self, trap: GuestTrap) -> None:
        """The abort that the guest would take with no app (ABI.md 4.3)."""
        self._raise_in_guest(trap, syndrome.external_abort(trap.esr), trap.ipa)

    def _serve_register(self, trap: GuestTrap) -> bool:
        named, register, reads = syndrome.system_access(trap.esr)
        if not gic.is_cpu_interface(named):
            return False
        if reads:
            value = gic.read(self._domain, named)
            if register != _ZERO_REGISTER:
                self._vcpu.write_registers({register: value})
        self._vcpu.skip()
        return True

    def _raise_in_guest(self, trap: GuestTrap, esr: int, far: int) -> None:
        if not self._vcpu.take_exception(esr, far):
            raise GuestError(
                f"domain {self.requester.domid} took an exception at {self._vcpu.pc:#x} "
                f"and has no vectors: {syndrome.describe(trap.esr)}"
            )

    # --- helpers -----------------------------------------------------------------------------

    def _register(self, number: int) -> int:
        return 0 if number == _ZERO_REGISTER else self._vcpu.read_registers(number, 1)[0]

    def _note_trap(self, instruction: str, registers: dict[str, int]) -> None:
        values: dict[str, int | str] = {"instruction": instruction, "pc": self._vcpu.pc}
        values.update(registers)
        self._note(Step.GUEST_TRAPPED, values)
        self._note(Step.VCPU_PAUSED, {})

    def _go_on(self, changed: Mapping[int, int]) -> None:
        """Behind the instruction that trapped."""
        self._vcpu.skip()
        if self._hypervisor.record is not None:
            self._note(Step.GUEST_REGISTERS, {f"x{n}": value for n, value in changed.items()})
            self._note(Step.VCPU_RESUMED, {"pc": self._vcpu.pc})

    def _note(self, step: Step, values: Mapping[str, int | str]) -> None:
        if self._hypervisor.record is not None:
            now = self._hypervisor.clock.now_ns
            self._hypervisor.record(Event(step, self.requester, values, now))
