"""A guest's virtual CPU at EL1: `xap_harness.machine.Vcpu`."""

from collections.abc import Mapping
from contextlib import suppress

from unicorn import (
    UC_ARCH_ARM64,
    UC_HOOK_MEM_INVALID,
    UC_MEM_FETCH_PROT,
    UC_MEM_FETCH_UNMAPPED,
    UC_MEM_WRITE_UNMAPPED,
    UC_MODE_ARM,
    UC_PROT_ALL,
    Uc,
    UcError,
)
from xaprt.abi import PAGE_SIZE

from xap_harness.emulator import loadstore
from xap_harness.emulator.counting import Counter
from xap_harness.emulator.native import RegisterFile
from xap_harness.emulator.registers import (
    ELR_EL1,
    ESR_EL1,
    FAR_EL1,
    PC,
    PSTATE,
    SP,
    VBAR_EL1,
    X,
    write_spsr_el1,
)
from xap_harness.emulator.shared import SharedPage
from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.memory import Frame, GuestRam, NotRam
from xap_harness.hypervisor.syndrome import ExceptionClass
from xap_harness.machine import GuestTrap

_SEEN = 31
"""Where the register file has PC, x0 .. x9: all that most traps need, read at once."""
_SEEN_X = 10
_EXCP_SWI, _EXCP_BKPT = 2, 7
_EXCP_SMC = 13  # as QEMU's target/arm/cpu.h numbers it
_HVC_MASK, _HVC = 0xFFE0_001F, 0xD400_0002  # Arm ARM C6.2.132
_SYSREG_MASK, _SYSREG = 0xFFD0_0000, 0xD510_0000  # MRS and MSR (register), C4.1.66

_SYNCHRONOUS, _IRQ = 0x200, 0x280  # vectors of the current EL with its own stack (D1.4.2)
_MASKED_EL1H = 0x3C5  # PSTATE on entry: DAIF, EL1 on SP_EL1
_PSTATE_I = 1 << 7
_FLAGS = 0xF000_0000


class UnicornVcpu:
    """One Uc in the RAM of its domain, which all vCPUs of the domain and apps share."""

    def __init__(self, ram: GuestRam, pc: int) -> None:
        self._uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        self._frames: dict[int, SharedPage] = {}
        for ipa in range(ram.base, ram.base + ram.size, PAGE_SIZE):
            with suppress(NotRam):  # the guest has given that page away
                self._map(ipa, ram.frame(ipa))
        ram.watchers.append(self._map)
        self._uc.reg_write(SP, ram.base + ram.size)
        self._uc.hook_add(UC_HOOK_MEM_INVALID, self._on_abort)
        self._counter = Counter(self._uc, late_traps=False)
        self._registers = RegisterFile(self._uc, (*X, PC, *X[:_SEEN_X]))
        self._seen: list[int] = []
        self._spent = 0
        self._abort: tuple[int, int] | None = None  # unicorn's kind of access, address
        self._pc = pc

    def run(self, budget: int) -> GuestTrap | None:
        self._counter.begin(budget)
        self._abort = None
        trap = self._run()
        self._spent += self._counter.spent(self._pc)
        return trap

    def _run(self) -> GuestTrap | None:
        try:
            self._counter.run(self._pc)
        except UcError:
            self._look()
            return self._aborted()
        self._look()
        exception = self._counter.exception
        return None if exception is None else self._decode(exception)

    def _look(self) -> None:
        self._pc, *self._seen = self._registers.read(_SEEN, 1 + _SEEN_X)

    @property
    def spent(self) -> int:
        return self._spent

    @property
    def pc(self) -> int:
        return self._pc

    def read_registers(self, first: int, count: int) -> tuple[int, ...]:
        if first + count <= len(self._seen):
            return tuple(self._seen[first : first + count])
        return self._registers.read(first, count)

    def write_registers(self, values: Mapping[int, int]) -> None:
        self._seen = []
        self._registers.write_all(values, 0)

    def skip(self) -> None:
        self._pc += 4
        self._spent += 1

    # --- exceptions that the guest takes itself ----------------------------------------------

    def take_exception(self, esr: int, far: int) -> bool:
        if not self._uc.reg_read(VBAR_EL1):
            return False
        self._uc.reg_write(ESR_EL1, esr)
        self._uc.reg_write(FAR_EL1, far)
        self._enter(_SYNCHRONOUS)
        return True

    def take_interrupt(self) -> bool:
        if self._uc.reg_read(PSTATE) & _PSTATE_I or not self._uc.reg_read(VBAR_EL1):
            return False
        self._enter(_IRQ)
        return True

    def _enter(self, vector: int) -> None:
        pstate = self._uc.reg_read(PSTATE)
        write_spsr_el1(self._uc, pstate)
        self._uc.reg_write(ELR_EL1, self._pc)
        self._uc.reg_write(PSTATE, pstate & _FLAGS | _MASKED_EL1H)
        self._pc = self._uc.reg_read(VBAR_EL1) + vector

    # --- inside ------------------------------------------------------------------------------

    def _map(self, ipa: int, frame: Frame | None) -> None:
        if self._frames.pop(ipa, None) is not None:
            self._uc.mem_unmap(ipa, PAGE_SIZE)
        if frame is not None:
            shared = self._frames[ipa] = SharedPage(frame.memory)
            self._uc.mem_map_ptr(ipa, PAGE_SIZE, UC_PROT_ALL, shared.pointer)

    def _on_abort(
        self, uc: Uc, access: int, address: int, size: int, value: int, _: object
    ) -> bool:
        if self._abort is None:
            self._abort = access, address
        return False

    def _aborted(self) -> GuestTrap:
        assert self._abort is not None, "unicorn stopped without having said why"
        access, address = self._abort
        if access in (UC_MEM_FETCH_PROT, UC_MEM_FETCH_UNMAPPED):
            esr = syndrome.abort(ExceptionClass.INSTRUCTION_ABORT, mapped=False)
            return GuestTrap(esr, address)
        write = access == UC_MEM_WRITE_UNMAPPED
        esr = syndrome.abort(ExceptionClass.DATA_ABORT, mapped=False, write=write)
        return GuestTrap(esr | loadstore.iss(self._word()), address)

    def _decode(self, number: int) -> GuestTrap:
        if number == _EXCP_SMC:
            self._pc -= 4  # unicorn stops behind it; a trapped SMC is not yet executed
            return GuestTrap(syndrome.make(ExceptionClass.SMC64, self._word() >> 5 & 0xFFFF))
        if number == _EXCP_SWI:
            word = int.from_bytes(self._uc.mem_read(self._pc - 4, 4), "little")
            return GuestTrap(syndrome.make(ExceptionClass.SVC64, word >> 5 & 0xFFFF))
        word = self._word()
        if number == _EXCP_BKPT:
            return GuestTrap(syndrome.make(ExceptionClass.BRK64, word >> 5 & 0xFFFF))
        if word & _HVC_MASK == _HVC:  # undefined to unicorn, which has no EL2
            return GuestTrap(syndrome.make(ExceptionClass.HVC64, word >> 5 & 0xFFFF))
        if word & _SYSREG_MASK == _SYSREG:  # one that unicorn's processor lacks
            return GuestTrap(syndrome.system_register(word))
        return GuestTrap(syndrome.make(ExceptionClass.UNKNOWN))

    def _word(self) -> int:
        """The instruction that stopped it: it was fetched, so it is there."""
        offset = self._pc % PAGE_SIZE
        return self._frames[self._pc - offset].word(offset)
