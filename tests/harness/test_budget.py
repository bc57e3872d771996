"""Budgets, to the instruction (ABI.md 5.4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.emulator.app_space import UnicornAppSpace
from xap_harness.emulator.assembler import assemble
from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.fault import FaultKind
from xap_harness.hypervisor.outcome import Done
from xap_harness.machine import Layout, Memory
from xaprt import abi

TEXT, STACK_TOP = 0x20_0000, 0x8000_0000

# Blocks of several sizes; x1 counts every instruction behind the first two.
LOOP = """
    add x1, x1, #1; nop
again:
    add x1, x1, #3; nop; b second
second:
    add x1, x1, #5; nop; nop; nop; b third
third:
    add x1, x1, #2; b again
"""

FINITE = """
again:
    nop; sub x0, x0, #1; cbnz x0, again; mov x8, #0; svc #0
"""


@pytest.fixture(scope="module")
def space_of():
    def make(source: str) -> UnicornAppSpace:
        code = assemble(source)
        text = Memory(TEXT, abi.PAGE_SIZE, code, writable=False, executable=True)
        return UnicornAppSpace(Layout(TEXT, TEXT, (text,), STACK_TOP, abi.PAGE_SIZE))

    return make


def oracle(budget: int) -> tuple[int, int]:
    """(pc offset, x1) after `budget` instructions of LOOP, by walking it."""
    program = [1, 0, *(3, 0, None), *(5, 0, 0, 0, None), *(2, "again")]
    at = x1 = 0
    for _ in range(budget):
        step = program[at]
        x1 += step if isinstance(step, int) else 0
        at = 2 if step == "again" else at + 1
    return 4 * at, x1


@given(budgets=st.lists(st.integers(0, 60), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_an_endless_loop_stops_at_the_exact_instruction(space_of, budgets):
    """ABI.md 5.4, with blocks that earlier calls have already translated."""
    space = space_of(LOOP)
    for budget in [1000, *budgets, 1000]:
        assert space.enter((), 0, budget).esr is None
        assert space.spent == budget
        assert (space.pc - TEXT, space.read_registers(1, 1)[0]) == oracle(budget)


@given(rounds=st.integers(1, 20), slack=st.integers(-3, 3))
@settings(max_examples=40, deadline=None)
def test_a_call_that_fits_its_budget_ends_itself(space_of, rounds, slack):
    """The SVC may be the last instruction that the budget covers, not one later."""
    space = space_of(FINITE)
    needed = 3 * rounds + 2
    for _ in range(2):  # the second time from a warm cache
        left = space.enter((rounds,), 0, needed + slack)
        assert left.esr == (syndrome.SVC_0 if slack >= 0 else None)
        assert space.spent == needed + min(slack, 0)


def test_the_budget_spans_system_calls(space_of):
    """ABI.md 5.4: per call, system calls included."""
    space = space_of("again: nop; svc #0; b again")
    assert space.enter((), 0, 7).esr == syndrome.SVC_0
    assert space.spent == 2
    assert [space.resume().esr, space.spent] == [syndrome.SVC_0, 5]
    assert [space.resume().esr, space.spent] == [None, 7]


def test_a_fault_in_the_middle_of_a_block_counts_what_ran(space_of):
    space = space_of("nop; nop; ldr x1, [x1]; nop; svc #0")
    space.enter((), 0, 100)
    assert (space.spent, space.pc) == (2, TEXT + 8)


def test_a_fault_ahead_of_the_budgets_end_is_a_fault(space_of):
    """The block does not fit the budget, and its first instruction aborts."""
    space = space_of("ldr x1, [x1]; nop; nop; nop; svc #0")
    left = space.enter((), 0, 3)
    assert left.esr is not None
    assert syndrome.describe(left.esr) == "data abort: read, not mapped"
    assert space.spent == 0


def test_an_overrun_is_a_fault_and_the_next_call_is_whole(asm_app):
    """ABI.md 5.1, 5.4: 1000 instructions are one microsecond."""
    app = asm_app(
        "cbnz x2, spin; mov x8, #0; mov x0, #0; svc #0; spin: b spin",
        budget_us=3,
        restart_limit=2,
    )
    for _ in range(2):
        assert isinstance(app.smc(0).outcome, Done)
        fault = app.fault(1)
        assert (fault.kind, fault.spent) == (FaultKind.BUDGET, 3000)
        app.hypervisor.advance(abi.RESTART_MAX_NS)


def test_an_app_that_asks_for_no_budget_gets_the_default(asm_app):
    """ABI.md 5.4: 0 is 1000 microseconds."""
    wide = "; ".join(["add x1, x1, #1"] * 400)
    fault = asm_app(f"spin: {wide}; b spin").fault()
    assert fault.spent == abi.BUDGET_DEFAULT_US * abi.INSTRUCTIONS_PER_US
