"""Every case of the corpus ends with its verdict, and nobody else notices (docs/hostile.md)."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from xap_harness.hypervisor.memory import GuestRam
from xaprt.rights import Rights

from tests.hostile.__main__ import page
from tests.hostile.asm import PAGE
from tests.hostile.case import Case, is_refused, run, run_refused
from tests.hostile.corpus import ALL
from tests.hostile.world import RAM, RAM_BYTES, World

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "case", [each for each in ALL if not is_refused(each)], ids=lambda c: c.name
)
def test_the_verdict_is_the_declared_one_and_nobody_notices(case: Case) -> None:
    assert run(case) == []


def test_what_is_refused_at_load_leaves_no_trace() -> None:
    assert run_refused([each for each in ALL if is_refused(each)]) == {}


def test_the_bystanders_do_what_they_are_there_for() -> None:
    """Else that they are unaffected would mean nothing."""
    world = World()
    world.prime()
    seen = world.observe()
    assert seen["timers of the bystander, before"] == 0
    report = seen["bystander"]
    assert isinstance(report, tuple)
    assert report[2:4] == (0, 1)  # no register held anything; one TIMER
    # EVENT 1 of guests 1, 2 and 3; two posted writes
    assert report[4] == ((16 + 1) * 31 + 16 + 2) * 31 + 16 + 3
    assert report[6] == 2
    assert seen["firmware"] == [(0xC200_0002, (1, 2, 3, 4, 5, 6), domid + 1) for domid in (1, 2, 3)]
    assert seen["printed at once"] is True
    console = seen["console"]
    assert isinstance(console, list)
    assert console == ["neighbour: neighbour ready"] * 2 + ["bystander: all is well"] * 3


def test_mistakes_of_the_integrator_are_refused() -> None:
    """They change nothing, whoever makes them."""
    world = World()
    (uart,) = Rights.asked_by(world.bystander.manifest).io
    for mistake in (
        lambda: world.hypervisor.create_domain(1),
        lambda: world.hypervisor.advance(-1),
        lambda: GuestRam(RAM + 1),
        lambda: GuestRam(RAM, 0),
        lambda: GuestRam(RAM, -PAGE),
        lambda: GuestRam(RAM, PAGE + 1),
        lambda: world.domain(1).ram.populate(RAM),
        lambda: world.domain(1).ram.populate(RAM + RAM_BYTES),
        lambda: world.domain(1).ram.populate(RAM - PAGE),
        lambda: world.domain(1).ram.populate(RAM + 1),
        lambda: world.hypervisor.add_device(uart, world.uart),
        lambda: world.hypervisor.add_device(
            replace(uart, base=uart.base + uart.size - 1), world.uart
        ),
        lambda: world.hypervisor.add_device(
            replace(uart, base=uart.base - uart.size + 1), world.uart
        ),
    ):
        with pytest.raises(ValueError):
            mistake()
    world.prime()
    calm = World()
    calm.prime()
    assert world.observe() == calm.observe()


def test_each_name_is_one_case() -> None:
    assert [name for name, count in Counter(case.name for case in ALL).items() if count > 1] == []


def test_the_page_is_generated_from_the_corpus() -> None:
    """`python -m tests.hostile > docs/hostile.md`"""
    path = ROOT / "docs" / "hostile.md"
    assert path.read_text(encoding="utf-8") == page(path)
