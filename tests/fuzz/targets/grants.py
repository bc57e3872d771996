"""The integrator's grants."""

from xaprt.grants import GrantError, read_grants, require_apps

from tests.fuzz.mutate.grants import mutate

__all__ = ["REFUSALS", "judge", "mutate"]

REFUSALS = (GrantError,)


def judge(data: bytes) -> None:
    require_apps(read_grants(data), ["trng", "other"])
