"""Unicorn's numbers of the AArch64 registers, which are not all consecutive."""

from unicorn import Uc, arm64_const

X: tuple[int, ...] = tuple(getattr(arm64_const, f"UC_ARM64_REG_X{number}") for number in range(31))
PC: int = arm64_const.UC_ARM64_REG_PC
SP: int = arm64_const.UC_ARM64_REG_SP
PSTATE: int = arm64_const.UC_ARM64_REG_PSTATE
TPIDRRO_EL0: int = arm64_const.UC_ARM64_REG_TPIDRRO_EL0
ELR_EL1: int = arm64_const.UC_ARM64_REG_ELR_EL1
ESR_EL1: int = arm64_const.UC_ARM64_REG_ESR_EL1
FAR_EL1: int = arm64_const.UC_ARM64_REG_FAR_EL1
VBAR_EL1: int = arm64_const.UC_ARM64_REG_VBAR_EL1

_SPSR_EL1 = (4, 0, 3, 0, 0)  # CRn, CRm, op0, op1, op2


def write_spsr_el1(uc: Uc, value: int) -> None:
    uc.reg_write(arm64_const.UC_ARM64_REG_CP_REG, (*_SPSR_EL1, value))
