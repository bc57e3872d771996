"""`xapc verify` (issue 5, part 2): what it prints of good files, bad ones and no images at all."""

import json
from pathlib import Path

import pytest
from xapc.cli import main
from xapc.pipeline import build
from xaprt.verify import verify

from tests.verify.images import EXIT, assemble, image

Output = tuple[int, str, str]
ROOT = Path(__file__).parents[2]


class Run:
    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def __call__(self, *arguments: str | Path) -> Output:
        status = main(["verify", *map(str, arguments)])
        return (status, *self._capture.readouterr())

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path, capsys)


@pytest.fixture(scope="module")
def trng() -> bytes:
    return build(ROOT / "samples/trng.py").elf


def test_a_good_image_is_summed_up(run: Run, trng: bytes) -> None:
    status, out, err = run(run.file("trng.elf", trng))
    assert (status, err) == (0, "")
    first, *rest = out.splitlines()
    assert first.endswith("trng.elf: proven")
    assert [line.split("  ")[1] for line in rest] == [
        "build id", "functions", "stack", "handles", "needs", "system calls",
    ]  # fmt: skip
    assert "as the manifest says" in out
    assert "smc 0x84000050, smc 0x84000051" in out
    assert "call_smc 0xc4000053" in out
    assert "return, log, call_smc" in out


def test_a_bound_below_the_manifests_is_told(run: Run) -> None:
    out = run(run.file("a.elf", image(EXIT, stack_bytes=64)))[1]
    assert "at most 0 bytes, the manifest says 64" in out
    assert "system calls  return" in out


def test_a_refusal_names_address_instruction_function_line_and_rule(run: Run, trng: bytes) -> None:
    bad = run.file("bad.elf", _hvc_in_fill(trng))
    status, out, err = run(bad)
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert err.startswith(f"xapc verify: {bad}: 0x")
    assert " in trng.fill (trng.py:1" in err
    assert ": d4000002 hvc: hypervisor call [privileged: " in err


def _hvc_in_fill(data: bytes) -> bytes:
    """Its first instruction."""
    [fill] = [each for each in verify(data).functions if each.name == "trng.fill"]
    at = 0x1000 + fill.address
    return data[:at] + assemble("hvc #0") + data[at + 4 :]


def test_without_debug_information_the_line_is_left_out(run: Run) -> None:
    data = build(ROOT / "samples/trng.py", debug=False).elf
    err = run(run.file("bad.elf", _hvc_in_fill(data)))[2]
    assert " in trng.fill: d4000002 hvc: " in err


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.elf", b"", "not an ELF file"),
        ("app.py", b"from xap import App\n", "not an ELF file"),
        ("cut.elf", b"\x7fELF", "the ELF header is cut"),
        ("object.o", image(EXIT)[:16] + b"\1\0" + image(EXIT)[18:], "a relocatable object"),
        ("cut2.elf", image(EXIT)[:-4096], "reach"),
    ],
)
def test_what_is_no_image_is_one_line(name: str, content: bytes, words: str, run: Run) -> None:
    path = run.file(name, content)
    status, out, err = run(path)
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert err.startswith(f"xapc verify: {path}: ")
    assert words in err
    assert "[image: " in err


def test_every_file_is_judged(run: Run) -> None:
    good, bad = run.file("good.elf", image(EXIT)), run.file("bad.elf", image("hvc #0"))
    status, out, err = run(bad, run.folder / "missing.elf", good)
    assert status == 1
    assert "good.elf: proven" in out
    assert "bad.elf: 0x0: " in err
    assert "missing.elf: No such file" in err


def test_as_json(run: Run) -> None:
    good, bad = run.file("good.elf", image(EXIT)), run.file("bad.elf", image("nop; hvc #0"))
    status, out, err = run("--json", good, bad)
    assert (status, err) == (1, "")
    accepted, refused = json.loads(out)
    assert accepted["file"] == str(good)
    assert accepted["accepted"] is True
    assert (accepted["words"], accepted["functions"], accepted["stack_limit"]) == (2, 1, 4096)
    assert accepted["stack_path"] == [{"function": None, "address": 0, "bytes": 0}]
    assert accepted["system_calls"] == [{"number": 0, "name": "return"}]
    assert refused["accepted"] is False
    assert (refused["rule"], refused["clause"]) == ("privileged", "1.2")
    assert (refused["address"], refused["word"], refused["mnemonic"]) == (4, 0xD400_0002, "hvc")
    assert run("--json", good)[0] == 0


def test_a_name_cannot_forge_a_line(run: Run) -> None:
    data = image("hvc #0", symbols={"evil\ngood.elf: proven": (0, 4)})
    out, err = run(run.file("evil.elf", data))[1:]
    assert out == ""
    assert err.count("\n") == 1
