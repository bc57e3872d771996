"""The samples run in the stack that their images ask for, to the byte."""

import pytest

from tests.image.exact_stack import exactly


@pytest.fixture(autouse=True)
def exact_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    exactly(monkeypatch)
