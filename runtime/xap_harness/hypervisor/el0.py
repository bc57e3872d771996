"""One call into an app that runs at EL0 (ABI.md section 2), and every way it can end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xaprt import abi
from xaprt.debug.place import Place

from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.console import printable_lines
from xap_harness.hypervisor.double_fetch import DoubleFetch, ReadLog
from xap_harness.hypervisor.fault import Fault, FaultKind, Registers
from xap_harness.hypervisor.outcome import Done, Failed, NotHandled, Outcome, signed
from xap_harness.hypervisor.posted import Record, request_page
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services, instance_name
from xap_harness.hypervisor.symbols import Symbols
from xap_harness.hypervisor.syscalls import Bounds, SystemCalls
from xap_harness.hypervisor.timeline import Event, Recorder, Step
from xap_harness.machine import AppSpace, Exit, Layout

MAX_FRAMES = 16


@dataclass(frozen=True)
class Identity:
    """What a fault report says of the app itself."""

    app: str
    build_id: str
    symbols: Symbols | None


class EL0Engine:
    """Runs the calls of one instance in its address space."""

    def __init__(
        self,
        space: AppSpace,
        layout: Layout,
        identity: Identity,
        services: Services,
        record: Recorder | None,
    ) -> None:
        self._space = space
        self._layout = layout
        self._identity = identity
        self._bounds = Bounds(layout)
        self._services = services
        self._system_calls = SystemCalls(space, self._bounds, services)
        self._record = record
        self._last_syscall: int | None = None
        self._reads: ReadLog | None = None

    @property
    def spent(self) -> int:
        """Instructions of the last call."""
        return self._space.spent

    @property
    def request_page(self) -> int:
        return self._layout.request_page

    def post(self, records: Sequence[Record]) -> None:
        self._space.write(self._layout.request_page, request_page(records))

    def reset(self) -> None:
        self._system_calls.reset()
        self._space.reset()

    def watch_reads(self, found: list[DoubleFetch]) -> None:
        self._reads = ReadLog(self._identity.app, found)
        self._space.watch_reads(self._note_read)

    def _note_read(self, page: int, offset: int, size: int) -> None:
        assert self._reads is not None
        pc, link = self._space.pc, self._space.read_registers(30, 1)[0]
        self._reads.read(page, offset, size, lambda: self._place(pc, link))

    def _place(self, pc: int, link: int) -> Place | int:
        """The innermost Python line: that of a memory routine is its caller's."""
        symbols, base = self._identity.symbols, self._layout.base
        callers = (link - base,) if self._is_text(link) else ()
        chain = () if symbols is None else symbols.chain(pc - base, callers)
        return chain[0] if chain else pc - base

    def call(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester, budget: int
    ) -> Outcome:
        try:
            return self._run(function, arguments, requester, budget)
        finally:
            self._system_calls.end_call()

    def _run(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester, budget: int
    ) -> Outcome:
        self._last_syscall = None
        if self._reads is not None:
            self._reads.begin_call(requester)
        if self._record is not None:
            self._record_entry(function, arguments, requester)
        left = self._space.enter((function, *arguments), requester.tpidrro, budget)
        while True:
            if left.esr != syndrome.SVC_0:
                return self._exception(left, requester)
            (number,) = self._space.read_registers(8, 1)
            self._last_syscall = number
            if number == abi.Syscall.RETURN:
                return self._returned(requester)
            if number == abi.Syscall.PANIC:
                return self._panicked(requester)
            self._system_calls.answer(number)
            if self._record is not None and number != abi.Syscall.LOG:
                self._record_system_call(number, requester)
            left = self._space.resume()

    # --- the ways out ---------------------------------------------------------------------

    def _returned(self, requester: Requester) -> Outcome:
        """System call 0: the status decides (ABI.md 2.2)."""
        status, *results = self._space.read_registers(0, 5)
        if self._record is not None:
            self._record_return(signed(status), results, requester)
        match signed(status):
            case abi.Status.DONE:
                return Done(tuple(results))
            case abi.Status.DONE_8:
                return Done((*self._space.read_registers(1, 7), *self._space.read_registers(9, 1)))
            case abi.Status.NOT_HANDLED:
                return NotHandled()
            case failed if -abi.MAX_ERRNO <= failed <= -1:
                return Failed(-failed)
            case bad:
                return self._fault(requester, FaultKind.STATUS, f"status {bad}")

    def _panicked(self, requester: Requester) -> Fault:
        number, pointer, length = self._space.read_registers(0, 3)
        number &= 0xFF
        text = self._system_calls.message(pointer, length) if pointer else None
        return self._fault(
            requester,
            FaultKind.PANIC,
            abi.Reason(number).name if number in set(abi.Reason) else f"reason {number}",
            message=" ".join(printable_lines(text)) if text else "",
            esr=syndrome.SVC_0,
        )

    def _exception(self, left: Exit, requester: Requester) -> Fault:
        if left.esr is None:
            return self._fault(
                requester, FaultKind.BUDGET, f"budget of {self._space.spent} instructions spent"
            )
        check = syndrome.check_reason(left.esr)
        return self._fault(
            requester,
            FaultKind.EXCEPTION if check is None else FaultKind.CHECK,
            syndrome.describe(left.esr) if check is None else check.name,
            esr=left.esr,
            far=left.far,
        )

    # --- the report (ABI.md 5.3) ----------------------------------------------------------

    def _fault(
        self,
        requester: Requester,
        kind: FaultKind,
        reason: str,
        *,
        message: str = "",
        esr: int | None = None,
        far: int = 0,
    ) -> Fault:
        pc = self._instruction(esr)
        frames = self._return_addresses()
        symbols = self._identity.symbols
        registers = Registers(
            pc=pc - self._layout.base,
            sp=self._space.sp,
            frames=tuple(each - self._layout.base for each in frames),
            esr=esr,
            far=far,
        )
        fault = Fault(
            app=self._identity.app,
            requester=requester,
            kind=kind,
            reason=reason,
            message=message,
            syscall=self._last_syscall,
            spent=self._space.spent,
            build_id=self._identity.build_id,
            registers=registers,
            chain=() if symbols is None else symbols.chain(registers.pc, registers.frames),
        )
        if self._record is not None:
            self._note(Step.FAULTED, requester, {"reason": str(fault), "pc": registers.pc})
        return fault

    def _instruction(self, esr: int | None) -> int:
        """The address of the instruction that ended the call."""
        behind = esr is not None and syndrome.ec(esr) == syndrome.ExceptionClass.SVC64
        return self._space.pc - 4 if behind else self._space.pc

    def _return_addresses(self) -> list[int]:
        """x30, then the frame records of the AAPCS64 (x29 -> {x29, x30} of the caller).

        All of it is the app's word: records count only inside the stack and in ascending
        order, addresses only inside the image's text.
        """
        record, link = self._space.read_registers(29, 2)
        found = [link] if self._is_text(link) else []
        lowest = self._layout.stack_top - self._layout.stack_bytes
        while len(found) < MAX_FRAMES and record % 8 == 0:
            if not lowest <= record <= self._layout.stack_top - 16:
                break
            content = self._space.read(record, 16)
            lowest = record + 16
            record = int.from_bytes(content[:8], "little")
            link = int.from_bytes(content[8:], "little")
            if not self._is_text(link):
                break
            if found != [link]:  # x30 not yet overwritten by a call of this function
                found.append(link)
        return found

    def _is_text(self, address: int) -> bool:
        return address % 4 == 0 and any(
            s.executable and s.address <= address < s.address + s.size
            for s in self._layout.segments
        )

    # --- the timeline ---------------------------------------------------------------------

    def _record_entry(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester
    ) -> None:
        passed: dict[str, int | str] = {
            f"x{n}": value for n, value in enumerate((function, *arguments))
        }
        self._note(Step.PARAMETERS, requester, passed, spent=0)
        entered = {
            "pc": self._layout.entry,
            "sp": self._layout.stack_top,
            "tpidrro_el0": requester.tpidrro,
        }
        self._note(Step.ENTERED_EL0, requester, entered, spent=0)

    def _record_system_call(self, number: int, requester: Requester) -> None:
        known = abi.Syscall(number).name.lower() if number in set(abi.Syscall) else "unknown"
        (result,) = self._space.read_registers(0, 1)
        values: dict[str, int | str] = {"name": known, "x8": number, "x0": result}
        self._note(Step.SYSTEM_CALL, requester, values)

    def _record_return(self, status: int, results: Sequence[int], requester: Requester) -> None:
        values = {"status": status, **{f"x{n}": value for n, value in enumerate(results, 1)}}
        self._note(Step.RETURNED, requester, {**values, "instructions": self._space.spent})

    def _note(
        self,
        step: Step,
        requester: Requester,
        values: Mapping[str, int | str],
        spent: int | None = None,
    ) -> None:
        assert self._record is not None
        at = self._services.time(self._space.spent if spent is None else spent)
        app = instance_name(self._identity.app, self._services.served)
        self._record(Event(step, requester, values, at, app))
