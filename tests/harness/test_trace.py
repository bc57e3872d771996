"""The timeline of a run: as a file for Perfetto, and in short for the terminal."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from xap_harness import load
from xap_harness.commands import run
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.trace import Trace

from tests.soak.soak import Soak

HELLO = Path(__file__).resolve().parents[2] / "samples/hello.py"
FAULTS = Path(__file__).with_name("apps") / "faults.py"


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """Eight apps, six vCPUs, three CPUs."""
    trace = Trace()
    Soak(3, Hypervisor(record=trace)).scheduler.run(300_000)
    path = tmp_path_factory.mktemp("trace") / "out.json"
    trace.save(path)
    return json.loads(path.read_text())["traceEvents"]


def names(entries, kind: str) -> dict:
    return {
        (e["pid"], e["tid"]): e["args"]["name"]
        for e in entries
        if e["ph"] == "M" and e["name"] == kind
    }


def test_every_entry_is_of_a_named_track(entries):
    processes, threads = names(entries, "process_name"), names(entries, "thread_name")
    assert {(e["pid"], e["tid"]) for e in entries} == processes.keys() == threads.keys()
    assert {"CPUs", "apps", "domain 1", "domain 4"} <= set(processes.values())
    assert {"CPU 2", "vCPU 1", "count-shared", "count-own of domain 3"} <= set(threads.values())


def test_slices_of_a_track_never_overlap(entries):
    """One CPU does one thing, one instance is in one call (ABI.md 6.4), a vCPU asks once."""
    tracks = defaultdict(list)
    for entry in entries:
        if entry["ph"] == "X":
            begin = round(entry["ts"] * 1000)
            tracks[entry["pid"], entry["tid"]].append((begin, begin + round(entry["dur"] * 1000)))
    assert len(tracks) > 20
    for track, slices in tracks.items():
        slices.sort()
        ends = [0, *(end for _, end in slices)]
        early = [s for s, end in zip(slices, ends, strict=False) if s[0] < end]
        assert not early, (track, early)


def test_a_call_lies_within_the_wait_of_its_requester(entries):
    calls = [e for e in entries if e["ph"] == "X" and e["name"] in ("HANDLE_SMC", "HANDLE_HVC")]
    waits = [e for e in entries if e["ph"] == "X" and e["name"] in ("smc #0", "hvc #0")]
    assert len(calls) > 100
    for call in calls:
        assert any(
            wait["ts"] <= call["ts"]
            and call["ts"] + call["dur"] <= wait["ts"] + wait["dur"] + 0.0005
            and wait["args"]["x1"] == call["args"]["x2"]
            for wait in waits
        )


def test_system_calls_and_logs_are_instants(entries):
    instants = {e["name"] for e in entries if e["ph"] == "i"}
    assert "map_guest_page" in instants
    assert any(name.startswith("logs: ") for name in instants)


def test_the_same_run_gives_the_same_bytes(tmp_path):
    contents = []
    for number in range(2):
        trace = Trace()
        Soak(3, Hypervisor(record=trace)).scheduler.run(50_000)
        path = tmp_path / f"{number}.json"
        trace.save(path)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


def test_a_fault_is_in_the_timeline():
    trace = Trace()
    app = load(FAULTS, hypervisor=Hypervisor(record=trace))
    assert app.smc(0xC600_0001, 0, 0x6000_0000).fault is not None
    (told,) = [line for line in trace.lines() if "app faults" in line]
    assert "OVERFLOW" in told


def test_the_command_writes_both(tmp_path, capsys):
    path = tmp_path / "out.json"
    arguments = ["--json", "--timeline", "--trace", str(path), "smc", "0xC600_0001", "7"]
    assert run([str(HELLO), *arguments]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["status"] == "ok"
    assert told.err.count("EL0 entered") == 3  # INIT, EVENT, HANDLE_SMC
    assert any(e.get("name") == "HANDLE_SMC" for e in json.loads(path.read_text())["traceEvents"])


def test_a_trace_that_cannot_be_written(tmp_path, capsys):
    path = tmp_path / "no" / "out.json"
    assert run([str(HELLO), "--trace", str(path), "smc", "0xC600_0001"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "out.json" in line
