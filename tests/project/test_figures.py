"""The figures that do not depend on the machine, held to their limits (docs/figures.md)."""

from collections.abc import Callable

import pytest

from benchmarks.first_slice import Figure, empty_call, hello_file, hello_loaded


@pytest.mark.parametrize("measure", [empty_call, hello_loaded, hello_file])
def test_figure(measure: Callable[[], Figure]) -> None:
    figure = measure()
    assert figure.limit is not None
    assert 0 < figure.value <= figure.limit, str(figure)
