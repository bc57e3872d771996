"""System calls: results, kept registers, pointers, rights (ABI.md section 3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.fault import FaultKind
from xap_harness.hypervisor.firmware import TrngFirmware, may_be_granted
from xap_harness.hypervisor.outcome import Done
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.syscalls import Bounds
from xap_harness.machine import Layout, Memory
from xaprt import abi
from xaprt.rights import Rights

U64 = st.integers(0, (1 << 64) - 1)
GRANTED = 0xC400_0053
RETURN_X0 = "mov x1, x0; mov x8, #0; mov x0, #0; svc #0"

SVC_WITH_GUESTS_ARGUMENTS = f"mov x8, x2; mov x0, x3; mov x1, x4; mov x2, x5; svc #0; {RETURN_X0}"
"""The guest's x1 is the number, x2.. are the arguments; the result is the guest's x0."""


def errno(number: abi.Errno) -> int:
    return -number & (1 << 64) - 1


class Echo:
    """Firmware that answers with what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, list[int], int]] = []

    def smc(self, fid, arguments, client):
        self.asked.append((fid, list(arguments), client))
        return 0x1111, 0x2222, 0x3333, 0x4444


@pytest.fixture
def syscalls(asm_app):
    """One system call of the guest's choice."""
    return asm_app(SVC_WITH_GUESTS_ARGUMENTS, data=b"hello\nworld", call_smc=(GRANTED,))


# --- numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [10, 11, 255, 1 << 16, 1 << 32, (1 << 32) + 1, (1 << 64) - 1])
def test_an_unknown_number_is_enosys(syscalls, number):
    """ABI.md 3: all 64 bits of x8 count."""
    assert syscalls.smc(number).registers[0] == errno(abi.Errno.ENOSYS)


@pytest.mark.parametrize(
    "number",
    [
        abi.Syscall.MAP_GUEST_PAGE,
        abi.Syscall.UNMAP,
        abi.Syscall.MAP_IO,
        abi.Syscall.INJECT_IRQ,
        abi.Syscall.SET_TIMER,
    ],
)
def test_a_service_that_is_not_granted_is_eperm(syscalls, number):
    """ABI.md 3: and the app goes on."""
    assert syscalls.smc(number, 0x4000_0000).registers[0] == errno(abi.Errno.EPERM)


def test_time_advances_with_instructions(asm_app):
    """ABI.md 3 (time), 5.4: one instruction is one nanosecond."""
    app = asm_app(f"mov x8, #{abi.Syscall.TIME}; svc #0; mov x9, x0; nop; nop; svc #0;"
                  "sub x1, x0, x9; mov x2, x9; mov x8, #0; mov x0, #0; svc #0")  # fmt: skip
    first = app.smc().registers
    app.hypervisor.advance(1_000_000)
    second = app.smc().registers
    assert first[0] == second[0] == 4  # mov, nop, nop, svc
    assert second[1] > first[1] + 1_000_000


# --- registers ------------------------------------------------------------------------------

SEED = "; ".join(f"mov x{n}, #{0x200 + n}" for n in (*range(1, 8), *range(9, 31)))
SEED_AND_FLAGS = f"mov x1, #0x90000000; msr nzcv, x1; msr tpidr_el0, x1; {SEED}"
STORE = "; ".join(
    [
        "sub sp, sp, #16; stp x0, x1, [sp]; li x1, DATA",
        *(f"str x{n}, [x1, #{8 * n}]" for n in range(2, 31)),
        "ldp x2, x3, [sp]; stp x2, x3, [x1]; add sp, sp, #16; mov x2, sp; str x2, [x1, #248]",
        "mrs x2, nzcv; str x2, [x1, #256]; mrs x2, tpidr_el0; str x2, [x1, #264]",
        "mov x8, #0; mov x0, #0; svc #0",
    ]
)


def after(app) -> list[int]:
    raw = app.space.read(app.data, 8 * 34)
    return [int.from_bytes(raw[n : n + 8], "little") for n in range(0, len(raw), 8)]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("mov x8, #1; li x0, DATA", {0: 0}),  # length 0x201: inside
        ("mov x8, #1; mov x0, #0", {0: errno(abi.Errno.EFAULT)}),
        ("mov x8, #3; li x0, 0xC4000053", {0: 0, 1: 0x1111, 2: 0x2222, 3: 0x3333, 4: 0x4444}),
        ("mov x8, #3; li x0, 0xC4000054", {0: errno(abi.Errno.EPERM)}),
        ("mov x8, #4; mov x0, #0", {0: errno(abi.Errno.EPERM)}),
        ("mov x8, #99; mov x0, #7", {0: errno(abi.Errno.ENOSYS)}),
    ],
)
def test_registers_that_a_row_does_not_name_are_kept(asm_app, call, named):
    """ABI.md 3: x0, and of call_smc x1..x4; flags, sp and TPIDR_EL0 too."""
    app = asm_app(
        f"{SEED_AND_FLAGS}; {call}; svc #0; {STORE}",
        call_smc=(GRANTED,),
        hypervisor=Hypervisor(firmware=Echo()),
    )
    assert isinstance(app.smc().outcome, Done)
    expected = {n: 0x200 + n for n in (*range(1, 8), *range(9, 31))} | named
    seen = after(app)
    assert {n: seen[n] for n in expected} == expected
    assert seen[31:] == [app.stack_top, 0x9000_0000, 0x9000_0000]


# --- pointers -------------------------------------------------------------------------------

TEXT, DATA, STACK_TOP = 0x20_0000, 0x20_1000, 0x8000_0000
TOP = 1 << 64


@pytest.mark.parametrize(
    ("pointer", "length", "result"),
    [
        (DATA, 5, 0),
        (TEXT, 16, 0),  # constants lie in the image, too
        (TEXT + 0xFFC, 8, 0),  # two segments, one image
        (DATA + 0xFFF, 1, 0),
        (DATA + 0x1000, 0, 0),  # nothing is read
        (0, 0, 0),
        (STACK_TOP - 256, 256, 0),
        (DATA + 0xFFF, 2, abi.Errno.EFAULT),  # over the end
        (TEXT - 1, 2, abi.Errno.EFAULT),  # from before the beginning
        (STACK_TOP - 1, 2, abi.Errno.EFAULT),
        (STACK_TOP - 0x1000 - 1, 2, abi.Errno.EFAULT),  # from the guard page
        (STACK_TOP - 0x1000 - 8, 8, abi.Errno.EFAULT),
        (DATA, TOP - 1, abi.Errno.EFAULT),  # wraps
        (DATA, TOP - DATA, abi.Errno.EFAULT),  # ends at 2^64
        (DATA, TOP - DATA + 1, abi.Errno.EFAULT),
        (TOP - 1, 1, abi.Errno.EFAULT),
        (TOP - 1, 2, abi.Errno.EFAULT),
        (0, 1, abi.Errno.EFAULT),
        (1 << 63, 1 << 63, abi.Errno.EFAULT),
        (DATA, 1 << 32, abi.Errno.EFAULT),  # its low half would fit
        (DATA + (1 << 32), 1, abi.Errno.EFAULT),
        (DATA, 0x7FFF_FFFF, abi.Errno.EFAULT),  # spans from the image over to the stack
    ],
)
def test_pointers_lie_wholly_in_the_image_or_the_stack(syscalls, pointer, length, result):
    """ABI.md 3.1."""
    assert syscalls.smc(abi.Syscall.LOG, pointer, length, 2).registers[0] == -result % TOP


@given(address=U64 | st.integers(TEXT - 8, DATA + 0x1008), size=U64 | st.integers(0, 0x2010))
@settings(max_examples=300, deadline=None)
def test_bounds_agree_with_looking_at_each_byte(address, size):
    """ABI.md 3.1, against the definition."""
    memory = (Memory(TEXT, 0x1000, b"", False, True), Memory(DATA, 0x1000, b"", True, False))
    bounds = Bounds(Layout(TEXT, TEXT, memory, STACK_TOP, 0x1000))
    mapped = (range(TEXT, DATA + 0x1000), range(STACK_TOP - 0x1000, STACK_TOP))
    # Ends of the range decide, as each piece is contiguous.
    inside = any(address in piece and (address + size - 1) in piece for piece in mapped)
    assert bounds.hold(address, size) == (size == 0 or inside)


def test_a_message_is_read_once(syscalls):
    """ABI.md 3.1."""
    reads = []
    read = syscalls.space.read
    syscalls.space.read = lambda address, size: reads.append((address, size)) or read(address, size)
    syscalls.smc(abi.Syscall.LOG, DATA, 0x1000, 2)
    assert reads == [(DATA, abi.LOG_BYTES)]


# --- call_smc -------------------------------------------------------------------------------


def test_call_smc_passes_six_arguments_and_the_client(asm_app):
    """ABI.md 3.3: x7 is the hypervisor's."""
    firmware = Echo()
    app = asm_app(
        "mov x9, x3; mov x10, x4; li x0, 0xC4000053; mov x1, #1; mov x2, #2; mov x3, #3;"
        f"mov x4, #4; mov x5, #5; mov x6, #6; mov x7, #7; mov x8, #3; svc #0; {RETURN_X0}",
        call_smc=(GRANTED,),
        hypervisor=Hypervisor(firmware=firmware),
    )
    app.hypervisor.create_domain(41)
    app.smc()
    app.smc(requester=Requester(41, 2))
    assert firmware.asked == [(GRANTED, [1, 2, 3, 4, 5, 6], client) for client in (2, 42)]


def test_without_a_requester_the_client_is_0(asm_app):
    """ABI.md 3.3, 2.4."""
    firmware = Echo()
    asm_app(
        "mov x19, x0; li x0, 0xC4000053; mov x8, #3; svc #0; mov x8, #0; mov x0, #0; svc #0",
        whole=True,
        call_smc=(GRANTED,),
        hypervisor=Hypervisor(firmware=firmware),
    )
    assert {client for _, _, client in firmware.asked} == {0}


@pytest.mark.parametrize("fid", [0xC400_0052, 0xC400_0054, 0x8400_0053, GRANTED | 1 << 32, 0])
def test_only_the_ids_granted_are_called(asm_app, fid):
    """ABI.md 3.3: exactly these, and all 64 bits of x0 count."""
    firmware = Echo()
    app = asm_app(
        SVC_WITH_GUESTS_ARGUMENTS, call_smc=(GRANTED,), hypervisor=Hypervisor(firmware=firmware)
    )
    assert app.smc(abi.Syscall.CALL_SMC, fid).registers[0] == errno(abi.Errno.EPERM)
    assert firmware.asked == []


NEVER_GRANTED = {
    "legacy": (0x0000_0000, 0x01FF_FFFF),
    "architecture": (0x8000_0000, 0x80FF_FFFF),
    "architecture 64": (0xC000_0000, 0xC0FF_FFFF),
    "PSCI": (0x8400_0000, 0x8400_001F),
    "PSCI 64": (0xC400_0000, 0xC400_001F),
    "SDEI": (0x8400_0020, 0x8400_003F),
    "SDEI 64": (0xC400_0020, 0xC400_003F),
    "FF-A": (0x8400_0060, 0x8400_00FF),
    "FF-A 64": (0xC400_0060, 0xC400_00FF),
    "call uid": (0x8400_FF00, 0x8400_FFFF),
    "beyond 32 bits": (1 << 32, (1 << 33) - 1),
}


@pytest.mark.parametrize("name", NEVER_GRANTED)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_what_would_reach_behind_stage_2_is_never_granted(name, data):
    """ABI.md 3.3."""
    first, last = NEVER_GRANTED[name]
    assert not may_be_granted(data.draw(st.integers(first, last)))
    assert not may_be_granted(first)
    assert not may_be_granted(last)


@pytest.mark.parametrize(
    "fid",
    [0x8400_0040, 0x8400_0050, 0xC400_0053, 0x8400_005F, 0x8400_0100, 0x8400_FEFF,
     0x8200_0001, 0xC300_0000, 0xC600_0001, 0xB200_0001, 0x0200_0000],
)  # fmt: skip
def test_other_ids_may_be_granted(fid):
    assert may_be_granted(fid)


def test_a_grant_does_not_reach_refused_ids(asm_app):
    """ABI.md 3.3: "whatever is granted"."""
    firmware = Echo()
    psci_off = 0x8400_0008
    app = asm_app(
        SVC_WITH_GUESTS_ARGUMENTS,
        call_smc=(psci_off,),
        grants=Rights(frozenset({psci_off})),
        hypervisor=Hypervisor(firmware=firmware),
    )
    assert app.smc(abi.Syscall.CALL_SMC, psci_off).registers[0] == errno(abi.Errno.EPERM)
    assert firmware.asked == []


# --- panic ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registers", "reason", "message"),
    [
        ("mov x0, #8; li x1, DATA; mov x2, #11", "PANIC", "hello world"),
        ("mov x0, #7; mov x1, #0; mov x2, #99", "ASSERT", ""),
        ("mov x0, #8; li x1, 0xFFFF; mov x2, #5", "PANIC", ""),  # a bad pointer says nothing
        ("mov x0, #0x101; mov x1, #0", "OVERFLOW", ""),  # 8 bits
        ("mov x0, #200; mov x1, #0", "reason 200", ""),
    ],
)
def test_panic_ends_the_call_with_its_reason(asm_app, registers, reason, message):
    """ABI.md 3, 5.1."""
    app = asm_app(f"{registers}; mov x8, #2; svc #0", data=b"hello\nworld")
    fault = app.fault()
    assert (fault.kind, fault.reason, fault.message) == (FaultKind.PANIC, reason, message)
    assert fault.syscall == abi.Syscall.PANIC


# --- the firmware model ---------------------------------------------------------------------


@given(bits=st.integers(1, 192), seed=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_the_firmware_model_gives_as_many_bits_as_asked(bits, seed):
    """DEN0098 2.5: unused bits are zero, the first of them in x3."""
    status, high, middle, low = TrngFirmware(seed).smc(TrngFirmware.RND64, [bits], 0)
    assert status == 0
    assert low | middle << 64 | high << 128 < 1 << bits
    again = TrngFirmware(seed).smc(TrngFirmware.RND64, [bits], 0)
    assert again == (status, high, middle, low)


@pytest.mark.parametrize(
    ("fid", "bits"), [(TrngFirmware.RND64, 0), (TrngFirmware.RND64, 193),
                      (TrngFirmware.RND32, 0), (TrngFirmware.RND32, 97)],
)  # fmt: skip
def test_the_firmware_model_refuses_other_sizes(fid, bits):
    assert TrngFirmware().smc(fid, [bits], 0)[0] == (1 << 64) - 2
