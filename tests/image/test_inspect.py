"""`xapc inspect` (issue 5, part 6): what a reviewer wants to know is there, and is right."""

import json
from pathlib import Path

import pytest
from xapc.cli import main
from xapc.inspection import inspect
from xapc.inspection.machine import as_object
from xapc.inspection.text import as_text
from xapc.pipeline import build
from xaprt import abi, image
from xaprt.signature.trailer import head

from tests.verify.images import EXIT
from tests.verify.images import image as by_hand

SOURCE = """\
from xap import App, Array, N, Needs, SmcCall, log, u64

app = App(
    "inspected", version="1.2.3", uuid="8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11",
    needs=[Needs.timer()],
)

start = u64(5)
table = Array[u64, N[40]]()


@app.smc(0xC600_0001)
def handler(call: SmcCall) -> u64:
    log.info(f"asked for {call.x1}")
    table[call.x1 % 40] += start
    return table[0]
"""
LOG_LINE = 1 + SOURCE[: SOURCE.index("log.info")].count("\n")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("inspect") / "inspected.py"
    path.write_text(SOURCE)
    return build(path).elf


def test_the_page(made: bytes) -> None:
    page = as_text(inspect(made))
    for words in (
        "inspected 1.2.3\n  uuid       8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11\n",
        "verified: all of ABI.md section 1",
        "handles\n  smc        0xc6000001\n",
        "needs\n  timer\n",
        f"  log            inspected.py:{LOG_LINE} in handler\n",
        "bytes, as the manifest says; the deepest calls\n",
        "  xap_entry9\n",
        " 320 zeroed\n",
        "  RW-  0x002000     320 bytes on 1 page       .bss 320\n",
        "notes, by type\n  XAP  1 (",
    ):
        assert words in page, words
    assert all(len(line) <= 120 for line in page.splitlines())


def test_zeroed_state_is_what_the_app_declares_not_whole_pages(made: bytes) -> None:
    found = as_object(inspect(made))
    assert found["zeroed_bytes"] == 40 * 8
    assert found["segments"][-1]["zeroed_bytes"] == 40 * 8
    [bss] = [each for each in found["sections"] if each["zeroed"]]
    assert (bss["name"], bss["bytes"]) == (".bss", 40 * 8)


def test_sizes_add_up(made: bytes) -> None:
    found = as_object(inspect(made))
    sizes = {each["name"]: each["bytes"] for each in found["sections"] if not each["zeroed"]}
    assert sum(sizes.values()) == found["loaded_bytes"]
    assert sum(each["bytes"] for each in found["functions"]) == sizes[".text"]
    assert found["file_bytes"] == len(made)


def test_the_stack_path_adds_up_to_the_bound(made: bytes) -> None:
    found = as_object(inspect(made))
    path = found["proof"]["stack_path"]
    assert sum(each["bytes"] for each in path) == found["stack_bytes"]
    known = {each["name"]: each for each in found["functions"]}
    assert known["_start"]["stack"] == found["stack_bytes"]
    assert all(known[each["function"]]["frame"] == each["bytes"] for each in path)


def test_what_is_taken_before_a_deeper_call_is_not_the_whole_frame() -> None:
    """The deepest call may be made with less than the frame; the path adds up all the same."""
    source = f"bl f; {EXIT}; f: stp x29, x30, [sp, #-32]!; bl g; sub sp, sp, #64; add sp, sp, #64;"
    source += "ldp x29, x30, [sp], #32; ret; g: sub sp, sp, #128; add sp, sp, #128; ret"
    found = as_object(inspect(by_hand(source)))
    assert [each["bytes"] for each in found["proof"]["stack_path"]] == [0, 32, 128]
    assert found["proof"]["stack_bytes"] == 160
    assert [each["frame"] for each in found["functions"]] == [0, 96, 128]


def test_system_calls_are_told_with_their_lines(made: bytes) -> None:
    calls = {each["name"]: each for each in as_object(inspect(made))["system_calls"]}
    assert set(calls) == {"return", "log"}
    assert calls["log"]["places"] == [
        {"function": "handler", "file": "inspected.py", "line": LOG_LINE}
    ]
    assert calls["log"]["functions"] == ["xap_sys_log"]
    assert calls["return"]["places"] == []
    text = image.read(made).segments[0].bytes_
    for call in calls.values():
        assert all(text[at : at + 4] == b"\x01\x00\x00\xd4" for at in call["addresses"])


def test_without_debug_information_functions_stand_for_lines(tmp_path: Path) -> None:
    path = tmp_path / "inspected.py"
    path.write_text(SOURCE)
    page = as_text(inspect(build(path, debug=False).elf))
    assert "  log            xap_sys_log\n" in page


def test_an_image_without_symbols_or_sections() -> None:
    page = as_text(
        inspect(by_hand(f"bl f; {EXIT}; f: mov x8, x0; svc #0; mov x8, #77; svc #0; ret"))
    )
    assert "(computed)     0xc" in page
    assert "unknown 77     0xc" in page
    assert "     20       0  0xc" in page


def test_an_image_that_is_refused_is_shown_all_the_same() -> None:
    data = by_hand("hvc #0", symbols={"evil\nname": (0, 4)})
    found = inspect(data)
    page = as_text(found)
    assert "NOT VERIFIED: 0x0: d4000002 hvc: hypervisor call [privileged: " in page
    assert "nothing is proven" in page
    assert "evil\\nname" in page
    assert as_object(found)["proof"]["accepted"] is False


def test_policies_and_flags() -> None:
    route = image.read(by_hand(EXIT)).manifest.routes[0]
    posted = type(route)(abi.RouteKind.MMIO_WRITE, 0x1000, 0x2FFF, abi.RouteFlag.POSTED)
    data = by_hand(
        EXIT, routes=(posted,), instances=abi.Instances.PER_DOMAIN, restart_limit=4, budget_us=50
    )
    page = as_text(inspect(data))
    assert "  mmio_write 0x000000001000..0x000000002fff posted\n" in page
    assert "one for each guest" in page
    assert "at most 4 times in a row" in page
    assert "50 us a call\n" in page


def test_json_on_standard_output(
    made: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.elf"
    path.write_bytes(made)
    assert main(["inspect", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(path), **json.loads(json.dumps(as_object(inspect(made))))
    }  # fmt: skip


# --- signature ----------------------------------------------------------------------------------


def test_a_signature_is_shown_and_not_believed(made: bytes) -> None:
    assert as_object(inspect(made))["signature"] is None
    assert "signed" not in as_text(inspect(made))
    key = bytes(range(16))
    claimed = made + head(7, key) + bytes(64)  # nobody's signature
    assert as_object(inspect(claimed))["signature"] == {
        "version": 7,
        "key_id": key.hex(),
        "checked": False,
    }
    page = as_text(inspect(claimed))
    assert f"signed: security version 7, key {key.hex()}; `xapc verify --key FILE` checks" in page
