"""One app, two ways to run it: handlers, results, and faults with their lines, on each backend
(LANGUAGE.md sections 5 and 6, ABI.md 2 and 5)."""

import dataclasses
import io
import sys
from functools import cache
from pathlib import Path

import pytest
import xap_harness
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.emulator.backend import layout_of
from xap_harness.host.engine import HostEngine, HostError
from xap_harness.host.program import Program
from xap_harness.hypervisor.console import AppLog
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.fault import FaultKind
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services
from xapc.diagnostics import CompileError
from xapc.pipeline import build
from xaprt import abi
from xaprt.debug.dwarf import DwarfSymbols
from xaprt.image import Image, ImageError, read
from xaprt.rights import Rights

APPS = Path(__file__).parent / "apps"
U64 = st.integers(0, (1 << 64) - 1)
M64 = (1 << 64) - 1


def signed(value: int, bits: int) -> int:
    low = value & (1 << bits) - 1
    return low - (1 << bits) if low >> (bits - 1) else low


@pytest.fixture(scope="module")
def shapes(xap):
    return xap.load("apps/shapes.py")


@pytest.fixture(scope="module")
def faults(xap):
    return xap.load("apps/faults.py")


# --- parameters and results -----------------------------------------------------------------


@given(args=st.lists(U64, min_size=7, max_size=7))
@settings(max_examples=30, deadline=None)
def test_a_narrow_parameter_takes_the_low_bits(shapes, args):
    a, b, c, d, e, f, g = args
    got = shapes.smc(0xC600_0001, *args)
    expected = (a & 0xFF, signed(b, 8), c & 0xFFFF, signed(d, 16), e & 0xFFFF_FFFF, signed(f, 32),
                g, 7)  # fmt: skip
    assert tuple(getattr(got, f"x{n}") for n in range(8)) == tuple(v & M64 for v in expected)
    assert got.log == [" ".join(map(str, expected[:7]))]


@given(value=U64)
@settings(max_examples=20, deadline=None)
def test_results_are_extended_by_their_types(shapes, value):
    assert shapes.smc(0xC600_0002, value).x0 == signed(value, 32) & M64
    assert shapes.smc(0xC600_0003, value).x0 == value & 0xFFFF
    pair = shapes.smc(0xC600_0004, value)
    assert (pair.x0, pair.x1) == (signed(value, 8) & M64, value & 0xFFFF_FFFF)


def test_what_a_result_does_not_name_is_zero(shapes):
    """Of x0..x3; the others keep what the guest had."""
    for fid, x0, x1 in [(0xC600_0000, 0, 0), (0xC600_0003, 5, 0), (0xC600_0004, 5, 5)]:
        got = shapes.smc(fid, 5, 6, 7, 8, 9, 10, 11)
        assert (got.x0, got.x1, got.x2, got.x3) == (x0, x1, 0, 0)
        assert (got.x4, got.x5, got.x6, got.x7) == (8, 9, 10, 11)
        assert got.status == "ok"


def test_four_results(shapes):
    got = shapes.smc(0xC600_0005, 1, 2, 3, 4)
    assert (got.x0, got.x1, got.x2, got.x3) == (4, 3, 2, 1)
    again = shapes.smc(0xC600_0006, 8, 9)
    assert (again.x0, again.x1, again.x3) == (8, 9, 0)


def test_not_handled_is_as_if_there_were_no_route(shapes):
    """ABI.md 2.2, 4.3."""
    declined, unknown = shapes.smc(0xC600_0007, 0, 3), shapes.smc(0xC600_0777, 0, 3)
    assert declined.x0 == unknown.x0 == M64
    assert (declined.x2, declined.status) == (3, "not_handled")
    assert not declined.handled
    assert shapes.smc(0xC600_0007, 1).x0 == 1


@pytest.mark.parametrize("fid", [0xC600_0100, 0xC600_010F, 0xC600_0200])
def test_a_whole_call(shapes, fid):
    """`SmcCall`: from any id of the route, with the requester."""
    got = shapes.smc(0xFFFF_0000_0000_0000 | fid, 1, 2, 3, 4, 5, 6, 7, domid=9, vcpu=3)
    seen = tuple(getattr(got, f"x{n}") for n in range(8))
    assert seen == (fid, 1, 2, 5, 6, 7, 9, 3)


@pytest.mark.parametrize("fid", [0xC600_00FF, 0xC600_0110, 0xC600_01FF, 0xC600_0201])
def test_ids_beside_a_range_are_unclaimed(shapes, fid):
    assert shapes.smc(fid).status == "not_handled"


def test_hvc_has_handlers_of_its_own(shapes):
    got = shapes.hvc(0xC600_0000, 77, domid=2, vcpu=1)
    assert (got.x0, got.x1, got.x2) == (77, 2, 1)
    assert shapes.hvc(0xC600_0001).status == "not_handled"


# --- faults ---------------------------------------------------------------------------------


def line_of(file: str, marker: str) -> int:
    lines = (APPS / file).read_text().splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if line.endswith(f"# {marker}")]
    return found


CHAINS = {
    0: [("scaled", "faults.py", "overflow: in a helper"),
        ("twice_scaled", "faults.py", "overflow: its caller"),
        ("fail", "faults.py", "overflow: the handler")],
    1: [("fail", "faults.py", "division")],
    2: [("fail", "faults.py", "shift")],
    3: [("fail", "faults.py", "conversion")],
    4: [("fail", "faults.py", "index")],
    5: [("fail", "faults.py", "assert")],
    6: [("fail", "faults.py", "assert with text")],
    7: [("fail", "faults.py", "panic")],
    8: [("raise_by", "faults.py", "overflow: in a method"),
        ("fail", "faults.py", "method: the caller")],
    9: [("third_of", "helpers.py", "sibling: the check"),
        ("fail", "faults.py", "sibling: the caller")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("how", "value", "reason", "message"),
    [
        (0, 1 << 31, "OVERFLOW", ""),
        (0, 1 << 30, "OVERFLOW", ""),
        (1, 0, "DIVISION_BY_ZERO", ""),
        (2, 64, "SHIFT", ""),
        (3, 256, "CONVERSION", ""),
        (4, 4, "INDEX", ""),
        (5, 10, "ASSERT", ""),
        (6, 10, "ASSERT", "the value is too large"),
        (7, 0, "PANIC", "nothing works"),
        (8, 6, "OVERFLOW", ""),
        (9, 1, "ASSERT", ""),
    ],
)
def test_a_fault_names_reason_lines_and_callers(faults, how, value, reason, message):
    """ABI.md 5.3; LANGUAGE.md 6: the same on every backend, inlined or not."""
    faults.advance(10_000_000_000)
    got = faults.smc(0xC600_0001, how, value)
    assert (got.status, got.x0, got.x1, got.x2, got.x3) == ("fault", M64, 0, 0, 0)
    fault = got.fault
    assert (fault.reason, fault.message) == (reason, message)
    expected = [
        (function, str(APPS / file), line_of(file, marker))
        for function, file, marker in CHAINS[how]
    ]
    assert [(p.function, p.file, p.line) for p in fault.chain] == expected
    assert (fault.file, fault.line) == expected[0][1:]
    said = reason == "PANIC" or bool(message)
    assert fault.kind is (FaultKind.PANIC if said else FaultKind.CHECK)


def test_a_fault_is_on_the_console(faults):
    """ABI.md 5.3: lines `xap-fault: key=value ...`, with the Python places."""
    faults.advance(10_000_000_000)
    faults.smc(0xC600_0001, 8, 6, domid=3, vcpu=2)
    told = [line for line in faults.log if line.startswith("xap-fault: ")][-6:]
    text = "\n".join(told)
    assert "name=faults domid=3 vcpu=2 kind=check reason=OVERFLOW" in text
    line = line_of("faults.py", "overflow: in a method")
    place = f"{APPS / 'faults.py'}:{line}"
    quoted = f'"{place}"' if " " in place else place  # the path of the checkout may have one
    assert f"at={quoted} function=raise_by" in text


def test_a_fault_after_a_service_call_has_no_false_callers(faults):
    """x30 still points behind the call of the log; that is no caller."""
    faults.advance(10_000_000_000)
    got = faults.smc(0xC600_0001, 0, 1 << 31)
    assert got.log == [f"scaling {1 << 31}"]
    assert len(got.fault.chain) == 3


def test_the_caller_of_a_panic_is_found_where_nothing_follows_the_call(xap):
    """Its return address is the beginning of another function."""
    fault = xap.load("apps/last.py").smc(0xC600_0001, 8).fault
    assert [(p.function, p.line) for p in fault.chain] == [
        ("small", line_of("last.py", "the assertion"))
    ]


def test_a_restart_brings_fresh_state_and_init(xap):
    """ABI.md 5.5."""
    app = xap.load("apps/faults.py")
    for expected in (251, 252):
        app.smc(0xC600_0001, 8, 1)
        assert app.smc(0xC600_0002).x0 == expected
    app.smc(0xC600_0001, 8, 10)
    assert app.smc(0xC600_0002).status == "fault"  # until its restart
    app.advance(10_000_000)
    fresh = app.smc(0xC600_0002)
    assert (fresh.x0, fresh.x1) == (250, 0)
    assert app.log.count("faults: ready") == 2


def test_what_was_done_before_a_panic_stays_done(xap):
    """LANGUAGE.md 6: the log line of a call that faults."""
    app = xap.load("apps/faults.py")
    assert app.smc(0xC600_0001, 0, 1 << 31).log == [f"scaling {1 << 31}"]


# --- loading --------------------------------------------------------------------------------


def test_each_load_is_an_execution_of_its_own(xap):
    """No state is shared, and nothing stays behind in the interpreter."""
    modules, path = set(sys.modules), list(sys.path)
    one, other = xap.load("apps/faults.py"), xap.load("apps/faults.py")
    one.smc(0xC600_0001, 8, 3)
    assert (one.smc(0xC600_0002).x0, other.smc(0xC600_0002).x0) == (253, 250)
    assert sys.path == path
    assert not {name for name in set(sys.modules) - modules if "helpers" in name}
    assert "faults" not in sys.modules


def test_instructions_are_counted_where_there_are_any(xap, shapes):
    spent = shapes.smc(0xC600_0000).instructions
    assert spent is None if xap.backend == "host" else spent > 0


def test_wrong_source_is_refused_alike(xap, tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text("from xap import App\nx = 1 +\n")
    with pytest.raises(CompileError):
        xap.load(path)


def test_a_missing_file_is_an_os_error(tmp_path):
    for backend in xap_harness.BACKENDS:
        with pytest.raises(OSError, match=r"nowhere\.py"):
            xap_harness.load(tmp_path / "nowhere.py", backend)


def test_an_unknown_backend_is_named():
    with pytest.raises(ValueError, match="no backend 'xen'"):
        xap_harness.load(APPS / "shapes.py", "xen")


def test_an_elf_runs_as_its_source_does(tmp_path):
    image = tmp_path / "faults.elf"
    image.write_bytes(build(APPS / "faults.py").elf)
    app = xap_harness.load(image)
    fault = app.smc(0xC600_0001, 9, 1).fault
    # Files are named as in the debug information: relative to the app's own.
    assert [(p.function, p.file) for p in fault.chain] == [
        ("third_of", "helpers.py"),
        ("fail", "faults.py"),
    ]


def test_what_is_no_panic_is_told_as_a_bug_with_its_place(tmp_path):
    """On the host: never as a fault of the app. The compiler refuses such a file."""
    path = tmp_path / "app.py"
    path.write_text(
        "from xap import App, u32, u64\n"
        'app = App("x", version="1.0.0", uuid="0d4a5a3e-5f0e-4c41-9a67-6f1f3a5e0007")\n'
        "@app.smc(0xC600_0001)\n"
        "def mixes(value: u64) -> u64:\n"
        "    return value + u32(1)\n"
    )
    engine = HostEngine(Program(path), "x", services(), has_posted=False)
    with pytest.raises(HostError, match=r"app\.py:5: TypeError: "):
        engine.call(abi.Function.HANDLE_SMC, [0xC600_0001, *range(7)], Requester(1, 0), 0)
    path.write_text("import xap\nx = undefined\n")
    with pytest.raises(HostError, match=r"app\.py:2: NameError: "):
        HostEngine(Program(path), "x", services(), has_posted=False)


def services() -> Services:
    hypervisor = Hypervisor()
    log = AppLog("x", hypervisor.console, hypervisor.clock)
    return Services(Rights(), log, hypervisor)


def test_an_exception_of_a_firmware_model_is_passed_on(xap):
    class Broken:
        def smc(self, fid, arguments, client):
            raise KeyError("a bug")

    app = xap.load("apps/forwards.py", firmware=Broken())
    with pytest.raises(KeyError, match="a bug"):
        app.smc(0xC600_0001, 5)
    assert app.log == []


def test_an_app_in_python_calls_the_firmware(xap):
    """ABI.md 3.3: six arguments, and the client in x7."""

    class Echo:
        def smc(self, fid, arguments, client):
            return fid, arguments[0], arguments[5], client

    app = xap.load("apps/forwards.py", firmware=Echo())
    got = app.smc(0xC600_0001, 40, 2, domid=8)
    assert (got.x0, got.x1, got.x2, got.x3) == (0xC400_0053, 42, 6, 9)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_debug_information_is_none(data):
    """What an image says of itself never stops the hypervisor."""
    elf = bytearray(faults_elf())
    for _ in range(data.draw(st.integers(1, 12))):
        first, size = data.draw(st.sampled_from(debug_sections()))
        elf[first + data.draw(st.integers(0, size - 1))] = data.draw(st.integers(0, 255))
    symbols = DwarfSymbols(bytes(elf))
    for pc in data.draw(st.lists(st.integers(0, 0x2000), max_size=5)):
        assert isinstance(symbols.chain(pc, [pc + 4]), tuple)


@cache
def faults_elf() -> bytes:
    return build(APPS / "faults.py").elf


@cache
def debug_sections() -> list[tuple[int, int]]:
    """File offset and size."""
    sections = ELFFile(io.BytesIO(faults_elf())).iter_sections()
    return [(s["sh_offset"], s["sh_size"]) for s in sections
            if s.name.startswith(".debug") and s["sh_size"]]  # fmt: skip


def test_every_instruction_of_the_text_is_of_a_line_or_of_the_runtime():
    """Lines lie in the file, and callers follow callees."""
    symbols = DwarfSymbols(faults_elf())
    lines = {
        "faults.py": len((APPS / "faults.py").read_text().splitlines()),
        "helpers.py": len((APPS / "helpers.py").read_text().splitlines()),
    }
    text = next(s for s in read(faults_elf()).segments if s.executable)
    found = [symbols.chain(pc, []) for pc in range(0, len(text.bytes_), 4)]
    places = [place for chain in found for place in chain]
    assert len(places) > 100
    assert all(1 <= place.line <= lines[place.file] for place in places)
    assert {"scaled", "twice_scaled", "raise_by", "third_of", "fail"} <= {
        place.function for place in places
    }
    assert {chain[-1].function for chain in found if chain} >= {"fail", "level", "start"}


def test_without_debug_information_a_fault_has_no_lines(tmp_path):
    image = tmp_path / "faults.elf"
    image.write_bytes(build(APPS / "faults.py", debug=False).elf)
    fault = xap_harness.load(image).smc(0xC600_0001, 1, 0).fault
    assert (fault.reason, fault.chain, fault.line) == ("DIVISION_BY_ZERO", (), None)


def test_the_host_runs_only_python(tmp_path):
    image = tmp_path / "app.elf"
    image.write_bytes(b"\x7fELF")
    with pytest.raises(ValueError, match="Python files"):
        xap_harness.load(image, "host")
    with pytest.raises(ImageError):
        xap_harness.load(image, "emulator")


@cache
def shapes_image() -> Image:
    return read(build(APPS / "shapes.py").elf)


@pytest.mark.parametrize(("bound", "stack"), [(0, 4096), (16, 4096), (4096, 4096), (4112, 8192)])
def test_the_stack_is_the_manifests_bound_in_whole_pages(bound, stack):
    """ABI.md 2.1."""
    image = shapes_image()
    manifest = dataclasses.replace(image.manifest, stack_bytes=bound)
    assert layout_of(dataclasses.replace(image, manifest=manifest)).stack_bytes == stack
