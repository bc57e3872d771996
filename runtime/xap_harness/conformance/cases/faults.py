"""What is a fault, and what the requester gets (ABI.md 5.1, 5.2)."""

from collections.abc import Iterator

from xaprt import abi

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    handlers,
    hvc_route,
    io,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    answered,
    equal,
    fault_answered,
    loaded,
    one_report,
    reports,
    that,
    unclaimed,
)
from xap_harness.conformance.plan import M64, Plan
from xap_harness.conformance.platform import HOLE
from xap_harness.conformance.proxy import ZERO
from xap_harness.conformance.suite import case, each
from xap_harness.conformance.target import FREE_RAM, GUEST_RAM, Ability

REGION = 0x0A00_0000

_DATA_ABORTS = {
    "a load from 0": "mov x9, #0; ldr x9, [x9];",
    "a store to 0": "mov x9, #0; str x9, [x9];",
    "a load from the top of all addresses": "mov x9, #-8; ldr x9, [x9];",
    "a load from the guest's RAM": f"li x9, {FREE_RAM:#x}; ldr x9, [x9];",
    "a store to the guest's program": f"li x9, {GUEST_RAM:#x}; str x9, [x9];",
    "a load from a device of the platform": "li x9, 0x09010000; ldr w9, [x9];",
    "a load from the hypervisor's console": "li x9, 0x09000000; ldr w9, [x9];",
    "a load behind the image": "la x9, DATA; ldr x9, [x9, #0x1000];",
    "a load before the image": "adr x9, smc_; and x9, x9, #-4096; sub x9, x9, #8; ldr x9, [x9];",
    "a load that leaves the state": "la x9, DATA; add x9, x9, #0xffc; ldr x9, [x9];",
    "a table of addresses": "mov x9, #1; lsl x9, x9, #40; next: add x9, x9, #1, lsl #12;"
    "ldr x10, [x9]; b next;",
}
_FETCHES = {
    "a branch to 0": "mov x9, #0; br x9;",
    "a branch far away": "mov x9, #1; lsl x9, x9, #45; br x9;",
    "a call into the state": "la x9, DATA; blr x9;",
    "a branch into the guest's RAM": f"li x9, {GUEST_RAM:#x}; br x9;",
    "a return to nowhere": "ret;",
}
_OTHERS = {
    "an undefined instruction": ".word 0x00000000;",
    "another undefined instruction": ".word 0xffffffff;",
    "a misaligned branch": "adr x9, smc_; add x9, x9, #2; br x9;",
    "HVC": "hvc #0;",
    "SMC": "li x0, 0x84000000; smc #0;",
    "ERET": "adr x9, smc_; eret;",
    "a system register": "mrs x9, sctlr_el1;",
    "a system register of EL2": "mrs x9, hcr_el2;",
    "the page tables": "msr ttbr0_el1, x9;",
    "the vectors": "msr vbar_el1, x9;",
    "DAIF": "msr daifclr, #2;",
    "TLB maintenance": "tlbi vmalle1;",
    "address translation": "at s1e1r, x9;",
    "BRK that is no check": "brk #0;",
    "BRK of a reason that there is not": "brk #0x55ff;",
    "HLT": "hlt #0xf000;",
    "SVC 1": "svc #1;",
}


def _check(plan: Plan, source: str, exception: int | None) -> Iterator[None]:
    """The app faults, is reported, and gone; its guest goes on, and so does another app."""
    plan.app(probe("cbz x2, good;" + source + "b good; good: mov x1, #5;" + ZERO + DONE))
    plan.app(probe("mov x1, #6;" + ZERO + DONE, name="other", routes=(smc_route(FID + 1),)))
    before, reply, after = plan.smc(FID), plan.smc(FID, 1, 2, 3, 4, 5), plan.smc(FID)
    other = plan.smc(FID + 1)
    yield
    answered(before, 5)
    fault_answered(reply)
    report = one_report(plan.console)
    equal((report["name"], report["kind"]), ("probe", "exception"), "name and kind")
    if exception is not None:
        equal(int(report["esr"], 16) >> 26, exception, "exception class")
    unclaimed(after)
    answered(other, 6)


@each("5.1", "any synchronous exception: a data abort: {}", _DATA_ABORTS)
def data_aborts(plan: Plan, source: str) -> Iterator[None]:
    return _check(plan, source, 0x24)


@each("5.1", "any synchronous exception: an instruction abort: {}", _FETCHES)
def instruction_aborts(plan: Plan, source: str) -> Iterator[None]:
    return _check(plan, source, 0x20)


@case("5.1", "any synchronous exception: running off the text into the state")
def off_the_text(plan: Plan) -> Iterator[None]:
    source = "cmp x0, #1; b.eq end; mov x8, #0; mov x0, #-38; svc #0; .org 0xff8; end: nop; nop;"
    plan.app(probe(source, whole=True))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    report = one_report(reply.console)
    equal(int(report["esr"], 16) >> 26, 0x20, "exception class")
    equal(int(report["pc"], 16), 0x1000, "pc")


@each("5.1", "any synchronous exception: {}", _OTHERS)
def exceptions(plan: Plan, source: str) -> Iterator[None]:
    return _check(plan, source, None)


@each("5.1", "a failed run-time check: brk #(0x5500 | reason): {}",
      {reason.name: reason for reason in abi.Reason})  # fmt: skip
def checks(plan: Plan, reason: abi.Reason) -> Iterator[None]:
    plan.app(probe(f"nop; brk #{0x5500 | reason:#x};"))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    report = one_report(reply.console)
    equal((report["kind"], report["reason"]), ("check", reason.name), "kind and reason")


@case("5.1", "a panic")
def panic(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x0, #8; mov x1, #0; mov x8, #2; svc #0;" + DONE))
    reply, after = plan.smc(FID), plan.smc(FID)
    yield
    fault_answered(reply)
    equal(one_report(reply.console)["kind"], "panic", "kind")
    unclaimed(after)


@case("5.1", "a budget overrun")
def overrun(plan: Plan) -> Iterator[None]:
    plan.app(probe("here: b here;"))
    reply, after = plan.smc(FID), plan.smc(FID)
    yield
    fault_answered(reply)
    equal(one_report(reply.console)["kind"], "budget", "kind")
    unclaimed(after)


@case("5.1", "an app's own address space, and no other's: another app's addresses are not there")
def other_app(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x9, DATA; mov x10, #77; str x10, [x9]; mov x1, x9;" + ZERO + DONE,
                   name="victim", routes=(smc_route(FID + 1),), data_bytes=0x3000))  # fmt: skip
    plan.app(probe("la x9, DATA; ldr x9, [x9, #0x2000];" + DONE))
    plan.smc(FID + 1)
    reply, victim = plan.smc(FID), plan.smc(FID + 1)
    yield
    fault_answered(reply)
    answered(victim, victim.x[0])


@case("5.1", "an app's own state: what it writes another does not find")
def own_state(plan: Plan) -> Iterator[None]:
    source = "la x9, DATA; ldr x1, [x9]; cbz x2, out; str x2, [x9]; out:" + ZERO + DONE
    plan.app(probe(source))
    plan.app(probe(source, name="other", routes=(smc_route(FID + 1),)))
    plan.smc(FID, 55)
    own, other = plan.smc(FID), plan.smc(FID + 1)
    yield
    answered(own, 55)
    answered(other, 0)


@each("5.1", "an SError of the app's own, and an external abort: {} a device that fails",
      {"a store to": "str w9, [x0]", "a load from": "ldr w9, [x0]"},
      needs=Ability.DEVICE_ERRORS)  # fmt: skip
def device_error(plan: Plan, instruction: str) -> Iterator[None]:
    # The store's error may come later, but not in a later call.
    plan.app(probe(f"mov x0, #0; mov x8, #6; svc #0; {instruction}; dsb sy; isb;" + ZERO + DONE,
                   needs=(io(HOLE),)))  # fmt: skip
    plan.app(probe("mov x1, #5;" + ZERO + DONE, name="other", routes=(smc_route(FID + 1),)))
    reply, other = plan.smc(FID), plan.smc(FID + 1)
    yield
    fault_answered(reply)
    equal([report["name"] for report in reports(reply.console)], ["probe"], "fault reports")
    answered(other, 5)


# --- the fault answer ---------------------------------------------------------------------------


@each("5.2", "SMC/HVC x0 = -1, x1..x3 = 0, all else kept: {}", {"SMC": "smc #0", "HVC": "hvc #0"})
def answer(plan: Plan, instruction: str) -> Iterator[None]:
    source = "mov x1, #7; mov x2, #7; mov x3, #7; mov x4, #7;" + DIE
    plan.app(probe(handlers(smc=source, hvc=source), whole=True,
                   routes=(smc_route(), hvc_route())))  # fmt: skip
    reply = plan.run(instruction, {0: FID})
    yield
    fault_answered(reply)


_LOADS = {
    "ldrb w9, [x10]": 0xFF,
    "ldrh w9, [x10]": 0xFFFF,
    "ldr w9, [x10]": 0xFFFF_FFFF,
    "ldr x9, [x10]": M64,
    "ldrsb w9, [x10]": 0xFFFF_FFFF,
    "ldrsh x9, [x10]": M64,
    "ldrsw x9, [x10]": M64,
}


@each("5.2", "MMIO read all ones of the width: {}", {name: name for name in _LOADS})
def loads(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(probe(handlers(mmio="mov x1, #5;" + DIE), whole=True, routes=mmio(REGION)))
    reply = plan.access(instruction, REGION)
    yield
    loaded(reply, _LOADS[instruction])
    one_report(reply.console)


@case("5.2", "write dropped: the guest goes on")
def stores(plan: Plan) -> Iterator[None]:
    plan.app(probe(handlers(mmio=DIE), whole=True, routes=mmio(REGION)))
    reply = plan.run("str x9, [x10]; add x11, x11, #1", {10: REGION, 11: 41})
    yield
    equal(reply.exceptions, (), "exceptions")
    equal(reply.changed, {11: 42}, "registers changed")
    one_report(reply.console)


@case("5.2", "the hypervisor, other apps and guests go on")
def others(plan: Plan) -> Iterator[None]:
    counts = "la x9, DATA; ldr x1, [x9]; add x1, x1, #1; str x1, [x9];" + ZERO + DONE
    plan.app(probe(counts, name="good", routes=(smc_route(FID + 1),)))
    plan.app(probe("here: b here;"))
    first = plan.smc(FID + 1, domid=2)
    fault = plan.smc(FID)
    second, third = plan.smc(FID + 1, domid=2), plan.smc(FID + 1)
    guest = plan.run("add x1, x1, #1", {1: 5})
    yield
    answered(first, 1)
    fault_answered(fault)
    answered(second, 2)
    answered(third, 3)
    equal(guest.x[1], 6, "x1")


@case("5.2", "nothing of the app's registers reaches the guest, whatever they held")
def no_leak(plan: Plan) -> Iterator[None]:
    fill = "".join(f"movn x{n}, #{0x700 + n};" for n in range(31) if n != 9)
    plan.app(probe(fill + DIE))
    reply = plan.smc(FID, 1, 2, 3, 4, 5, 6, 7)
    yield
    fault_answered(reply)
    that(not any(value in reply.x for value in (M64 - 0x701, M64 - 0x702)), "no value of the app's")
