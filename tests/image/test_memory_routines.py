"""memcpy and its kin against Python, over alignments, lengths and overlaps.

Every access must be aligned (ABI.md section 1, clause 2): the memory may be Device-typed.
"""

from hypothesis import given
from hypothesis import strategies as st
from unicorn import UC_ARCH_ARM64, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, UC_MODE_ARM, Uc
from unicorn import arm64_const as reg
from xaprt import stub

from tests.image.support import X, require_aligned

PAGE = 4096
CODE, DATA, STOP = 0x10_0000, 0x20_0000, 0x10_0F00
SIZE = 256
KEPT = [*range(9, 30)]


class Bench:
    """The routines in a page, and memory to work on between bytes that must not change."""

    def __init__(self) -> None:
        self.uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        self.uc.mem_map(CODE, PAGE)
        self.uc.mem_map(DATA, PAGE)
        self._at: dict[str, int] = {}
        end = CODE
        for name in ("memcpy", "memmove", "memset", "memcmp", "bcmp"):
            routine = stub.routine(name)
            assert routine is not None
            code = bytearray(routine.code)
            for offset, target in routine.branches:
                distance = (self._at[target] - end - offset) // 4
                word = int.from_bytes(code[offset : offset + 4], "little") & 0xFC00_0000
                code[offset : offset + 4] = (word | distance & 0x3FF_FFFF).to_bytes(4, "little")
            self.uc.mem_write(end, bytes(code))
            self._at[name] = end
            end += len(code)
        self.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, require_aligned)

    def call(self, name: str, memory: bytes, *arguments: int) -> tuple[int, bytes]:
        """x0 and the memory afterwards; offsets in `memory` are DATA + offset."""
        self.uc.mem_write(DATA, memory)
        for number in range(31):
            self.uc.reg_write(X[number], 0xDEAD_0000 + number)
        for number, value in enumerate(arguments):
            self.uc.reg_write(X[number], value)
        self.uc.reg_write(X[30], STOP)
        self.uc.reg_write(reg.UC_ARM64_REG_SP, 0xABC0)
        self.uc.emu_start(self._at[name], STOP)
        assert self.uc.reg_read(reg.UC_ARM64_REG_SP) == 0xABC0
        for number in KEPT:
            assert self.uc.reg_read(X[number]) == 0xDEAD_0000 + number
        return self.uc.reg_read(X[0]), bytes(self.uc.mem_read(DATA, len(memory)))


BENCH = Bench()
memories = st.binary(min_size=SIZE, max_size=SIZE)
offsets = st.integers(0, SIZE // 2)
lengths = st.integers(0, 40) | st.integers(0, SIZE // 2)


@given(memories, offsets, offsets, lengths)
def test_memmove_is_a_slice_assignment(memory: bytes, to: int, source: int, length: int) -> None:
    result, after = BENCH.call("memmove", memory, DATA + to, DATA + source, length)
    expected = bytearray(memory)
    expected[to : to + length] = memory[source : source + length]
    assert (result, after) == (DATA + to, bytes(expected))


@given(memories, st.integers(0, 15), st.integers(0, 15), lengths)
def test_memcpy(memory: bytes, to: int, source: int, length: int) -> None:
    source += SIZE // 2
    length = min(length, SIZE // 2 - 16)
    result, after = BENCH.call("memcpy", memory, DATA + to, DATA + source, length)
    expected = bytearray(memory)
    expected[to : to + length] = memory[source : source + length]
    assert (result, after) == (DATA + to, bytes(expected))


@given(memories, offsets, st.integers(0, (1 << 64) - 1), lengths)
def test_memset_takes_the_low_byte(memory: bytes, to: int, value: int, length: int) -> None:
    result, after = BENCH.call("memset", memory, DATA + to, value, length)
    expected = bytearray(memory)
    expected[to : to + length] = bytes([value & 255]) * length
    assert (result, after) == (DATA + to, bytes(expected))


@given(st.binary(max_size=80), st.integers(0, 8), st.integers(0, 8), st.data())
def test_memcmp_is_the_order_of_bytes(same: bytes, a: int, b: int, data: st.DataObject) -> None:
    other = bytearray(same)
    if same and data.draw(st.booleans()):
        other[data.draw(st.integers(0, len(same) - 1))] = data.draw(st.integers(0, 255))
    memory = bytearray(SIZE)
    memory[a : a + len(same)] = same
    memory[SIZE // 2 + b : SIZE // 2 + b + len(same)] = other
    for name in ("memcmp", "bcmp"):
        result, after = BENCH.call(name, bytes(memory), DATA + a, DATA + SIZE // 2 + b, len(same))
        order = (result & 0xFFFF_FFFF ^ 1 << 31) - (1 << 31)
        assert (order > 0) - (order < 0) == (same > bytes(other)) - (same < bytes(other))
        assert after == bytes(memory)


def test_equally_aligned_operands_move_eight_bytes_at_a_time() -> None:
    uc_reads: list[int] = []
    bench = Bench()
    bench.uc.hook_add(UC_HOOK_MEM_READ, lambda _u, _a, _at, size, _v, _d: uc_reads.append(size))
    bench.call("memcpy", bytes(SIZE), DATA + 3, DATA + 131, 100)
    assert uc_reads == [1] * 5 + [8] * 11 + [1] * 7
