"""Mutants that make no difference, and why: by module, place and what was done there."""

from fnmatch import fnmatchcase

from tests.hostile.mutants.running import Mutant

_REASONS: list[tuple[str, str, str, str]] = []
"""Patterns of module, place and change; the reason."""


def reason(mutant: Mutant) -> str | None:
    """None: it ought to be noticed."""
    for module, place, what, why in _REASONS:
        if (
            fnmatchcase(mutant.module, f"*{module}")
            and fnmatchcase(mutant.place, place)
            and fnmatchcase(mutant.what, what)
        ):
            return why
    return None
