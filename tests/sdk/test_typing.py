"""What type checkers say about apps (LANGUAGE.md, first paragraph), and about the SDK itself."""

import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import xap
from xap import Array, N, Panic, SmcCall, host_globals, u8, u64
from xaprt import abi

APPS = Path(__file__).parent / "apps"
GOOD, BAD = APPS / "good.py", APPS / "bad.py"
SDK = Path(xap.__file__).parent
ROOT = Path(__file__).parents[2]


def mypy(*arguments: str) -> tuple[str, int]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stdout + done.stderr, done.returncode


def pyright(folder: Path) -> str:
    """On both apps, with the settings of a new project and not ours."""
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}', "utf-8")
    copies = [shutil.copy(path, folder) for path in (GOOD, BAD)]
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *copies]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    return done.stdout + done.stderr


def lines_with_errors(output: str, path: Path) -> set[int]:
    name = re.escape(path.name)
    return {int(line) for line in re.findall(rf"{name}:(\d+)(?::\d+)?(?: -|:) error", output)}


def marked(path: Path) -> set[int]:
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    return {number for number, line in lines if line.endswith("# E")}


@pytest.fixture(scope="module", params=["mypy", "pyright"])
def output(request, tmp_path_factory):
    """What a type checker says about both apps."""
    if request.param == "mypy":
        return mypy("--config-file=", str(GOOD), str(BAD))[0]
    return pyright(tmp_path_factory.mktemp("apps"))


def test_a_correct_app_is_clean(output):
    assert "bad.py" in output, "the type checker ran"
    assert GOOD.name not in output, output


def test_mistakes_of_width_are_found_and_nothing_else(output):
    assert lines_with_errors(output, BAD) == marked(BAD), output


def test_what_stands_behind_a_stub_is_clean_too():
    behind = [stub.with_suffix(".py") for stub in SDK.glob("*.pyi")]
    assert behind
    for path in behind:
        output, code = mypy(str(path))
        assert code == 0, output


def test_a_stub_names_what_its_module_has():
    for stub in SDK.glob("*.pyi"):
        module = vars(sys.modules[f"xap.{stub.stem}"])
        defined = set(re.findall(r"^(?:class|def) (\w+)", stub.read_text("utf-8"), re.MULTILINE))
        assert defined <= module.keys()
    for name in ("Integer", "u8", "i64"):
        methods = re.findall(r"^    def (\w+)", (SDK / "integers.pyi").read_text("utf-8"), re.M)
        assert set(methods) <= set(dir(getattr(xap.integers, name))) | {"mul_wide"}


def test_the_correct_app_runs():
    namespace: dict[str, object] = {**host_globals(), "__name__": "good"}
    exec(compile(GOOD.read_text("utf-8"), str(GOOD), "exec"), namespace)
    app, call = namespace["app"], namespace["call"]
    assert len(app.routes) == 9
    assert app.init_handler is namespace["start"]
    for byte in range(256):
        entry = int(namespace["TABLE"][byte ^ 0xFF])
        assert zlib.crc32(bytes([byte])) == entry ^ 0x00FF_FFFF ^ 0xFFFF_FFFF
    request = SmcCall(1, 2, 3, 4, 5, 6, 7, 8, xap.Caller(1, 0))
    assert call(request).x0 == abi.REFUSED
    assert namespace["read"](u64(5), u8(1)) == 5
    with pytest.raises(Panic):
        namespace["fail"]()
    assert namespace["loops"](xap.u32(4)) == 0 + 1 + 2
    assert type(namespace["arithmetic"](u64(7), u64(9), u8(2))) is u64
    assert namespace["aggregates"](namespace["Point"](), Array[u8, N[8]]()) == 1
    assert namespace["page_of"](u64(0)) == namespace["DENIED"]
