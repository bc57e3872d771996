"""The pytest plugin: one test, every backend.

def test_version(xap):
    trng = xap.load("samples/trng.py")
    assert trng.smc(0x8400_0050).x0 == 0x1_0000
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xap_harness.api import App

_BACKENDS = ("host", "emulator")  # as xap_harness.api has them, without importing it


class Xap:
    """The fixture: loads apps on one backend.

    It keeps nothing between loads, so a module shares one, and `@given` may use it.
    """

    def __init__(self, backend: str, folders: tuple[Path, ...]) -> None:
        self.backend = backend
        self._folders = folders

    def load(self, path: str | Path, **options: Any) -> App:
        """`xap_harness.load` with a path relative to the root or to the test's folder."""
        from xap_harness.api import load

        return load(self._find(Path(path)), self.backend, **options)

    def _find(self, path: Path) -> Path:
        candidates = [folder / path for folder in self._folders]
        for candidate in candidates:
            if candidate.is_file():
                return candidate
        pytest.fail(f"no file {' or '.join(map(str, candidates))}", pytrace=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("xap").addoption(
        "--xap-on",
        default=",".join(_BACKENDS),
        metavar="BACKEND,...",
        help="where tests with the `xap` fixture run their apps: "
        "host (CPython) and emulator (compiled, at EL0); default: both",
    )


def pytest_configure(config: pytest.Config) -> None:
    unknown = sorted(set(_chosen(config)) - set(_BACKENDS))
    if unknown or not _chosen(config):
        named = ", ".join(unknown) or "nothing"
        raise pytest.UsageError(f"--xap-on: no backend {named}; there are {', '.join(_BACKENDS)}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "xap" in metafunc.fixturenames:
        metafunc.parametrize("xap", _chosen(metafunc.config), indirect=True, scope="module")


@pytest.fixture(scope="module")
def xap(request: pytest.FixtureRequest) -> Xap:
    """Loads apps; the test runs once on each backend of `--xap-on`."""
    return Xap(request.param, (request.config.rootpath, request.path.parent))


def _chosen(config: pytest.Config) -> list[str]:
    names = [name.strip() for name in config.getoption("--xap-on").split(",")]
    return list(dict.fromkeys(filter(None, names)))
