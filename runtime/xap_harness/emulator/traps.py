"""Instructions that trap on a real hypervisor and that unicorn executes or skips."""

from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.syndrome import ExceptionClass

_WFX = {0xD503_205F: 1, 0xD503_207F: 0}  # WFE, WFI -> ISS.TI (Arm ARM D24.2.40)


def syndrome_of(word: int) -> int | None:
    """The exception that the instruction raises at EL0, if unicorn does not raise it.

    FP and SIMD (CPTR_EL2.TFP set; ABI.md 1.2), WFI and WFE (SCTLR_EL1.nTWI, nTWE clear).
    """
    if word in _WFX:
        return syndrome.make(ExceptionClass.WFX, _WFX[word])
    if _is_fp_simd(word) or _is_fp_register_move(word):
        return syndrome.make(ExceptionClass.FP_SIMD)
    return None


def _is_fp_simd(word: int) -> bool:
    """Arm ARM C4.1: op0 = x111 is data processing of SIMD&FP, op0 = x1x0 with V (bit 26)
    its loads and stores."""
    op0 = word >> 25 & 0xF
    return op0 & 0x7 == 0x7 or (op0 & 0x5 == 0x4 and bool(word >> 26 & 1))


def _is_fp_register_move(word: int) -> bool:
    """MRS and MSR of FPCR and FPSR: S3_3_C4_C4_<0, 1>."""
    return word & 0xFFDF_FFC0 == 0xD51B_4400


def holds_traps(code: bytes) -> bool:
    """Whether there is any in a text."""
    words = set(memoryview(code[: len(code) & ~3]).cast("I"))
    return any(syndrome_of(word) is not None for word in words)


def first_trap(code: bytes) -> tuple[int, int] | None:
    """(instructions before it, its syndrome) of the first such instruction in a block."""
    for number in range(len(code) // 4):
        word = int.from_bytes(code[4 * number : 4 * number + 4], "little")
        esr = syndrome_of(word)
        if esr is not None:
            return number, esr
    return None
