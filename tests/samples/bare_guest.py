"""A guest without an operating system: AArch64 code at EL1, one handler of interrupts."""

from xap_harness import App
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.memory import RAM_BASE
from xap_harness.hypervisor.requester import Requester
from xap_harness.machine import Vcpu

VECTORS = RAM_BASE + 0x800
IRQ_VECTOR = 0x280  # current EL with SP_ELx
IAR1, EOIR1 = "s3_0_c12_c12_0", "s3_0_c12_c12_1"


class BareGuest:
    """Domain 1. `program` begins with x1 = `base`, interrupts unmasked, x19 = 0; `handler` finds
    the interrupt's number in x20, counts in x19, and must leave alone what the program uses."""

    def __init__(self, app: App, base: int, program: str, handler: str = "") -> None:
        self._app = app
        domain = app.domain()
        taken = f"mrs x20, {IAR1}; add x19, x19, #1; {handler}; msr {EOIR1}, x20; eret"
        domain.write(VECTORS + IRQ_VECTOR, assemble(taken))
        begin = (
            f"{load_immediate('x0', VECTORS)}; msr vbar_el1, x0; {load_immediate('x1', base)};"
            "mov x19, #0; msr daifclr, #2"
        )
        domain.write(RAM_BASE, assemble(f"{begin}; {program}"))
        self._vcpu: Vcpu = UnicornMachine().vcpu(domain.ram, RAM_BASE)
        self._guest = Guest(app.hypervisor, Requester(1, 0), self._vcpu)

    def run(self, most: int = 100_000) -> None:
        """Until it waits for an interrupt and there is none, or that many instructions."""
        self._guest.run(most)

    def register(self, number: int) -> int:
        return self._vcpu.read_registers(number, 1)[0]

    @property
    def interrupts(self) -> int:
        return self.register(19)
