"""How long `xaprt.verify` takes for texts of a mebibyte that are out to keep it busy.

    python -m benchmarks.verify_worst [--kilobytes 1020] [FAMILY...]

Goal: below a second, whatever the bytes. Each family is made to meet one costly thing as often as
a text has room for. Times are of processor time, of the first image of a process (`cold`).
"""

import argparse
import random
import struct
import sys
import time
from collections.abc import Callable

from xaprt import abi, elf
from xaprt.verify import Refusal, text, verify

from tests.verify.images import EXIT, Segment, assemble, image

GOAL_MS = 1000.0
_NOP = 0xD503201F
_RET = 0xD65F03C0
Words = list[int]


def words(source: str) -> Words:
    code = assemble(source)
    return list(struct.unpack(f"<{len(code) // 4}I", code))


_EXIT = words(EXIT)
_FRAME = words("sub sp, sp, #15, lsl #12; sub sp, sp, #4080")
"""The largest stack: what is saved there is to be remembered."""


def _branch(offset: int) -> int:
    return 0x1400_0000 | offset & 0x3FF_FFFF


def _call(offset: int) -> int:
    return 0x9400_0000 | offset & 0x3FF_FFFF


def _unless(register: int, offset: int) -> int:
    """CBZ."""
    return 0xB400_0000 | (offset & 0x7_FFFF) << 5 | register


def _store(register: int, slot: int) -> int:
    """STR of a whole register to the stack, `slot` doublewords up."""
    return 0xF900_03E0 | slot << 10 | register


# --- the families ---------------------------------------------------------------------------


def distinct(count: int) -> Words:
    """No word twice: nothing that was decoded helps with the next."""
    made = [0x8B00_0000 | n & 0x1F | (n >> 5 & 0x1F) << 5 | (n >> 10 & 0x1F) << 16
            | (n >> 15 & 0x3F) << 10 | (n >> 21) << 22 for n in range(count)]  # fmt: skip
    return [*made[: count - 2], *_EXIT]


def constants(count: int) -> Words:
    """Numbers, of which each is made and kept."""
    made = [0xD280_0000 | n & 0x1F | (n >> 5 & 0xFFFF) << 5 for n in range(count)]
    return [*made[: count - 2], *_EXIT]


def pairs(count: int) -> Words:
    """The costliest access: two registers saved, two slots overwritten."""
    made = _FRAME + [0xA900_0000 | (n % 64) << 15 | (20 + n % 10) << 10 | 31 << 5 | 19 + n % 11
                     for n in range(count - 4)]  # fmt: skip
    return [*made, *_EXIT]


def indexed(count: int) -> Words:
    """Registers saved at places that another register says."""
    made = [0xD280_0004 | n % 32 << 5 if n % 8 == 0 else 0xF824_7BE0 | 19 + n % 10
            for n in range(count - 4)]  # fmt: skip
    return [*_FRAME, *made, *_EXIT]


def slots(count: int) -> Words:
    """Registers saved all over the largest stack, again and again."""
    room = (64 << 10) // 8 - 512
    made = [_store(19 + n % 10, n % min(room, 4096)) for n in range(count - 4)]
    return [*_FRAME, *made, *_EXIT]


def slots_and_blocks(count: int) -> Words:
    """As many slots as there are, compared where each of many blocks begins."""
    room = min(4096, count // 4)
    made = [_store(19 + n % 10, n) for n in range(room)]
    left = count - 4 - room
    return [*_FRAME, *made, *([_unless(0, 1), _NOP] * (left // 2)), *_EXIT]


def slots_and_calls(count: int) -> Words:
    """As many slots as there are, looked through at each call."""
    room = min(4096, count // 4)
    made = [_store(19 + n % 10, n) for n in range(room)]
    left = count - 5 - room
    calls = [_call(left - n + 2) for n in range(left)]
    return [*_FRAME, *made, *calls, *_EXIT, _RET]


def blocks(count: int) -> Words:
    """A branch to the next word, at every word."""
    return [*([_unless(0, 1)] * (count - 2)), *_EXIT]


def far_blocks(count: int) -> Words:
    """Branches to anywhere, forth and back: paths meet all the time."""
    rng = random.Random(5)
    made = []
    for n in range(count - 2):
        low, high = max(-n, -(1 << 18)), min(count - 3 - n, (1 << 18) - 1)
        made.append(_unless(n % 31, rng.randint(low, high)) if n % 2 else 0x8B00_0000 | n % 31)
    return [*made, *_EXIT]


def back_edges(count: int) -> Words:
    """A loop around loops: each turn something less is known."""
    made: Words = []
    kill = [f"mov x{n}, x{n - 1}" for n in range(20, 30)]
    killed = [words(each)[0] for each in kill]
    size = (count - 2) // len(killed)
    for number, word in enumerate(killed):
        body = [_NOP] * (size - 2)
        body[-1] = word
        made += [*body, _unless(0, -len(body)), _unless(1, -len(made) - size + 1)]
        made[-1] = _unless(1, max(-(1 << 18), -(number + 1) * size + 1))
    made += [_NOP] * (count - 2 - len(made))
    return [*made, *_EXIT]


def losing(count: int) -> Words:
    """Every turn of a loop over the whole text makes one slot of many unknown."""
    room = 200
    made = _FRAME + [_store(19 + n % 10, n) for n in range(room)]
    head = len(made)
    # The n-th slot is overwritten if the one before it does not hold what it did.
    body: Words = []
    while len(body) < count - len(made) - 204:
        body += words("ldp x19, x20, [sp, #16]; stp x20, x19, [sp, #24]; cbz x3, 8; nop")
    made += body
    made.append(_unless(0, max(head - len(made), -(1 << 18))))
    made += [_NOP] * (count - 2 - len(made))
    return [*made, *_EXIT]


def functions(count: int) -> Words:
    """As many functions as there can be."""
    half = (count - 2) // 2
    return [*[_call(half + 2) for _ in range(half)], *_EXIT, *[_RET] * half]


def deep(count: int) -> Words:
    """Calls within calls, as deep as is followed, with long bodies."""
    depth = 4000
    size = (count - 2) // depth
    body = words("stp x29, x30, [sp, #-16]!") + [0] * (size - 3) + words("ldp x29, x30, [sp], #16")
    one = [body[0], _call(size - 1), *[_NOP] * (size - 4), body[-1], _RET]
    return [*(one * depth)[: count - 2], *_EXIT]


def shared(count: int) -> Words:
    """Many functions that go on in one long tail."""
    entries = 1000
    tail = count - 2 * entries - 3
    calls = [_call(entries + 2) for _ in range(entries)]
    jumps = [_branch(entries - n) for n in range(entries)]
    return [*calls, *_EXIT, *jumps, *[_NOP] * tail, _RET]


def system_calls(count: int) -> Words:
    return [*[0xD400_0001] * (count - 2), *_EXIT]


def refused_blocks(count: int) -> Words:
    """Something is wrong in every block."""
    bad = words("ldr x0, [sp, #-8]!")[0]
    return [*[_unless(0, 2), bad] * (count // 2 - 1), *_EXIT]


def refused_long(count: int) -> Words:
    """A long block that is wrong at its end, met again and again with less that is known."""
    kill = words("; ".join(f"mov x{n}, x0" for n in range(9, 30)))
    tail: Words = []
    head = len(_FRAME) + 64 + 1
    body = count - head - 3 * (64 + len(kill)) - 4
    saves = [_store(19 + n % 10, n) for n in range(64)]
    for each in (*kill, *(_store(0, n) for n in range(64))):
        tail += [each, _unless(0, -(body + len(tail) + 2)), _unless(1, 1)]
    made = [*_FRAME, *saves, _branch(body + 2), *[_NOP] * body, words("ldr x0, [sp, #-8]")[0]]
    return [*made, *tail, *_EXIT]


def odd(count: int) -> Words:
    """Accesses that need a second look."""
    made = [0xB840_1020 | n % 20 for n in range(count - 3)]
    return [*made, *words("add x1, x1, #1"), *_EXIT]


def shared_odd(count: int) -> Words:
    """Such accesses in many functions that go on in one tail, with copies in the wrong order."""
    copies = words("; ".join(f"mov x{n}, x{n - 1}" for n in range(19, 0, -1)))
    made = words("ldur w20, [x19, #1]") + copies
    made += [_NOP] * (min(count // 2, 16_000) - len(made) - 2) + words("add x0, x0, #1")
    return _sharing(min(500, count // 8), made)


def shared_system_calls(count: int) -> Words:
    return _sharing(6, [*words("mov x8, #1"), *[0xD400_0001] * (count - 17)])


def _sharing(entries: int, tail: Words) -> Words:
    """Functions of nothing else, all of them called."""
    calls = [_call(entries + 2) for _ in range(entries)]
    jumps = [_branch(entries - n) for n in range(entries)]
    return [*calls, *_EXIT, *jumps, *tail, _RET]


def slots_and_branches(count: int) -> Words:
    """As many slots as are remembered, others in each of many blocks."""
    made = _FRAME + [_store(19 + n % 10, n) for n in range(64)]
    for n in range((count - len(made) - 2) // 2):
        made += [_store(19 + n % 7, n % 64), _unless(0, 1)]
    return [*made, *_EXIT]


def addresses(count: int) -> Words:
    made = words("adrp x1, 0; ldr x0, [x1, #8]; add x2, x1, #16; ldrb w3, [x2, #1]")
    return [*(made * (count // 4))[: count - 2], *_EXIT]


def random_allowed(count: int) -> Words:
    """Whatever the allow-list has."""
    from xaprt.verify.decode import mask_and_value

    from tests.verify.encoded import patterns

    rng = random.Random(3)
    rows = [mask_and_value(bits) for name, bits in patterns() if name not in _CONTROL]
    made = []
    for _ in range(count - 2):
        mask, value = rng.choice(rows)
        made.append(rng.getrandbits(32) & ~mask | value)
    return [*made, *_EXIT]


_CONTROL = {"b", "bl", "b.cond", "cbz", "cbnz", "tbz", "tbnz", "udf", "svc", "brk", "ret"}

FAMILIES: dict[str, Callable[[int], Words]] = {
    each.__name__: each
    for each in (
        distinct, constants, pairs, indexed, slots, slots_and_blocks, slots_and_calls, blocks,
        far_blocks, back_edges, losing, functions, deep, shared, system_calls, refused_blocks,
        refused_long, odd, shared_odd, shared_system_calls, slots_and_branches, addresses,
        random_allowed,
    )
}  # fmt: skip


def made_of(family: str, kilobytes: int) -> bytes:
    """An image with that much text."""
    code = FAMILIES[family](kilobytes << 8)
    data = struct.pack(f"<{len(code)}I", *code)
    segment = Segment(0, data, elf.PF_R | elf.PF_X)
    return image(b"", whole=(segment,), stack_bytes=abi.MAX_STACK_BYTES)


def measured(data: bytes) -> tuple[float, str]:
    """Milliseconds, and how it ended."""
    text.forget()
    begin = time.process_time()
    try:
        verify(data)
        end = "accepted"
    except Refusal as refusal:
        end = refusal.rule.identifier
    return 1000 * (time.process_time() - begin), end


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kilobytes", type=int, default=1020)
    parser.add_argument("families", nargs="*", choices=[[], *FAMILIES])
    given = parser.parse_args()
    worst = 0.0
    for family in given.families or FAMILIES:
        data = made_of(family, given.kilobytes)
        took, end = min(measured(data) for _ in range(2))
        worst = max(worst, took)
        print(f"{family:<18} {took:8.0f} ms  {end}", flush=True)
    print(f"worst              {worst:8.0f} ms  (goal {GOAL_MS:.0f} ms)")
    return int(worst > GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
