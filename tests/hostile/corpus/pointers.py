"""Pointers that system calls are given (ABI.md 3.1)."""

from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import (
    MMIO_READ,
    MMIO_WRITE,
    POSTED,
    SMC,
    Manifest,
    guest_memory,
    io,
    route,
)
from tests.hostile.verdict import Condemned, Error
from tests.hostile.world import FID, World

TITLE = "Pointers"

_LOG = "mov x2, #2; sys 1; reply"


def _log(name: str, what: str, pointer: str, length: str, manifest: Manifest | None = None) -> Case:
    return Case(
        f"pointer-{name}",
        "3.1",
        f"logs {what}",
        Error("EFAULT"),
        code=f"{pointer}; {length}; {_LOG}",
        manifest=manifest or Manifest(),
        steps=_silent,
    )


def _silent(world: World) -> None:
    world.attack()
    world.expect("console", [line for line in world.lines if "attack" in line], [])


def _edges(world: World) -> None:
    """All of what is its own can be logged, to the last byte."""
    for number in range(4):
        answer = world.attack(FID, number)
        world.expect(f"edge {number}", answer.registers[0], 0)
    world.attack(FID, 4)


_MMIO = 0x0B00_0000
_WITH_REQUEST_PAGE = Manifest(
    routes=(
        route(SMC, FID),
        route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, POSTED),
        route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
    )
)

CASES = [
    Case(
        "pointer-nothing",
        "3.1",
        "logs nothing at addresses that it does not have, which is done",
        Error("EPERM"),
        code="mov x0, #0; mov x1, #0; mov x2, #2; sys 1; cbnz x0, bad; li x0, -1; mov x1, #0;"
        "sys 1; cbnz x0, bad; fail 1; bad: answer",
    ),
    _log("null", "one byte at address 0", "mov x0, #0", "mov x1, #1"),
    _log("null-most", "all of the address space but a byte, from 0", "mov x0, #0", "li x1, -1"),
    _log("top", "the last page of the address space", "li x0, -4096", "li x1, 4096"),
    _log("top-wrap", "two bytes that wrap from the last to the first", "li x0, -1", "mov x1, #2"),
    _log(
        "wrap",
        "its state, with a length that wraps to its end",
        "add x0, x28, #5, lsl #12",
        "li x1, -1",
    ),
    _log(
        "wrap-back",
        "a range that begins behind its state and wraps around to it",
        "add x0, x28, #6, lsl #12",
        "li x1, -8",
    ),
    _log(
        "below",
        "the byte below its state, and one of it",
        "add x0, x28, #5, lsl #12; sub x0, x0, #1",
        "mov x1, #2",
    ),
    _log(
        "straddle-state",
        "five bytes from four before the end of its state",
        "add x0, x28, #6, lsl #12; sub x0, x0, #4",
        "mov x1, #5",
    ),
    _log(
        "straddle-text",
        "the end of its text, and a byte behind",
        "add x0, x28, #1, lsl #12; sub x0, x0, #1",
        "mov x1, #2",
    ),
    _log("behind-state", "the byte behind its state", "add x0, x28, #6, lsl #12", "mov x1, #1"),
    _log(
        "beyond-256",
        "a page and a byte of its state, of which 256 bytes would be read",
        "add x0, x28, #5, lsl #12",
        "li x1, 4097",
    ),
    _log("guard", "the guard page", "sub x0, x27, #2, lsl #12", "mov x1, #8"),
    _log(
        "straddle-stack",
        "a byte of the guard page, and its stack",
        "sub x0, x27, #1, lsl #12; sub x0, x0, #1",
        "mov x1, #2",
    ),
    _log("above-stack", "the byte above its stack", "mov x0, x27", "mov x1, #1"),
    _log("straddle-top", "its stack, and the byte above", "sub x0, x27, #1", "mov x1, #2"),
    _log(
        "from-image-to-stack",
        "everything from its text to its stack",
        "mov x0, x28",
        "sub x1, x27, x28",
    ),
    _log(
        "sign-bit",
        "its state, at an address with bit 63 set",
        "add x0, x28, #5, lsl #12; orr x0, x0, #0x8000000000000000",
        "mov x1, #1",
    ),
    _log(
        "tag",
        "its state, at an address with a tag in the top byte",
        "add x0, x28, #5, lsl #12; orr x0, x0, #0x0100000000000000",
        "mov x1, #1",
    ),
    _log(
        "mapped-page",
        "bytes of a guest's page that it has mapped",
        "li x0, 0x40000000; mov x1, #1; sys 4",
        "mov x1, #4",
        Manifest(needs=(guest_memory(3),)),
    ),
    _log(
        "device",
        "bytes of a device that it has mapped",
        "mov x0, #0; sys 6",
        "mov x1, #4",
        Manifest(needs=(io("dev", 0x2100_0000),)),
    ),
    Case(
        "pointer-request-page",
        "3.1",
        "logs bytes of its request page",
        Error("EFAULT"),
        handlers={
            "init": "add x10, x28, #5, lsl #12; str x2, [x10]; answer",
            "smc": f"add x10, x28, #5, lsl #12; ldr x0, [x10]; mov x1, #4; {_LOG}",
        },
        manifest=_WITH_REQUEST_PAGE,
        steps=_silent,
    ),
    Case(
        "pointer-edges",
        "3.1",
        "logs the first and last bytes of state and stack, then one too many",
        Error("EFAULT"),
        code="cmp x2, #1; b.eq last; cmp x2, #2; b.eq deep; cmp x2, #3; b.eq upper; cmp x2, #4; "
        "b.eq more;"
        f"add x0, x28, #5, lsl #12; li x1, 4096; {_LOG};"
        f"last: add x0, x28, #6, lsl #12; sub x0, x0, #1; mov x1, #1; {_LOG};"
        f"deep: sub x0, x27, #1, lsl #12; mov x1, #1; {_LOG};"
        f"upper: sub x0, x27, #1, lsl #12; li x1, 4096; {_LOG};"
        f"more: sub x0, x27, #1, lsl #12; li x1, 4097; {_LOG}",
        steps=_edges,
    ),
    Case(
        "pointer-across",
        "3.1",
        "logs across two segments that touch, which is well, then to a byte behind the second",
        Error("EFAULT"),
        code="add x0, x28, #6, lsl #12; sub x0, x0, #1, lsl #12; sub x0, x0, #8; mov x1, #16; "
        "mov x2, #2;"
        "sys 1; cbnz x0, bad; add x0, x28, #4, lsl #12; li x1, 8193; sys 1; reply; bad: answer",
        change=lambda elf: setattr(elf.of(1, 1), "vaddr", 0x4000),
    ),
    Case(
        "pointer-empty",
        "3.1",
        "logs nothing from a wild address, which is well, then one byte",
        Error("EFAULT"),
        code=(
            "li x0, -1; mov x1, #0; mov x2, #2; sys 1; cbnz x0, out; li x0, -1; mov x1, #1; "
            "sys 1; out: reply"
        ),
    ),
    *(
        Case(
            f"panic-pointer-{name}",
            "3.1",
            f"panics with a text {what}",
            Condemned("panic", "PANIC", 0, ""),
            code=f"{pointer}; {length}; mov x0, #8; sys 2",
            manifest=Manifest(needs=(guest_memory(3),)),
        )
        for name, what, pointer, length in (
            ("null", "at address 0", "mov x1, #0", "mov x2, #9"),
            (
                "straddle",
                "that leaves its state",
                "add x1, x28, #6, lsl #12; sub x1, x1, #1",
                "mov x2, #2",
            ),
            ("wrap", "that wraps around", "li x1, -2", "mov x2, #9"),
            (
                "page",
                "in a guest's page",
                "li x0, 0x40000000; mov x1, #1; sys 4; mov x1, x0",
                "mov x2, #9",
            ),
        )
    ),
]
