"""The emulated machine: `xap_harness.machine.Machine` on unicorn."""

from xap_harness.emulator.app_space import UnicornAppSpace
from xap_harness.emulator.vcpu import UnicornVcpu
from xap_harness.hypervisor.memory import GuestRam
from xap_harness.machine import Layout


class UnicornMachine:
    def app_space(self, layout: Layout) -> UnicornAppSpace:
        return UnicornAppSpace(layout)

    def vcpu(self, ram: GuestRam, pc: int) -> UnicornVcpu:
        return UnicornVcpu(ram, pc)
