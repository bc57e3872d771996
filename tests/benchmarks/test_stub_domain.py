"""benchmarks/stub_domain: both roads answer alike, and the page shows what was measured."""

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.hypervisor.core import FAULT_ANSWER, UNCLAIMED

from benchmarks.stub_domain import plot, tables
from benchmarks.stub_domain.__main__ import PAGE, PLOT, shown, with_table
from benchmarks.stub_domain.costs import FREE, MODEL
from benchmarks.stub_domain.kernel import Protocol
from benchmarks.stub_domain.mediator import registers_of
from benchmarks.stub_domain.platform import run
from benchmarks.stub_domain.processors import Policy
from benchmarks.stub_domain.ring import ANSWERS, SLOTS, Ring
from benchmarks.stub_domain.scenario import EMPTY, Result, Scenario
from benchmarks.stub_domain.tables import Load, Table

NATIVE = Scenario(stub=None, requests=40)
STUBS = [
    Scenario(stub=protocol, shares=shares, requests=40)
    for protocol in Protocol
    for shares in (False, True)
]
SCENARIOS = st.builds(
    Scenario,
    stub=st.sampled_from(Protocol),
    shares=st.booleans(),
    competitors=st.integers(0, 3),
    requesters=st.integers(1, 5),
    requests=st.integers(1, 20),
    rounds=st.integers(0, 3),
    think_ns=st.sampled_from([1 << 6, 1 << 12]),
    policy=st.sampled_from([Policy.AT_ONCE, Policy.AFTER_1_MS, Policy.IN_TURN]),
    costs=st.sampled_from([MODEL, FREE]),
)


@settings(max_examples=8, deadline=None)
@given(SCENARIOS)
def test_the_answers_are_those_of_the_native_app(scenario: Scenario) -> None:
    """Whoever asks, whoever competes, however the stub domain is woken; and twice the same."""
    made = run(scenario)
    assert made.answers == run(replace(scenario, stub=None)).answers
    assert {len(each) for each in made.answers.values()} == {scenario.requests}
    assert len(made.times) == scenario.requests * scenario.requesters
    assert run(scenario) == made


@pytest.mark.parametrize("scenario", STUBS)
def test_a_native_app_needs_less_of_everything(scenario: Scenario) -> None:
    native, stub = run(NATIVE), run(scenario)
    assert native.traps == native.app_calls == 40
    assert stub.traps >= 2 * native.traps
    assert native.switches <= 1  # the requester's first
    assert stub.switches >= 2 * 40
    assert native.app_instructions < stub.stub_instructions
    assert native.hypervisor_instructions < stub.hypervisor_instructions
    assert native.times[-1] < stub.times[0]


def test_even_where_the_hypervisor_costs_nothing() -> None:
    native = run(replace(NATIVE, costs=FREE))
    assert all(native.times[-1] < run(replace(each, costs=FREE)).times[0] for each in STUBS)


def test_the_model_charges_what_it_says() -> None:
    """Native: one trap, one app. A stub domain: the requester's trap and its own hypercall; on
    the same CPU two switches, on another half of each is done while somebody else runs."""
    free = {each: run(replace(each, costs=FREE)).within(50) for each in (NATIVE, *STUBS)}
    assert run(NATIVE).within(50) - free[NATIVE] == MODEL.trap + MODEL.app
    for scenario in STUBS:
        if scenario.stub is Protocol.FUSED:
            switches = 2 if scenario.shares else 1
            charged = 2 * MODEL.trap + switches * MODEL.switch
            assert run(scenario).within(50) - free[scenario] == charged


def test_the_same_machine_code_runs_on_both_roads() -> None:
    """What a heavier handler costs more, it costs more on each to the instruction."""
    apps = (EMPTY, NATIVE.app)
    native = [run(replace(NATIVE, app=app)).app_instructions for app in apps]
    stub = [run(replace(STUBS[0], app=app)).stub_instructions for app in apps]
    assert native[1] - native[0] == stub[1] - stub[0] > 0


def test_load_reaches_the_stub_domain_and_not_the_native_app() -> None:
    """Competitors on a CPU that the requester does not run on."""
    idle, busy = (run(replace(NATIVE, competitors=count)) for count in (0, 2))
    assert busy.times == idle.times
    scenario = replace(STUBS[0], competitors=2, think_ns=1 << 21)
    at_once, in_turn = (
        run(replace(scenario, policy=policy)) for policy in (Policy.AT_ONCE, Policy.IN_TURN)
    )
    assert at_once.times[-1] < 10_000
    assert in_turn.within(50) > 500_000


# --- the ring and its answers ----------------------------------------------------------------


def test_a_ring_that_is_full_is_refused() -> None:
    ring = Ring(memoryview(bytearray(4096)))
    for number in range(SLOTS):
        assert ring.put([number], 0) == number
    with pytest.raises(RuntimeError, match="slots"):
        ring.put([0], 0)


def test_answers_are_taken_once_and_in_order() -> None:
    page = memoryview(bytearray(4096))
    ring = Ring(page)
    for number in range(3):
        ring.put([number, 7], 0)
    page[ANSWERS] = 2
    assert [number for number, _ in ring.take()] == [0, 1]
    assert not ring.take()
    assert not ring.is_empty
    page[ANSWERS] = 3
    assert ring.take() == [(2, (2, 7, 0, 0, 0))]
    assert ring.is_empty


@pytest.mark.parametrize(
    ("status", "registers"),
    [
        (0, {0: 1, 1: 2, 2: 3, 3: 4}),
        ((1 << 64) - 38, UNCLAIMED),
        ((1 << 64) - 22, FAULT_ANSWER),
        (5, FAULT_ANSWER),
    ],
)
def test_a_status_means_what_it_means_of_a_native_app(
    status: int, registers: dict[int, int]
) -> None:
    """ABI.md 2.2, 5.2."""
    assert registers_of((status, 1, 2, 3, 4)) == registers


# --- what is shown ---------------------------------------------------------------------------


@pytest.mark.parametrize("make", [tables.one_request, tables.sensitivity])
def test_the_page_shows_what_the_command_prints(make: Callable[[], Table]) -> None:
    """Within 5 %: the compiler may spend an instruction more or less."""
    made = make()
    cells = [
        line.strip("| ").split(" | ") for line in shown(PAGE.read_text(), made.name).splitlines()
    ]
    assert cells[0] == list(made.header)
    assert [row[0] for row in cells[2:]] == [row[0] for row in made.rows]
    for row, expected in zip(cells[2:], made.rows, strict=True):
        assert [float(n) for n in row[1:]] == pytest.approx([float(n) for n in expected[1:]], 0.05)


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    table = Table("one-request", ["a", "b"], [["x", "1"]])
    page = "<!-- table: one-request -->\nold\n<!-- end -->\nrest\n"
    assert with_table(page, table) == (
        "<!-- table: one-request -->\n| a | b |\n| --- | ---: |\n| x | 1 |\n<!-- end -->\nrest\n"
    )
    with pytest.raises(ValueError, match="no place for the table 'work'"):
        with_table(page, replace(table, name="work"))


def test_the_plot_has_a_mark_for_every_run() -> None:
    def result(ns: int) -> Result:
        return replace(run_once, times=(ns, 2 * ns, 3 * ns))

    run_once = run(replace(NATIVE, requests=1))
    loads = [
        Load(shares, policy, competitors, result(1500 * (1 + competitors)))
        for shares in tables.PLACES
        for policy in plot.COLOURS
        for competitors in tables.LOADS
    ]
    drawn = plot.svg(loads)
    marks = ElementTree.fromstring(drawn).findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(marks) == len(loads) + len(plot.COLOURS)
    assert drawn == plot.svg(loads)
    kept = ElementTree.fromstring(PLOT.read_text())
    assert len(kept.findall(".//{http://www.w3.org/2000/svg}circle")) == len(marks)
    assert f"({PLOT.name})" in PAGE.read_text()


def test_the_plot_is_of_the_numbers_in_the_page() -> None:
    """The medians of the load table, as heights of its marks."""
    rows = [line.split(" | ") for line in shown(PAGE.read_text(), "load").splitlines()[2:]]
    medians = sorted(plot.height(round(1000 * float(row[3]))) for row in rows)
    root = ElementTree.fromstring(PLOT.read_text())
    circles = root.findall(".//{http://www.w3.org/2000/svg}circle[@r='4']")
    heights = sorted(float(each.get("cy", "")) for each in circles)
    assert heights == pytest.approx(medians, abs=2)
