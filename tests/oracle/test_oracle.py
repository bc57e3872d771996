"""LANGUAGE.md, first paragraph: same inputs, same results, same log, or the same panic."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.compare import compare
from tests.oracle.program import generate

SEEDS = 80


@pytest.mark.parametrize("group", range(10))
def test_seeded_programs_agree(group: int, tmp_path: Path) -> None:
    for seed in range(group * SEEDS // 10, (group + 1) * SEEDS // 10):
        found = compare(generate(Random(seed)), tmp_path)
        assert found is None, f"seed {seed}\n{found}"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large,
                           HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.randoms(use_true_random=False))
def test_programs_that_hypothesis_chooses_agree(tmp_path: Path, rng: Random) -> None:
    found = compare(generate(rng, 3), tmp_path)
    assert found is None, str(found)
