"""Record and replay: a scenario needs nothing beside itself, and every byte of it counts."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness import load
from xap_harness.commands import run
from xap_harness.hypervisor.firmware import TrngFirmware
from xap_harness.scenario import RecordedHypervisor, ScenarioError, replay
from xap_harness.scenario import command as replaying

from tests.soak.soak import Soak

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).with_name("apps")
SAMPLES = ROOT / "samples"


def text_of(hypervisor: RecordedHypervisor) -> str:
    return "".join(f"{line}\n" for line in hypervisor.lines)


@pytest.fixture(scope="module")
def scenario() -> str:
    """The firmware's answers, a page, a device, a timer, faults and a restart."""
    hypervisor = RecordedHypervisor(firmware=TrngFirmware(seed=3))
    trng = load(SAMPLES / "trng.py", hypervisor=hypervisor)
    services = load(APPS / "services.py", hypervisor=hypervisor, serves=(1, 2))
    faults = load(APPS / "faults.py", hypervisor=hypervisor, serves=(3,))
    services.domain().write(0x4000_0000, bytes(range(64)))
    trng.smc(0xC400_0053, 64)
    for fid in range(0xC600_0001, 0xC600_0010):
        services.smc(fid, 0x4000_0000, 3, domid=2)
    services.advance(3_000_000)
    faults.smc(0xC600_0001, 1, 0, domid=3)
    faults.advance(20_000_000)
    faults.smc(0xC600_0001, 1, 5, domid=3)
    faults.destroy_domain(2)
    return text_of(hypervisor)


def test_a_replay_is_the_same_byte_for_byte(scenario):
    assert replay(scenario) is None


def test_it_holds_what_came_from_outside(scenario):
    entries = [json.loads(line) for line in scenario.splitlines()]
    inputs = {key for e in entries if e["kind"] == "input" for key in e} - {"kind"}
    assert {"firmware", "page"} <= inputs
    asked = {e["what"] for e in entries if e["kind"] == "ask"}
    assert asked >= {"load", "domain", "call", "advance", "destroy"}


def test_several_cpus_are_replayed_too():
    """Calls that wait, posted writes, deferred work between requests."""
    soak = Soak(4, hypervisor=RecordedHypervisor())
    soak.scheduler.run(300_000)
    for cpu in soak.scheduler.cpus:
        cpu.queue.clear()
    soak.scheduler.run(2_000_000)  # what was posted last falls due
    text = text_of(soak.hypervisor)
    assert '"what": "deferred"' in text
    assert '"waits_until": null' in text
    assert replay(text) is None


def test_no_path_of_the_machine_is_in_it(scenario):
    assert str(ROOT) not in scenario


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"x0": "0x0"', '"x0": "0x1"'),  # an answer
        ('"console": "', '"console": "no '),
        ('"spent": ', '"spent": 1'),
    ],
)
def test_what_is_not_as_it_was_is_found(scenario, old, new):
    changed = scenario.replace(old, new, 1)
    line = next(n for n, (a, b) in enumerate(zip(scenario.splitlines(), changed.splitlines(),
                                                 strict=True), 1) if a != b)  # fmt: skip
    found = replay(changed)
    assert found is not None
    assert found.line == line


def test_another_answer_of_the_firmware_shows(scenario):
    """An input is taken as it is; what the app makes of it is then not what it was."""
    lines = scenario.splitlines()
    number = next(n for n, line in enumerate(lines) if '"input"' in line and "firmware" in line)
    entry = json.loads(lines[number])
    entry["firmware"][3] = hex(int(entry["firmware"][3], 0) ^ 1)
    lines[number] = json.dumps(entry, sort_keys=True)
    found = replay("\n".join(lines))
    assert found is not None
    assert found.line > number


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: not a scenario"),
        ("{}\n", "line 1: not a scenario"),
        ('{"kind": "scenario", "format": 2}\n', "format 1"),
        ("nonsense\n", "line 1: not JSON"),
        ('{"kind": "scenario", "format": 1}\n[]\n', "line 2: not a JSON object"),
        ('{"kind": "scenario", "format": 1}\n{"kind": "ask", "what": "call"}\n', "line 2: 'at'"),
        ('{"kind": "scenario", "format": 1}\n{"kind": "ask", "at": 0, "what": "x"}\n', "line 2"),
        (
            '{"kind": "scenario", "format": 1}\n{"kind": "ask", "at": 0, "what": "domain", '
            '"base": 0, "devices": [], "domid": 1, "size": 1099511627776}\n',
            "1099511627776 bytes of RAM",
        ),
    ],
)
def test_what_is_no_scenario_is_refused(text, said):
    with pytest.raises(ScenarioError, match="line") as refusal:
        replay(text)
    assert said in str(refusal.value)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_scenario_is_refused_or_differs(scenario, data):
    lines = scenario.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    entry = json.loads(lines[number])
    key = data.draw(st.sampled_from(sorted(entry)))
    junk = st.none() | st.integers(-1, 1 << 70) | st.text(max_size=4) | st.lists(st.integers())
    entry[key] = data.draw(junk)
    lines[number] = json.dumps(entry, sort_keys=True)
    try:
        replay("\n".join(lines))
    except ScenarioError as refusal:
        assert refusal.line >= 1


def test_the_host_backend_cannot_be_recorded():
    with pytest.raises(ValueError, match="only images can be recorded"):
        load(SAMPLES / "hello.py", "host", hypervisor=RecordedHypervisor())


def test_nor_an_image_whose_double_fetches_are_watched():
    with pytest.raises(ValueError, match="not while double fetches are watched"):
        load(SAMPLES / "hello.py", hypervisor=RecordedHypervisor(), double_fetches=[])


def test_the_two_commands(tmp_path, capsys):
    path = tmp_path / "draw.scenario"
    arguments = ["--firmware", "trng", "--record", str(path), "smc", "0xC4000053", "64"]
    assert run([str(SAMPLES / "trng.py"), *arguments]) == 0
    capsys.readouterr()
    assert replaying.run([str(path), "--timeline", "--trace", str(tmp_path / "t.json")]) == 0
    told = capsys.readouterr()
    assert told.out.endswith("every byte the same\n")
    assert "call_smc" in told.err
    path.write_text(path.read_text().replace('"spent": ', '"spent": 1'))
    assert replaying.run([str(path)]) == 1
    assert "differs" in capsys.readouterr().out
    assert replaying.run([str(SAMPLES / "trng.py")]) == 1
    assert capsys.readouterr().err.startswith("xapc replay: ")
    assert replaying.run([str(tmp_path / "none")]) == 1
