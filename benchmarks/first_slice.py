"""`python -m benchmarks.first_slice`: what one house of the street costs.

Instructions and sizes are exact and the same on every machine; tests hold them to their limits.
Build times are the median of runs of the whole command, a new process each.
"""

import io
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import xap_harness
from elftools.elf.elffile import ELFFile
from xap_harness.hypervisor.firmware import TrngFirmware
from xapc.pipeline import build

ROOT = Path(__file__).resolve().parents[1]
EMPTY = Path(__file__).with_name("empty.py")
HELLO = ROOT / "samples/hello.py"
TRNG = ROOT / "samples/trng.py"
BUILDS = 11


@dataclass(frozen=True)
class Figure:
    what: str
    value: float
    unit: str
    limit: float | None = None

    def __str__(self) -> str:
        value = f"{self.value:.2f}" if self.unit == "s" else f"{self.value:.0f}"
        limit = "" if self.limit is None else f"{self.limit:g}"
        return f"| {self.what:<50} | {value:>6} {self.unit:<12} | {limit:>7} |"


def instructions(app: Path, fid: int, *arguments: int) -> int:
    """From the entry point to the `svc` that ends the call, both counted."""
    loaded = xap_harness.load(app, firmware=TrngFirmware())
    spent = loaded.smc(fid, *arguments).instructions
    assert spent is not None
    return spent


def empty_call() -> Figure:
    spent = instructions(EMPTY, 0xC600_0001)
    return Figure("empty handler, one route: entry to svc", spent, "instructions", 16)


def hello_loaded() -> Figure:
    image = ELFFile(io.BytesIO(build(HELLO, debug=False).elf))
    size = sum(segment["p_memsz"] for segment in image.iter_segments("PT_LOAD"))
    return Figure("hello.py: bytes loaded", size, "bytes", 1536)


def hello_file() -> Figure:
    size = len(build(HELLO, debug=False).elf)
    return Figure("hello.py: ELF without debug information", size, "bytes", 12 * 1024)


def exact() -> Iterator[Figure]:
    yield empty_call()
    yield hello_loaded()
    yield hello_file()
    yield Figure(
        "hello.py: a call, its log included", instructions(HELLO, 0xC600_0001), "instructions"
    )
    for bits in (64, 192):
        spent = instructions(TRNG, 0xC400_0053, bits)
        yield Figure(f"trng.py: RND64 of {bits} bits, from the firmware", spent, "instructions")
    for sample in sorted({*(ROOT / "samples").glob("*.py")} - {HELLO}):
        elf = build(sample, debug=False).elf
        yield Figure(f"{sample.name}: ELF without debug information", len(elf), "bytes")


def build_times(app: Path) -> Iterator[Figure]:
    """Of `xapc build`, interpreter included. Processor time is what a busy machine leaves alone."""
    walls, processor = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "xapc", "build", str(app), "-o", f"{folder}/out.elf"]
        environment = {**os.environ, "XAP_CACHE": "off"}
        for _ in range(BUILDS + 1):
            before, start = os.times(), time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
            after, end = os.times(), time.perf_counter()
            walls.append(end - start)
            spent = after.children_user + after.children_system
            processor.append(spent - before.children_user - before.children_system)
    # The first run fills the caches of the system and of Python.
    name = f"xapc build samples/{app.name}, median of {BUILDS}"
    limit = 0.6 if app == HELLO else None
    yield Figure(name, statistics.median(walls[1:]), "s", limit)
    yield Figure("  of that, processor time", statistics.median(processor[1:]), "s")


def main() -> int:
    print(f"Python {platform.python_version()}, {os.cpu_count()} x {platform.machine()}\n")
    print(f"| {'what':<50} | {'measured':<19} | {'at most':>7} |")
    print(f"|{'-' * 52}|{'-' * 21}|{'-' * 9}|")
    beyond = 0
    for figure in (*exact(), *build_times(HELLO), *build_times(TRNG)):
        print(figure, flush=True)
        beyond += figure.limit is not None and figure.value > figure.limit
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
