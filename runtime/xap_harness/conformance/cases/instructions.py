"""What an app may execute (ABI.md 1.2, 5.1)."""

from collections.abc import Iterator

from xap_harness.conformance.images import DONE, FID, probe
from xap_harness.conformance.judge import answered, equal, fault_answered, one_report
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import case, each, not_yet

_TRAPPED = {
    "FP: fmov": "fmov d0, x9;",
    "FP: arithmetic": "fadd d0, d1, d2;",
    "FP: a load": "la x9, DATA; ldr d0, [x9];",
    "SIMD: movi": "movi v0.16b, #1;",
    "SIMD: a pair": "la x9, DATA; stp q0, q1, [x9];",
    "FPCR": "mrs x9, fpcr;",
    "FPSR": "msr fpsr, x9;",
    "WFI": "wfi;",
    "WFE": "wfe;",
    "the virtual counter": "mrs x9, cntvct_el0;",
    "the physical counter": "mrs x9, cntpct_el0;",
    "the virtual timer": "mrs x9, cntv_ctl_el0;",
    "the performance monitor": "mrs x9, pmccntr_el0;",
    "cache maintenance": "la x9, DATA; dc ivac, x9;",
    "debug registers": "mrs x9, mdscr_el1;",
}


@each("1.2", "the hypervisor need not save FP state, nor the like: trapped: {}", _TRAPPED)
def trapped(plan: Plan, source: str) -> Iterator[None]:
    plan.app(probe(source + DONE))
    reply, after = plan.smc(FID), plan.run("nop")
    yield
    fault_answered(reply)
    equal(one_report(reply.console)["kind"], "exception", "kind of the fault")
    equal(after.changed, {}, "registers of the guest")


_ENABLE = "mov x9, #0x300000; msr cpacr_el1, x9; isb;"


@case("1.2", "the guest's FP registers are as they were, whatever an app tries")
def guest_fp(plan: Plan) -> Iterator[None]:
    plan.app(probe("fmov d0, x2; fmov d31, x2;" + DONE))
    reply = plan.run(
        f"{_ENABLE} movz x9, #0x1234, lsl #32; fmov d0, x9; fmov d31, x9; smc #0;"
        "fmov x10, d0; fmov x11, d31",
        {0: FID, 1: 99},
    )
    yield
    equal((reply.x[10], reply.x[11]), (0x1234 << 32,) * 2, "d0 and d31 of the guest")
    equal(reply.x[0], (1 << 64) - 1, "x0")


@case("1.2", "aligned accesses of general registers: every width, each sign, pairs")
def plain(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x9, DATA; mov x10, #-2; strb w10, [x9]; strh w10, [x9, #2];"
                   "str w10, [x9, #4]; stp x10, x10, [x9, #8]; ldrsb x1, [x9]; ldrh w2, [x9, #2];"
                   "ldrsw x3, [x9, #4]; ldp x4, x5, [x9, #8];" + DONE))  # fmt: skip
    reply = plan.smc(FID)
    yield
    answered(reply, -2, 0xFFFE, -2, -2)


not_yet(
    "1.2",
    "the image also works where data memory is Device-typed",
    "the emulator raises no alignment fault and has no exclusive monitor on Device memory",
)
