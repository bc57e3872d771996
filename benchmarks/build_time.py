"""`python -m benchmarks.build_time [LINES...]`: how build time grows with the source.

An app of as many lines as asked (1,000 to 50,000 by default) is compiled to its verified image;
printed is what each stage took, in seconds, and the time of a line.
"""

import sys
import tempfile
import time
from pathlib import Path

from xapc.pipeline import Build, check_file
from xaprt.link import link
from xaprt.verify import verify

_HEADER = """\
from xap import App, Array, N, u32, u64, wrapping

app = App("scale", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e")
state = Array[u64, N[16]]()

"""
_FUNCTION = """\
def step{n}(a: u64, b: u32) -> u64:
    total = a
    for i in range(4):
        if b & {bit} != 0:
            state[i] += a
        else:
            total = total.wrapping_add(state[i] >> {shift})
    with wrapping():
        total = total * {n} + u64(b)
    return total

"""
_CALLS = 100
"""Functions that one other calls, so that the call graph is a tree of some depth."""


def source(lines: int) -> str:
    count = max(1, lines // (_FUNCTION.count("\n") + 1))
    parts = [_HEADER]
    parts += [_FUNCTION.format(n=n, bit=1 << n % 32, shift=n % 64) for n in range(count)]
    groups = range(0, count, _CALLS)
    for first in groups:
        calls = range(first, min(count, first + _CALLS))
        body = "".join(f"    total ^= step{n}(total, u32({n}))\n" for n in calls)
        parts.append(f"def group{first}(x: u64) -> u64:\n    total = x\n{body}    return total\n\n")
    body = "".join(f"    total ^= group{first}(total)\n" for first in groups)
    parts.append("@app.smc(0xC600_0001)\ndef handler(x: u64) -> u64:\n    total = x\n")
    return "".join([*parts, body, "    return total\n"])


def measure(path: Path) -> dict[str, float]:
    times: dict[str, float] = {}

    def lap(name: str) -> None:
        now = time.perf_counter()
        times[name] = now - began - sum(times.values())

    began = time.perf_counter()
    build = Build(check_file(path), debug=True, optimize=True)
    lap("check")
    _ = build.llvm
    lap("lower")
    _ = build.object
    lap("emit")
    image = link(build.object, build.checked.manifest)
    lap("link")
    verify(image)
    lap("verify")
    return times


def main(argv: list[str]) -> None:
    sizes = [int(word) for word in argv] or [1_000, 5_000, 20_000, 50_000]
    print("|  lines | check | lower |  emit |  link | verify | total | ms a line |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scale.py")
        for size in sizes:
            text = source(size)
            path.write_text(text, encoding="utf-8")
            times = measure(path)
            lines, total = text.count("\n"), sum(times.values())
            each = " | ".join(f"{value:5.2f}" for value in times.values())
            print(
                f"| {lines:>6} | {each} | {total:5.2f} | {1000 * total / lines:.2f} |", flush=True
            )


if __name__ == "__main__":
    main(sys.argv[1:])
