"""The manifest in an app's note."""

from xaprt.manifest import ManifestError, decode, encode

from tests.fuzz.mutate.manifest import mutate

__all__ = ["REFUSALS", "judge", "mutate"]

REFUSALS = (ManifestError,)


def judge(data: bytes) -> None:
    """What is accepted can be written again, and means the same."""
    manifest = decode(data)
    assert decode(encode(manifest)) == manifest
