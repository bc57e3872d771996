"""The stack bound against a processor that counts (ABI.md 1.3; issue 5, part 3)."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unicorn import UC_ARCH_ARM64, UC_HOOK_CODE, UC_HOOK_INTR, UC_MODE_ARM, Uc
from unicorn import arm64_const as reg
from xaprt import abi
from xaprt.verify import Refusal, Rule, verify

from tests.verify.images import EXIT, assemble, image

_TOP = 0x8000_0000


@dataclass(frozen=True)
class Program:
    """Functions that call only later ones, straight through: every call is made."""

    seed: int

    @cached_property
    def source(self) -> str:
        random = Random(self.seed)
        count = random.randrange(1, 8)
        parts = [f"bl f0; {EXIT}"]
        for number in range(count):
            callees = [random.randrange(number + 1, count) for _ in range(random.randrange(4))
                       if number + 1 < count]  # fmt: skip
            tail = random.choice(callees) if callees and random.random() < 0.3 else None
            parts.append(_function(random, f"f{number}", [f"f{n}" for n in callees], tail))
        # A function that only branches reach is part of those that branch to it.
        parts.append("; ".join(f"bl f{number}" for number in range(count)))
        return "; ".join(parts)


def _function(random: Random, name: str, callees: list[str], tail: int | None) -> str:
    """One of the ways in which compilers lay out a frame."""
    size = 16 * random.randrange(1, 20)
    calls = "; ".join(f"bl {callee}" for callee in callees) or "nop"
    leave = "ret" if tail is None else f"b f{tail}"
    layouts = [
        f"stp x29, x30, [sp, #-{size}]!; {calls}; ldp x29, x30, [sp], #{size}",
        f"sub sp, sp, #{size}; stp x29, x30, [sp]; mov x29, sp; {calls};"
        f" mov sp, x29; ldp x29, x30, [sp]; add sp, sp, #{size}",
        f"stp x29, x30, [sp, #-16]!; mov x29, sp; sub sp, sp, #{size}; {calls};"
        " mov sp, x29; ldp x29, x30, [sp], #16",
        f"sub sp, sp, #{size + 16}; stp x29, x30, [sp, #{size}]; add x29, sp, #{size}; {calls};"
        f" sub sp, x29, #{size}; ldp x29, x30, [sp, #{size}]; add sp, sp, #{size + 16}",
        f"str x30, [sp, #-16]!; {calls}; sub sp, sp, #{size}; str x0, [sp]; add sp, sp, #{size};"
        " ldr x30, [sp], #16",
    ]
    if not callees:
        layouts += ["nop", f"mov x12, #{size * 100}; sub sp, sp, x12; add sp, sp, x12"]
    return f"{name}: {random.choice(layouts)}; {leave}"


def lowest_sp(code: bytes) -> int:
    """Bytes below the top that the stack pointer went, counted instruction by instruction."""
    uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
    uc.mem_map(0, 0x10000)
    uc.mem_map(_TOP - 0x20000, 0x20000)
    uc.mem_write(0, code)
    uc.reg_write(reg.UC_ARM64_REG_SP, _TOP)
    lowest = _TOP

    def step(uc: Uc, address: int, size: int, _: object) -> None:
        nonlocal lowest
        lowest = min(lowest, uc.reg_read(reg.UC_ARM64_REG_SP))

    uc.hook_add(UC_HOOK_CODE, step)
    uc.hook_add(UC_HOOK_INTR, lambda uc, number, _: uc.emu_stop())
    uc.emu_start(0, 0x10000)
    return _TOP - lowest


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1 << 32).map(Program))
def test_the_bound_is_exactly_what_the_deepest_path_takes(program):
    code = assemble.__wrapped__(program.source)
    data = image(code, stack_bytes=abi.MAX_STACK_BYTES)
    report = verify(data)
    assert report.stack_bytes == lowest_sp(code)
    assert report.stack_bytes <= report.stack_limit == abi.MAX_STACK_BYTES
    if report.stack_bytes:
        assert verify(image(code, stack_bytes=report.stack_bytes)) is not None
        with pytest.raises(Refusal) as caught:
            verify(image(code, stack_bytes=report.stack_bytes - 1))
        assert caught.value.rule is Rule.STACK_BOUND
    path = report.stack_path
    assert path[0].address == report.entry
    for caller, callee in pairwise(path):
        assert callee.address in {call.function for call in caller.calls}
        assert caller.stack >= callee.stack
    assert path[-1].stack == path[-1].frame


def test_the_deepest_of_several_callees_and_depths_counts():
    """A call from deep inside outweighs a hungrier callee called at the top."""
    source = f"""
        bl f; {EXIT}
        f: stp x29, x30, [sp, #-16]!; bl g; sub sp, sp, #64; bl h; add sp, sp, #64
        ldp x29, x30, [sp], #16; ret
        g: sub sp, sp, #80; add sp, sp, #80; ret
        h: sub sp, sp, #32; add sp, sp, #32; ret"""
    report = verify(image(source, symbols={"f": (12, 28), "h": (52, 12)}))
    assert report.stack_bytes == 16 + 64 + 32
    assert [function.name for function in report.stack_path] == [None, "f", "h"]


def test_the_bound_is_refused_with_its_path():
    data = image(f"bl f; {EXIT}; f: sub sp, sp, #256; add sp, sp, #256; ret",
                 symbols={"_start": (0, 12), "deep": (12, 12)}, stack_bytes=240)  # fmt: skip
    with pytest.raises(Refusal) as caught:
        verify(data)
    assert "256 bytes of stack, the manifest says 240; _start 0 -> deep 256" in str(caught.value)
    assert caught.value.address == 12
