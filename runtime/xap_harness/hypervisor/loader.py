"""What refuses an app (ABI.md 1.3, 4.1, 4.2, 6.1). The image's own shape is checked by
`xaprt.image` when it is read."""

from collections.abc import Collection, Iterable

from xaprt import abi
from xaprt.abi import NeedKind, RouteKind
from xaprt.manifest import Manifest

from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.outcome import Done, Failed, Outcome
from xap_harness.hypervisor.services import Rights

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
    _require_version(manifest)
    _require_supported(manifest)
    _require_rights(manifest, rights)
    _require_free_ids(manifest)
    for other, other_serves in others:
        if other.uuid == manifest.uuid:
            raise LoadError(manifest, f"app '{other.name}' has the same UUID")
        if _share_a_guest(serves, other_serves):
            _require_disjoint(manifest, other)


def require_started(manifest: Manifest, outcome: Outcome) -> None:
    """INIT must end in 0 or -ENOSYS (ABI.md 6.1)."""
    match outcome:
        case Fault():
            raise LoadError(manifest, f"INIT: {outcome}")
        case Failed(errno):
            raise LoadError(manifest, f"INIT ended with -{errno}")
        case Done(results) if len(results) != 4:
            raise LoadError(manifest, "INIT ended with status 1")


def _require_version(manifest: Manifest) -> None:
    major, minor = manifest.abi_version >> 16, manifest.abi_version & 0xFFFF
    if major != abi.VERSION_MAJOR or minor > abi.VERSION_MINOR:
        raise LoadError(
            manifest,
            f"built for ABI {major}.{minor}, "
            f"this hypervisor has {abi.VERSION_MAJOR}.{abi.VERSION_MINOR}",
        )


_SUPPORTED_ROUTES = {RouteKind.SMC, RouteKind.HVC}
_SUPPORTED_NEEDS = {NeedKind.CALL_SMC}


def _require_supported(manifest: Manifest) -> None:
    wanted = [
        *(f"{r.kind.name} routes" for r in manifest.routes if r.kind not in _SUPPORTED_ROUTES),
        *(f"the need {n.kind.name}" for n in manifest.needs if n.kind not in _SUPPORTED_NEEDS),
    ]
    if manifest.instances is not abi.Instances.SHARED:
        wanted.append(f"{manifest.instances.name} instances")
    if wanted:
        raise LoadError(manifest, f"not supported yet by this hypervisor: {wanted[0]}")


def _require_rights(manifest: Manifest, rights: Rights) -> None:
    beyond = needed_calls(manifest) - rights.call_smc
    if beyond:
        listed = ", ".join(f"{fid:#010x}" for fid in sorted(beyond))
        raise LoadError(manifest, f"needs call_smc of {listed}, which is not granted")


def needed_calls(manifest: Manifest) -> frozenset[int]:
    """The ids of all its call_smc needs."""
    return frozenset(
        fid for need in manifest.needs if need.kind is NeedKind.CALL_SMC for fid in need.operands
    )


def _require_free_ids(manifest: Manifest) -> None:
    for route in manifest.routes:
        why = abi.route_refusal(route.first, route.last)
        if why is not None:
            raise LoadError(manifest, f"route {_range(route.first, route.last)} is reserved: {why}")


def _require_disjoint(manifest: Manifest, other: Manifest) -> None:
    for mine in manifest.routes:
        for theirs in other.routes:
            if mine.kind is theirs.kind and mine.first <= theirs.last and theirs.first <= mine.last:
                raise LoadError(
                    manifest,
                    f"{mine.kind.name} {_range(mine.first, mine.last)} "
                    f"is served by app '{other.name}'",
                )


def _share_a_guest(mine: Collection[int] | None, theirs: Collection[int] | None) -> bool:
    return mine is None or theirs is None or not set(mine).isdisjoint(theirs)


def _range(first: int, last: int) -> str:
    return f"{first:#010x}" if first == last else f"{first:#010x}..{last:#010x}"
