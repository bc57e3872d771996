"""Attacks in the language: most are refused before there is an image (LANGUAGE.md)."""

import re

from tests.hostile.case import Case
from tests.hostile.verdict import Budget, Check, Condemned, Verdict
from tests.hostile.world import FID, RAM, Steps, World

TITLE = "Apps in Python"

_HEAD = """
from typing import Final
from xap import {names}

app = App("attack", version="1.0.0", uuid="a77ac400-0000-4000-8000-000000000001"{options})
{before}

@app.smc(0xC600_0001)
def handle(x1: u64, x2: u64) -> u64:
{body}
"""

_NAMES = (
    "App", "Array", "MmioAccess", "N", "Needs", "View", "call_smc", "i64", "inject_irq",
    "map_guest_page", "panic", "set_timer", "struct", "u32", "u64", "u8",
)  # fmt: skip


def _source(body: str, before: str = "", options: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = _HEAD.format(
        body=lines, before=before, options=f", {options}" if options else "", names="{names}"
    )
    used = [name for name in _NAMES if re.search(rf"\b{name}\b", text)]
    return text.replace("{names}", ", ".join(used))


def _refused(
    name: str, what: str, code: str, body: str = "return x1", before: str = "", options: str = ""
) -> Case:
    return Case(
        f"python-{name}", "LANGUAGE", what, Check(code), python=_source(body, before, options)
    )


def _given(line: int, *args: int) -> Steps:
    """`line`: where it fails, if it does so at a line of its own."""

    def steps(world: World) -> None:
        fault = world.attack(FID, *args).outcome
        if world.hostile and line:
            world.expect("the line", fault.line, line)
            world.expect("the file", fault.file.endswith(".py"), True)
            told = [x for x in world.lines if x.startswith("xap-fault: at=app_")]
            world.expect(
                "told", [x.partition(".py")[2] for x in told], [f":{line} function=handle"]
            )

    return steps


def _runs(
    name: str,
    what: str,
    verdict: Verdict,
    body: str,
    args: tuple[int, ...],
    before: str = "",
    options: str = "",
    above: int = 0,
) -> Case:
    """`above`: lines of the body behind the one that fails."""
    source = _source(body, before, options)
    last = source.rstrip().count("\n") + 1
    line = last - above if isinstance(verdict, Condemned) else 0
    return Case(f"python-{name}", "5.1", what, verdict, python=source, steps=_given(line, *args))


def _check(reason: str) -> Condemned:
    return Condemned("check", reason, 0)


_TABLE = "TABLE: Final = Array[u64, N[4]]((1, 2, 3, 4))"
_STATE = (
    "@struct\nclass State:\n    items: Array[u64, N[4]] = Array[u64, N[4]]()\n\nstate = State()"
)
_MEMORY = 'needs=[Needs.guest_memory("r")]'

CASES = [
    _refused("import-os", "imports os", "E0206", before="import os"),
    _refused(
        "import-ctypes", "imports a name of ctypes", "E0206", before="from ctypes import string_at"
    ),
    _refused("exec", "calls exec", "E0201", 'exec("1")\nreturn x1'),
    _refused("eval", "calls eval", "E0201", 'return eval("x1")'),
    _refused(
        "open",
        "opens a file when it is built",
        "E0201",
        before='SECRET: Final = open("/etc/passwd")',
    ),
    _refused("dunder-import", "calls __import__", "E0201", '__import__("os")\nreturn x1'),
    _refused("getattr", "calls getattr", "E0201", 'return getattr(x1, "real")'),
    _refused("dunder", "reaches for the class of a value", "E0202", "return x1.__class__"),
    _refused("globals", "calls globals", "E0201", 'return globals()["x1"]'),
    _refused("lambda", "has a lambda", "E0104", "f = lambda: x1\nreturn f()"),
    _refused(
        "recursion",
        "calls itself",
        "E0607",
        "return f(x1)",
        "def f(n: u64) -> u64:\n    return f(n) + 1",
    ),
    _refused(
        "recursion-two",
        "calls itself by another function",
        "E0607",
        "return f(x1)",
        "def g(n: u64) -> u64:\n    return f(n)\n\ndef f(n: u64) -> u64:\n    return g(n)",
    ),
    _refused(
        "try",
        "catches its own panic",
        "E0104",
        "try:\n    return x1 // x2\nexcept Exception:\n    return x2",
    ),
    _refused(
        "undeclared",
        "maps guest memory without having declared it",
        "E0801",
        "with map_guest_page(x1) as page:\n    return u64(page[0])",
    ),
    _refused(
        "undeclared-write",
        "maps to write, declared to read",
        "E0801",
        "with map_guest_page(x1, writable=True) as page:\n    return u64(page[0])",
        options=_MEMORY,
    ),
    _refused(
        "undeclared-timer",
        "sets a timer without having declared it",
        "E0801",
        "set_timer(x1)\nreturn x1",
    ),
    _refused(
        "undeclared-smc",
        "calls an identifier that it did not declare",
        "E0801",
        "return call_smc(0xC200_0002).x0",
        options="needs=[Needs.call_smc(0xC200_0001)]",
    ),
    _refused(
        "undeclared-irq",
        "makes an interrupt pending that it did not declare",
        "E0801",
        "inject_irq(42)\nreturn x1",
        options="needs=[Needs.irq(41)]",
    ),
    _refused(
        "write-read-only",
        "writes to a page that it mapped to read",
        "E0608",
        "with map_guest_page(x1) as page:\n    page[0] = u8(1)\nreturn x1",
        options=_MEMORY,
    ),
    _refused(
        "view-returned",
        "returns a view",
        "E0515",
        "return u64(f(x1)[0])",
        "def f(ipa: u64) -> View[u8]:\n    with map_guest_page(ipa) as page:\n        return page",
        _MEMORY,
    ),
    _refused(
        "view-kept",
        "uses a view after its `with`",
        "E0601",
        "with map_guest_page(x1) as page:\n    pass\nreturn u64(page[0])",
        options=_MEMORY,
    ),
    _refused(
        "view-stored",
        "stores a view in its state",
        "E0301",
        "global kept\nwith map_guest_page(x1) as page:\n    kept = page\nreturn x1",
        "kept = u64(0)",
        _MEMORY,
    ),
    _refused(
        "final-written",
        "writes to a constant through an alias",
        "E0604",
        "t = TABLE\nt[0] = x1\nreturn x1",
        _TABLE,
    ),
    _refused(
        "psci",
        "claims a function of PSCI",
        "E0712",
        before="@app.smc(0x8400_0000)\ndef version() -> u64:\n    return u64(0)",
    ),
    _refused(
        "owner-0",
        "claims SMCCC_ARCH_FEATURES",
        "E0712",
        before="@app.smc(0x8000_0001)\ndef arch() -> u64:\n    return u64(0)",
    ),
    _refused(
        "range-owners",
        "claims the identifiers of four owners",
        "E0712",
        before="@app.smc(range(0x8300_0000, 0x8700_0000))\ndef every() -> u64:\n    return u64(0)",
    ),
    _refused(
        "claimed-twice",
        "claims one identifier twice",
        "E0713",
        before="@app.smc(0xC600_0001)\ndef other() -> u64:\n    return u64(0)",
    ),
    _refused(
        "mmio-unaligned",
        "claims half a page",
        "E0716",
        before=(
            "@app.mmio_read(base=0x0B00_0000, size=0x800)\ndef load(access: MmioAccess) -> "
            "u64:\n    return u64(0)"
        ),
    ),
    _refused("budget", "wants a budget of 11 ms", "E0704", options="budget_us=11_000"),
    _refused(
        "two-apps",
        "is two apps",
        "E0702",
        before=(
            'other = App("attack2", version="1.0.0", uuid="a77ac400-0000-4000-8000-000000000002")'
        ),
    ),
    _refused(
        "build-loop",
        "loops for ever when it is built",
        "E0904",
        before=(
            "def f() -> u64:\n    n = u64(1)\n    while n != 0:\n        n = n | 1\n    "
            "return n\n\nFOREVER: Final[u64] = f()"
        ),
    ),
    _refused(
        "constant-index", "indexes a table behind its end", "E0501", "return TABLE[4]", _TABLE
    ),
    _runs(
        "index",
        "indexes a table by what the guest says",
        _check("INDEX"),
        "return TABLE[i64(x1)]",
        (4,),
        _TABLE,
    ),
    _runs(
        "index-negative",
        "indexes its state by -1",
        _check("INDEX"),
        "n = i64(x1) - 9\nstate.items[n] = x2\nreturn x1",
        (8, 1),
        _STATE,
        above=1,
    ),
    _runs(
        "index-page",
        "reads behind a guest's page",
        _check("INDEX"),
        "with map_guest_page(x1) as page:\n    return u64(page[i64(x2)])",
        (RAM, 4096),
        options=_MEMORY,
    ),
    _runs(
        "load-page",
        "loads eight bytes, four of them behind a guest's page",
        _check("INDEX"),
        "with map_guest_page(x1) as page:\n    return page.load(u64, i64(x2))",
        (RAM, 4092),
        options=_MEMORY,
    ),
    _runs(
        "failed-mapping",
        "reads a page that could not be mapped",
        _check("MAPPING"),
        "with map_guest_page(x1) as page:\n    return u64(page[0])",
        (0, 0),
        options=_MEMORY,
    ),
    _runs(
        "overflow",
        "adds up to more than 64 bits",
        _check("OVERFLOW"),
        "return x1 + x2",
        ((1 << 64) - 1, 1),
    ),
    _runs("division", "divides by zero", _check("DIVISION_BY_ZERO"), "return x1 // x2", (1, 0)),
    _runs("shift", "shifts by 64", _check("SHIFT"), "return x1 << x2", (1, 64)),
    _runs(
        "conversion",
        "narrows what does not fit",
        _check("CONVERSION"),
        "return u64(u8(x1))",
        (256, 0),
    ),
    _runs(
        "assert",
        "fails an assertion",
        _check("ASSERT"),
        "assert x1 == x2\nreturn x1",
        (1, 2),
        above=1,
    ),
    _runs(
        "panic",
        "panics with a forged message",
        Condemned("panic", "PANIC", 0, "?[31mxap-fault: name=bystander"),
        'panic("\\x1b[31mxap-fault: name=bystander")',
        (1, 2),
    ),
    _runs(
        "loop",
        "loops for ever",
        Budget(20_000),
        "n = x1\nwhile n != x2:\n    n = n ^ 1\nreturn n",
        (0, 2),
        options="budget_us=20",
    ),
]
