"""The command line: what it prints, and how it ends (LANGUAGE.md section 7: user errors exit 1, a
fault of the compiler exits 2)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from xapc import pipeline
from xapc.cli import COMMANDS, main
from xapc.diagnostics import InternalError
from xapc.explain import catalogue
from xapc.source import Source, Span

from tests.frontend.apps import app

GOOD = app(
    "@app.smc(0xC600_0001, range(0xC600_0010, 0xC600_0012))\n"
    "def answer(x: u32) -> u32:\n"
    "    global count\n"
    "    count += x\n"
    '    log.info(f"x={x}")\n'
    "    return count\n"
)
WRONG = app("def f(x: u32) -> u64:\n    return x\n")

Output = tuple[int, str, str]


@pytest.fixture
def run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> "Run":
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "wrong.py").write_text(WRONG)
    return Run(capfd)


class Run:
    """`xapc ARGUMENTS` in a directory with `good.py` and `wrong.py`: status, output, errors."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.capture = capture

    def __call__(self, *arguments: str) -> Output:
        self.capture.readouterr()
        status = main(arguments)
        out, err = self.capture.readouterr()
        return status, out, err


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith("\n") and "Traceback" not in text


# --- help ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_teaches(command: tuple[str, ...], run: Run) -> None:
    status, out, err = run(*command, "--help")
    assert (status, err) == (0, "")
    assert "examples:" in out
    assert "exit status:" in out
    assert f"xapc {command[0] if command else 'run'}" in out


def test_without_a_command_help_is_an_error(run: Run) -> None:
    status, out, err = run()
    assert (status, out) == (1, "")
    assert "commands:" in err


def test_version(run: Run) -> None:
    assert run("--version")[1].startswith("xapc 0.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("biuld", "good.py"), "did you mean 'build'?"),
        (("check",), "FILE"),
        (("check", "--format", "xml", "good.py"), "xml"),
        (("build", "good.py", "--emit", "wasm"), "wasm"),
        (("build", "--nothing", "good.py"), "--nothing"),
        (("explain", "E0303", "E0304"), "E0304"),
    ],
)
def test_wrong_arguments_are_one_line_and_status_1(
    arguments: tuple[str, ...], words: str, run: Run
) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert one_line(err)
    assert words in err


# --- bad input -------------------------------------------------------------------------------

BAD_FILES = {
    "missing.py": None,
    "binary.py": b"\x00\x01\x02\xff" * 40,
    "latin.py": b"x = '\xe9'\n",
    "elf.py": b"\x7fELF\x02\x01\x01" + bytes(60),
    "directory.py": None,
    "two\nlines.py": None,
}


@pytest.mark.parametrize("command", ["build", "check"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_clear_line(command: str, name: str, run: Run, tmp_path: Path) -> None:
    content = BAD_FILES[name]
    if name.startswith("dir"):
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    status, out, err = run(command, name)
    assert (status, out) == (1, "")
    assert one_line(err)
    assert name.replace("\n", "\\n") in err


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_file_without_an_app(command: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("from xap import u32\nONE = u32(1)\n")
    status, _, err = run(command, "helpers.py")
    assert status == 1
    assert err.startswith("helpers.py:1:1: error[E0701]: no App(...) here\n")


MACHINE = bytes.fromhex("7f454c4602010100000000000000000003003e0001000000") + bytes(40)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x86.elf", MACHINE, "x86-64"),
        ("cut.elf", b"\x7fELF", "cut"),
        ("text.elf", b"hello\n", "not an ELF"),
        ("missing.elf", None, "No such file"),
    ],
)
def test_inspect_refuses_what_is_no_image(
    name: str, content: bytes | None, words: str, run: Run, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, out, err = run("inspect", name)
    assert (status, out) == (1, "")
    assert one_line(err)
    assert name in err and words in err


# --- check -----------------------------------------------------------------------------------


def test_check_of_a_good_file_is_silent(run: Run) -> None:
    assert run("check", "good.py") == (0, "", "")


def test_check_prints_text_on_standard_error(run: Run) -> None:
    status, out, err = run("check", "wrong.py", "good.py")
    assert (status, out) == (1, "")
    line = WRONG.count("\n")
    assert err.startswith(f"wrong.py:{line}:12: error[E0301]: ")


@pytest.mark.parametrize("arguments", [("--json",), ("--format", "json")])
def test_check_prints_json_on_standard_output(arguments: tuple[str, ...], run: Run) -> None:
    status, out, err = run("check", *arguments, "wrong.py")
    assert (status, err) == (1, "")
    assert [each["code"] for each in json.loads(out)] == ["E0301"]
    assert json.loads(run("check", *arguments, "good.py")[1]) == []


def test_check_goes_on_after_a_missing_file(run: Run) -> None:
    status, _, err = run("check", "missing.py", "wrong.py")
    assert status == 1
    assert "missing.py" in err and "E0301" in err


def test_colour_is_for_terminals_that_want_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in run("check", "wrong.py")[2]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("check", "wrong.py")[2]
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in run("check", "wrong.py")[2]


# --- build -----------------------------------------------------------------------------------


def test_build_writes_an_image_beside_the_source(run: Run, tmp_path: Path) -> None:
    status, out, err = run("build", "good.py")
    assert (status, err) == (0, "")
    assert out.startswith("good.elf: ")
    assert (tmp_path / "good.elf").read_bytes().startswith(b"\x7fELF")


def test_build_to_a_place(run: Run, tmp_path: Path) -> None:
    assert run("build", "good.py", "-o", "a.img")[0] == 0
    assert run("build", "good.py")[0] == 0
    assert (tmp_path / "a.img").read_bytes() == (tmp_path / "good.elf").read_bytes()


def test_build_without_debug_information_is_smaller(run: Run, tmp_path: Path) -> None:
    run("build", "good.py")
    run("build", "--no-debug", "good.py", "-o", "small.elf")
    run("build", "-O0", "good.py", "-o", "slow.elf")
    assert (tmp_path / "small.elf").stat().st_size < (tmp_path / "good.elf").stat().st_size
    assert (tmp_path / "slow.elf").read_bytes() != (tmp_path / "good.elf").read_bytes()


@pytest.mark.parametrize(
    ("stage", "words"),
    [("tree", "def answer"), ("llvm", "define"), ("asm", "xap_entry")],
)
def test_build_prints_its_stages(stage: str, words: str, run: Run, tmp_path: Path) -> None:
    status, out, _ = run("build", "--emit", stage, "good.py")
    assert status == 0
    assert words in out
    assert not (tmp_path / "good.elf").exists()
    run("build", "--emit", stage, "good.py", "-o", "out.txt")
    assert (tmp_path / "out.txt").read_text() == out


def test_build_of_a_wrong_file_writes_nothing(run: Run, tmp_path: Path) -> None:
    status, out, err = run("build", "wrong.py")
    assert (status, out) == (1, "")
    assert "E0301" in err
    assert not (tmp_path / "wrong.elf").exists()
    assert json.loads(run("build", "--json", "wrong.py")[1])[0]["code"] == "E0301"


def test_build_as_json(run: Run) -> None:
    made = json.loads(run("build", "--json", "good.py")[1])
    assert made["file"] == "good.elf"
    assert made["name"] == "example"
    assert made["loaded_bytes"] < made["file_bytes"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("good.py", "-o", "good.py"), "would replace the source"),
        (("good.py", "-o", "no/such/dir.elf"), "no/such/dir.elf"),
        (("good.py", "-o", "."), "irectory"),
    ],
)
def test_build_cannot_write_there(arguments: tuple[str, ...], words: str, run: Run) -> None:
    status, out, err = run("build", *arguments)
    assert (status, out) == (1, "")
    assert one_line(err)
    assert words in err


def test_build_to_a_device_leaves_it_one(run: Run) -> None:
    assert run("build", "good.py", "-o", os.devnull)[0] == 0
    assert not Path(os.devnull).is_file()


# --- inspect ---------------------------------------------------------------------------------


def test_inspect_shows_what_an_image_is(run: Run) -> None:
    run("build", "good.py")
    status, out, err = run("inspect", "good.elf")
    assert (status, err) == (0, "")
    for words in (
        "example 1.0.0",
        "8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
        "stack: at most",
        "one for all guests",
        "never",
        "1000 us a call (the default)",
        "smc        0xc6000010..0xc6000011",
        "irq        33",
        "timer",
        "guest page read and write",
        "R-X",
        "XAP  1 (",
        "xap_entry",
    ):
        assert words in out


def test_inspect_of_a_source_is_that_of_its_image(run: Run) -> None:
    run("build", "good.py")
    of_image = json.loads(run("inspect", "--json", "good.elf")[1])
    of_source = json.loads(run("inspect", "--json", "good.py")[1])
    assert of_image.pop("file") == "good.elf"
    assert of_source.pop("file") == "good.py"
    assert of_image == of_source
    assert {
        "name", "version", "uuid", "routes", "needs", "instances", "restart_limit", "budget_us",
        "stack_bytes", "build_id", "segments", "functions", "notes",
    } <= set(of_image)  # fmt: skip
    assert of_image["routes"][0] == {
        "kind": "smc", "first": 0xC600_0001, "last": 0xC600_0001, "posted": False
    }  # fmt: skip


def test_inspect_of_a_wrong_source(run: Run) -> None:
    status, _, err = run("inspect", "wrong.py")
    assert status == 1
    assert "E0301" in err


# --- explain ---------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["E0302", "e0302", "302", "0302"])
def test_explain_prints_the_long_form(asked: str, run: Run) -> None:
    status, out, _ = run("explain", asked)
    assert status == 0
    assert out.startswith("E0302: <what> mixes <left> and <right>\n")
    assert "\nWrong:\n\n    def f(" in out and "\nRight:\n\n    def f(" in out


def test_explain_of_absent_syntax_lists_it(run: Run) -> None:
    out = run("explain", "E0104")[1]
    assert "    'lambda': define a function with `def`\n" in out
    assert out.count("    'try': ") == 1


def test_explain_lists_all(run: Run) -> None:
    out = run("explain")[1]
    assert all(code in out for code in catalogue())


@pytest.mark.parametrize(
    ("asked", "meant"), [("E0392", "E0"), ("E03020", "E0320"), ("nonsense", "")]
)
def test_explain_of_an_unknown_code(asked: str, meant: str, run: Run) -> None:
    status, out, err = run("explain", asked)
    assert (status, out) == (1, "")
    assert one_line(err)
    assert asked in err
    assert (f"did you mean {meant}" in err) == bool(meant)


# --- faults and signals ----------------------------------------------------------------------


def test_section_7_a_fault_of_the_compiler_names_the_span(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = Span(Source("good.py", GOOD), 17, 5, 17, 10)

    def broken(_: object) -> None:
        def deeper(span: Span) -> None:
            raise KeyError("no such thing")

        deeper(span)

    monkeypatch.setattr(pipeline, "check", lambda *_: broken(None))
    status, out, err = run("check", "good.py")
    assert (status, out) == (2, "")
    assert one_line(err)
    assert "good.py:17:5" in err and "KeyError" in err and "report" in err
    monkeypatch.setenv("XAPC_TRACEBACK", "1")
    assert "Traceback" in run("check", "good.py")[2]


def test_a_fault_that_names_its_span_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise InternalError("cannot be", Span(Source("good.py", GOOD), 3, 1, 3, 2))

    monkeypatch.setattr(pipeline, "check", broken)
    status, _, err = run("check", "good.py")
    assert status == 2
    assert one_line(err)
    assert err.count("good.py:3:1") == 1


XAPC = [sys.executable, "-m", "xapc"]


def test_a_reader_that_has_enough_is_no_error() -> None:
    with subprocess.Popen(
        [*XAPC, "explain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 128 + signal.SIGPIPE


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        made = subprocess.run([*XAPC, "explain"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert made.returncode == 1
    assert one_line(made.stderr)


def test_interrupting_ends_as_the_signal_does(tmp_path: Path) -> None:
    endless = tmp_path / "pipe.py"
    os.mkfifo(endless)
    # Whoever runs the tests in the background has the signal ignored, which is inherited.
    with subprocess.Popen(
        [*XAPC, "check", str(endless)],
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        with endless.open("wb"):  # when it is open, the command reads it
            process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.wait() == -signal.SIGINT
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("--help",), ("xapc.pipeline", "llvmlite", "importlib.metadata")),
        (("explain", "E0302"), ("xapc.pipeline", "llvmlite", "keystone", "unicorn", "elftools")),
        (("check", "--help"), ("xapc.pipeline", "llvmlite", "keystone", "unicorn", "elftools")),
        (("check", "good.py"), ("llvmlite", "keystone", "unicorn", "elftools", "json")),
        (("build", "good.py"), ("unicorn", "xap_harness", "importlib.metadata")),
    ],
)
def test_commands_import_only_what_they_use(
    arguments: tuple[str, ...], absent: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    program = (
        "import sys\nfrom xapc.cli import main\n"
        f"status = main({arguments!r})\n"
        f"print([name for name in {absent!r} if name in sys.modules], file=sys.stderr)\n"
        "sys.exit(status)\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert (made.returncode, made.stderr) == (0, "[]\n")
