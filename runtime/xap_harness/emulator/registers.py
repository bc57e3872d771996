"""Unicorn's numbers of the AArch64 general registers, which are not all consecutive."""

from unicorn import arm64_const

X: tuple[int, ...] = tuple(getattr(arm64_const, f"UC_ARM64_REG_X{number}") for number in range(31))
PC: int = arm64_const.UC_ARM64_REG_PC
SP: int = arm64_const.UC_ARM64_REG_SP
TPIDRRO_EL0: int = arm64_const.UC_ARM64_REG_TPIDRRO_EL0
