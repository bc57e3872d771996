"""The emulated machine: `xap_harness.machine.Machine` on unicorn."""

from xap_harness.emulator.app_space import UnicornAppSpace
from xap_harness.emulator.vcpu import UnicornVcpu
from xap_harness.machine import Layout


class UnicornMachine:
    def app_space(self, layout: Layout) -> UnicornAppSpace:
        return UnicornAppSpace(layout)

    def guest(self, code: bytes, *, ram_base: int, ram_bytes: int) -> UnicornVcpu:
        return UnicornVcpu(code, ram_base=ram_base, ram_bytes=ram_bytes)
