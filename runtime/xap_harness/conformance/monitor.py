"""The program of a guest: it waits for a step's code, runs it, and keeps what came of it.

The same on every target, up to how it waits and how interrupts are enabled. A vCPU has a block
of memory, which its `sp` points to: registers before and after, exceptions and interrupts taken.
"""

import struct
from collections.abc import Sequence
from functools import cache

from xap_harness.conformance.target import GUEST_RAM, Interrupt, Taken
from xap_harness.emulator.assembler import assemble, load_immediate

MAX_VCPUS = 2
CODE = GUEST_RAM + 0x4000
CODE_BYTES = 0xC000
"""Room for the instructions of all steps of a guest."""
BLOCK_BYTES = 0x600

_PROGRAM_STRIDE = 0x400
_VECTORS = GUEST_RAM + 0x800
_BLOCKS, _STRIDE = GUEST_RAM + 0x2000, 0x1000

_IN, _OUT = 0x000, 0x100
_TAKEN, _MAX_TAKEN = 0x200, 16  # a count, then ESR, FAR, ELR of each
INTERRUPTS, _MAX_IRQS = 0x390, 16  # a count, then number and ELR of each
_SCRATCH = 0x4A0  # 16 bytes
_GO, _DONE = 0x4B0, 0x4B8  # where the step is, or 0; 1 behind it
_IAR, _EOIR = "S3_0_C12_C12_0", "S3_0_C12_C12_1"
_GENERAL = range(31)
_EL1H = 0x345  # SPSR: EL1 on its own stack, interrupts on, the rest of DAIF masked


def start_of(vcpu: int) -> int:
    """Where that vCPU begins."""
    return GUEST_RAM + vcpu * _PROGRAM_STRIDE


def block_of(vcpu: int) -> int:
    return _BLOCKS + vcpu * _STRIDE


@cache
def program() -> bytes:
    """From GUEST_RAM on: what all vCPUs execute, and their vectors."""
    made = b"".join(_program(vcpu).ljust(_PROGRAM_STRIDE, b"\0") for vcpu in range(MAX_VCPUS))
    made = made.ljust(_VECTORS - GUEST_RAM, b"\0")
    # Of the current level with its own stack: synchronous at 0x200, IRQ at 0x280 (Arm ARM D1.4.2).
    return made + bytes(0x200) + assemble(_SYNCHRONOUS).ljust(0x80, b"\0") + assemble(_IRQ)


def _program(vcpu: int) -> bytes:
    """The step is entered by `eret`, which needs no register; interrupts are off until then."""
    return assemble(
        f"{_prologue(vcpu)} {_each('str', _OUT)} mov x0, #1; str x0, [sp, #{_DONE}]; b idle"
    )


def _prologue(vcpu: int) -> str:
    return (
        f"{load_immediate('x0', block_of(vcpu))}; mov sp, x0;"
        f"{load_immediate('x0', _VECTORS)}; msr vbar_el1, x0; msr daifclr, #2; b ask;"
        f"idle: wfi; ask: ldr x0, [sp, #{_GO}]; cbz x0, idle; str xzr, [sp, #{_GO}];"
        f"msr daifset, #2; msr elr_el1, x0; mov x0, #{_EL1H}; msr spsr_el1, x0;"
        f"dsb ish; isb; {_each('ldr', _IN)} eret;"
    )


def _each(operation: str, offset: int) -> str:
    return "".join(f"{operation} x{n}, [sp, #{offset + 8 * n}];" for n in _GENERAL)


def _branch(at: int, to: int) -> bytes:
    return struct.pack("<I", 0x1400_0000 | (to - at) >> 2 & 0x03FF_FFFF)


_SAVE = f"str x0, [sp, #{_SCRATCH}]; str x1, [sp, #{_SCRATCH + 8}];"
_RESTORE = f"ldr x0, [sp, #{_SCRATCH}]; ldr x1, [sp, #{_SCRATCH + 8}]; eret"
_SYNCHRONOUS = (
    f"{_SAVE} ldr x0, [sp, #{_TAKEN}]; add x1, x0, #1; str x1, [sp, #{_TAKEN}];"
    f"and x0, x0, #{_MAX_TAKEN - 1}; add x0, x0, x0, lsl #1; add x0, sp, x0, lsl #3;"
    f"mrs x1, esr_el1; str x1, [x0, #{_TAKEN + 8}]; mrs x1, far_el1; str x1, [x0, #{_TAKEN + 16}];"
    f"mrs x1, elr_el1; str x1, [x0, #{_TAKEN + 24}]; add x1, x1, #4;"
    # A fetch that aborts goes back to where it was called from.
    f"ldr x0, [x0, #{_TAKEN + 8}]; lsr x0, x0, #26; cmp x0, #0x21; csel x1, x30, x1, eq;"
    f"msr elr_el1, x1; {_RESTORE}"
)
_IRQ = (
    f"{_SAVE} ldr x0, [sp, #{INTERRUPTS}]; add x1, x0, #1; str x1, [sp, #{INTERRUPTS}];"
    f"and x0, x0, #{_MAX_IRQS - 1}; add x0, sp, x0, lsl #4; mrs x1, elr_el1;"
    f"str x1, [x0, #{INTERRUPTS + 16}]; mrs x1, {_IAR}; str x1, [x0, #{INTERRUPTS + 8}];"
    f"msr {_EOIR}, x1; {_RESTORE}"
)


# --- a step ----------------------------------------------------------------------------------


def code(vcpu: int, at: int, step: bytes) -> bytes:
    """A step's instructions, which are to lie at that address, and the way back."""
    behind = start_of(vcpu) + len(assemble(_prologue(vcpu)))
    return step + _branch(at + len(step), behind)


def block(registers: Sequence[int], at: int) -> bytes:
    """The vCPU's block before a step that lies there."""
    made = struct.pack("<31Q", *registers).ljust(_GO, b"\0")
    return (made + struct.pack("<Q", at)).ljust(BLOCK_BYTES, b"\0")


def is_done(seen: bytes) -> bool:
    return _word(seen, _DONE) == 1


def registers(seen: bytes) -> tuple[int, ...]:
    return struct.unpack_from("<31Q", seen, _OUT)


def exceptions(seen: bytes, at: int) -> tuple[Taken, ...]:
    found = []
    for n in range(min(_word(seen, _TAKEN), _MAX_TAKEN)):
        esr, far, elr = struct.unpack_from("<3Q", seen, _TAKEN + 8 + 24 * n)
        found.append(Taken(esr, far, (elr - at) // 4))
    return tuple(found)


def interrupts(seen: bytes, at: int) -> tuple[Interrupt, ...]:
    count = min(_word(seen, INTERRUPTS), _MAX_IRQS)
    pairs = struct.iter_unpack("<2Q", seen[INTERRUPTS + 8 : INTERRUPTS + 8 + 16 * count])
    return tuple(Interrupt(number, (elr - at) // 4) for number, elr in pairs)


def _word(seen: bytes, offset: int) -> int:
    return int.from_bytes(seen[offset : offset + 8], "little")
