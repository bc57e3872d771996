"""Python that hypothesmith makes from the grammar: valid, and nothing that a person would write."""

import warnings
from collections.abc import Iterator
from itertools import count

import hypothesmith
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sources: st.SearchStrategy[str] = st.one_of(hypothesmith.from_grammar(), hypothesmith.from_node())

BATCH = 50
"""Programs of one seed."""


def generated(first: int) -> Iterator[str]:
    """About BATCH programs for each seed from `first` on, without end, the same ones each time."""
    for number in count(first):
        yield from _batch(number)


def _batch(number: int) -> list[str]:
    made: list[str] = []

    @seed(number)
    @settings(
        max_examples=BATCH,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(sources)
    def draw(source: str) -> None:
        made.append(source)

    with warnings.catch_warnings():
        # Generated Python has odd escapes and comparisons, of which Python's compiler warns.
        warnings.simplefilter("ignore")
        draw()
    return made
