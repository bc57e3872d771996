"""ABI.md section 1, clause 4: 64 KiB of stack, 1 MiB of image. Both show when an app is linked."""

from pathlib import Path

import pytest
from xapc.commands.build import main
from xapc.diagnostics import CompileError, Error
from xapc.pipeline import build

from tests.frontend.apps import app

STACK = """\
def small(n: u64) -> u8:
    a = Array[u8, N[100]]()
    a[n] = 1
    return a[n // 2]
def large(n: u64) -> u8:
    a = Array[u8, N[70000]]()
    a[n] = 1
    return a[n // 2]
@app.smc(0xC6000001)
def handler(n: u64) -> u64:
    return u64(small(n)) + u64(large(n))
"""

IMAGE = """\
first = Array[u8, N[400000]]()
second = Array[u8, N[500000]]()
third = Array[u8, N[400000]]()
@app.smc(0xC6000001)
def put(n: u64, x: u8) -> None:
    first[n] = x
    second[n] = x
    third[n] = x
@app.smc(0xC6000002)
def get(n: u64) -> u64:
    return u64(first[n]) + u64(second[n]) + u64(third[n])
"""


def refused(path: Path, body: str) -> Error:
    path.write_text(app(body), encoding="utf-8")
    with pytest.raises(CompileError) as caught:
        _ = build(path).elf
    (error,) = caught.value.errors
    return error


def test_a_stack_that_is_too_deep_is_an_error_at_the_function_with_the_largest_frame(
    tmp_path: Path,
) -> None:
    error = refused(tmp_path / "app.py", STACK)
    assert (error.code, error.span.text()) == ("E0722", "large")
    assert "70000 bytes" in error.note_texts[0]
    (made,) = error.related
    assert made.span.text() == "Array[u8, N[70000]]()"
    assert "state" in error.help_text


def test_an_image_that_is_too_large_is_an_error_at_the_largest_object(tmp_path: Path) -> None:
    error = refused(tmp_path / "app.py", IMAGE)
    assert (error.code, error.span.text()) == ("E0723", "second")
    assert "500000 bytes" in error.note_texts[0]


def test_build_prints_it_as_every_other_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "app.py"
    path.write_text(app(STACK), encoding="utf-8")
    assert main([str(path)]) == 1
    line = app(STACK).splitlines().index("def large(n: u64) -> u8:") + 1
    assert f"{path}:{line}:5: error[E0722]" in capsys.readouterr().err
    assert not path.with_suffix(".elf").exists()
