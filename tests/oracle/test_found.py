"""What the oracle has found, each once, small."""

from pathlib import Path

import pytest
from xap_harness import load
from xap_harness.api import BACKENDS
from xap_harness.hypervisor.device import RegisterFile
from xapc.diagnostics import CompileError
from xapc.pipeline import build, check_file

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


def test_the_chain_names_who_called_what_never_returns(tmp_path: Path) -> None:
    """LLVM makes one of two calls that nothing follows, if it may."""
    path = tmp_path / "found.py"
    path.write_text(
        f"{APP}@app.smc(0xC600_0001)\ndef end(x: u32) -> u32:\n"
        '    log.warn(f"{x}")\n    return 0 - u32(0xFFFF_FFFF)\n'
        "@app.smc(0xC600_0002)\ndef outer(x: u32, y: u32) -> u32:\n    return end(x) + y\n"
    )
    for backend in BACKENDS:
        for fid, chain in ((FID, ["end"]), (FID + 1, ["end", "outer"])):
            fault = load(path, backend).smc(fid, 1).fault
            assert fault is not None
            assert [place.function for place in fault.chain] == chain


def test_a_base_that_moves_by_bytes_reaches_aligned_places(tmp_path: Path) -> None:
    """The verifier took a halfword five bytes before a base for misaligned: a store of a byte had
    moved that base to an odd address."""
    path = tmp_path / "found.py"
    path.write_text(
        APP.replace("needs=[", 'needs=[Needs.guest_memory("rw"), ').replace(
            "from xap import ", "from xap import i64, map_guest_page, u16, "
        )
        + "@struct\nclass Item:\n    kind: u16 = u16(6)\n    size: i64 = i64(0)\n"
        "@app.smc(0xC600_0001)\ndef handler() -> None:\n"
        "    for turn in range(3, 0, -1):\n"
        "        with map_guest_page(0x4000_1000, writable=True) as page:\n"
        "            item = page.load(Item, (u32(turn) + 2) & 63)\n"
        "            page.store(1, item)\n"
        "            with map_guest_page(0x4000_1000, writable=True) as same:\n"
        "                page.store(4, item)\n"
    )
    pages = []
    for backend in BACKENDS:
        loaded = load(path, backend)
        loaded.domain().write(0x4000_1000, bytes(range(64)))
        assert loaded.smc(FID).status == "ok"
        pages.append(loaded.domain().read(0x4000_1000, 64))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("optimize", [False, True])
def test_an_access_behind_a_check_that_always_fails_is_left_out(
    tmp_path: Path, optimize: bool
) -> None:
    """Seed 6004124: its constant address was outside the image, which the verifier refused."""
    path = tmp_path / "found.py"
    path.write_text(
        f"{APP}T: Final = Array[u8, N[8]](u8(i) for i in range(8))\n"
        "@app.smc(0xC600_0001)\ndef handler() -> u8:\n    return T.load(u8, u32(1) << 24)\n"
    )
    image = tmp_path / "found.elf"
    image.write_bytes(build(path, optimize=optimize).elf)
    assert load(image, "emulator").smc(FID).x0 == 0xFFFF_FFFF_FFFF_FFFF
