"""Shared by the tests of the SDK."""

import pytest
from hypothesis import settings
from xap import runtime

from tests.sdk.hypervisor import Recorder

# The time of one example says nothing on a machine that does other work as well.
settings.register_profile("sdk", deadline=None)
settings.load_profile("sdk")


@pytest.fixture
def hypervisor():
    """Services that record what is asked of them, in use."""
    recorder = Recorder()
    with runtime.use(recorder):
        yield recorder
