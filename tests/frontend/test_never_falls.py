"""Whatever a file holds, the front end ends with diagnostics or without (issue: "a front end that
never falls over"). `campaign` looks further."""

import ast
import sysconfig
from pathlib import Path

import pytest

from tests.frontend.campaign import check
from tests.frontend.mutants import corpus, mutant

LIBRARY = Path(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize("block", range(8))
def test_mutants(block: int, tmp_path: Path) -> None:
    for seed in range(block * 50, block * 50 + 50):
        path = tmp_path / "mutant.py"
        path.write_text(mutant(seed), encoding="utf-8", errors="surrogatepass")
        assert check(path) is None, f"seed {seed}"


@pytest.mark.parametrize(
    "name",
    ["abc", "ast", "bisect", "contextlib", "dataclasses", "enum", "functools", "keyword", "this"],
)
def test_pythons_own_library(name: str) -> None:
    assert check(LIBRARY / f"{name}.py") is None


def test_mutants_are_worth_checking() -> None:
    """Most of them are Python, and they differ from what they come from."""
    made = [mutant(seed) for seed in range(100)]
    parsed = 0
    for text in made:
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        parsed += 1
    assert parsed > 60
    assert len(set(made) - set(corpus())) > 90
