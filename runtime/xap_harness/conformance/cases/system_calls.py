"""System calls in general, and a row of their table each (ABI.md 3)."""

from collections.abc import Iterator

from xaprt import abi
from xaprt.abi import Syscall
from xaprt.manifest import Need

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    MEMORY,
    TIMER,
    App,
    calls,
    io,
    irq,
    probe,
)
from xap_harness.conformance.judge import (
    answered,
    equal,
    errno,
    fault_answered,
    is_error,
    log_of,
    no_reports,
    one_report,
    that,
    unclaimed,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.platform import (
    FIRMWARE_COUNT,
    FIRMWARE_LOW,
    RTC,
    RTC_ID,
    RTC_ID_VALUE,
)
from xap_harness.conformance.proxy import ANSWER, ZERO, proxy, system_call
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import FREE_RAM

VIRQ = 40
_ALL = (calls(FIRMWARE_LOW, FIRMWARE_COUNT), MEMORY, io(RTC), irq(VIRQ), TIMER)
_RESULTS = {Syscall.CALL_SMC: range(5)}
"""The registers that a row names as results; elsewhere x0."""


# --- numbers, registers, errors ----------------------------------------------------------------


@each("3", "unknown number: -ENOSYS: {}", {
    "10": 10,
    "100": 100,
    "the largest": (1 << 64) - 1,
    "1 with bit 32": 1 << 32 | 1,
    "0 with bit 63": 1 << 63,
})  # fmt: skip
def unknown(plan: Plan, number: int) -> Iterator[None]:
    plan.app(proxy(needs=_ALL))
    reply, after = system_call(plan, number), system_call(plan, Syscall.TIME)
    yield
    errno(reply.x[0], abi.Errno.ENOSYS)
    that(after.x[0] >> 63 == 0, "the app lives")
    no_reports(plan.console)


_ARGUMENTS = {
    Syscall.LOG: "adr x0, smc_; mov x1, #1; mov x2, #2;",
    Syscall.CALL_SMC: f"li x0, {FIRMWARE_LOW:#x};",
    Syscall.MAP_GUEST_PAGE: f"li x0, {FREE_RAM:#x}; mov x1, #0;",
    Syscall.UNMAP: "mov x0, #0;",
    Syscall.MAP_IO: "mov x0, #0;",
    Syscall.INJECT_IRQ: f"mov x0, #{VIRQ};",
    Syscall.SET_TIMER: "mov x0, #0;",
    Syscall.TIME: "",
}


def _keeps(number: int, arguments: str) -> str:
    """Answers with what differs behind the system call in x0..x30 (those it names apart), NZCV,
    TPIDR_EL0, sp."""
    results = _RESULTS.get(Syscall(number) if number < 10 else Syscall.TIME, range(1))
    given = [n for n in range(31) if n != 8]
    source = "mov x29, #0x5000; lsl x29, x29, #16; msr nzcv, x29; msr tpidr_el0, x29;"
    source += "sub sp, sp, #768; mov x29, sp; str x29, [sp, #256];"
    source += (
        "".join(f"movn x{n}, #{0x100 + n};" for n in given) + arguments + f"mov x8, #{number};"
    )
    source += "".join(f"str x{n}, [sp, #{264 + 8 * n}];" for n in range(31)) + "svc #0;"
    source += "".join(f"str x{n}, [sp, #{512 + 8 * n}];" for n in range(31))
    source += "mov x1, #0; mrs x2, nzcv; mrs x3, tpidr_el0; mov x4, sp; ldr x9, [sp, #256];"
    source += "sub x4, x4, x9;"
    for n in set(range(31)) - set(results):
        source += f"ldr x9, [sp, #{264 + 8 * n}]; ldr x10, [sp, #{512 + 8 * n}];"
        source += "eor x9, x9, x10; orr x1, x1, x9;"
    return source + "lsr x2, x2, #16; lsr x3, x3, #16;" + DONE


_KEPT = {each.name.lower(): int(each) for each in _ARGUMENTS} | {"an unknown number": 99}


@each("3", "all registers that a row does not name are kept: {}", _KEPT)
def kept(plan: Plan, number: int) -> Iterator[None]:
    arguments = _ARGUMENTS[Syscall(number)] if number < 10 else ""
    plan.app(probe(_keeps(number, arguments), needs=_ALL))
    reply = plan.smc(FID)
    yield
    answered(reply, 0, 0x5000, 0x5000, 0)


_WIDE = 1 << 32
_ARGUMENT_64: dict[str, tuple[int, tuple[int, ...]]] = {
    "call_smc": (Syscall.CALL_SMC, (FIRMWARE_COUNT | _WIDE,)),
    "map_guest_page": (Syscall.MAP_GUEST_PAGE, (FREE_RAM | 1 << 48, 0)),
    "map_io": (Syscall.MAP_IO, (_WIDE,)),
    "inject_irq": (Syscall.INJECT_IRQ, (VIRQ | _WIDE,)),
    "unmap": (Syscall.UNMAP, (1 << 63,)),
}


@each("3", "all 64 bits of x0 count: {}", _ARGUMENT_64)
def wide_argument(plan: Plan, call: tuple[int, tuple[int, ...]]) -> Iterator[None]:
    plan.app(proxy(needs=_ALL))
    reply = system_call(plan, call[0], *call[1])
    count = system_call(plan, Syscall.CALL_SMC, FIRMWARE_COUNT)
    yield
    is_error(reply.x[0])
    equal(count.interrupts, (), "interrupts")
    equal(count.x[:2], (0, 1), "calls that reached the firmware")


_NEEDED: dict[str, tuple[int, tuple[int, ...], Need]] = {
    "call_smc": (Syscall.CALL_SMC, (FIRMWARE_LOW,), _ALL[0]),
    "map_guest_page": (Syscall.MAP_GUEST_PAGE, (FREE_RAM, 0), MEMORY),
    "map_io": (Syscall.MAP_IO, (0,), _ALL[2]),
    "inject_irq": (Syscall.INJECT_IRQ, (VIRQ,), _ALL[3]),
    "set_timer": (Syscall.SET_TIMER, (5,), TIMER),
}


@each("3", "not granted: -EPERM: {}", _NEEDED)
def not_granted(plan: Plan, call: tuple[int, tuple[int, ...], Need]) -> Iterator[None]:
    number, arguments, need = call
    plan.app(proxy(needs=[other for other in _ALL if other is not need]))
    reply, after = system_call(plan, number, *arguments), plan.run("nop")
    yield
    errno(reply.x[0], abi.Errno.EPERM)
    equal(after.interrupts, (), "interrupts")


@case("3", "not granted: -EPERM: unmap, where nothing can be mapped")
def unmap_not_granted(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(TIMER,)))
    reply = system_call(plan, Syscall.UNMAP, FREE_RAM)
    yield
    errno(reply.x[0], abi.Errno.EPERM)


@each("3", "svc with another immediate is a fault: {}", {"1": 1, "8": 8, "0xffff": 0xFFFF})
def immediate(plan: Plan, number: int) -> Iterator[None]:
    plan.app(probe(f"mov x8, #0; mov x0, #0; svc #{number};"))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    report = one_report(reply.console)
    equal(report["kind"], "exception", "kind of the fault")
    equal(int(report["esr"], 16) & 0xFC00_FFFF, 0x15 << 26 | number, "EC and immediate")


# --- the rows ------------------------------------------------------------------------------------


@each("3/0", "return: status, results; does not come back: status {}", {"0": 0, "1": 1, "-1": -1})
def return_(plan: Plan, status: int) -> Iterator[None]:
    plan.app(probe(f"mov x0, #{status}; mov x8, #0; svc #0; la x9, DATA; mov x10, #1;"
                   "str x10, [x9];" + DIE))  # fmt: skip
    plan.smc(FID)
    reply = plan.smc(FID)
    yield
    no_reports(plan.console)
    that(reply.exceptions == (), "the guest goes on")


@case("3/1", "log: ptr, length, level: 0")
def log(plan: Plan) -> Iterator[None]:
    plan.app(App("adr x0, text; mov x1, #5; mov x2, x3; mov x8, #1; svc #0;" + ANSWER
                 + 'text: .ascii "hello";').image())  # fmt: skip
    replies = [plan.smc(FID, 0, level) for level in (0, 1, 2, 3, 4, 1 << 40)]
    yield
    for reply in replies:
        answered(reply, 0)
        equal(log_of(reply.console, "probe"), ["hello"], "log")


@case("3/2", "panic: reason, text: does not come back")
def panic(plan: Plan) -> Iterator[None]:
    plan.app(App("mov x0, #0x108; adr x1, text; mov x2, #4; mov x8, #2; svc #0;" + ANSWER
                 + 'text: .ascii "oops";').image())  # fmt: skip
    reply, after = plan.smc(FID), plan.smc(FID)
    yield
    fault_answered(reply)
    report = one_report(reply.console)
    equal(report["kind"], "panic", "kind of the fault")
    # The reason has 8 bits: 0x108 is that of a panic.
    equal(report["reason"], abi.Reason.PANIC.name, "reason")
    that(any("oops" in line for line in reply.console), "the report holds the text")
    unclaimed(after)


_NO_TEXT = {
    "0": "mov x1, #0;",
    "nowhere": "mov x1, #-8;",
    "the guest's": f"li x1, {FREE_RAM:#x};",
}


@each("3/2", "panic: ptr may be 0, or no pointer at all: {}", _NO_TEXT)
def panic_without_text(plan: Plan, pointer: str) -> Iterator[None]:
    plan.app(probe(f"mov x0, #5; {pointer} mov x2, #64; mov x8, #2; svc #0;" + DIE))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    report = one_report(reply.console)
    equal((report["kind"], report["reason"]), ("panic", abi.Reason.INDEX.name), "kind and reason")


@case("3/3", "call_smc: fid, a1..a6: 0, then x1..x4 = the firmware's x0..x3")
def call_smc(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=_ALL))
    reply = system_call(plan, Syscall.CALL_SMC, FIRMWARE_LOW, 21, 22, 23, 24, 25)
    yield
    answered(reply, 0, 21, 22, 23)


@case("3/4", "map_guest_page: ipa, flags: the address")
def map_guest_page(plan: Plan) -> Iterator[None]:
    plan.write(FREE_RAM, b"guest ok")
    plan.app(probe(f"li x0, {FREE_RAM:#x}; mov x1, #0; mov x8, #4; svc #0; ldr x0, [x0];" + ANSWER,
                   needs=(MEMORY,)))  # fmt: skip
    reply = plan.smc(FID)
    yield
    answered(reply, int.from_bytes(b"guest ok", "little"))


@case("3/5", "unmap: the address exactly as mapped: 0")
def unmap(plan: Plan) -> Iterator[None]:
    plan.app(probe(
        f"li x0, {FREE_RAM:#x}; mov x1, #0; mov x8, #4; svc #0; mov x19, x0; add x0, x19, #8;"
        "mov x8, #5; svc #0; mov x20, x0; mov x0, x19; svc #0; mov x21, x0; mov x0, x19; svc #0;"
        "mov x3, x0; mov x1, x20; mov x2, x21; mov x4, #0;" + DONE, needs=(MEMORY,),
    ))  # fmt: skip
    reply = plan.smc(FID)
    yield
    is_error(reply.x[0])
    equal(reply.x[1], 0, "result of unmap")
    is_error(reply.x[2])


@case("3/6", "map_io: the index among the io needs: the address")
def map_io(plan: Plan) -> Iterator[None]:
    plan.app(probe(f"mov x0, #0; mov x8, #6; svc #0; ldr w0, [x0, #{RTC_ID}];" + ANSWER,
                   needs=(io(RTC),)))  # fmt: skip
    reply = plan.smc(FID)
    yield
    answered(reply, RTC_ID_VALUE)


@case("3/7", "inject_irq: virq: 0")
def inject_irq(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=_ALL))
    call, after = system_call(plan, Syscall.INJECT_IRQ, VIRQ), plan.run("nop")
    yield
    equal(call.x[0], 0, "result")
    equal(call.interrupts + after.interrupts, (VIRQ,), "interrupts")


@case("3/8", "set_timer: ns from now, 0 cancels: 0")
def set_timer(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=_ALL))
    replies = [system_call(plan, Syscall.SET_TIMER, ns) for ns in (1, 0, (1 << 64) - 1)]
    yield
    equal([reply.x[0] for reply in replies], [0, 0, 0], "results")


@case("3/9", "time: ns since boot")
def time(plan: Plan) -> Iterator[None]:
    plan.app(
        probe("mov x8, #9; svc #0;" + ANSWER.replace(ZERO, "mov x2, #0; mov x3, #0; mov x4, #0;"))
    )
    first = plan.smc(FID)
    plan.wait(3_000_000)
    second = plan.smc(FID)
    yield
    passed = second.x[0] - first.x[0]
    that(3_000_000 <= passed < 10_000_000, f"{passed} ns passed")
    that(first.x[0] < 60_000_000_000, f"{first.x[0]} ns since boot")
