"""Whatever a file holds, the front end ends with diagnostics or without (issue: "a front end that
never falls over"). `campaign` looks further."""

import ast
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.frontend.apps import app
from tests.frontend.campaign import check
from tests.frontend.generated import sources
from tests.frontend.mutants import corpus, mutant

REGRESSIONS = {
    "a constant of a refused import": "import sys\nC: Final = sys.platform == 1 and True\n",
    "a choice of tuples without width": "def f(b: bool) -> None:\n    x = (1, 2) if b else (3, 4)",
    "a chain of tuples without width": "def f() -> None:\n    a = b = (1, 2)\n",
    "absent syntax in a build-time function": (
        "def g() -> u32:\n    return u32(1) + (lambda: 0)\nC: Final[u32] = g()\n"
    ),
    "an unknown name under not": "C: Final[bool] = not (undefined or True)\n",
    "an unknown name as condition": "C: Final[bool] = True if undefined else False\n",
    "a local named as the language": (
        "def f(x: u32) -> u32:\n    for _ in range(8):\n        range = x\n    return x\n"
        "C: Final[u32] = f(u32(1))\n"
    ),
    "a build-time object of a wrong class": (
        "@struct\nclass S:\n    a: u32 = undefined\n    b: Array[u8, 3] = u8(1)\nC: Final = S()\n"
    ),
    "a method that names the app": (
        "@struct\nclass S:\n    a: u32 = u32(1)\n    def f(self) -> u32:\n"
        "        return app.a\nC: Final = S()\n"
    ),
    "a class far beyond an image": (
        "@struct\nclass A:\n    x: Array[u8, N[1000]] = Array[u8, N[1000]]()\n"
        "@struct\nclass B:\n    a: Array[A, N[1000]] = Array[A, N[1000]]()\n"
        "@struct\nclass C:\n    b: Array[B, N[1000]] = Array[B, N[1000]]()\nc = C()\n"
    ),
}
"""What campaigns have found."""


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated") / "app.py"


LIBRARY = Path(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_campaigns_have_found(name: str, tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(app(REGRESSIONS[name]))
    assert check(path) is None


@pytest.mark.parametrize("block", range(8))
def test_mutants(block: int, tmp_path: Path) -> None:
    for seed in range(block * 50, block * 50 + 50):
        path = tmp_path / "mutant.py"
        path.write_text(mutant(seed), encoding="utf-8", errors="surrogatepass")
        assert check(path, mends=True) is None, f"seed {seed}"


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=sources)
def test_generated_python(source: str, scratch: Path) -> None:
    """hypothesmith: from Python's grammar, and from its syntax tree."""
    scratch.write_text(source, encoding="utf-8", errors="surrogatepass")
    assert check(scratch, mends=True) is None


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
