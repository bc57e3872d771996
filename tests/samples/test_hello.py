"""samples/hello.py, as README and docs/getting-started.md show it."""

import pytest
from xap_harness import App
from xap_harness.plugin import Xap

HELLO = 0xC600_0001


@pytest.fixture
def hello(xap: Xap) -> App:
    return xap.load("samples/hello.py")


def test_a_call_logs_one_line(hello: App) -> None:
    result = hello.smc(HELLO)
    assert result.log == ["hello from xap"]
    assert hello.log == ["hello: hello from xap"]


def test_the_result_registers_are_cleared(hello: App) -> None:
    """LANGUAGE.md 5: of x0..x3, what a result does not name is zero; the others are kept."""
    result = hello.smc(HELLO, 1, 2, 3, 4, 5, 6, 7)
    assert result.status == "ok"
    assert (result.x0, result.x1, result.x2, result.x3) == (0, 0, 0, 0)
    assert (result.x4, result.x5, result.x6, result.x7) == (4, 5, 6, 7)


def test_another_id_is_nobodys(hello: App) -> None:
    result = hello.smc(HELLO + 1, 2, 3)
    assert not result.handled
    assert (result.x0, result.x1, result.x2) == ((1 << 64) - 1, 2, 3)
    assert hello.log == []


def test_the_route_is_for_smc_alone(hello: App) -> None:
    assert not hello.hvc(HELLO).handled
