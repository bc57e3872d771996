"""From bytes to syntax: what is wrong with a file is one diagnostic (LANGUAGE.md section 7)."""

import ast
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapc.diagnostics import Diagnostics, Error
from xapc.load import MAX_ARMS, MAX_BYTES, MAX_DEPTH, load, parse
from xapc.source import Source, Span


def loaded(path: Path, data: bytes) -> tuple[ast.Module | None, list[Error]]:
    path.write_bytes(data)
    diagnostics = Diagnostics()
    module = load(path, diagnostics)
    return (None if module is None else module.tree), diagnostics.sorted()


def parsed(text: str) -> tuple[ast.Module | None, list[Error]]:
    diagnostics = Diagnostics()
    module = parse(Source("app.py", text), diagnostics)
    return (None if module is None else module.tree), diagnostics.sorted()


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "x = 'é'\n".encode(),
        b"\xef\xbb\xbfx = 'e'\n",
        "# coding: latin-1\nx = 'é'\n".encode("latin-1"),
        b"#!/usr/bin/env python3\n# -*- coding: utf8 -*-\nx = 'e'\n",
        b"\xef\xbb\xbf# coding: utf-8\nx = 'e'\n",
        b"# coding: us-ascii\nx = 'e'\n",
        b"x = 1\n# coding: klingon\n",  # not in the first two lines of comments
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\ry = 2\r",
        b"\x0cx = 1\n",
        b"",
        b"\n\n",
        b"x = 1",
    ],
)
def test_encodings_and_newlines_of_python(data: bytes, tmp_path: Path) -> None:
    tree, errors = loaded(tmp_path / "app.py", data)
    assert errors == []
    assert tree is not None
    assert ast.dump(tree) == ast.dump(ast.parse(data))


@pytest.mark.parametrize(
    ("data", "code", "place", "words"),
    [
        (b"x = 1\ny = '\0'\n", "E0106", (2, 6), "NUL"),
        (b"x = 'caf\xe9'\n", "E0106", (1, 9), "byte 0xe9 is not utf-8"),
        (b"\xef\xbb\xbf\nx = '\xff'\n", "E0106", (2, 6), "byte 0xff is not utf-8"),
        (b"# coding: ascii\nx = '\xc3\xa9'\n", "E0106", (2, 6), "is not ascii"),
        (b"\x7fELF\x02\x01\x01", "E0106", (1, 1), "ELF"),
        (b"# coding: cp1252\n", "E0107", (1, 11), "'cp1252'"),
        (b"\n# vim: set fileencoding=utf-16 :\n", "E0107", (2, 25), "'utf-16'"),
        (b"# coding: no-such-codec\n", "E0107", (1, 11), "'no-such-codec'"),
        (b"# coding: rot13\n", "E0107", (1, 11), "'rot13'"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "E0107", (1, 11), "'latin-1'"),
    ],
)
def test_what_is_not_text(
    data: bytes, code: str, place: tuple[int, int], words: str, tmp_path: Path
) -> None:
    tree, (error,) = loaded(tmp_path / "app.py", data)
    assert tree is None
    assert (error.code, error.span.start) == (code, place)
    assert words in error.message


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)  # of zeros that take no room
    diagnostics = Diagnostics()
    assert load(path, diagnostics) is None
    (error,) = diagnostics.sorted()
    assert error.code == "E0108"
    assert str(MAX_BYTES) in error.message


@pytest.mark.parametrize("name", [".", "missing.py", "missing/app.py"])
def test_what_cannot_be_opened_is_an_os_error_with_its_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        load(tmp_path / name, Diagnostics())
    assert caught.value.filename == str(tmp_path / name)


# --- Python ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("def f(:\n", (1, 7)),
        ("x = (\n", (1, 5)),
        ("if x:\npass\n", (2, 1)),
        ("x = 'abc\n", (1, 5)),
        ("é = 1 1\n", (1, 5)),
        ("break\n", (1, 1)),
        ("return 1\n", (1, 1)),
        ("def f():\n    await x\n", (2, 5)),
        ("def f(a, a):\n    pass\n", (1, 1)),
        ("def f():\n    x = 1\n    global x\n", (3, 5)),
        ("f(a=1, a=2)\n", (1, 8)),
        ("x = 1 +\n", (1, 8)),
        ("\tx\n        y\n", (1, 1)),
    ],
)
def test_what_python_refuses_is_one_error_at_its_place(text: str, place: tuple[int, int]) -> None:
    tree, (error,) = parsed(text)
    assert tree is None
    assert error.code == "E0101"
    assert error.span.line == place[0]
    assert "\n" not in error.message


@given(st.text(alphabet="x1(){}[]'\"\\:=+-*,. \n\t@#fé\0\x0c\r漢", max_size=40))
def test_errors_of_python_stand_inside_the_text(text: str) -> None:
    tree, errors = parsed(text)
    assert (tree is None) == any(e.code in ("E0101", "E0105") for e in errors)
    for error in errors:
        span = error.span
        assert 1 <= span.line <= len(span.source.lines)
        assert 1 <= span.column <= len(span.source.line(span.line)) + 1
        assert span.start <= (span.end_line, span.end_column)


def test_pythons_warnings_are_not_printed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree, _ = parsed('x = "\\d"\nassert (x, "text")\ny = 1if x else 2\n')
    assert tree is not None


# --- depth -----------------------------------------------------------------------------------

DEEP: dict[str, Callable[[int], str]] = {
    "operators": lambda n: "x = " + "-" * n + "1",
    "sum": lambda n: "x = " + " + ".join(["1"] * n),
    "attributes": lambda n: "x" + ".a" * n,
    "parentheses": lambda n: "x = " + "f(" * n + ")" * n,
    "subscripts": lambda n: "x = " + "a[" * n + "0" + "]" * n,
    "keywords": lambda n: "x = " + "f(a=" * n + "0" + ")" * n,
    "blocks": lambda n: (
        "".join(" " * i + "if a:\n" for i in range(min(n, 999))) + " " * 999 + "pass"
    ),
    "not": lambda n: "x = " + "not " * n + "a",
    "lambda": lambda n: "x = " + "lambda: " * n + "a",
    "f-strings": lambda n: "x = " + "f'{" * min(n, 2) + "1" + "}'" * min(n, 2),
}


@pytest.mark.parametrize("size", [MAX_DEPTH + 1, 5_000, 60_000])
@pytest.mark.parametrize("shape", DEEP)
def test_nesting_has_a_limit(shape: str, size: int) -> None:
    tree, errors = parsed(DEEP[shape](size))
    if shape == "f-strings":
        assert all(e.code in ("E0101", "E0105") for e in errors)
        return
    (error,) = errors
    assert tree is None
    # CPython has limits of its own for brackets and blocks.
    assert error.code in ("E0101", "E0105")
    assert str(MAX_DEPTH) in error.message or "too many" in error.message


@pytest.mark.parametrize("shape", ["sum", "operators", "attributes", "not"])
def test_nesting_up_to_the_limit_is_loaded(shape: str) -> None:
    tree, errors = parsed(DEEP[shape](MAX_DEPTH - 10))
    assert tree is not None
    assert errors == []


@pytest.mark.parametrize("shape", ["sum", "parentheses", "subscripts", "attributes", "not"])
@pytest.mark.parametrize("size", [MAX_DEPTH + 50, 5_000, 60_000])
def test_the_place_of_what_is_too_deep_is_its_line(shape: str, size: int) -> None:
    """CPython's parser gives up on the larger ones without saying where."""
    tree, (error,) = parsed("a = 1\n\n" + DEEP[shape](size) + "\nb = 2\n")
    assert tree is None
    assert error.span.line == 3


def arms(count: int) -> str:
    return "if a:\n pass\n" + "elif a:\n pass\n" * (count - 1)


def test_elif_is_no_nesting() -> None:
    tree, errors = parsed(arms(MAX_ARMS))
    assert tree is not None
    assert errors == []


@pytest.mark.parametrize("count", [MAX_ARMS + 1, 5_000, 60_000])
def test_an_if_has_as_many_arms_as_cpython_compiles(count: int) -> None:
    tree, (error,) = parsed(arms(count))
    assert tree is None
    assert error.code == "E0109"
    assert error.span.start == (2 * MAX_ARMS + 1, 1)


# --- spans -----------------------------------------------------------------------------------


@given(st.sampled_from(["", "é", "漢字", "😀", "\t"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_spans_count_characters(before: str, newline: str) -> None:
    text = f"a = 1{newline}s = '{before}' + name{newline}"
    source = Source("app.py", text)
    tree = ast.parse(text)
    (name,) = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == "name")
    span = Span.of(source, name)
    assert span.text() == "name"
    assert span.column == text.split(newline)[1].index("name") + 1
