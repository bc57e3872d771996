"""How a call enters an app and how it ends (ABI.md section 2)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.hypervisor.core import FAULT_ANSWER, UNCLAIMED
from xap_harness.hypervisor.fault import Fault, FaultKind
from xap_harness.hypervisor.outcome import Done, Failed, NotHandled
from xap_harness.hypervisor.requester import Requester
from xaprt import abi
from xaprt.manifest import Route

U64 = st.integers(0, (1 << 64) - 1)
SMC, HVC = abi.RouteKind.SMC, abi.RouteKind.HVC
ANY_ID = (Route(SMC, 0xC600_0000, 0xC600_FFFF, abi.RouteFlag.NONE),)

STORE_ALL = "; ".join(
    [
        "sub sp, sp, #16; stp x0, x1, [sp]; li x1, DATA",
        *(f"str x{n}, [x1, #{8 * n}]" for n in range(2, 31)),
        "ldp x2, x3, [sp]; stp x2, x3, [x1]; add sp, sp, #16",
        "mov x2, sp; str x2, [x1, #248]",
        "mrs x2, nzcv; str x2, [x1, #256]",
        "mrs x2, tpidr_el0; str x2, [x1, #264]",
        "mrs x2, tpidrro_el0; str x2, [x1, #272]",
    ]
)
"""x0..x30, sp, NZCV, TPIDR_EL0 and TPIDRRO_EL0 as the entry point sees them, to DATA."""

DIRTY_ALL = "; ".join(
    [
        *(f"mov x{n}, #{0x100 + n}" for n in range(9, 31)),
        "mov x1, #0xf0000000; msr nzcv, x1; msr tpidr_el0, x1",
        "sub sp, sp, #64; mov x8, #0; mov x0, #0; svc #0",
    ]
)


def stored(app) -> list[int]:
    raw = app.space.read(app.data, 8 * 35)
    return [int.from_bytes(raw[n : n + 8], "little") for n in range(0, len(raw), 8)]


def test_registers_at_entry(asm_app):
    """ABI.md 2.1: parameters in x0..x8, everything else clear, sp at the top of the stack."""
    app = asm_app(f"{STORE_ALL}; {DIRTY_ALL}", routes=ANY_ID)
    for requester in (Requester(1, 0), Requester(1, 3)):
        app.smc(11, 12, 13, 14, 15, 16, 17, fid=0xC600_0042, requester=requester)
        seen = stored(app)
        assert seen[:9] == [abi.Function.HANDLE_SMC, 0xC600_0042, 11, 12, 13, 14, 15, 16, 17]
        assert seen[9:31] == [0] * 22
        sp, nzcv_is_of_the_prologue, tpidr, tpidrro = seen[31:35]
        assert sp == app.stack_top
        assert nzcv_is_of_the_prologue == 0x6000_0000  # cmp x0, #1 with x0 = 1: Z and C
        assert tpidr == 0
        assert tpidrro == 1 << 32 | requester.vcpu


def test_flags_are_clear_at_entry(asm_app):
    """ABI.md 2.1: NZCV, read before any comparison."""
    app = asm_app(
        "mrs x9, nzcv; cmp x0, #1; b.eq handle; mov x8, #0; mov x0, #0; svc #0;"
        "handle: mov x1, x9; mov x2, #0xf0000000; msr nzcv, x2; mov x8, #0; mov x0, #0; svc #0",
        whole=True,
    )
    assert [app.smc().registers[0] for _ in range(3)] == [0, 0, 0]


def test_nothing_of_the_call_before_is_left_in_registers(asm_app):
    """ABI.md 2.1: values of one guest do not reach the call of another."""
    app = asm_app(f"{STORE_ALL}; {DIRTY_ALL}", routes=ANY_ID)
    app.smc(*[0xDEAD_BEEF] * 7)
    app.smc()
    assert 0xDEAD_BEEF not in stored(app)


def test_init_gets_the_version_and_no_requester(asm_app):
    """ABI.md 2 (INIT), 2.4."""
    app = asm_app(
        "cbz x0, init; mov x8, #0; mov x0, #-38; svc #0; init: li x9, DATA; "
        "stp x0, x1, [x9]; mrs x3, tpidrro_el0; stp x2, x3, [x9, #16]; mov x8, #0; svc #0",
        whole=True,
    )
    assert stored(app)[:4] == [0, abi.VERSION, 0, 0x7FF4_0000_FFFF]


# --- what the app is handed -----------------------------------------------------------------


@given(high=st.integers(0, (1 << 32) - 1), rest=st.lists(U64, min_size=7, max_size=7))
@settings(max_examples=40, deadline=None)
def test_the_id_is_the_low_half_and_the_rest_whole(shared_echo, high, rest):
    """ABI.md 2.3."""
    registers = shared_echo.smc(*rest, fid=high << 32 | 0xC600_0001).registers
    assert [registers[n] for n in range(8)] == [0xC600_0001, *rest]


@pytest.fixture(scope="module")
def shared_echo(asm_app):
    """Answers by eight results: the parameters x1..x8 as they came."""
    return asm_app(
        "mov x9, x8; mov x8, x7; mov x7, x7; mov x0, #1; mov x8, #0; svc #0", routes=ANY_ID
    )


def test_hvc_has_its_own_function_and_routes(asm_app):
    """ABI.md 2, 4: an id routed for HVC says nothing about SMC."""
    both = (
        Route(SMC, 0xC600_0001, 0xC600_0001, abi.RouteFlag.NONE),
        Route(HVC, 0xC600_0002, 0xC600_0002, abi.RouteFlag.NONE),
    )
    app = asm_app("mov x1, x0; mov x8, #0; mov x0, #0; svc #0", whole=True, routes=both)
    call = app.hypervisor.call
    args = [0] * 7
    assert call(SMC, Requester(1, 0), [0xC600_0001, *args]).registers[0] == 1
    assert call(HVC, Requester(1, 0), [0xC600_0002, *args]).registers[0] == 2
    assert call(HVC, Requester(1, 0), [0xC600_0001, *args]).registers == UNCLAIMED
    assert call(SMC, Requester(1, 0), [0xC600_0002, *args]).registers == UNCLAIMED


# --- how it ends ----------------------------------------------------------------------------


def test_status_0_gives_four_results(asm_app):
    """ABI.md 2.2: r0..r3 from x1..x4."""
    app = asm_app("mov x1, #11; mov x2, #12; mov x3, #13; mov x4, #14; mov x5, #15;"
                  "mov x8, #0; mov x0, #0; svc #0")  # fmt: skip
    answer = app.smc()
    assert answer.outcome == Done((11, 12, 13, 14))
    assert answer.registers == {0: 11, 1: 12, 2: 13, 3: 14}


def test_status_1_gives_eight_results(asm_app):
    """ABI.md 2.2: r0..r6 from x1..x7, r7 from x9."""
    moves = "; ".join(f"mov x{n}, #{10 + n}" for n in (*range(1, 8), 9))
    app = asm_app(f"{moves}; mov x8, #0; mov x0, #1; svc #0")
    assert app.smc().outcome == Done((11, 12, 13, 14, 15, 16, 17, 19))


@pytest.fixture(scope="module")
def shared_status(asm_app):
    """Ends each call with the status that the guest gives in x1."""
    return lambda: asm_app("mov x0, x2; mov x1, #7; mov x8, #0; svc #0")


@given(errno=st.integers(1, abi.MAX_ERRNO))
@settings(max_examples=40, deadline=None)
def test_an_errno_fails_the_call_and_the_instance_lives(shared_status, errno):
    """ABI.md 2.2: -1..-4095 but -ENOSYS."""
    app = shared_status()
    answer = app.smc(-errno & (1 << 64) - 1)
    if errno == abi.Errno.ENOSYS:
        assert (answer.outcome, answer.registers) == (NotHandled(), UNCLAIMED)
    else:
        assert (answer.outcome, answer.registers) == (Failed(errno), FAULT_ANSWER)
    assert isinstance(app.smc(0).outcome, Done)


@pytest.mark.parametrize(
    "status", [2, 255, 1 << 32, 1 << 63, -4096, (1 << 64) - (1 << 32), 0x1_0000_0001]
)
def test_any_other_status_is_a_fault(shared_status, status):
    """ABI.md 2.2, 5.1; all 64 bits of it count."""
    answer = shared_status().smc(status & (1 << 64) - 1)
    assert isinstance(answer.outcome, Fault)
    assert answer.outcome.kind is FaultKind.STATUS
    assert answer.registers == FAULT_ANSWER


def test_the_number_of_a_system_call_is_64_bits(asm_app):
    """ABI.md 3: bit 32 set is not system call 0."""
    app = asm_app("movz x8, #1, lsl #32; svc #0; mov x1, x0; mov x8, #0; mov x0, #0; svc #0")
    assert app.smc().registers[0] == -abi.Errno.ENOSYS & (1 << 64) - 1


def test_state_lasts_between_calls(asm_app):
    """ABI.md 2.6."""
    app = asm_app("li x9, DATA; ldr x1, [x9]; add x1, x1, #1; str x1, [x9];"
                  "mov x8, #0; mov x0, #0; svc #0", data=(41).to_bytes(8, "little"))  # fmt: skip
    assert [app.smc().registers[0] for _ in range(3)] == [42, 43, 44]
