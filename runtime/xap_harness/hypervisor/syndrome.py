"""ESR_ELx, the exception syndrome (Arm ARM DDI 0487, D24.2.40)."""

from enum import IntEnum

from xaprt import abi


class ExceptionClass(IntEnum):
    """ESR_ELx.EC, those that EL0 and a guest can cause."""

    UNKNOWN = 0x00
    WFX = 0x01
    FP_SIMD = 0x07
    SVC64 = 0x15
    HVC64 = 0x16
    SMC64 = 0x17
    INSTRUCTION_ABORT = 0x20
    PC_ALIGNMENT = 0x22
    DATA_ABORT = 0x24
    SP_ALIGNMENT = 0x26
    BRK64 = 0x3C


_NAMES = {
    ExceptionClass.UNKNOWN: "undefined instruction",
    ExceptionClass.WFX: "WFI or WFE",
    ExceptionClass.FP_SIMD: "FP or SIMD instruction",
    ExceptionClass.SVC64: "SVC",
    ExceptionClass.INSTRUCTION_ABORT: "instruction abort",
    ExceptionClass.PC_ALIGNMENT: "misaligned program counter",
    ExceptionClass.DATA_ABORT: "data abort",
    ExceptionClass.SP_ALIGNMENT: "misaligned stack pointer",
    ExceptionClass.BRK64: "BRK",
}

_IL = 1 << 25  # a 32-bit instruction
_WNR = 1 << 6
_TRANSLATION_LEVEL_3 = 0x07
_PERMISSION_LEVEL_3 = 0x0F


def make(ec: ExceptionClass, iss: int = 0) -> int:
    return ec << 26 | _IL | iss


def abort(ec: ExceptionClass, *, mapped: bool, write: bool = False) -> int:
    """The syndrome of an access that stage 2 refused: no page, or not with this right."""
    fsc = _PERMISSION_LEVEL_3 if mapped else _TRANSLATION_LEVEL_3
    return make(ec, (_WNR if write else 0) | fsc)


def ec(esr: int) -> int:
    return esr >> 26


def imm16(esr: int) -> int:
    """The immediate of SVC, HVC, SMC and BRK."""
    return esr & 0xFFFF


SVC_0 = make(ExceptionClass.SVC64)


def check_reason(esr: int) -> abi.Reason | None:
    """The failed run-time check that a `brk #(BRK_CHECK | reason)` stands for (ABI.md 5.1)."""
    if ec(esr) != ExceptionClass.BRK64 or imm16(esr) & 0xFF00 != abi.BRK_CHECK:
        return None
    number = imm16(esr) & 0xFF
    return abi.Reason(number) if number in set(abi.Reason) else None


def describe(esr: int) -> str:
    """In words, for a fault report: 'data abort: write, permission'."""
    if ec(esr) not in set(ExceptionClass):
        return f"exception class {ec(esr):#04x}"
    kind = ExceptionClass(ec(esr))
    name = _NAMES.get(kind, kind.name)
    if kind in (ExceptionClass.SVC64, ExceptionClass.BRK64):
        return f"{name} #{imm16(esr):#x}"
    if kind in (ExceptionClass.DATA_ABORT, ExceptionClass.INSTRUCTION_ABORT):
        cause = "permission" if esr & 0x3F == _PERMISSION_LEVEL_3 else "not mapped"
        access = "execute"
        if kind is ExceptionClass.DATA_ABORT:
            access = "write" if esr & _WNR else "read"
        return f"{name}: {access}, {cause}"
    return name
