"""`xapc check --fix`: edits are made to the files, and nothing else is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapc.commands.check import main
from xapc.diagnostics import CompileError, Edit, Error
from xapc.fix import apply, choose, fix
from xapc.pipeline import check_file
from xapc.source import Source, Span

from tests.diagnostics.test_render import Sample, span
from tests.frontend.apps import app, errors_of


def check(path: Path) -> list[Error]:
    try:
        check_file(path)
    except CompileError as problem:
        return problem.errors
    return []


MENDABLE = {
    "width": ("def f() -> u64:\n    return 5\n", "    return u64(5)\n"),
    "branch": (
        "def f(b: bool, x: u32) -> u32:\n    return x if b else 0\n",
        "    return x if b else u32(0)\n",
    ),
    "conversion": ("def f(x: u32) -> u64:\n    return x\n", "    return u64(x)\n"),
    "mixed": ("def f(x: u32, y: u64) -> u64:\n    return x * y\n", "    return u64(x) * y\n"),
    "truth": ("def f(x: u32) -> None:\n    if x & 1:\n        pass\n", "    if x & 1 != 0:\n"),
    "division": ("def f(x: u32) -> u32:\n    return x / 2\n", "    return x // 2\n"),
    "name": ("def f(count: u32) -> u32:\n    return cuont\n", "    return count\n"),
    "method": ("def f(x: u32) -> u32:\n    return x.count_one()\n", "    return x.count_ones()\n"),
    "parameter": (
        "def g(width: u32) -> u32:\n    return width\ndef f(x: u32) -> None:\n    g(widht=x)\n",
        "    g(width=x)\n",
    ),
    "result": ("def f(x: u32):\n    pass\n", "def f(x: u32) -> None:\n"),
    "constant": ("LIMIT = 5\n", "LIMIT: Final = 5\n"),
    "state": ("total: u64\n", "total: u64 = u64(0)\n"),
    "length": (
        "def f(a: Array[u8, 4]) -> None:\n    pass\n",
        "def f(a: Array[u8, N[4]]) -> None:\n",
    ),
    "struct": ("class Job:\n    id: u32\n", "@struct\nclass Job:\n"),
    "self": (
        "@struct\nclass J:\n    a: u32\n    def f() -> None:\n        pass\n",
        "    def f(self)",
    ),
    "value": (
        "class Op(u32, Enum):\n    A = 0\ndef f(x: Op) -> u32:\n    return x.value\n",
        "    return u32(x)\n",
    ),
    "capture": (
        "LIMIT: Final = 5\ndef f(x: u32) -> None:\n    match x:\n        case LIMIT:\n"
        "            pass\n        case _:\n            pass\n",
        "        case limit if limit == LIMIT:\n",
    ),
    "identity": ("def f(x: u32, y: u32) -> bool:\n    return x is not y\n", "    return x != y\n"),
    "contents": (
        "def f(a: Array[u8, N[4]], b: Array[u8, N[4]]) -> bool:\n    return a != b\n",
        "    return not a.equals(b)\n",
    ),
    "message": ("def f(x: u32) -> None:\n    log.info(x)\n", '    log.info(f"{x}")\n'),
    "flags": (
        'class B(u32, Flag):\n    A = 1\ndef f(x: B) -> None:\n    log.info(f"{x}")\n',
        '    log.info(f"{u32(x)}")\n',
    ),
    "parentheses": ("@app.init()\ndef f() -> None:\n    pass\n", "@app.init\n"),
    "region": (
        "from xap import MmioAccess\n@app.mmio_read(0x1000, 0x1000)\n"
        "def f(a: MmioAccess) -> u64:\n    return a.offset\n",
        "@app.mmio_read(base=0x1000, size=0x1000)\n",
    ),
    "copy": (
        "t = Array[u8, N[4]]()\ndef f() -> Array[u8, N[4]]:\n    return t\n",
        "return t.copy()\n",
    ),
    "final": (
        "T: Final = Array[u8, N[4]]()\ndef g(a: Array[u8, N[4]]) -> None:\n    a[0] = 1\n"
        "def f() -> None:\n    g(T)\n",
        "    g(T.copy())\n",
    ),
    "need": (
        "from xap import call_smc\ndef f(x: u32) -> None:\n    call_smc(0x8400_0050)\n"
        "    inject_irq(40)\n",
        '    needs=[Needs.irq(33), Needs.timer(), Needs.guest_memory("rw"), '
        "Needs.call_smc(0x84000050), Needs.irq(40)],\n",
    ),
}


UNKNOWN_WORDS = {
    "beside": ("from xap import App\n", "from xap import App, u32\n", "u32(5)"),
    "in parentheses": ("from xap import (\n    App,\n)\n", "    App, u32,\n", "u32(5)"),
    "by its module": ("import xap\n", "import xap\n", "xap.u32(5)"),
}


@pytest.mark.parametrize("name", UNKNOWN_WORDS)
def test_what_an_edit_writes_is_imported(name: str, tmp_path: Path) -> None:
    imports, line, value = UNKNOWN_WORDS[name]
    path = tmp_path / "app.py"
    word = "xap.App" if name == "by its module" else "App"
    path.write_text(
        f"{imports}"
        f'app = {word}("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")\n'
        "from helper import twice\n"
        "def f() -> None:\n    twice(5)\n"
    )
    (tmp_path / "helper.py").write_text(
        "from xap import u32\ndef twice(x: u32) -> u32:\n    return x * 2\n"
    )
    result = fix(path, check)
    assert result.left == []
    assert line in path.read_text()
    assert f"    twice({value})\n" in path.read_text()


def test_an_import_stands_behind_the_docstring(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(
        '"""An app."""\nimport xap\n'
        'app = xap.App("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")\n'
        "LIMIT: Final = 5\n"
    )
    assert fix(path, check).left == []
    assert path.read_text().startswith('"""An app."""\nfrom typing import Final\nimport xap\n')


def test_an_edit_wraps_the_whole_call_of_a_method(tmp_path: Path) -> None:
    """Its place is the method's name, where a panic in it would be."""
    path = tmp_path / "app.py"
    errors_of(path, app("def f(x: u32) -> u64:\n    return x.byteswap()\n"))
    assert fix(path, check).left == []
    assert "return u64(x.byteswap())\n" in path.read_text()


@pytest.mark.parametrize("name", MENDABLE)
def test_section_7_the_edit_mends_it(name: str, tmp_path: Path) -> None:
    body, line = MENDABLE[name]
    path = tmp_path / "app.py"
    assert errors_of(path, app(body)) != []
    result = fix(path, check)
    assert result.left == []
    assert result.edits > 0
    assert line in path.read_text()


def test_needs_are_declared_and_imported_where_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(
        "from xap import App, set_timer\n"
        'app = App("a", version="1.0.0", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11")\n'
        "def f() -> None:\n    set_timer(1_000_000)\n"
    )
    assert fix(path, check).left == []
    first, second, *_ = path.read_text().splitlines()
    assert first == "from xap import App, set_timer, Needs"
    assert second.endswith(", needs=[Needs.timer()])")


def test_all_rounds_of_a_file_with_many_mistakes(tmp_path: Path) -> None:
    body = (
        "def f(x: u32, y: u64) -> u64:\n    if x:\n        return x + y + cuont\n    return 5 / x\n"
    )
    path = tmp_path / "app.py"
    assert len(errors_of(path, app(body))) == 4
    result = fix(path, check)
    assert result.left == []
    assert path.read_text().endswith(
        "    if x != 0:\n        return u64(x) + y + u64(count)\n    return u64(5 // x)\n"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_newlines_and_encoding_stay(newline: str, encoding: str, tmp_path: Path) -> None:
    cookie = "# coding: latin-1\n" if encoding == "latin-1" else ""
    text = cookie + app('"""é"""\nclass Job:\n    id: u32\ndef f(x: u32):\n    y = x / 2\n')
    data = text.replace("\n", newline).encode(encoding)
    path = tmp_path / "app.py"
    assert len(errors_of(path, data)) == 3
    assert fix(path, check).left == []
    made = path.read_bytes()
    assert made.decode(encoding).replace(newline, "\n") == (
        text.replace("class Job", "@struct\nclass Job")
        .replace("u32):", "u32) -> None:")
        .replace("x / 2", "x // 2")
    )


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.py", tmp_path / "app.py"
    errors_of(real, app("def f(x: u32):\n    pass\n"))
    real.chmod(0o750)
    link.symlink_to(real)
    assert fix(link, check).edits == 1
    assert link.is_symlink()
    assert real.stat().st_mode & 0o7777 == 0o750
    assert list(tmp_path.glob(".*")) == []


def test_modules_beside_the_app_are_mended_too(tmp_path: Path) -> None:
    helper = tmp_path / "helper.py"
    helper.write_text("from xap import u32\ndef half(x: u32) -> u32:\n    return x / 2\n")
    path = tmp_path / "app.py"
    errors_of(path, app("from helper import half\ndef f(x: u32):\n    half(x)\n"))
    result = fix(path, check)
    assert (result.left, result.edits) == ([], 2)
    assert set(result.files) == {str(path), str(helper)}


def test_what_has_no_edit_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    text = app("def f(x: u32) -> u32:\n    return undefined\n")
    errors_of(path, text)
    before = path.stat()
    result = fix(path, check)
    assert (result.edits, [e.code for e in result.left]) == (0, ["E0201"])
    assert path.read_text() == text
    assert path.stat().st_ino == before.st_ino


def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.py"
    errors_of(path, app("def f(x: u32):\n    y = undefined\n"))
    assert main(["--fix", str(path)]) == 1
    told = capsys.readouterr().err
    assert f"1 edit in {path}" in told
    assert "E0201" in told
    assert "E0226" not in told


# --- edits -----------------------------------------------------------------------------------


def test_edits_that_touch_wait_for_the_next_round() -> None:
    source = Source("a.py", "f(x + y)\n")
    outer = Sample(
        span=span(source, 1, 3, 8),
        edits=(Edit(span(source, 1, 3, 3), "u64("), Edit(span(source, 1, 8, 8), ")")),
    )
    inner = Sample(
        span=span(source, 1, 3, 4),
        edits=(Edit(span(source, 1, 3, 3), "u64("), Edit(span(source, 1, 4, 4), ")")),
    )
    apart = Sample(span=span(source, 1, 1, 2), edits=(Edit(span(source, 1, 1, 2), "g"),))
    assert choose([outer, inner, apart]) == [*outer.edits, *apart.edits]
    assert apply(source, choose([outer, inner, apart])) == "g(u64(x + y))\n"


@given(st.data())
def test_edits_replace_exactly_their_places(data: st.DataObject) -> None:
    text = data.draw(st.text(alphabet="ab漢\n", max_size=60))
    source = Source("a.py", text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits, wanted, at = [], "", 0
    for begin, end in pairs:
        new = data.draw(st.text(alphabet="xy", max_size=3))
        edits.append(Edit(place(source, begin, end), new))
        wanted += text[at:begin] + new
        at = end
    wanted += text[at:]
    order = data.draw(st.permutations(edits))
    assert apply(source, order) == wanted


def place(source: Source, begin: int, end: int) -> Span:
    def split(at: int) -> tuple[int, int]:
        before = source.text[:at]
        return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1

    return Span(source, *split(begin), *split(end))


def test_several_insertions_at_one_place_keep_their_order() -> None:
    source = Source("a.py", "x\n")
    here = span(source, 1, 1, 1)
    edits = [Edit(here, "a"), Edit(here, "b"), Edit(span(source, 1, 1, 2), "y")]
    assert apply(source, edits) == "aby\n"
