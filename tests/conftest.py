"""For all tests."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_build_cache() -> Iterator[None]:
    """What a test builds is built, by this compiler; also in the processes that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAP_CACHE", "off")
        yield
