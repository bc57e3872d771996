"""LANGUAGE.md section 7: one mistake makes one error, wherever absent syntax stands."""

from pathlib import Path

import pytest

from tests.frontend.apps import HEAD, app, errors_of

ABSENT = {
    "lambda": "(lambda: 0)",
    "dict": "{1: 2}",
    "set": "{1}",
    "list comprehension": "[i for i in range(3)]",
    "walrus": "(w := u32(1))",
    "float": "1.5",
    "star": "g(*pair)",
    "double star": "g(**pair)",
    "slice": "arr[1:2]",
    "matrix": "(x @ x)",
    "called": "(lambda n: n)(3)",
    "attribute": "{1}.add",
    "subscript": "{1: 2}[1]",
    "huge": "0x" + "f" * 2000,
}
LOCAL = ("star", "double star", "slice", "matrix")
"""Which use parameters of the function around them."""

PARAMETERS = "x: u32, b: bool, s: S, arr: Array[u8, N[8]], pair: tuple[u32, u32]"

HEAD_OF_HOLES = """
def g(x: u32) -> u32:
    return x

@struct
class S:
    a: u32

"""

IN_FUNCTIONS = """
y = ?; y
y: u32 = ?; y
return ?
if ?: pass
while ?: break
for i in ?: i
for i in range(?): i
for i, e in enumerate(?): e + i
for e in ?: e + x
g(?)
g(x=?)
log.info(?)
log.info(f"{(?)}")
x += ?
x + ?
x < ? < x
x if ? else x
? if b else x
arr[?]
arr[?] = u8(1)
arr[0] = ?
u32(?)
u32.wrap(?)
Array[u32, N[2]]([?, 1])
Array[u32, N[2]](?)
assert ?
assert b, ?
panic(?)
match ?: {case 1: pass}
match x: {case z if ?: pass}
s.a = ?
S(?)
y, z = ?; y + z
y, z = ?, x; y + z
not ?
-?
b and ?
x.rotate_left(?)
arr.fill(?)
with ? as q: q
with wrapping(): x + ?
?
(?)(x)
(?)[0]
(?).field
len(?)
min(x, ?)
inject_irq(?)
set_timer(?)
arr.load(u32, ?)
(?)[0] = x
(?).b = x
global count; count = ?
"""

AT_TOP = {
    "constant": "C: Final = ?\ndef user() -> u32:\n    return C\n",
    "typed constant": "C: Final[u32] = ?\ndef user() -> u32:\n    return C\n",
    "state": "c = ?\ndef user() -> u32:\n    return c\n",
    "annotated state": "c: u32 = ?\ndef user() -> u32:\n    return c\n",
    "assert": 'static_assert(?, "text")\n',
    "default": "def f(a: u32 = ?) -> u32:\n    return a\ndef user() -> u32:\n    return f()\n",
    "field": "@struct\nclass Q:\n    a: u32 = ?\ndef user() -> u32:\n    return Q().a\n",
    "member": "class E(u32, Enum):\n    A = ?\ndef user() -> E:\n    return E.A\n",
    "id": "@app.smc(?)\ndef user() -> None:\n    pass\n",
    "elements": "C: Final = Array[u32, N[2]](?)\ndef user() -> u32:\n    return C[0]\n",
    "expression": "?\n",
    "parameter": "def f(a: ?) -> None:\n    a\n",
    "result": "def f() -> ?:\n    return u32(0)\n",
    "local": "def f() -> None:\n    a: ? = u32(0)\n    a\n",
    "length": "def f(a: Array[u32, ?]) -> u32:\n    return a[0]\n",
    "conversion": "C: Final = u32(?)\ndef user() -> u32:\n    return C\n",
    "decorator": "@?\ndef f() -> None:\n    pass\n",
    "build-time call": (
        "def f() -> u32:\n    return u32(1) + ?\nC: Final = f()\ndef user() -> u32:\n    return C\n"
    ),
}


def function(number: int, hole: str, absent: str) -> str:
    """One function whose body is a hole with `absent` in it."""
    text = hole.replace("?", absent)
    lines = ["    " + part for part in text.split("; ")]
    if "{case" in text:
        head, _, case = text.partition(" {case")
        lines = ["    " + head, f"        case{case.removesuffix('}')}"]
    return f"def f{number}({PARAMETERS}) -> u32:\n" + "\n".join(lines) + "\n    return x\n\n"


@pytest.mark.parametrize("name", ABSENT)
def test_section_7_one_error_for_each_hole_in_functions(name: str, tmp_path: Path) -> None:
    holes = IN_FUNCTIONS.strip().splitlines()
    pieces = [function(n, hole, ABSENT[name]) for n, hole in enumerate(holes)]
    wanted, line = [], (HEAD + HEAD_OF_HOLES).count("\n") + 1
    for piece in pieces:
        wanted.append(line + piece[: piece.index(ABSENT[name])].count("\n"))
        line += piece.count("\n")
    found = errors_of(tmp_path / "app.py", app(HEAD_OF_HOLES + "".join(pieces)))
    assert [(e.span.line, e.code) for e in found if e.code not in ("E0104", "E0407")] == []
    assert [e.span.line for e in found] == wanted


@pytest.mark.parametrize("place", AT_TOP)
@pytest.mark.parametrize("name", [name for name in ABSENT if name not in LOCAL])
def test_section_7_one_error_for_each_hole_at_the_top(
    name: str, place: str, tmp_path: Path
) -> None:
    found = errors_of(tmp_path / "app.py", app(AT_TOP[place].replace("?", ABSENT[name])))
    assert [e.code for e in found] in (["E0104"], ["E0407"])


STATEMENTS = {
    "try binds": "try:\n  y = x\nexcept E as e:\n  e\nelse:\n  z = y\nfinally:\n  v = z\nv",
    "try returns": "try:\n  return x\nexcept E:\n  return x",
    "raise leaves": "if b:\n  return x\nraise E",
    "del": "y = x\ndel y",
    "def": "def h(n: u32) -> u32:\n  return n\ny = h(x)\ny",
    "class": "class H:\n  pass\ny = H()\ny",
    "import": "import os.path, sys as s2\nos.x(s2)",
    "from": "from os import getpid as pid\npid()",
    "star target": "y, *z = x\ny + z",
    "star loop": "for y, *z in x:\n  y + z",
    "walrus in while": "while (y := x) > 3:\n  y += 1\ny",
    "walrus in if": "if (y := x) > 3:\n  return y\nreturn y",
    "matrix": "x @= x",
    "yields": "yield x\nyield x\nyield from x",
    "nested": "def h() -> None:\n  lambda: {1: 2}",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_section_7_one_error_for_each_statement(name: str, tmp_path: Path) -> None:
    lines = STATEMENTS[name].replace("  ", "    ").splitlines()
    body = "".join(f"    {line}\n" for line in lines)
    last = "" if name in ("try returns", "raise leaves") else "    return x\n"
    text = f"{HEAD_OF_HOLES}def f({PARAMETERS}) -> u32:\n{body}{last}"
    found = errors_of(tmp_path / "app.py", app(text))
    assert [e.code for e in found] == ["E0104"] * (2 if name == "yields" else 1)


TOP_STATEMENTS = {
    "try": "try:\n    from fast import f\nexcept ImportError:\n    f = None\n",
    "if": "if 1 == 1:\n    def f() -> None:\n        pass\n",
    "pair": "f, h = u32(0), u32(1)\n",
    "chain": "f = h = u32(0)\n",
    "for": "for f in range(3):\n    pass\n",
    "async": (
        "async def f() -> None:\n    await g()\n    async for i in g():\n        i\n"
        "def g() -> None:\n    pass\n"
    ),
    "with": "with open() as f:\n    pass\n",
    "walrus": "(f := 3)\n",
    "del": "del app\n",
    "raise": "raise f\n",
}


@pytest.mark.parametrize("name", TOP_STATEMENTS)
def test_section_7_one_error_for_each_statement_at_the_top(name: str, tmp_path: Path) -> None:
    uses = "def user() -> None:\n    f()\n" if name not in ("del", "raise") else ""
    found = errors_of(tmp_path / "app.py", app(TOP_STATEMENTS[name] + uses))
    assert [e.code for e in found] in (["E0103"], ["E0104"])


REFUSED_IMPORTS = {
    "module": "import os.path\ndef f() -> None:\n    os.path.join(os)\n",
    "renamed": "import json as j\ndef f() -> None:\n    j.dumps(j)\n",
    "relative": "from . import helpers, more as m\ndef f() -> None:\n    helpers.g(m)\n",
    "missing": "from missing import g\ndef f() -> None:\n    g(u32(1)) + g\n",
    "star": "from xap import *\ndef f(x: i32) -> i32:\n    return x\n",
}


@pytest.mark.parametrize("name", REFUSED_IMPORTS)
def test_section_7_one_error_for_an_import(name: str, tmp_path: Path) -> None:
    assert len(errors_of(tmp_path / "app.py", app(REFUSED_IMPORTS[name]))) == 1


def test_errors_in_what_is_left_are_found_in_the_same_run(tmp_path: Path) -> None:
    text = app(
        "def f(x: u32) -> u32:\n"
        "    try:\n"
        "        y = undefined_1\n"
        "    except E:\n"
        "        y = undefined_2\n"
        "    return undefined_3 + (lambda: 0)\n"
    )
    found = errors_of(tmp_path / "app.py", text)
    assert [e.code for e in found] == ["E0104", "E0201", "E0201", "E0201", "E0104"]
