"""Bundles."""

from xaprt.fit import FitError, pack, unpack
from xaprt.fit.flatten import flatten
from xaprt.fit.unflatten import unflatten

from tests.fuzz.mutate.fit import mutate

__all__ = ["REFUSALS", "judge", "mutate"]

REFUSALS = (FitError,)


def judge(data: bytes) -> None:
    """A tree that is read can be written again, and a bundle packed again."""
    root = unflatten(data)
    assert unflatten(flatten(root)) == root
    apps = unpack(data)
    assert unpack(pack(apps)) == apps
