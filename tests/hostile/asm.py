"""Apps in assembly: what no compiler would make.

Lines or semicolons separate instructions. Beside those of A64 there are

    li xN, VALUE      any 64-bit value; `1 << 63`, `-1` and sums are understood
    sys N             system call N
    answer            the call ends well; results are in x1..x4
    reply             the call ends well; the result is what x0 holds
    fail N            the call ends with -N

An app that is given handlers by function code starts with a prologue that leaves the base of its
image in x28 and the top of its stack in x27, and answers -ENOSYS to all other functions.
"""

import re
from collections.abc import Mapping
from functools import cache

from keystone import KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN, Ks

PAGE = 0x1000
CONSTANTS, STATE = 0x3000, 0x5000
"""Where the other two segments are, from the base of the image; the text is at 0."""

FUNCTIONS = {"init": 0, "smc": 1, "hvc": 2, "mmio": 3, "timer": 4, "event": 5, "posted": 6}

_NAMES = {"PAGE": PAGE, "CONSTANTS": CONSTANTS, "STATE": STATE}


def source_of(handlers: Mapping[str, str]) -> str:
    """`handlers`: what is done for a function, by its name in `FUNCTIONS`."""
    jumps = [f"cmp x0, #{FUNCTIONS[name]}; b.eq {name}_" for name in handlers]
    bodies = [f"{name}_: {body}" for name, body in handlers.items()]
    return ";".join(["adr x28, #0", "mov x27, sp", *jumps, "fail 38", *bodies])


@cache
def assemble(source: str) -> bytes:
    lines = [line.strip() for line in re.split("[;\n]", source)]
    text = "\n".join(_expanded(line) for line in lines if line)
    code, _ = Ks(KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN).asm(text)
    return bytes(code or ())


def load_immediate(register: str, value: int) -> str:
    """As few instructions as its halfwords ask for."""
    value &= (1 << 64) - 1
    halves = [(value >> shift & 0xFFFF, shift) for shift in (0, 16, 32, 48)]
    return "\n".join(
        f"{'movz' if shift == 0 else 'movk'} {register}, #{half:#x}, lsl #{shift}"
        for half, shift in halves
        if half or shift == 0
    )


def _expanded(line: str) -> str:
    label, colon, rest = line.rpartition(": ")
    return f"{label}{colon}{_instruction(rest.strip())}"


def _instruction(text: str) -> str:
    name, _, operands = text.partition(" ")
    if name == "li":
        register, _, value = operands.partition(", ")
        return load_immediate(register, int(eval(value, dict(_NAMES))))
    if name == "sys":
        return f"{load_immediate('x8', int(operands, 0))}\nsvc #0"
    if name == "answer":
        return "mov x0, #0\nmov x8, #0\nsvc #0"
    if name == "reply":
        return "mov x1, x0\nmov x2, #0\nmov x3, #0\nmov x4, #0\nmov x0, #0\nmov x8, #0\nsvc #0"
    if name == "fail":
        return f"{load_immediate('x0', -int(operands, 0))}\nmov x8, #0\nsvc #0"
    return text
