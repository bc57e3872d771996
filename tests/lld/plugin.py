"""A pytest plugin: whatever a test links is linked by ld.lld too, has to come out the same, and
the test goes on with the image of ld.lld, or with `--lld-beside` with the project's.

`python -m tests.lld --tests` runs the tests of whole folders with it.
"""

import pytest
import xaprt.link
from xaprt.manifest import Manifest

from tests.lld import oracle
from tests.lld.compare import differences
from tests.lld.zig import ToolError

_project_link = xaprt.link.link
_linked = 0
_beside = False
_different: list[str] = []
"""Also told at the end, for a test that expects an error might take it for that."""


def _link(object: bytes, app: Manifest, *, debug: bool = True) -> bytes:
    global _linked
    ours = _project_link(object, app, debug=debug)
    _linked += 1
    theirs = b""
    try:
        theirs = oracle.link(object, ours)
        found = differences(ours, theirs)
    except ToolError as problem:
        found = [f"ld.lld: {problem}"]
    if found:
        _different.append("\n".join([f"{app.name}:", *found]))
        raise AssertionError(_different[-1])
    return ours if _beside else theirs


xaprt.link.link = _link


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lld-beside", action="store_true", help="run the project's images")


def pytest_configure(config: pytest.Config) -> None:
    global _beside
    _beside = config.getoption("--lld-beside")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _different or not _linked:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for each in _different:
        terminalreporter.write_line(each)
    terminalreporter.write_line(f"{_linked} images linked twice, {len(_different)} different")
