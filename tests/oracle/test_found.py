"""What the oracle has found, each once, small."""

from pathlib import Path

import pytest
from xap_harness import load
from xap_harness.api import BACKENDS
from xap_harness.hypervisor.device import RegisterFile
from xapc.diagnostics import CompileError
from xapc.pipeline import check_file

FID = 0xC600_0001

APP = """\
from enum import Flag
from typing import Final
from xap import App, Array, N, Needs, inject_irq, log, map_io, set_timer, struct, u8, u32, u64

app = App(
    "found", version="1.0.0", uuid="6f0c4d25-9d3f-4f0a-8b9f-1c118a2f6d0e",
    needs=[Needs.timer(), Needs.irq(40), Needs.io("uart1", 0x1C09_0000, 0x1000)],
)
"""


@pytest.mark.parametrize(
    ("body", "value"),
    [("for i in reversed(range(4)):\n        x = x * 10 + u64(i)", 43210), ("x = abs(x)", 4)],
)
def test_builtins_of_python_are_there_at_build_time(tmp_path: Path, body: str, value: int) -> None:
    path = tmp_path / "found.py"
    path.write_text(
        f"{APP}def f(x: u64) -> u64:\n    {body}\n    return x\n"
        "K: Final = f(u64(4))\n"
        "@app.smc(0xC600_0001)\ndef handler() -> u64:\n    return K\n"
    )
    for backend in BACKENDS:
        assert load(path, backend).smc(FID).x0 == value


def test_arrays_of_flags_are_made_at_build_time(tmp_path: Path) -> None:
    """A flag has a length in Python, but no items."""
    path = tmp_path / "found.py"
    path.write_text(
        APP + "class Bits(u8, Flag):\n    A = 1\n    B = 2\n"
        "def f(x: u64) -> u64:\n    bits = Array[Bits, N[2]]([Bits.A, Bits.B])\n"
        "    return u64(bits[1]) + x\n"
        "K: Final = f(u64(4))\n"
        "@app.smc(0xC600_0001)\ndef handler() -> u64:\n    return K\n"
    )
    for backend in BACKENDS:
        assert load(path, backend).smc(FID).x0 == 6


METHODS = """\
state = u64(3)

def announce() -> None:
    log.info("here")

@struct
class Job:
    id: u64 = u64(1)

    def step(self, by: u64 = u64(2)) -> u64:
        {body}
        return self.id + self.twice(by)

    def twice(self, by: u64) -> u64:
        return by * 2

jobs = Array[Job, N[2]]()
"""

EFFECTS = [
    ('log.info("here")', "E0903"),
    ("announce()", "E0903"),
    ("set_timer(0)", "E0903"),
    ("self.id += state", "E0902"),
]


@pytest.mark.parametrize(("body", "code"), EFFECTS)
def test_a_struct_whose_methods_have_effects_is_made_at_build_time(
    tmp_path: Path, body: str, code: str
) -> None:
    """What is called has no effects; what is not may have them (LANGUAGE.md section 1)."""
    path = tmp_path / "found.py"
    path.write_text(
        APP + METHODS.format(body=body) + "@app.smc(0xC600_0001)\ndef handler() -> u64:\n"
        "    return jobs[1].step() + u64(len(jobs))\n"
    )
    for backend in BACKENDS:
        assert load(path, backend).smc(FID).x0 == (10 if code == "E0902" else 7)


@pytest.mark.parametrize(("body", "code"), EFFECTS)
def test_a_method_with_effects_is_not_called_at_build_time(
    tmp_path: Path, body: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.py"
    path.write_text(f"{APP}{METHODS.format(body=body)}K: Final = Job().step()\n")
    with pytest.raises(CompileError) as caught:
        check_file(path)
    assert [error.code for error in caught.value.errors] == [code]
    assert capsys.readouterr().err == ""


def test_a_method_is_called_at_build_time(tmp_path: Path) -> None:
    path = tmp_path / "found.py"
    path.write_text(
        f"{APP}{METHODS.format(body='self.id += by')}K: Final = Job(id=u64(4)).step(by=u64(3))\n"
        "@app.smc(0xC600_0001)\ndef handler() -> u64:\n    return K\n"
    )
    for backend in BACKENDS:
        assert load(path, backend).smc(FID).x0 == 13


@pytest.mark.parametrize("needed_early", [False, True])
def test_services_may_be_called_in_a_sibling(tmp_path: Path, needed_early: bool) -> None:
    """What the app declares is known before any body is checked, whatever imports what."""
    (tmp_path / "sibling.py").write_text(
        "from xap import inject_irq, map_io, struct, u32, u64\n"
        "@struct\nclass Port:\n    at: u64 = u64(0)\n"
        "    def put(self, value: u32) -> None:\n"
        '        with map_io("uart1") as regs:\n'
        "            regs[self.at] = value\n"
        "        inject_irq(40)\n"
    )
    path = tmp_path / "found.py"
    path.write_text(
        "from sibling import Port\n" + APP + "ports = Array[Port, N[2]]()\n" * needed_early
        + "port = Port()\n@app.smc(0xC600_0001)\ndef handler(x: u32) -> None:\n    port.put(x)\n"
    )  # fmt: skip
    for backend in BACKENDS:
        device = RegisterFile(0x1000)
        loaded = load(path, backend, devices={"uart1": device})
        loaded.smc(FID, 7)
        assert device.accesses == [("write", 0, 4, 7)]
        assert loaded.domain().pending == [40]
