"""The code inside every image that no compiler made: entry stub and system calls.

Each routine is a section of its own; only those that an app reaches are linked. Arguments and
results are those of AAPCS64, which LLVM keeps for `{i64, i64, i64, i64, i64}` by returning it in
x0..x4. A system call changes its results and x8, fewer registers than the convention lets any
function change, so a shim needs no more than its number. Behind a call that does not come back
stands a check that fails: no path runs off the end of its function.
"""

import re
from dataclasses import dataclass
from functools import cache

from xaprt import abi, memory
from xaprt.abi import Syscall

ENTRY = "_start"

_NEVER = f"brk #{abi.BRK_CHECK | abi.Reason.PANIC}"
_RETURN = f"mov x8, #{Syscall.RETURN}; svc #0; {_NEVER}"


def _shim(number: Syscall) -> str:
    return f"mov x8, #{number}; svc #0; {_NEVER if number is Syscall.PANIC else 'ret'}"


STARTS = {
    "xap_entry": f"bl @xap_entry; {_RETURN}",
    # The ninth argument, the guest's x7, goes onto the stack (AAPCS64 6.8.2, stage C).
    "xap_entry9": f"str x8, [sp, #-16]!; bl @xap_entry9; {_RETURN}",
}
"""The entry stub, by the function that the object defines (docs/architecture.md)."""

_SOURCES = {
    **{
        f"xap_sys_{number.name.lower()}": _shim(number)
        for number in Syscall
        if number is not Syscall.RETURN
    },
    # (status, r0..r3): x0..x4 already.
    "xap_sys_return": _RETURN,
    # (r0..r7), section 2 clause 2: r0..r6 in x1..x7, r7 in x9.
    "xap_return8": "; ".join(
        [
            "mov x9, x7",
            *(f"mov x{number}, x{number - 1}" for number in range(7, 0, -1)),
            f"mov x0, #{abi.Status.DONE_8}",
            _RETURN,
        ]
    ),
    **memory.SOURCES,
}


@dataclass(frozen=True, slots=True)
class Routine:
    """`branches`: the BL and B that leave it, by byte offset and target."""

    name: str
    code: bytes
    branches: tuple[tuple[int, str], ...]


def start(entry: str) -> Routine:
    """The entry stub that calls `entry`, a key of `STARTS`."""
    return _assembled(ENTRY, STARTS[entry])


def routine(name: str) -> Routine | None:
    """A system call or a memory routine; None if there is no such."""
    source = _SOURCES.get(name)
    return None if source is None else _assembled(name, source)


@cache
def _assembled(name: str, source: str) -> Routine:
    """Lines or semicolons separate instructions; `bl @name` leaves the routine."""
    from keystone import KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN, Ks

    assembler = Ks(KS_ARCH_ARM64, KS_MODE_LITTLE_ENDIAN)
    lines = [line.strip() for line in re.split("[;\n]", source)]
    instructions = [line for line in lines if line and not line.endswith(":")]
    branches = tuple(
        (4 * number, line.partition("@")[2])
        for number, line in enumerate(instructions)
        if "@" in line
    )
    code, _ = assembler.asm(re.sub(r"@\w+", "#0", source))
    return Routine(name, bytes(code), branches)
