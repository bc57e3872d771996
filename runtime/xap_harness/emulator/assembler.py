"""A64 assembly to bytes, by keystone."""

from functools import cache

from keystone import KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN, Ks


@cache
def assemble(text: str, address: int = 0) -> bytes:
    """Instructions are separated by semicolons or newlines."""
    encoding, _ = Ks(KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN).asm(text, address)
    return bytes(encoding or ())


def load_immediate(register: str, value: int) -> str:
    """Instructions that put a 64-bit value into a register."""
    halves = [(value >> shift & 0xFFFF, shift) for shift in (0, 16, 32, 48)]
    return "; ".join(
        f"{'movz' if shift == 0 else 'movk'} {register}, #{half:#x}, lsl #{shift}"
        for half, shift in halves
        if half or shift == 0
    )
