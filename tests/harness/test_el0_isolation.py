"""EL0 is EL0: what an app may not do ends its call, and nothing else (ABI.md 1, 2.1, 5.1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.emulator.assembler import assemble
from xap_harness.emulator.traps import syndrome_of
from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.fault import FaultKind
from xap_harness.hypervisor.outcome import Done
from xap_harness.hypervisor.syndrome import ExceptionClass
from xaprt import abi

HANDLE = 5 * 4  # where the source of an asm_app begins; two instructions run before it
RETURN_0 = "mov x8, #0; mov x0, #0; svc #0"

PRIVILEGED = [
    "mrs x1, sctlr_el1",
    "msr sctlr_el1, x1",
    "msr vbar_el1, x1",
    "mrs x1, currentel",
    "msr ttbr0_el1, x1",
    "msr tpidrro_el0, x1",
    "msr daifset, #15",
    "msr spsel, #1",
    "mrs x1, sp_el0",
    "mrs x1, midr_el1",
    "mrs x1, cntvct_el0",
    "mrs x1, ctr_el0",
    "tlbi vmalle1",
    "ic iallu",
    "eret",
    "hvc #0",
    "smc #0",
    "hlt #0xf000",
    ".word 0",
]


@pytest.mark.parametrize("instruction", PRIVILEGED)
def test_privileged_instructions_are_undefined_in_every_call(asm_app, instruction):
    """ABI.md 5.1. In the first call and in later ones, whose state is a restored one."""
    app = asm_app(f"cbz x2, fine; {instruction}; fine: {RETURN_0}", restart_limit=3)
    for _ in range(2):
        assert isinstance(app.smc(0).outcome, Done)
        fault = app.fault(1)
        assert (fault.kind, fault.reason) == (FaultKind.EXCEPTION, "undefined instruction")
        assert fault.registers.pc == HANDLE + 4
        app.hypervisor.advance(abi.RESTART_MAX_NS)


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("wfi", "WFI or WFE"),
        ("wfe", "WFI or WFE"),
        ("fmov d0, x1", "FP or SIMD instruction"),
        ("ldr q0, [sp, #-16]", "FP or SIMD instruction"),
        ("mrs x1, fpcr", "FP or SIMD instruction"),
        ("msr fpsr, x1", "FP or SIMD instruction"),
        ("movi v0.4s, #0", "FP or SIMD instruction"),
    ],
)
def test_waiting_and_fp_instructions_trap(asm_app, instruction, reason):
    """ABI.md 1.2: unicorn would execute these; the hypervisor sees them trap."""
    fault = asm_app(f"mov x9, #1; {instruction}; {RETURN_0}").fault()
    assert fault.reason == reason
    assert fault.registers.pc == HANDLE + 4
    assert fault.spent == 2 + 1


@pytest.mark.parametrize(
    "instruction",
    [
        "add x0, x1, x2",
        "ldr x0, [x1]",
        "stp x29, x30, [sp, #-16]!",
        "ldrb w0, [x1]",
        "mrs x0, tpidrro_el0",
        "msr tpidr_el0, x0",
        "msr nzcv, x0",
        "b.eq #8",
        "cbz x0, #8",
        "adr x0, #8",
        "svc #0",
        "brk #0x5501",
        "dmb oshst",
        "umulh x0, x1, x2",
        "csel x0, x1, x2, eq",
        "clz x0, x1",
        "isb",
        "nop",
        "yield",
    ],
)
def test_the_trap_table_takes_nothing_that_an_app_may_use(instruction):
    assert syndrome_of(int.from_bytes(assemble(instruction), "little")) is None


# --- memory ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "reason", "far"),
    [
        ("li x1, TEXT; str x1, [x1]", "data abort: write, permission", "TEXT"),
        ("li x1, TEXT - 8; ldr x1, [x1]", "data abort: read, not mapped", "TEXT - 8"),
        ("li x1, STACK_TOP; ldr x1, [x1]", "data abort: read, not mapped", "STACK_TOP"),
        ("mov x1, #0; str x1, [x1]", "data abort: write, not mapped", "0"),
        ("li x1, -4096; ldr x1, [x1]", "data abort: read, not mapped", "-4096"),
        (
            "li x1, DATA + 0xffc; ldr x1, [x1]",
            "data abort: read, not mapped",
            "DATA + 0x1000",
        ),
        ("li x1, DATA; br x1", "instruction abort: execute, permission", "DATA"),
        ("sub x1, sp, #16; br x1", "instruction abort: execute, permission", "STACK_TOP - 16"),
        ("mov x1, #0; br x1", "instruction abort: execute, not mapped", "0"),
        ("li x1, STACK_TOP; br x1", "instruction abort: execute, not mapped", "STACK_TOP"),
        ("li x1, -1; br x1", "misaligned program counter", "-1"),
        ("li x1, -4; br x1", "instruction abort: execute, not mapped", "-4"),
        ("li x1, TEXT + 2; br x1", "misaligned program counter", "TEXT + 2"),
        ("mov x1, #1; br x1", "misaligned program counter", "1"),
    ],
)
def test_wild_accesses_and_branches_end_the_call(asm_app, attack, reason, far):
    """ABI.md 1.1 (never writable and executable), 2.1, 5.1. STACK_TOP is where the page was
    from which EL0 was entered."""
    app = asm_app(f"{attack}; {RETURN_0}")
    fault = app.fault()
    names = {"TEXT": app.text, "DATA": app.data, "STACK_TOP": app.stack_top}
    assert fault.reason == reason
    assert fault.registers.far == eval(far, names) & (1 << 64) - 1


def test_the_stack_ends_at_a_guard_page(asm_app):
    """ABI.md 2.1: an overflow faults at the first byte below the stack."""
    app = asm_app("more: stp x0, x1, [sp, #-16]!; b more", stack_bytes=2 * abi.PAGE_SIZE)
    fault = app.fault()
    assert fault.reason == "data abort: write, not mapped"
    assert fault.registers.far == app.stack_top - 2 * abi.PAGE_SIZE - 16


def test_the_whole_stack_is_usable(asm_app):
    bottom = "li x1, STACK_TOP - 8192; str x1, [x1]; ldr x2, [x1]"
    app = asm_app(f"{bottom}; mov x1, x2; {RETURN_0}", stack_bytes=2 * abi.PAGE_SIZE)
    assert app.smc().registers[0] == app.stack_top - 8192


# --- what ends a call as a fault ------------------------------------------------------------


@pytest.mark.parametrize("immediate", [1, 5, 0x5500, 0xFFFF])
def test_svc_with_another_immediate_is_a_fault(asm_app, immediate):
    """ABI.md 3."""
    fault = asm_app(f"mov x8, #0; mov x0, #0; svc #{immediate}").fault()
    assert (fault.kind, fault.reason) == (FaultKind.EXCEPTION, f"SVC #{immediate:#x}")
    assert fault.registers.pc == HANDLE + 8


@pytest.mark.parametrize("reason", list(abi.Reason))
def test_a_failed_check_is_reported_by_its_reason(asm_app, reason):
    """ABI.md 5.1: brk #(0x5500 | reason)."""
    fault = asm_app(f"nop; brk #{abi.BRK_CHECK | reason}").fault()
    assert (fault.kind, fault.reason) == (FaultKind.CHECK, reason.name)
    assert fault.registers.pc == HANDLE + 4


@pytest.mark.parametrize("immediate", [0, 1, 0x5500, 0x5509, 0x55FF, 0x5601])
def test_another_brk_is_an_exception(asm_app, immediate):
    fault = asm_app(f"brk #{immediate}").fault()
    assert (fault.kind, fault.reason) == (FaultKind.EXCEPTION, f"BRK #{immediate:#x}")


@given(esr=st.integers(0, (1 << 32) - 1))
@settings(max_examples=200, deadline=None)
def test_every_syndrome_has_words(esr):
    assert syndrome.describe(esr)
    assert syndrome.check_reason(esr) is None or syndrome.ec(esr) == ExceptionClass.BRK64
