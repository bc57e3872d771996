"""A few thousand mutations of good files, the same each time: accepted, or refused by name (issue
5, part 8). `python -m tests.fuzz` does more of it, guided by coverage."""

import math
from collections import Counter
from functools import cache
from random import Random

import pytest

from tests.fuzz.meter import Meter, Outcome
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import SHARES, Target, load

EXECUTIONS = {
    "image": 600, "manifest": 900, "fit": 600, "signature": 600, "pem": 500, "grants": 400,
    "verifier": 1000, "loader": 500, "inspect": 80, "lines": 60,
}  # fmt: skip
ENDS = {
    "verifier": {"accepted", *(f"Refusal {rule}" for rule in (
        "image", "privileged", "indirect-branch", "fp-simd", "exclusive", "unallocated", "svc",
        "brk", "branch", "fall-off", "recursion", "return-address", "sp-unknown", "sp-unbalanced",
        "misaligned", "address"))},
    "loader": {"accepted", "FitError", "LoadError", "Refusal image", "Refusal fall-off"},
    "lines": {"accepted"},
}  # fmt: skip
"""What is seen at least; of other readers that they accept, and that they do not."""


def mutated(target: Target, seed: int) -> bytes:
    rng = Random(f"{target.name} {seed}")
    data = rng.choice(list(seeds(target.name).values()))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = target.mutate(data, rng)
    return data


@cache
def outcomes(name: str) -> tuple[Outcome, ...]:
    target = load(name)
    meter = Meter(target)
    return tuple(meter.execute(mutated(target, seed)) for seed in range(EXECUTIONS[name]))


@pytest.mark.parametrize("name", SHARES)
def test_accepted_or_refused_by_name(name: str) -> None:
    """Times are for campaigns: this machine may be busy."""
    wrong = {
        (seed, outcome.problem): outcome.details
        for seed, outcome in enumerate(outcomes(name))
        if outcome.problem is not None and not outcome.problem.startswith("time: ")
    }
    assert not wrong


@pytest.mark.parametrize("name", SHARES)
def test_mutations_reach_what_they_are_for(name: str) -> None:
    seen = Counter(outcome.end for outcome in outcomes(name))
    assert ENDS.get(name, {"accepted"}) <= set(seen)
    assert name == "lines" or len(seen) > 1


@pytest.mark.parametrize("name", SHARES)
def test_good_files_are_what_it_begins_with(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each at least is accepted, and none is a finding."""
    monkeypatch.setattr("tests.fuzz.meter.MOST_SECONDS", math.inf)
    meter = Meter(load(name))
    found = [meter.execute(data) for data in seeds(name).values()]
    assert "accepted" in {outcome.end for outcome in found}
    assert not [outcome for outcome in found if outcome.problem]


@pytest.mark.parametrize("name", SHARES)
def test_the_same_seed_makes_the_same_file(name: str) -> None:
    target = load(name)
    assert [mutated(target, n) for n in range(5)] == [mutated(target, n) for n in range(5)]
