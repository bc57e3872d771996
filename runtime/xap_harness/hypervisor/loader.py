"""What refuses an app for the guests and devices that are there (ABI.md 4.1, 4.2). What its
manifest and the grants refuse is in `xaprt.admission`, and what its shape does in `xaprt.image`."""

from collections.abc import Callable, Iterable

from xaprt import abi
from xaprt.admission import LoadError, as_range, is_mmio
from xaprt.manifest import Manifest, Route
from xaprt.rights import IoRegion, Rights

from xap_harness.hypervisor.device import Device
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.services import MAX_IO_BYTES


def require_room(manifest: Manifest, domain: Domain) -> None:
    """A guest that it serves has nothing of its own where the app has a region (ABI.md 4.2)."""
    for route in _mmio(manifest):
        for region in domain.regions:
            if region.meets(route.first, route.last):
                raise LoadError(
                    manifest,
                    f"MMIO region {as_range(route.first, route.last)} "
                    f"overlaps the {region.name} of domain {domain.domid}",
                )


def require_devices(manifest: Manifest, device_at: Callable[[IoRegion], Device | None]) -> None:
    """What it asks to map is there."""
    for region in Rights.asked_by(manifest).io:
        if region.base % abi.PAGE_SIZE or region.size % abi.PAGE_SIZE:
            raise LoadError(manifest, f"{region} is not made of whole pages")
        if region.size > MAX_IO_BYTES:
            raise LoadError(manifest, f"{region} is larger than this hypervisor maps")
        if device_at(region) is None:
            raise LoadError(manifest, f"{region}: the platform has no such device")


def _mmio(manifest: Manifest) -> Iterable[Route]:
    return filter(is_mmio, manifest.routes)
