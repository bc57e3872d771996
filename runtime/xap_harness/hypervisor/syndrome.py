"""ESR_ELx, the exception syndrome (Arm ARM DDI 0487, D24.2.40)."""

from dataclasses import dataclass
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
    SYSTEM_REGISTER = 0x18
    INSTRUCTION_ABORT = 0x20
    INSTRUCTION_ABORT_SAME = 0x21  # taken to the level that it is from
    PC_ALIGNMENT = 0x22
    DATA_ABORT = 0x24
    DATA_ABORT_SAME = 0x25
    SP_ALIGNMENT = 0x26
    SERROR = 0x2F
    BRK64 = 0x3C


_NAMES = {
    ExceptionClass.UNKNOWN: "undefined instruction",
    ExceptionClass.WFX: "WFI or WFE",
    ExceptionClass.FP_SIMD: "FP or SIMD instruction",
    ExceptionClass.SVC64: "SVC",
    ExceptionClass.SYSTEM_REGISTER: "system register",
    ExceptionClass.INSTRUCTION_ABORT: "instruction abort",
    ExceptionClass.PC_ALIGNMENT: "misaligned program counter",
    ExceptionClass.DATA_ABORT: "data abort",
    ExceptionClass.SP_ALIGNMENT: "misaligned stack pointer",
    ExceptionClass.SERROR: "SError",
    ExceptionClass.BRK64: "BRK",
}

_IL = 1 << 25  # a 32-bit instruction
_WNR = 1 << 6
_TRANSLATION_LEVEL_3 = 0x07
_PERMISSION_LEVEL_3 = 0x0F
_EXTERNAL = 0x10
_ASYNCHRONOUS_SERROR = 0x11
_CAUSES = {_PERMISSION_LEVEL_3: "permission", _EXTERNAL: "external"}
_ISV = 1 << 24
_SAS, _SSE, _SRT, _SF = 22, 1 << 21, 16, 1 << 15


def make(ec: ExceptionClass, iss: int = 0) -> int:
    return ec << 26 | _IL | iss


def abort(ec: ExceptionClass, *, mapped: bool, write: bool = False) -> int:
    """The syndrome of an access that stage 2 refused: no page, or not with this right."""
    fsc = _PERMISSION_LEVEL_3 if mapped else _TRANSLATION_LEVEL_3
    return make(ec, (_WNR if write else 0) | fsc)


def device_error(*, write: bool) -> int:
    """A device's answer to an access: synchronous external abort (DFSC 0x10), or an SError
    (0x11), as a store has ended before its answer comes."""
    if write:
        return make(ExceptionClass.SERROR, _ASYNCHRONOUS_SERROR)
    return make(ExceptionClass.DATA_ABORT, _EXTERNAL)


def access(size: int, register: int, *, wide: bool, store: bool, signed: bool = False) -> int:
    """ISS of a load or store of one general register: `size` is log2 of the width in bytes,
    `wide` whether the register has 64 bits, `signed` whether a load extends the sign."""
    return (
        _ISV
        | size << _SAS
        | (_SSE if signed else 0)
        | register << _SRT
        | (_SF if wide else 0)
        | (_WNR if store else 0)
    )


@dataclass(frozen=True, slots=True)
class LoadStore:
    """What a valid syndrome says of a data abort: `width` in bytes, `register` 31 is zero."""

    width: int
    register: int
    store: bool
    signed: bool
    wide: bool

    def loaded(self, value: int) -> int:
        """The register after a load of `value`, which has `width` bytes."""
        sign = 1 << (8 * self.width - 1)
        if self.signed and value & sign:
            value -= sign << 1
        return value & ((1 << 64) - 1 if self.wide else (1 << 32) - 1)


def load_store(esr: int) -> LoadStore | None:
    """None where the syndrome is not usable (ABI.md 2.3)."""
    if not esr & _ISV:
        return None
    return LoadStore(
        width=1 << (esr >> _SAS & 3),
        register=esr >> _SRT & 0x1F,
        store=bool(esr & _WNR),
        signed=bool(esr & _SSE),
        wide=bool(esr & _SF),
    )


def external_abort(esr: int) -> int:
    """What a guest at EL1 is told of an access of its own that nobody answers."""
    if ec(esr) == ExceptionClass.INSTRUCTION_ABORT:
        return make(ExceptionClass.INSTRUCTION_ABORT_SAME, _EXTERNAL)
    return make(ExceptionClass.DATA_ABORT_SAME, esr & _WNR | _EXTERNAL)


def system_register(word: int) -> int:
    """The syndrome of a trapped MRS or MSR, from the instruction (C5.2)."""
    op0, op1 = 2 | word >> 19 & 1, word >> 16 & 7
    crn, crm, op2 = word >> 12 & 0xF, word >> 8 & 0xF, word >> 5 & 7
    iss = op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | (word & 0x1F) << 5 | crm << 1
    return make(ExceptionClass.SYSTEM_REGISTER, iss | word >> 21 & 1)


def system_access(esr: int) -> tuple[tuple[int, int, int, int, int], int, bool]:
    """Of a trapped MRS or MSR: (op0, op1, CRn, CRm, op2), Rt, whether it reads."""
    named = (esr >> 20 & 3, esr >> 14 & 7, esr >> 10 & 0xF, esr >> 1 & 0xF, esr >> 17 & 7)
    return named, esr >> 5 & 0x1F, bool(esr & 1)


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
        cause = _CAUSES.get(esr & 0x3F, "not mapped")
        access = "execute"
        if kind is ExceptionClass.DATA_ABORT:
            access = "write" if esr & _WNR else "read"
        return f"{name}: {access}, {cause}"
    return name
