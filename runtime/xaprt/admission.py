"""What refuses an app, from its manifest and its grants (ABI.md 1.3, 4.1, 4.2).

The hypervisor asks it when it loads, `xapc bundle` before that. What depends on guests and
devices is the hypervisor's own (`xap_harness.hypervisor.loader`); what a manifest may hold at all
is checked before: of an image by `xaprt.image`, of an app in Python by `xapc`.
"""

from collections.abc import Collection, Iterable

from xaprt import abi
from xaprt.abi import RouteKind
from xaprt.manifest import Manifest, Route
from xaprt.rights import Rights

Loaded = tuple[Manifest, Collection[int] | None]
"""An app that is there already, and whom it serves."""


class LoadError(Exception):
    """The app is refused; the message says which, and why."""

    def __init__(self, manifest: Manifest, reason: str) -> None:
        super().__init__(f"app '{manifest.name}' refused: {reason}")


def admit(
    manifest: Manifest, rights: Rights, serves: Collection[int] | None, others: Iterable[Loaded]
) -> None:
    """Raises LoadError unless the app may run here, beside those that do."""
    _require_rights(manifest, rights)
    _require_free_ids(manifest)
    for other, other_serves in others:
        if other.uuid == manifest.uuid:
            raise LoadError(manifest, f"app '{other.name}' has the same UUID")
        if _share_a_guest(serves, other_serves):
            _require_disjoint(manifest, other)


def _require_rights(manifest: Manifest, rights: Rights) -> None:
    beyond = Rights.asked_by(manifest).beyond(rights)
    if beyond:
        raise LoadError(manifest, f"needs {beyond[0]}, which is not granted")


def _require_free_ids(manifest: Manifest) -> None:
    for route in manifest.routes:
        why = abi.route_refusal(route.first, route.last) if route.is_call else None
        if why is not None:
            raise LoadError(
                manifest, f"route {as_range(route.first, route.last)} is reserved: {why}"
            )


def _require_disjoint(manifest: Manifest, other: Manifest) -> None:
    for mine in manifest.routes:
        for theirs in other.routes:
            if _compete(mine, theirs) and mine.first <= theirs.last and theirs.first <= mine.last:
                raise LoadError(
                    manifest,
                    f"{mine.kind.name} {as_range(mine.first, mine.last)} "
                    f"is served by app '{other.name}'",
                )
    both = Rights.asked_by(manifest).irqs & Rights.asked_by(other).irqs
    if both:
        raise LoadError(manifest, f"interrupt {min(both)} is reserved by app '{other.name}'")


def is_mmio(route: Route) -> bool:
    return route.kind in (RouteKind.MMIO_READ, RouteKind.MMIO_WRITE)


def _compete(mine: Route, theirs: Route) -> bool:
    """A region belongs to one app, whether it is read or written."""
    return mine.kind is theirs.kind or (is_mmio(mine) and is_mmio(theirs))


def _share_a_guest(mine: Collection[int] | None, theirs: Collection[int] | None) -> bool:
    return mine is None or theirs is None or not set(mine).isdisjoint(theirs)


def as_range(first: int, last: int) -> str:
    return f"{first:#010x}" if first == last else f"{first:#010x}..{last:#010x}"
