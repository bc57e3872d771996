"""Keys in PEM files."""

from xaprt.signature import SignatureError, read_private_key, read_public_key

from tests.fuzz.mutate.pem import mutate

__all__ = ["REFUSALS", "judge", "mutate"]

REFUSALS = (SignatureError,)


def judge(data: bytes) -> None:
    """A file is at most one of both."""
    try:
        read_private_key(data)
    except SignatureError as problem:
        assert len(str(problem).splitlines()) == 1
        read_public_key(data)
