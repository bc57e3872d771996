"""What compilers make: ours, and others if they are there (ABI.md 1.2: any toolchain)."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile
from xapc.pipeline import build
from xaprt import abi
from xaprt.verify import Report, verify

from tests.verify.images import Segment, image

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.py"))


@pytest.mark.parametrize("optimize", [True, False], ids=["O2", "O0"])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_good_and_its_bound_is_exact(path, optimize):
    """Two that count apart, the linker and the verifier, agree to the byte."""
    report = verify(build(path, optimize=optimize).elf)
    assert report.stack_bytes == report.stack_limit
    assert None not in report.used
    assert all(function.name for function in report.functions)


# --- other toolchains -----------------------------------------------------------------------

C_SOURCE = """
typedef unsigned long u64; typedef unsigned int u32; typedef unsigned char u8;
struct cell { u32 key; u8 tag; u64 value; };
static struct cell table[32];
static const u32 primes[] = { 2, 3, 5, 7, 11, 13, 17, 19 };

static __attribute__((noinline)) long call(long number, long a, long b) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
}
static __attribute__((noreturn)) void leave(long status, long result) {
    register long x8 __asm__("x8") = 0;
    register long x0 __asm__("x0") = status;
    register long x1 __asm__("x1") = result;
    __asm__ volatile("svc #0" : : "r"(x8), "r"(x0), "r"(x1) : "memory");
    __builtin_unreachable();
}
static __attribute__((noinline)) u64 mix(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h,
                                         u64 ninth, u64 tenth) {
    return a * b + (c ^ d) / (e | 1) + f % (g | 1) + h + ninth - tenth;
}
static __attribute__((noinline)) void copy(u8 *to, const u8 *from, u64 n) {
    for (u64 i = 0; i < n; i++) to[i] = from[i];
}
static __attribute__((noinline)) u64 search(u32 key) {
    u8 buffer[300]; u64 best = 0;
    copy(buffer, (const u8 *)table, sizeof buffer);
    for (int i = 0; i < 32; i++)
        if (table[i].key == key % primes[i % 8]) best += table[i].value + buffer[i * 3];
    return best;
}
static __attribute__((noinline)) u64 route(u32 fid, u64 x) {
    switch (fid & 7) {
    case 0: return search(x);
    case 1: table[x % 32].value += x; return 0;
    case 2: return mix(x, fid, 3, 4, 5, 6, 7, 8, x >> 3, x << 2);
    case 3: return __builtin_clzl(x | 1) + __builtin_bswap64(x);
    case 4: return (long)x >> (fid & 63);
    default: table[fid % 32].tag = x; return call(9, 0, 0);
    }
}
void _start(long function, long fid, u64 x1) {
    if (function != 1) leave(-38, 0);
    if (fid == 7) call(2, 1, 0);
    leave(0, route(fid, x1));
}
"""
STRICT = ["-ffreestanding", "-nostdlib", "-fPIC", "-mgeneral-regs-only", "-mstrict-align",
          "-fno-jump-tables", "-fno-builtin", "-fvisibility=hidden", "-w"]  # fmt: skip
COMPILERS = {
    "gcc": ["aarch64-linux-gnu-gcc", "-mno-outline-atomics"],
    "clang": ["clang", "--target=aarch64-linux-gnu"],
}
OPTIONS = {
    "O0": ["-O0"], "O1": ["-O1"], "O2": ["-O2"], "O3": ["-O3"], "Os": ["-Os"], "Oz": ["-Oz"],
    "pac": ["-O2", "-mbranch-protection=standard"], "frames": ["-O2", "-fno-omit-frame-pointer"],
    "sections": ["-O1", "-ffunction-sections"], "protector": ["-O2", "-fstack-clash-protection"],
}  # fmt: skip


def made_by(command: list[str], folder: Path) -> bytes:
    """Compiled, linked by GNU ld, and put into an image with a manifest of ours."""
    (folder / "app.c").write_text(C_SOURCE)
    linked = folder / "app.elf"
    objects = folder / "app.o"
    subprocess.run([*command, *STRICT, "-c", "app.c", "-o", objects], cwd=folder, check=True)
    subprocess.run(
        ["aarch64-linux-gnu-ld", "-pie", "--no-dynamic-linker", "-z", "max-page-size=4096",
         "-z", "separate-code", "-e", "_start", objects, "-o", linked], check=True,
    )  # fmt: skip
    with linked.open("rb") as file:
        read = ELFFile(file)
        return image(
            b"",
            entry=read["e_entry"],
            symbols={
                each.name: (each["st_value"], each["st_size"])
                for each in read.get_section_by_name(".symtab").iter_symbols()
                if each["st_info"]["type"] == "STT_FUNC"
            },
            whole=tuple(
                _segment(each) for each in read.iter_segments() if each["p_type"] == "PT_LOAD"
            ),
            stack_bytes=abi.MAX_STACK_BYTES,
        )


def _segment(each: Any) -> Segment:
    """From a page on, as memory has it."""
    before = each["p_vaddr"] % abi.PAGE_SIZE
    content = bytes(before) + each.data().ljust(each["p_memsz"], b"\0")
    return Segment(each["p_vaddr"] - before, content, each["p_flags"])


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_what_another_compiler_makes_is_accepted(compiler, options, tmp_path):
    command = COMPILERS[compiler]
    if not shutil.which(command[0]) or not shutil.which("aarch64-linux-gnu-ld"):
        pytest.skip(f"{command[0]} and GNU ld for AArch64 are not installed")
    report: Report = verify(made_by([*command, *OPTIONS[options]], tmp_path))
    assert {abi.Syscall.RETURN.value} <= report.used
    assert "_start" in {function.name for function in report.functions}
    assert 300 <= report.stack_bytes < 2000
