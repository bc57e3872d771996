"""What a message has to say (LANGUAGE.md section 7): programs of few lines, and words of it."""

from pathlib import Path

import pytest

from tests.diagnostics.programs import HEAD, errors_of

TOLD = {
    "the members that a match lacks": (
        "class Op(u32, Enum):\n    A = 0\n    B = 1\n    C = 2\n"
        "def f(x: Op) -> u32:\n    match x:\n        case Op.A:\n            return u32(1)\n",
        "no case for Op.B, Op.C",
    ),
    "a member under a guard alone": (
        "class Op(u32, Enum):\n    A = 0\n    B = 1\n"
        "def f(x: Op, y: u32) -> u32:\n    match x:\n        case Op.A:\n"
        "            return u32(1)\n        case Op.B if y == 1:\n            return u32(2)\n",
        "no case for Op.B",
    ),
    "of very many members the first": (
        "class Op(u32, Enum):\n"
        + "".join(f"    M{n} = {n}\n" for n in range(9))
        + "def f(x: Op) -> u32:\n    match x:\n        case Op.M0:\n            return u32(1)\n",
        "no case for Op.M1, Op.M2, Op.M3, Op.M4 and 4 more",
    ),
    "a bool that a match lacks": (
        "def f(x: bool) -> u32:\n    match x:\n        case True:\n            return u32(1)\n",
        "no case for False",
    ),
    "an integer that a match lacks": (
        "def f(x: u8) -> u32:\n    match x:\n        case 1:\n            return u32(1)\n",
        "no case for any other value",
    ),
    "why a name is unbound": (
        "class Op(u32, Enum):\n    A = 0\n    B = 1\n"
        "def f(x: Op) -> u32:\n    match x:\n        case Op.A:\n            y = u32(1)\n"
        "    return y\n",
        "'y' may be unbound here: no case for Op.B",
    ),
    "what a local hides": (
        "def g() -> u32:\n    return u32(1)\ndef f() -> u32:\n    g = g()\n    return g\n",
        "it hides a function of that name",
    ),
    "that _ holds nothing": (
        "def f() -> i64:\n    x = i64(0)\n    for _ in range(3):\n        x = _\n    return x\n",
        "'_' is where values are dropped",
    ),
    "that a width is 8 to 64 bits": ("def f(x: u24) -> None:\n    pass\n", "take u32"),
    "the size of an integer": ("def f(x: u32) -> u32:\n    return u32(len(x))\n", "sizeof(u32)"),
    "what a message prints": (
        "def f(x: u32) -> None:\n    log.info(f\"{b'a'}\")\n",
        "a message prints integers, bools and enumerations, this is a bytes literal",
    ),
    "a text has no width": (
        "def f(x: u32) -> None:\n    log.info(f\"{f'{x}':>8}\")\n",
        "a text is printed as it is",
    ),
    "which bytes are meant": (
        'def f(a: Array[u8, N[4]]) -> u32:\n    return struct.unpack("<I", a)[0]\n',
        "a.load(u32, offset)",
    ),
    "what a store is": (
        "def f(a: Array[u8, N[4]]) -> None:\n    a.write_u16(0, 5)\n",
        "x.store(offset, u16(value))",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_section_7_the_message_tells(name: str, tmp_path: Path) -> None:
    body, words = TOLD[name]
    path = tmp_path / "app.py"
    path.write_text(HEAD + body, encoding="utf-8")
    (error,) = errors_of(path)
    assert words in f"{error.message}; {error.help_text}"


def test_modules_that_import_each_other_are_named(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(HEAD + "from helper import f\n", encoding="utf-8")
    helper = "from app import app\ndef f() -> None:\n    pass\n"
    (tmp_path / "helper.py").write_text(helper, encoding="utf-8")
    (error,) = errors_of(path)
    assert Path(error.span.source.path).name == "helper.py"
    assert "app -> helper -> app" in error.help_text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "s = i64(0)\n    for i, x in enumerate(a, start=-2):\n        s += i", id="count"
        ),
        pytest.param("log.info(f\"a {f'b {a[0]:#x} c'} d\")", id="nested text"),
    ],
)
def test_what_python_permits_and_the_language_keeps(body: str, tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(f"{HEAD}def f(a: Array[u8, N[4]]) -> None:\n    {body}\n", encoding="utf-8")
    assert errors_of(path) == []
