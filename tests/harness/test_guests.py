"""A guest's real code at EL1, and the seven steps of its calls (ABI.md 2.1, 2.3, 4.3)."""

import pytest
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.guests import Guest, GuestError
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Event, Step
from xaprt import abi
from xaprt.manifest import Route

RAM = 0x4000_0000
FID = 0xC600_0001
GUEST = Requester(1, 0)
ROUTES = tuple(
    Route(kind, FID, FID, abi.RouteFlag.NONE) for kind in (abi.RouteKind.SMC, abi.RouteKind.HVC)
)
ANSWER = "li x1, 0x1111222233334444; mov x2, x0; mov x3, #0; mov x4, #9; mov x8, #0; mov x0, #0"


def run(bench, source: str):
    """A guest that runs `source`; its vCPU and what it was answered."""
    vcpu = vcpu_of(bench, source)
    return vcpu, Guest(bench.hypervisor, GUEST, vcpu).run()


def vcpu_of(bench, source: str):
    domain = bench.hypervisor.domains[GUEST.domid]
    domain.write(RAM, assemble(source))
    return UnicornMachine().vcpu(domain.ram, RAM)


@pytest.fixture
def answering(asm_app):
    """Answers SMC (1) and HVC (2); x1 of the answer is which of them it was."""
    return asm_app(f"{ANSWER}; svc #0".replace("mov x2, x0", "mov x2, x0"), routes=ROUTES,
                   whole=True)  # fmt: skip


SEEDED = "; ".join(load_immediate(f"x{n}", 0xABC0_0000_0000_0000 + n) for n in range(31))
CALL = load_immediate("x0", FID)


@pytest.mark.parametrize(("instruction", "function"), [("smc #0", 1), ("hvc #0", 2)])
def test_only_result_registers_of_the_guest_change(answering, instruction, function):
    """ABI.md 2: x0..x3, all others as they were, the program counter behind the call."""
    vcpu, answers = run(answering, f"{SEEDED}; {CALL}; {instruction}; mov x29, #1; wfi")
    assert len(answers) == 1
    after = vcpu.read_registers(0, 31)
    assert after[:4] == (0x1111_2222_3333_4444, function, 0, 9)
    assert after[4:29] == tuple(0xABC0_0000_0000_0000 + n for n in range(4, 29))
    assert after[29] == 1  # it went on behind the call


@pytest.mark.parametrize("instruction", ["smc #1", "hvc #1", "smc #0xffff"])
def test_only_immediate_0_is_routed(answering, instruction):
    """ABI.md 2.3, 4.3: x0 = -1, all else kept."""
    vcpu, answers = run(answering, f"{SEEDED}; {CALL}; {instruction}; wfi")
    assert answers[0].outcome is None
    after = vcpu.read_registers(0, 31)
    assert after[0] == abi.REFUSED
    assert after[1:] == tuple(0xABC0_0000_0000_0000 + n for n in range(1, 31))


def test_an_unclaimed_id_gets_minus_one(answering):
    """ABI.md 4.3."""
    vcpu, _ = run(answering, f"{SEEDED}; movz x0, #0xC6FF, lsl #16; smc #0; wfi")
    assert vcpu.read_registers(0, 3) == (
        abi.REFUSED,
        0xABC0_0000_0000_0001,
        0xABC0_0000_0000_0002,
    )


def test_many_calls_of_one_guest(answering):
    vcpu, answers = run(
        answering,
        f"mov x19, #50; again: {CALL}; smc #0; sub x19, x19, #1; cbnz x19, again; wfi",
    )
    assert len(answers) == 50
    assert vcpu.read_registers(19, 1) == (0,)


def test_a_guest_that_loops_is_stopped_by_its_share(answering):
    vcpu = vcpu_of(answering, "again: b again")
    assert Guest(answering.hypervisor, GUEST, vcpu).run(budget=10_000) == []
    assert vcpu.spent == 10_000


def test_time_passes_while_the_guest_runs(answering):
    before = answering.hypervisor.clock.now_ns
    run(answering, "nop; nop; nop; wfi")
    assert answering.hypervisor.clock.now_ns == before + 4


def test_an_exception_of_the_guests_own_is_said_to_be_unsupported(answering):
    with pytest.raises(
        GuestError, match="domain 1 took an exception at 0x40000004 and has no vectors"
    ):
        run(answering, "nop; .word 0")


def test_a_guest_whose_vectors_are_nowhere_is_stopped_by_its_share(answering):
    """The first fetch of its handler aborts, and so does each further one."""
    source = f"{load_immediate('x0', 0x0B00_0000)}; msr vbar_el1, x0; .word 0"
    vcpu = vcpu_of(answering, source)
    assert len(Guest(answering.hypervisor, GUEST, vcpu).run(budget=100)) < 100
    assert vcpu.pc == 0x0B00_0200


def test_instructions_are_counted_through_traps_and_exceptions(answering):
    """What a block still held behind an abort was not executed."""
    domain = answering.hypervisor.domains[GUEST.domid]
    vectors = load_immediate("x0", RAM + 0x800)
    handler = "mrs x0, elr_el1; add x0, x0, #4; msr elr_el1, x0; eret"
    domain.write(RAM + 0x800 + 0x200, assemble(handler))
    source = f"{vectors}; msr vbar_el1, x0; mov x1, #0; ldr x2, [x1]; nop; nop; nop; smc #0; wfi"
    vcpu, _ = run(answering, source)
    # The load that aborts is not counted; the four of its handler are.
    assert vcpu.spent == len(assemble(source)) // 4 - 1 + 4


def test_an_undefined_instruction_goes_to_the_guests_vector(answering):
    domain = answering.hypervisor.domains[GUEST.domid]
    domain.write(RAM + 0x800 + 0x200, assemble("mrs x20, esr_el1; mrs x21, elr_el1; wfi"))
    source = f"{load_immediate('x0', RAM + 0x800)}; msr vbar_el1, x0; .word 0"
    vcpu, answers = run(answering, source)
    assert answers == []
    esr, elr = vcpu.read_registers(20, 2)
    assert (esr >> 26, elr) == (0, RAM + len(assemble(source)) - 4)


def test_several_vcpus_of_several_guests_take_turns(asm_app):
    """One address space a guest, registers of its own each vCPU; one app for all."""
    app = asm_app(
        "li x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9]; mrs x1, tpidrro_el0;"
        "mov x2, x10; mov x8, #0; mov x0, #0; svc #0"
    )
    app.hypervisor.create_domain(2)
    loop = (
        "mov x19, #20; movz x20, #0x4000, lsl #16; add x20, x20, #8, lsl #12;"
        f"again: {CALL}; smc #0;"
        "add x21, x21, x0; and x23, x0, #7; add x23, x20, x23, lsl #3; ldr x22, [x23];"
        "add x22, x22, #1; str x22, [x23]; sub x19, x19, #1;"
        "cbnz x19, again; idle: wfi; b idle"
    )
    guests = {}
    for domid in (1, 2):
        domain = app.hypervisor.domains[domid]
        domain.write(RAM, assemble(loop))
        for vcpu in (0, 1):
            requester = Requester(domid, vcpu)
            made = UnicornMachine().vcpu(domain.ram, RAM)
            guests[requester] = made, Guest(app.hypervisor, requester, made)
    answers = dict.fromkeys(guests, 0)
    for _ in range(40):
        for requester, (_, guest) in guests.items():
            answers[requester] += len(guest.run(budget=13))
    assert answers == dict.fromkeys(guests, 20)
    for requester, (vcpu, _) in guests.items():
        assert vcpu.read_registers(19, 1) == (0,)
        assert vcpu.read_registers(21, 1) == (20 * requester.tpidrro,)
    for domid in (1, 2):  # both vCPUs of a guest write to the same memory
        counts = app.hypervisor.domains[domid].read(RAM + 0x8000, 16)
        assert counts == (20).to_bytes(8, "little") * 2
    assert int.from_bytes(app.space.read(app.data, 8), "little") == 80


# --- the timeline ---------------------------------------------------------------------------


def test_the_seven_steps_of_a_call(asm_app):
    """Recorded by the rules, with the registers that were seen."""
    events: list[Event] = []
    app = asm_app(
        f"li x0, DATA; mov x1, #5; mov x2, #2; mov x8, #1; svc #0; {ANSWER}; svc #0",
        data=b"hello",
        hypervisor=Hypervisor(record=events.append),
    )
    events.clear()
    vcpu, _ = run(app, f"{CALL}; mov x1, #7; smc #0; wfi")
    assert [event.step for event in events] == [
        Step.GUEST_TRAPPED,
        Step.VCPU_PAUSED,
        Step.PARAMETERS,
        Step.ENTERED_EL0,
        Step.APP_LOGGED,
        Step.RETURNED,
        Step.RESULT_CHECKED,
        Step.GUEST_REGISTERS,
        Step.VCPU_RESUMED,
    ]
    seen = {event.step: event.values for event in events}
    call_at = RAM + 4 * 3
    assert seen[Step.GUEST_TRAPPED]["pc"] == call_at
    assert (seen[Step.GUEST_TRAPPED]["x0"], seen[Step.GUEST_TRAPPED]["x1"]) == (FID, 7)
    assert [seen[Step.PARAMETERS][f"x{n}"] for n in range(4)] == [1, FID, 7, 0]
    assert seen[Step.ENTERED_EL0] == {
        "pc": app.text,
        "sp": app.stack_top,
        "tpidrro_el0": GUEST.tpidrro,
    }
    assert seen[Step.APP_LOGGED]["line"] == "attack: hello"
    assert seen[Step.RETURNED]["x1"] == 0x1111_2222_3333_4444
    assert seen[Step.GUEST_REGISTERS]["x0"] == vcpu.read_registers(0, 1)[0]
    assert seen[Step.VCPU_RESUMED]["pc"] == call_at + 4


def test_a_fault_shows_in_the_timeline(asm_app):
    events: list[Event] = []
    app = asm_app("brk #0x5501", hypervisor=Hypervisor(record=events.append))
    vcpu, _ = run(app, f"{CALL}; smc #0; wfi")
    assert vcpu.read_registers(0, 4) == (abi.REFUSED, 0, 0, 0)
    (fault,) = [event for event in events if event.step is Step.FAULTED]
    assert "OVERFLOW" in str(fault.values["reason"])


# --- exceptions that are the guest's own ----------------------------------------------------


@pytest.mark.parametrize(
    ("instruction", "ec", "behind"), [("svc #7", 0x15, True), ("brk #7", 0x3C, False)]
)
def test_a_guest_takes_its_own_exceptions(answering, instruction, ec, behind):
    """Neither is a trap to the hypervisor: they go to the guest's vectors."""
    vectors = RAM + 0x8_0000
    domain = answering.hypervisor.domains[GUEST.domid]
    domain.write(vectors + 0x200, assemble("mrs x20, esr_el1; mrs x21, elr_el1; wfi"))
    source = f"{load_immediate('x9', vectors)}; msr vbar_el1, x9; {instruction}; wfi"
    vcpu, answers = run(answering, source)
    assert answers == []
    esr, elr = vcpu.read_registers(20, 2)
    at = RAM + len(assemble(source)) - 8
    assert (esr >> 26, esr & 0xFFFF, elr) == (ec, 7, at + 4 if behind else at)
