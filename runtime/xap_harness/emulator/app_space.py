"""An app's address space and its processor at EL0: `xap_harness.machine.AppSpace`."""

from collections.abc import Callable, Mapping, Sequence

from unicorn import (
    UC_ARCH_ARM64,
    UC_HOOK_MEM_INVALID,
    UC_HOOK_MEM_READ,
    UC_MEM_FETCH_PROT,
    UC_MEM_FETCH_UNMAPPED,
    UC_MEM_READ_PROT,
    UC_MEM_WRITE_PROT,
    UC_MEM_WRITE_UNMAPPED,
    UC_MODE_ARM,
    UC_PROT_EXEC,
    UC_PROT_READ,
    UC_PROT_WRITE,
    Uc,
    UcError,
)
from xaprt import abi

from xap_harness.emulator.assembler import assemble
from xap_harness.emulator.counting import NEVER, Counter
from xap_harness.emulator.native import RegisterFile
from xap_harness.emulator.registers import PC, SP, TPIDRRO_EL0, X
from xap_harness.emulator.shared import SharedPage
from xap_harness.emulator.traps import holds_traps
from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.device import Device, ExternalAbort
from xap_harness.hypervisor.syndrome import ExceptionClass
from xap_harness.machine import Exit, Layout, Memory

_EXCP_SWI = 2  # the exception numbers of QEMU's target/arm/cpu.h, which unicorn's hooks get
_EXCP_BKPT = 7

_X, _SP, _SEEN = 1, 32, 33
"""Where the register file has x0 .. x30, SP, and PC, x0 .. x9: all that most exits need, read at
once."""
_SEEN_X = 10

_ENTER_EL0 = assemble("msr spsr_el1, xzr; msr elr_el1, x0; mov x0, #0; eret")


class UnicornAppSpace:
    """One Uc for the life of the instance.

    EL0 is entered by `eret` once; the page that holds it is unmapped again, and each call
    starts from the processor's state just behind it, in which every register is clear.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        for memory in layout.segments:
            self._map(memory)
        self._stack = layout.stack_top - layout.stack_bytes
        self._stack_mapped = -(-layout.stack_bytes // abi.PAGE_SIZE) * abi.PAGE_SIZE
        if self._stack_mapped:
            self._uc.mem_map(self._stack, self._stack_mapped, UC_PROT_READ | UC_PROT_WRITE)
        if layout.request_page:
            self._uc.mem_map(layout.request_page, abi.PAGE_SIZE, UC_PROT_READ)
        self._leave_el1()
        self._clear = self._uc.context_save()
        texts = [memory.bytes_ for memory in layout.segments if memory.executable]
        self._counter = Counter(self._uc, late_traps=any(map(holds_traps, texts)))
        self._registers = RegisterFile(self._uc, (TPIDRRO_EL0, *X, SP, PC, *X[:_SEEN_X]))
        self._seen: list[int] = []
        self._svc: dict[int, int] = {}
        self._shared: dict[int, SharedPage] = {}
        self._abort: Exit | None = None
        self._uc.hook_add(UC_HOOK_MEM_INVALID, self._on_abort)
        self._pc = layout.entry

    # --- the protocol ---------------------------------------------------------------------

    def enter(self, arguments: Sequence[int], tpidrro: int, budget: int) -> Exit:
        self._uc.context_restore(self._clear)
        self._registers.write(0, (tpidrro, *arguments))
        self._counter.begin(budget)
        self._pc = self._layout.entry
        return self.resume()

    def resume(self) -> Exit:
        self._abort = None
        try:
            counted, esr = self._counter.run(self._pc)
        except UcError:
            counted, esr = False, None
        self._pc, *self._seen = self._registers.read(_SEEN, 1 + _SEEN_X)
        if self._pc % 4:  # comes before any abort of the fetch
            return Exit(syndrome.make(ExceptionClass.PC_ALIGNMENT), self._pc)
        if self._abort is not None:
            return self._abort
        exception = self._counter.exception
        if exception is not None:
            return self._decode(exception)
        return Exit(esr if counted else syndrome.make(ExceptionClass.UNKNOWN))

    @property
    def spent(self) -> int:
        return self._counter.spent(self._pc)

    @property
    def pc(self) -> int:
        return self._pc

    @property
    def sp(self) -> int:
        return self._registers.read(_SP, 1)[0]

    def read_registers(self, first: int, count: int) -> tuple[int, ...]:
        if first + count <= len(self._seen):
            return tuple(self._seen[first : first + count])
        return self._registers.read(_X + first, count)

    def write_registers(self, values: Mapping[int, int]) -> None:
        self._seen = []
        self._registers.write_all(values, _X)

    def read(self, address: int, size: int) -> bytes:
        return bytes(self._uc.mem_read(address, size))

    def write(self, address: int, data: bytes) -> None:
        self._uc.mem_write(address, data)

    def map_page(self, address: int, page: memoryview, *, writable: bool) -> None:
        shared = self._shared[address] = SharedPage(page)
        rights = UC_PROT_READ | UC_PROT_WRITE if writable else UC_PROT_READ
        self._uc.mem_map_ptr(address, len(page), rights, shared.pointer)

    def map_device(self, address: int, size: int, device: Device) -> None:
        def read(uc: Uc, offset: int, width: int, _: object) -> int:
            try:
                return device.read(offset, width)
            except ExternalAbort:
                self._device_failed(address + offset, write=False)
                return 0

        def write(uc: Uc, offset: int, width: int, value: int, _: object) -> None:
            try:
                device.write(offset, width, value)
            except ExternalAbort:
                self._device_failed(address + offset, write=True)

        self._uc.mmio_map(address, size, read, None, write, None)

    def watch_reads(self, told: Callable[[int, int, int], None]) -> None:
        def on_read(uc: Uc, access: int, address: int, size: int, value: int, _: object) -> None:
            page = self._shared.get(address & -abi.PAGE_SIZE)
            if page is not None:
                self._pc, self._seen = uc.reg_read(PC), []
                told(page.pointer, address % abi.PAGE_SIZE, size)

        self._uc.hook_add(UC_HOOK_MEM_READ, on_read)

    def unmap(self, address: int, size: int) -> None:
        self._uc.mem_unmap(address, size)
        self._shared.pop(address, None)

    def reset(self) -> None:
        for memory in self._layout.segments:
            if memory.writable:
                self._fill(memory)
        self._uc.mem_write(self._stack, bytes(self._stack_mapped))

    # --- inside ---------------------------------------------------------------------------

    def _map(self, memory: Memory) -> None:
        rights = UC_PROT_READ
        if memory.writable:
            rights |= UC_PROT_WRITE
        if memory.executable:
            rights |= UC_PROT_EXEC
        self._uc.mem_map(memory.address, memory.size, rights)
        self._fill(memory)

    def _fill(self, memory: Memory) -> None:
        self._uc.mem_write(memory.address, memory.bytes_.ljust(memory.size, b"\0"))

    def _leave_el1(self) -> None:
        gate = self._stack + self._stack_mapped  # the first page that nothing of the app's uses
        self._uc.mem_map(gate, abi.PAGE_SIZE, UC_PROT_READ | UC_PROT_EXEC)
        self._uc.mem_write(gate, _ENTER_EL0)
        self._uc.reg_write(X[0], self._layout.entry)
        self._uc.emu_start(gate, NEVER, count=len(_ENTER_EL0) // 4)
        self._uc.ctl_flush_tb()  # the translations made for `count` and for the gate
        self._uc.mem_unmap(gate, abi.PAGE_SIZE)
        self._uc.reg_write(SP, self._layout.stack_top)

    def _device_failed(self, address: int, *, write: bool) -> None:
        self._abort = Exit(syndrome.device_error(write=write), 0 if write else address)
        self._uc.emu_stop()  # at this very instruction

    def _on_abort(
        self, uc: Uc, access: int, address: int, size: int, value: int, _: object
    ) -> bool:
        if self._abort is None:  # unicorn tells of a straddling store byte by byte
            fetch = access in (UC_MEM_FETCH_PROT, UC_MEM_FETCH_UNMAPPED)
            esr = syndrome.abort(
                ExceptionClass.INSTRUCTION_ABORT if fetch else ExceptionClass.DATA_ABORT,
                mapped=access in (UC_MEM_FETCH_PROT, UC_MEM_READ_PROT, UC_MEM_WRITE_PROT),
                write=access in (UC_MEM_WRITE_PROT, UC_MEM_WRITE_UNMAPPED),
            )
            self._abort = Exit(esr, address)
        return False

    def _decode(self, number: int) -> Exit:
        """Unicorn hides the syndrome; the instruction holds what it would say."""
        if number == _EXCP_SWI:
            immediate = self._svc.get(self._pc)
            if immediate is None:
                immediate = self._svc[self._pc] = self._immediate(self._pc - 4)
            return Exit(syndrome.make(ExceptionClass.SVC64, immediate))
        if number == _EXCP_BKPT:
            return Exit(syndrome.make(ExceptionClass.BRK64, self._immediate(self._pc)))
        return Exit(syndrome.make(ExceptionClass.UNKNOWN))

    def _immediate(self, address: int) -> int:
        """imm16 of an exception-generating instruction (Arm ARM C4.1.66)."""
        return int.from_bytes(self._uc.mem_read(address, 4), "little") >> 5 & 0xFFFF
