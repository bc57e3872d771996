"""A guest's virtual CPU at EL1: `xap_harness.machine.Vcpu`."""

from collections.abc import Mapping

from unicorn import UC_ARCH_ARM64, UC_HOOK_INTR, UC_MODE_ARM, Uc, UcError

from xap_harness.emulator.counting import Counter
from xap_harness.emulator.registers import PC, SP, X
from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.syndrome import ExceptionClass
from xap_harness.machine import GuestTrap

_EXCP_SMC = 13  # as QEMU's target/arm/cpu.h numbers it
_HVC_MASK, _HVC = 0xFFE0_001F, 0xD400_0002  # Arm ARM C6.2.132


class UnicornVcpu:
    def __init__(self, code: bytes, *, ram_base: int, ram_bytes: int) -> None:
        self._uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        self._uc.mem_map(ram_base, ram_bytes)
        self._uc.mem_write(ram_base, code)
        self._uc.reg_write(SP, ram_base + ram_bytes)
        self._uc.hook_add(UC_HOOK_INTR, self._on_exception)
        self._counter = Counter(self._uc, late_traps=False)
        self._spent_before = 0
        self._exception: int | None = None
        self._pc = ram_base

    def run(self, budget: int) -> GuestTrap | None:
        self._spent_before += self._counter.spent(self._pc)
        self._counter.begin(budget)
        self._exception = None
        try:
            self._counter.run(self._pc)
        except UcError:
            self._pc = self._uc.reg_read(PC)
            return GuestTrap(syndrome.make(ExceptionClass.DATA_ABORT))
        self._pc = self._uc.reg_read(PC)
        return None if self._exception is None else self._decode(self._exception)

    @property
    def spent(self) -> int:
        return self._spent_before + self._counter.spent(self._pc)

    @property
    def pc(self) -> int:
        return self._pc

    def read_registers(self, first: int, count: int) -> tuple[int, ...]:
        return tuple([self._uc.reg_read(register) for register in X[first : first + count]])

    def write_registers(self, values: Mapping[int, int]) -> None:
        for number, value in values.items():
            self._uc.reg_write(X[number], value)

    def skip(self) -> None:
        self._pc += 4

    def _on_exception(self, uc: Uc, number: int, _: object) -> None:
        self._exception = number
        uc.emu_stop()

    def _decode(self, number: int) -> GuestTrap:
        if number == _EXCP_SMC:
            self._pc -= 4  # unicorn stops behind it; a trapped SMC is not yet executed
            return GuestTrap(syndrome.make(ExceptionClass.SMC64, self._word() >> 5 & 0xFFFF))
        word = self._word()
        if word & _HVC_MASK == _HVC:  # undefined to unicorn, which has no EL2
            return GuestTrap(syndrome.make(ExceptionClass.HVC64, word >> 5 & 0xFFFF))
        return GuestTrap(syndrome.make(ExceptionClass.UNKNOWN))

    def _word(self) -> int:
        return int.from_bytes(self._uc.mem_read(self._pc, 4), "little")
