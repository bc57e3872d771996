"""Mutants that make no difference, and why: by module, place and what was done there."""

from fnmatch import fnmatchcase

from tests.hostile.mutants.running import Mutant

_PAGES = "MMIO routes and a domain's regions are whole pages (ABI.md 4.2)"
_LATER = "what is due is done before the next request, and as soon as time passes"

_REASONS: list[tuple[str, str, str, str]] = [
    ("clock", "Clock.__init__", "0x0 -> 0x1", "nobody knows at what time the clock begins"),
    ("clock", "NS_PER_INSTRUCTION", "0x3e8 -> 0x3e9", "1001 // 1000 is 1"),
    ("console", "AppLog.__init__", "*", "the first line begins a second, and sets both"),
    ("core", "Hypervisor.destroy_domain", "no self.do_deferred()", _LATER),
    ("core", "Hypervisor.destroy_domain", "0x0 -> 0x1", "that time has passed"),
    ("core", "Hypervisor._wait_for_events", "0x0 -> 0x1", "a nanosecond more passes"),
    ("core", "Hypervisor.call", "0x8 -> 0x9", "it is given eight registers"),
    ("core", "Hypervisor.access", "*: without the mask", "a route has no other flag (ABI.md 4.2)"),
    ("domain", "Region.last", "0x1 -> 0x2", _PAGES),
    ("domain", "Region.meets", "* -> *", _PAGES),
]
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
