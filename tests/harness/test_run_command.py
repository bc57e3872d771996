"""`xapc run` (issue: `status`, registers, `log`, `instructions`, `fault`)."""

import json
from pathlib import Path

import pytest
from xap_harness.commands import run
from xapc.pipeline import build

APPS = Path(__file__).parent / "apps"
SHAPES, FAULTS, POSTED = (str(APPS / name) for name in ("shapes.py", "faults.py", "posted.py"))


@pytest.fixture(params=["host", "emulator"])
def backend(request):
    return ["--backend", request.param]


def as_json(capsys, *argv: str) -> tuple[int, dict]:
    status = run([*argv, "--json"])
    told = capsys.readouterr()
    assert told.err == ""
    return status, json.loads(told.out)


def test_a_call(backend, capsys):
    status, told = as_json(capsys, SHAPES, "smc", "0xC600_0005", "1", "2", "3", "-1", *backend)
    assert status == 0
    counted = told.pop("instructions")
    assert (counted is None) is ("host" in backend)
    assert told == {
        "status": "ok", "x0": (1 << 64) - 1, "x1": 3, "x2": 2, "x3": 1, "log": [], "fault": None,
    }  # fmt: skip


def test_a_fault(backend, capsys):
    status, told = as_json(capsys, FAULTS, "smc", "0xC600_0001", "6", "10", *backend)
    assert status == 4
    assert (told["status"], told["x0"]) == ("fault", (1 << 64) - 1)
    fault = told["fault"]
    assert (fault["kind"], fault["reason"]) == ("panic", "ASSERT")
    assert fault["message"] == "the value is too large"
    assert fault["file"] == FAULTS
    assert fault["chain"] == [{"function": "fail", "file": FAULTS, "line": fault["line"]}]


def test_in_text(backend, capsys):
    assert run([FAULTS, "smc", "0xC600_0001", "0", "0x80000000", *backend]) == 4
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "faults: scaling 2147483648"
    assert lines[1].split() == ["status", "fault"]
    assert lines[2].split() == ["x0", "0xffffffffffffffff"]
    assert any(line.startswith("fault") and "OVERFLOW" in line for line in lines)
    assert lines[-1].endswith(" in fail")


@pytest.mark.parametrize(
    ("argv", "value", "log"),
    [
        (["read", "0x0900_0010", "2"], 0x8798, ["load 0x10 2 1"]),
        (["read", "0x0900_0010"], 0x8586_8798, ["load 0x10 4 1"]),
        (["write", "0x0900_0004", "65", "1"], None, ["store 0x4 1 0x41 0"]),
        (["write", "0x0900_0004", "65"], None, ["store 0x4 4 0x41 0"]),
    ],
)
def test_loads_and_stores(backend, capsys, argv, value, log):
    status, told = as_json(capsys, SHAPES, *argv, *backend)
    assert (status, told["status"], told["value"], told["log"]) == (0, "ok", value, log)


def test_a_posted_store(backend, capsys):
    status, told = as_json(capsys, POSTED, "write", "0x0900_0000", "65", *backend)
    assert (status, told["status"]) == (0, "posted")


def test_an_id_that_nobody_handles(backend, capsys):
    status, told = as_json(capsys, SHAPES, "smc", "0xC600_9999", *backend)
    assert (status, told["status"], told["x0"]) == (0, "not_handled", (1 << 64) - 1)


def test_an_image(tmp_path, capsys):
    image = tmp_path / "shapes.elf"
    image.write_bytes(build(APPS / "shapes.py").elf)
    assert as_json(capsys, str(image), "hvc", "0xC600_0000", "5")[1]["x0"] == 5


def one_line(capsys) -> str:
    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    return line


def test_a_missing_file(backend, capsys, tmp_path):
    path = tmp_path / "nowhere.py"
    assert run([str(path), "smc", "1", *backend]) == 1
    assert one_line(capsys) == f"xapc run: {path}: No such file or directory"


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"\x7fELF" + bytes(60), "machine 0"), (b"MZ", "not an ELF"), (b"", "not an ELF")],
)
def test_a_file_that_is_no_image(capsys, tmp_path, content, what):
    path = tmp_path / "app.elf"
    path.write_bytes(content)
    assert run([str(path), "smc", "1"]) == 1
    assert what in one_line(capsys)


def test_diagnostics_are_shown(backend, capsys, tmp_path):
    path = tmp_path / "app.py"
    path.write_text('from xap import App\napp = App("x", version="1")\n')
    assert run([str(path), "smc", "1", *backend]) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"{path}:2:7: error[E")
    assert told.out == ""


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        (["read", "0x0900_0000", "3"], "1, 2, 4, 8"),
        (["read", "0", "1", "2"], "an address and a width"),
        (["write", "0"], "an address, a value and a width"),
        (["smc", "1", *"12345678"], "at most 7"),
    ],
)
def test_arguments_that_do_not_fit(capsys, argv, what):
    assert run([SHAPES, *argv]) == 1
    assert what in one_line(capsys)


@pytest.mark.parametrize(
    "argv", [["smc"], ["smc", "nonsense"], ["smc", str(1 << 64)], ["svc", "1"]]
)
def test_wrong_arguments_exit_with_1(capsys, argv):
    with pytest.raises(SystemExit) as ended:
        run([SHAPES, *argv])
    assert ended.value.code == 1
    assert "xapc run: " in one_line(capsys)


def test_an_app_beyond_the_limits(tmp_path, capsys):
    """ABI.md 1.4: it is the app's fault, not the compiler's."""
    path = tmp_path / "deep.py"
    path.write_text(
        "from xap import App, Array, N, u8, u64\n"
        'app = App("deep", version="1.0.0", uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e00ff")\n'
        "@app.smc(0xC600_0001)\n"
        "def f(x: u64) -> u8:\n"
        "    a = Array[u8, N[70000]]()\n"
        "    a[x] = u8(1)\n"
        "    return a[x + 1]\n"
    )
    assert run([str(path), "smc", "0xC600_0001"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"{path}:4:5: error[E0722]: ")
