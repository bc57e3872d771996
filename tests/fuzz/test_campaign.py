"""What looks for mistakes finds those that are there."""

import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.campaign import Campaign, confirmed
from tests.fuzz.meter import MOST_KIB, Meter
from tests.fuzz.record import Record
from tests.fuzz.targets import load

needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: it has wheels for Linux on x86-64 only",
)


@pytest.mark.parametrize(
    ("data", "end", "problem"),
    [
        (b"a", "accepted", None),
        (b"r", "ValueError", None),
        (b"k", "traceback", "KeyError in faulty.py:judge"),
        (b"n", "ValueError", "message: ValueError"),
    ],
)
def test_an_execution_is_judged(data: bytes, end: str, problem: str | None) -> None:
    outcome = Meter(load("faulty")).execute(data)
    assert (outcome.end, outcome.problem) == (end, problem)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured with Linux's /proc")
def test_memory_is_that_of_one_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of the second one that takes much, when the process's peak does not move any more."""
    monkeypatch.setattr("tests.fuzz.meter.MOST_SECONDS", math.inf)
    meter = Meter(load("faulty"))
    for _ in range(2):
        assert meter.execute(b"a").kib < 1024
        outcome = meter.execute(b"m")
        assert outcome.kib > MOST_KIB
        assert outcome.problem == "memory: accepted"
    meter.execute(b"a")


def test_too_much_time_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.meter.MOST_SECONDS", 0.0)
    assert Meter(load("faulty")).execute(b"a").problem == "time: accepted"


def test_a_finding_has_to_be_one_again(tmp_path: Path) -> None:
    for name, data in (("good", b"a"), ("bad", b"k")):
        (tmp_path / f"{name}.bin").write_bytes(data)
        (tmp_path / f"{name}.json").write_text("{}")
    assert confirmed("faulty", tmp_path / "bad.bin")
    assert not confirmed("faulty", tmp_path / "good.bin")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.bin", "bad.json"]


@needs_atheris
def test_a_campaign_goes_on_after_a_finding_and_later(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, "faulty", 1)
    for executions in (150, 300):
        *_, record = campaign.run(150)
        assert record.executions == executions == sum(record.ends.values())
        assert record.findings == ["KeyError in faulty.py:judge"]
        assert record.ends["traceback"] > 1
    kept = sorted((tmp_path / "faulty" / "findings").glob("*.bin"))
    assert 1 <= len(kept) <= 3
    assert all(path.read_bytes().startswith(b"k") for path in kept)
    about = json.loads(kept[0].with_suffix(".json").read_text())
    assert about["seed"] in (2, 152)
    assert "KeyError" in about["details"]


@needs_atheris
def test_the_command_tells_what_was_executed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--target", "manifest", "--executions", "300",
               "--folder", str(tmp_path)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "300 executions"
    record = Record.read(tmp_path / "manifest" / "record.json")
    assert record.edges > 50
    assert record.accepted > 0
