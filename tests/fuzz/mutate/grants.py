"""Grants: TOML that is wrong in what it says, or in how."""

from collections.abc import Callable
from random import Random

from tests.fuzz.mutate import raw

_KEYS = ("serves", "call_smc", "guest_memory", "io", "irqs", "timer", "required", "unknown",
         '"a\\nb"', '"\\u2028"', "io.base", "a.b.c.d", "''")  # fmt: skip
_VALUES = ("1", "-1", "true", "0x8400_0000", "1e400", "nan", "[]", "[1, 2]", "{}", '"read"',
           '"read-write"', '"a\\nb"', "'''x\ny'''", "1979-05-27T07:32:00Z", "[[[]]]", "[true]",
           "{ base = 0x904_0000, size = 0x1000 }", "[{ base = 0, size = 0x1000 }]",
           "[{ base = 0x1_0000_0000_0000_0000, size = 1 }]", "9" * 5000, "0x" + "f" * 100,
           "{ a.b = 1, a.c = 2 }", "32", "[32, 33, 32]")  # fmt: skip

Lines = list[str]


def mutate(data: bytes, rng: Random) -> bytes:
    """One change."""
    if rng.random() < 0.15:
        return raw.mutate(data, rng)
    lines = data.decode("utf-8", "replace").splitlines()
    rng.choice(_CHANGES)(lines, rng)
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


def _place(lines: Lines, rng: Random) -> int:
    return rng.randrange(len(lines) + 1)


def _line(lines: Lines, rng: Random) -> None:
    lines.insert(_place(lines, rng), f"{rng.choice(_KEYS)} = {rng.choice(_VALUES)}")


def _value(lines: Lines, rng: Random) -> None:
    places = [n for n, line in enumerate(lines) if "=" in line]
    if places:
        at = rng.choice(places)
        lines[at] = f"{lines[at].partition('=')[0]}= {rng.choice(_VALUES)}"


def _again(lines: Lines, rng: Random) -> None:
    if lines:
        at = _place(lines, rng)
        lines[at:at] = [rng.choice(lines)] * rng.choice((1, 1, 2, 50))


def _drop(lines: Lines, rng: Random) -> None:
    if lines:
        del lines[rng.randrange(len(lines))]


def _table(lines: Lines, rng: Random) -> None:
    name = rng.choice(("[trng]", "[other]", "[trng.io]", "[[trng]]", "[[trng.io]]", '["a\\nb"]',
                       '["\\u0085"]', "[a.b.c]", "["))  # fmt: skip
    lines.insert(_place(lines, rng), name)


def _nested(lines: Lines, rng: Random) -> None:
    """Deep, in one of the ways that there are."""
    depth = rng.choice((2, 20, 300, 3000))
    deep = rng.choice((
        "x = " + "[" * depth + "]" * depth, "x = " + "[" * depth, "x = " + "{a=" * depth,
        "[" + ".".join("a" * depth) + "]", ".".join("a" * depth) + " = 1",
        "x = {" + ".".join("a" * depth) + " = 1}",
    ))  # fmt: skip
    lines.insert(_place(lines, rng), deep)


def _numbers(lines: Lines, rng: Random) -> None:
    values = ", ".join(str(raw.number(rng, 32)) for _ in range(rng.choice((1, 64, 70, 1000))))
    lines.insert(_place(lines, rng), f"{rng.choice(_KEYS)} = [{values}]")


_CHANGES: tuple[Callable[[Lines, Random], None], ...] = (
    _line, _line, _value, _value, _again, _drop, _table, _nested, _numbers,
)  # fmt: skip
