"""How long `xaprt.verify` takes for an app of 64 KiB of text (goal: below 50 ms).

    python benchmarks/verify.py [--kilobytes 64] [--repeat 20]

The app is made of many functions with checked arithmetic, loops, arrays, structs and logs, and
compiled as any other. *Cold* is the first image of a process, *warm* another one: words that
were allowed before need no decoding. Times are the best of several, of processor time.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from xapc.pipeline import build
from xaprt.image import read
from xaprt.verify import text, verify

GOAL_MS = 50.0

_HEAD = """
from xap import App, Array, N, SmcCall, i64, log, struct, u8, u32, u64

app = App(name="large", version="1.0.0", uuid="5f0c9c1e-2f7b-4a54-9d3e-0a8f7f3f5c11")


@struct
class Cell:
    key: u32 = u32(0)
    value: u64 = u64(0)


table = Array[Cell, N[64]]()
digest = Array[u8, N[32]]()
"""

_FUNCTION = """
def step{n}(x: u64, y: u64, count: i64) -> u64:
    total = x
    for index in range(count):
        cell = table[(index + {n}) % 64]
        if cell.key % {a} == {b}:
            cell.value = total.wrapping_add(y)
            digest[index % 32] = u8.wrap(total >> {c})
        elif total > {d}:
            total = total // {a} + y % {e}
        else:
            total = (total ^ cell.value).rotate_left({c}) // {b} + u64(cell.key)
    if total == {d}:
        log.warn(f"step {n}: {{total:#x}} of {{count}}")
    return total
"""

_TAIL = """
@app.smc(range(0xC6000000, 0xC600FFFF))
def handler(call: SmcCall) -> u64:
    x = call.x1
    count = i64(call.x2 % 100)
{calls}    return x
"""


def source(functions: int) -> str:
    body = "".join(
        _FUNCTION.format(
            n=n, a=n % 13 + 3, b=n % 3 + 1, c=n % 29 + 1, d=1000 + 7919 * n, e=n % 101 + 17
        )
        for n in range(functions)
    )
    calls = "".join(
        f"    if call.fid & {n:#x} == {n:#x}:\n        x = step{n}(x, call.x{n % 5 + 3}, count)\n"
        for n in range(functions)
    )
    return _HEAD + body + _TAIL.format(calls=calls)


def compiled(kilobytes: int) -> tuple[bytes, int]:
    """An image with at least that much text, and how much it is in bytes."""
    functions = 8
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.py"
        while True:
            path.write_text(source(functions))
            data = build(path).elf
            size = sum(len(each.bytes_) for each in read(data).segments if each.executable)
            if size >= kilobytes << 10:
                return data, size
            functions = functions * (kilobytes << 10) // size + 2


def best(repeat: int, what: Callable[[], object]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        what()
        times.append(time.process_time() - begin)
    return 1000 * min(times)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--kilobytes", type=int, default=64)
    arguments.add_argument("--repeat", type=int, default=20)
    given = arguments.parse_args()
    data, size = compiled(given.kilobytes)

    def cold() -> None:
        text.forget()
        verify(data)

    report = verify(data)
    print(f"{size} bytes of text, {len(report.functions)} functions, file {len(data)} bytes")
    print(f"stack: {report.stack_bytes} bytes")
    milliseconds = {
        "cold": best(given.repeat, cold),
        "warm": best(given.repeat, lambda: verify(data)),
    }
    for name, each in milliseconds.items():
        share = each * (64 << 10) / size
        print(f"{name}: {each:6.1f} ms, {share:6.1f} ms for 64 KiB (goal {GOAL_MS:.0f} ms)")
    return int(milliseconds["cold"] * (64 << 10) / size > GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
