"""What is refused at load (ABI.md 4.2)."""

from collections.abc import Iterator
from dataclasses import replace

from xaprt.abi import RouteFlag, RouteKind
from xaprt.manifest import Route

from xap_harness.conformance.images import (
    DONE,
    FID,
    App,
    handlers,
    hvc_route,
    mmio,
    smc_route,
)
from xap_harness.conformance.judge import accepted, answered, loaded, refused, unclaimed
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import case, each, not_yet
from xap_harness.conformance.target import (
    GUEST_GIC,
    GUEST_RAM,
    GUEST_RAM_BYTES,
    GUEST_UART,
)

_APP = App("mov x1, #5; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE)
_RAM_END = GUEST_RAM + GUEST_RAM_BYTES


def _routed(*routes: Route, name: str = "probe") -> bytes:
    return replace(_APP, routes=routes, name=name).image()


_RESERVED = {
    "0": (0, 0),
    "below 0x0200_0000": (0x01FF_FFFF, 0x01FF_FFFF),
    "a range that begins below it": (0x01FF_FFFF, 0x0200_0001),
    "owner 0, SMC32": (0x8000_0000, 0x8000_0000),
    "owner 0, SMC64": (0xC000_3FFF, 0xC000_3FFF),
    "owner 5, SMC32": (0x8500_0000, 0x8500_0000),
    "owner 5, SMC64": (0xC5FF_FFFF, 0xC5FF_FFFF),
    "PSCI_VERSION": (0x8400_0000, 0x8400_0000),
    "CPU_ON, SMC64": (0xC400_0003, 0xC400_0003),
    "the last of PSCI": (0x8400_001F, 0x8400_001F),
    "call count of owner 4": (0x8400_FF00, 0x8400_FF00),
    "call uid of owner 4": (0x8400_FF01, 0x8400_FF01),
    "revision of owner 4": (0x8400_FF03, 0x8400_FF03),
    "a range that ends in PSCI": (0x83FF_FFFF, 0x8400_0000),
    "a range over PSCI": (0x8300_0000, 0x8500_0000 - 1),
    "a range over owner 5": (0x84FF_FFFF, 0x8600_0000),
    "a range over owner 0": (0xBF00_0000, 0xC100_0000),
    "a range that ends in the call uid": (0x8400_FF02, 0x8400_FF03),
    "everything from 0x0200_0000 on": (0x0200_0000, 0xFFFF_FFFF),
}


@each("4.2", "refused at load: SMC {}", _RESERVED)
def reserved_smc(plan: Plan, ids: tuple[int, int]) -> Iterator[None]:
    good = plan.app(_routed(smc_route(), name="good"))
    app = plan.app(_routed(smc_route(*ids)))
    reply = plan.smc(FID)
    yield
    accepted(good.verdict)
    refused(app.verdict)
    answered(reply, 5)


@each("4.2", "refused at load: HVC {}", {n: _RESERVED[n] for n in list(_RESERVED)[1:14:3]})
def reserved_hvc(plan: Plan, ids: tuple[int, int]) -> Iterator[None]:
    app = plan.app(_routed(hvc_route(*ids)))
    yield
    refused(app.verdict)


_FREE = {
    "0x0200_0000": 0x0200_0000,
    "owner 1": 0x8100_0000,
    "owner 2": 0xC200_FF01,
    "owner 4, 0x20": 0x8400_0020,
    "owner 4, TRNG": 0xC400_0053,
    "owner 4, 0xff02": 0x8400_FF02,
    "owner 6": 0x8600_0000,
    "owner 63": 0xFF00_0000,
    "the last": 0xFFFF_FFFF,
}


@each("4.2", "accepted, and called: {}", _FREE)
def free(plan: Plan, fid: int) -> Iterator[None]:
    app = plan.app(_routed(smc_route(fid)))
    reply = plan.smc(fid)
    yield
    accepted(app.verdict)
    answered(reply, 5)


@case("4.2", "accepted: a range; its ends are called, what is beside them is not")
def a_range(plan: Plan) -> Iterator[None]:
    plan.app(_routed(smc_route(FID, FID + 9)))
    inside = [plan.smc(fid) for fid in (FID, FID + 5, FID + 9)]
    outside = [plan.smc(fid) for fid in (FID - 1, FID + 10)]
    yield
    for reply in inside:
        answered(reply, 5)
    for reply in outside:
        unclaimed(reply)


# --- MMIO ----------------------------------------------------------------------------------


def _raw_region(first: int, last: int) -> bytes:
    """What the manifest's writer would not write."""
    value = bytes([RouteKind.MMIO_READ]).ljust(8, b"\0")
    value += first.to_bytes(8, "little") + last.to_bytes(8, "little")
    return replace(_APP, edit_manifest=lambda old: [*old, (7, value)]).image()


@each("4.2", "refused at load: an MMIO region that is no multiple of 4 KiB: {}", {
    "its base": (0x0A00_0800, 0x0A00_17FF),
    "its size": (0x0A00_0000, 0x0A00_07FF),
    "one byte short": (0x0A00_0000, 0x0A00_0FFE),
})  # fmt: skip
def no_pages(plan: Plan, region: tuple[int, int]) -> Iterator[None]:
    app = plan.app(_raw_region(*region))
    reply = plan.smc(FID)
    yield
    refused(app.verdict)
    unclaimed(reply)


_IN_THE_WAY = {
    "the guest's RAM": (GUEST_RAM + 0x8000, 0x1000),
    "its first page, and one before": (GUEST_RAM - 0x1000, 0x2000),
    "its last page": (_RAM_END - 0x1000, 0x1000),
    "all of it": (GUEST_RAM - 0x1000, GUEST_RAM_BYTES + 0x2000),
    "the interrupt distributor": (GUEST_GIC, 0x1000),
    "its last page, and one behind": (GUEST_GIC + 0xF000, 0x2000),
    "the redistributors": (0x0302_0000, 0x1_0000),
    "a device of the guest's": (GUEST_UART, 0x1000),
}


@each("4.2", "refused at load: an MMIO region that overlaps {}", _IN_THE_WAY)
def in_the_way(plan: Plan, region: tuple[int, int]) -> Iterator[None]:
    plan.guest(1, uart=True)
    app = plan.app(_routed(*mmio(*region)))
    write = replace(_APP, name="write", routes=mmio(*region)[1:]).image()
    only_written = plan.app(write)
    yield
    refused(app.verdict)
    refused(only_written.verdict)


@each("4.2", "accepted: an MMIO region beside {}", {
    "the guest's RAM": (_RAM_END, 0x1000),
    "the other end of it": (GUEST_RAM - 0x1000, 0x1000),
    "the interrupt distributor": (GUEST_GIC - 0x1000, 0x1000),
    "a device of another guest's": (GUEST_UART, 0x1000),
})  # fmt: skip
def beside(plan: Plan, region: tuple[int, int]) -> Iterator[None]:
    plan.guest(2, uart=True)
    says = handlers(mmio="mov x1, #5;" + DONE)
    image = replace(_APP, source=says, whole=True, routes=mmio(*region)).image()
    app = plan.app(image, serves=(1,))
    reply = plan.access("ldr w9, [x10]", region[0])
    yield
    accepted(app.verdict)
    loaded(reply, 5)


# --- other apps ----------------------------------------------------------------------------


@case("4.2", "refused at load: equal UUIDs, even of apps that share no guest; both named")
def uuids(plan: Plan) -> Iterator[None]:
    uuid = bytes(range(16))
    first = replace(_APP, name="first", uuid=uuid)
    plan.app(first.image(), serves=(1,))
    routes = (smc_route(FID + 1),)
    second = plan.app(replace(first, name="second", routes=routes).image(), serves=(2,))
    other = replace(first, name="first", routes=routes, uuid=bytes(range(1, 17)))
    third = plan.app(other.image())
    reply = plan.smc(FID + 1, domid=2)
    yield
    refused(second.verdict, "first", "second")
    accepted(third.verdict)
    answered(reply, 5)


_READ, _WRITE = mmio(0x0A00_0000, 0x3000)
_OVERLAPS: dict[str, tuple[tuple[Route, ...], tuple[Route, ...]]] = {
    "one SMC id": ((smc_route(FID),), (smc_route(FID),)),
    "the last of a range": ((smc_route(FID, FID + 5),), (smc_route(FID + 5, FID + 9),)),
    "the first of a range": ((smc_route(FID + 5, FID + 9),), (smc_route(FID, FID + 5),)),
    "a range in a range": ((smc_route(FID, FID + 9),), (smc_route(FID + 3, FID + 4),)),
    "HVC ids": ((hvc_route(FID, FID + 5),), (hvc_route(FID + 4),)),
    "MMIO regions": ((_READ,), mmio(0x0A00_2000)),
    "what one writes and the other reads": ((_WRITE,), mmio(0x0A00_1000)[:1]),
    "what one posts": (mmio(0x0A00_0000, posted=True), mmio(0x0A00_0000)[:1]),
}


@each("4.2", "refused at load: overlap with another app, both named: {}", _OVERLAPS)
def overlaps(plan: Plan, routes: tuple[tuple[Route, ...], tuple[Route, ...]]) -> Iterator[None]:
    mine, theirs = routes
    first = plan.app(_routed(*mine, name="first"))
    second = plan.app(_routed(*theirs, name="second"))
    yield
    accepted(first.verdict)
    refused(second.verdict, "first", "second")


@case("4.2", "accepted: neighbours")
def neighbours(plan: Plan) -> Iterator[None]:
    plan.app(_routed(smc_route(FID, FID + 4), *mmio(0x0A00_0000), name="first"))
    second = plan.app(
        _routed(smc_route(FID + 5, FID + 9), *mmio(0x0A00_1000), hvc_route(), name="second")
    )
    replies = [plan.smc(FID + 4), plan.smc(FID + 5)]
    yield
    accepted(second.verdict)
    for reply in replies:
        answered(reply, 5)


@case("4.2", "accepted: neighbours, from the other side")
def neighbours_below(plan: Plan) -> Iterator[None]:
    plan.app(_routed(smc_route(FID + 5, FID + 9), *mmio(0x0A00_1000), name="first"))
    second = plan.app(_routed(smc_route(FID, FID + 4), *mmio(0x0A00_0000), name="second"))
    reply = plan.smc(FID + 4)
    yield
    accepted(second.verdict)
    answered(reply, 5)


@case("4.2", "accepted: numbers of different kinds are no overlap: SMC, HVC, addresses")
def kinds(plan: Plan) -> Iterator[None]:
    number = 0x0A00_0000
    smc = plan.app(_routed(smc_route(number), name="smc"))
    address = plan.app(_routed(*mmio(number), name="address"))
    source = handlers(hvc="mov x1, #6; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE)
    routes = (hvc_route(number),)
    hvc = plan.app(replace(_APP, source=source, whole=True, name="hvc", routes=routes).image())
    replies = plan.smc(number), plan.hvc(number)
    yield
    for app in (smc, address, hvc):
        accepted(app.verdict)
    answered(replies[0], 5)
    answered(replies[1], 6)


@case("4.2", "refused at load: an app that is refused for its last route has none of the others")
def none_of_them(plan: Plan) -> Iterator[None]:
    plan.app(_routed(smc_route(FID + 1), name="first"))
    second = plan.app(_routed(smc_route(FID + 2), smc_route(FID + 3), smc_route(FID + 1),
                              name="second"))  # fmt: skip
    replies = [plan.smc(FID + 2), plan.smc(FID + 3)]
    yield
    refused(second.verdict, "first")
    for reply in replies:
        unclaimed(reply)


@case("4.2", "refused at load: flags that only a posted write has, on a read")
def posted_read(plan: Plan) -> Iterator[None]:
    value = bytes([RouteKind.MMIO_READ]).ljust(4, b"\0") + bytes([RouteFlag.POSTED]).ljust(4, b"\0")
    value += (0x0A00_0000).to_bytes(8, "little") + (0x0A00_0FFF).to_bytes(8, "little")
    app = plan.app(replace(_APP, edit_manifest=lambda old: [*old, (7, value)]).image())
    yield
    refused(app.verdict)


not_yet(
    "4.2",
    "the hypervisor's own services are asked first",
    "the emulated hypervisor has none that an app could be given, too",
)
