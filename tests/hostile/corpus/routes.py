"""Routes and rights that an app must not get (ABI.md 4, 5.4, 6.1)."""

from collections.abc import Callable
from typing import Any

from xap_harness import IoRegion, LoadError, Rights
from xap_harness.hypervisor.domain import Domain, Region
from xap_harness.hypervisor.memory import GuestRam
from xaprt.abi import GuestMemory

from tests.hostile.asm import PAGE, assemble
from tests.hostile.case import HARMLESS, Case
from tests.hostile.files import stored
from tests.hostile.images import (
    HVC,
    MMIO_READ,
    MMIO_WRITE,
    SMC,
    TIMER,
    Manifest,
    Record,
    call_smc,
    guest_memory,
    image,
    io,
    irq,
    route,
)
from tests.hostile.verdict import Error, Load
from tests.hostile.world import FID, RAM, RAM_BYTES, World

TITLE = "Routes and rights"

_MMIO = 0x0B00_0000


def _routes(*routes: Record) -> Manifest:
    return Manifest(routes=routes)


def _bad(
    name: str,
    what: str,
    manifest: Manifest,
    text: str,
    near: Manifest | None = None,
    clause: str = "4.2",
    **more: Any,
) -> Case:
    before = more.get("before")
    allowed = (
        None
        if near is None
        else Case(name, clause, what, Load(""), whole=HARMLESS, manifest=near, before=before)
    )
    return Case(
        f"route-{name}",
        clause,
        what,
        Load(text),
        whole=HARMLESS,
        manifest=manifest,
        near=allowed,
        **more,
    )


def _call(
    name: str, what: str, first: int, last: int, why: str, near: tuple[int, int] | None = None
) -> Case:
    span = f"{first:#010x}" if first == last else f"{first:#010x}..{last:#010x}"
    return _bad(
        name,
        what,
        _routes(route(SMC, first, last)),
        f"route {span} is reserved: {why}",
        None if near is None else _routes(route(SMC, *near)),
    )


def _region(
    name: str,
    what: str,
    first: int,
    last: int,
    text: str,
    near: tuple[int, int] | None = None,
    **more: Any,
) -> Case:
    return _bad(
        name,
        what,
        _routes(route(SMC, FID), route(MMIO_READ, first, last)),
        text,
        None if near is None else _routes(route(SMC, FID), route(MMIO_READ, *near)),
        **more,
    )


def _with_devices(world: World) -> None:
    """Domain 4 has a device of the hypervisor's."""
    world.hypervisor.create_domain(
        Domain(4, GuestRam(RAM, RAM_BYTES), [Region("vpl011", 0x2200_0000, PAGE)])
    )


def _grant(name: str, what: str, needs: tuple[Record, ...], grants: Rights, text: str) -> Case:
    return Case(
        f"grant-{name}",
        "4.1",
        what,
        Load(text),
        whole=HARMLESS,
        manifest=Manifest(needs=needs),
        options={"grants": grants},
    )


def _later(world: World) -> None:
    """A guest that comes later has RAM where the app has its region."""
    try:
        world.hypervisor.create_domain(Domain(5, GuestRam(_MMIO & ~0xFFFF, 0x10_0000)))
    except LoadError as error:
        world.expect(
            "the refusal",
            str(error),
            "app 'attack' refused: MMIO region 0x0b000000..0x0b000fff overlaps the RAM of domain 5",
        )
    else:
        world.expect("a guest in the way", "created", "refused")
    world.expect("domain 5", 5 in world.hypervisor.domains, False)
    world.attack(0xC600_0002)


def _unserved(world: World) -> None:
    """Guest 1 is served, guest 2 is not, nor is one that comes later."""
    world.expect("the served guest", world.attack(FID).registers[0], 0)
    world.hypervisor.create_domain(4)
    world.expect("a later one", dict(world.call(domid=4).registers), {0: (1 << 64) - 1})
    world.hypervisor.destroy_domain(4)
    world.attack(FID, domid=2)


def _edges(world: World) -> None:
    """The first and the last of a range are the app's, their neighbours are not."""
    for fid, wanted in ((0xC600_000F, None), (0xC600_0010, 0), (0xC600_001F, 0)):
        answer = world.call(fid)
        world.expect(f"{fid:#x}", None if answer.outcome is None else answer.registers[0], wanted)
    world.expect("HVC", world.run_guest("hvc #0", {0: 0xC600_0010})[1][0], (1 << 64) - 1)
    world.attack(0xC600_0020)


def _sixty_four(world: World) -> None:
    world.expect("32 bits of x0", world.attack(0xFFFF_FFFF_0000_0000 | FID).registers[0], 0)
    world.attack(1 << 32 | FID + 1)


def _destroyed(world: World) -> None:
    world.hypervisor.create_domain(6)
    world.expect("before", world.call(domid=6).registers[0], 0)
    world.hypervisor.destroy_domain(6)
    world.expect("after", dict(world.call(domid=6).registers), {0: (1 << 64) - 1})
    world.expect("others", world.call(domid=1).registers[0], 0)
    world.call(domid=6)


def _load_error(world: World, manifest: Manifest, text: str, **options: object) -> None:
    try:
        world.load(stored(image(assemble(HARMLESS), manifest.encoded()).bytes(), ".elf"), **options)
    except LoadError as error:
        world.expect("the refusal", str(error), text)
    else:
        world.expect("a second app", "loaded", text)


def _twins(serves: tuple[int, ...] | None) -> Callable[[World], None]:
    def steps(world: World) -> None:
        _load_error(
            world,
            Manifest(name="attack2", uuid=0xA2),
            "app 'attack2' refused: SMC 0xc6000001 is served by app 'attack'",
            serves=serves,
        )
        world.attack(FID + 1)

    return steps


CASES = [
    _call("low", "identifiers from 0 on", 0, 1, "identifiers below 0x02000000 are not routed"),
    _call(
        "yielding",
        "the last identifier below 0x02000000",
        0x01FF_FFFF,
        0x01FF_FFFF,
        "identifiers below 0x02000000 are not routed",
        (0x0200_0000, 0x0200_0000),
    ),
    _call("all", "every identifier", 0, 0xFFFF_FFFF, "identifiers below"),
    _call(
        "all-fast",
        "every fast identifier",
        0x8000_0000,
        0xFFFF_FFFF,
        "owner 0 is the hypervisor's own",
    ),
    *(
        _call(
            f"owner-{fid:#x}",
            f"identifier {fid:#x} of owner {fid >> 24 & 63}",
            fid,
            fid,
            f"owner {fid >> 24 & 63} is the hypervisor's own",
        )
        for fid in (
            0x8000_0000,
            0xC000_0001,
            0x80FF_FFFF,
            0x8500_0001,
            0xC500_0000,
            0x4000_0001,
            0x4500_0001,
        )
    ),
    _call(
        "into-owner-5",
        "a range that ends with the first identifier of owner 5",
        0x8400_FF10,
        0x8500_0000,
        "owner 5 is the hypervisor's own",
        (0x8400_FF10, 0x84FF_FFFF),
    ),
    _call(
        "from-owner-0",
        "a range that begins with the last identifier of owner 0",
        0x80FF_FFFF,
        0x8100_0001,
        "owner 0 is the hypervisor's own",
        (0x8100_0000, 0x8100_0001),
    ),
    _call(
        "over-owners",
        "a range from owner 3 to owner 6",
        0x8300_0000,
        0x8600_0000,
        "PSCI is the hypervisor's own",
        (0x8600_0000, 0xAF00_0000),
    ),
    _call("psci", "PSCI_VERSION", 0x8400_0000, 0x8400_0000, "PSCI is the hypervisor's own"),
    _call("psci-64", "CPU_ON", 0xC400_0003, 0xC400_0003, "PSCI is the hypervisor's own"),
    _call(
        "psci-last",
        "the last function of PSCI",
        0x8400_001F,
        0x8400_001F,
        "PSCI is the hypervisor's own",
        (0x8400_0020, 0x8400_0020),
    ),
    _call(
        "psci-over",
        "a range that ends with PSCI_VERSION",
        0x83FF_FFFF,
        0x8400_0000,
        "PSCI is the hypervisor's own",
        (0x83FF_FFFF, 0x83FF_FFFF),
    ),
    *(
        _call(
            f"query-{query:#x}",
            f"the query {query:#x} of the standard services",
            0x8400_0000 | query,
            0x8400_0000 | query,
            "the standard service queries",
            (0x8400_0000 | near, 0x8400_0000 | near),
        )
        for query, near in ((0xFF00, 0xFEFF), (0xFF01, 0xFF02), (0xFF03, 0xFF04))
    ),
    _call(
        "query-range",
        "a range over the call uid",
        0xC400_0050,
        0xC400_FF01,
        "the standard service queries",
        (0xC400_0050, 0xC400_FEFF),
    ),
    _call(
        "query-first",
        "a range that begins with the revision",
        0xC400_FF03,
        0xC400_FF10,
        "the standard service queries",
        (0xC400_FF04, 0xC400_FF10),
    ),
    # --- MMIO ---
    _region(
        "ram", "a region in its guests' RAM", RAM, RAM + PAGE - 1, "overlaps the RAM of domain 1"
    ),
    _region(
        "ram-last",
        "a region over the last page of RAM",
        RAM + RAM_BYTES - PAGE,
        RAM + RAM_BYTES - 1,
        "overlaps the RAM of domain 1",
        (RAM + RAM_BYTES, RAM + RAM_BYTES + PAGE - 1),
    ),
    _region(
        "ram-first",
        "a region that ends with the first page of RAM",
        RAM - PAGE,
        RAM + PAGE - 1,
        "overlaps the RAM of domain 1",
        (RAM - PAGE, RAM - 1),
    ),
    _region(
        "ram-over",
        "a region over all RAM and more",
        RAM - PAGE,
        RAM + RAM_BYTES + PAGE - 1,
        "overlaps the RAM of domain 1",
    ),
    _region(
        "distributor",
        "the distributor",
        0x0300_1000,
        0x0300_1FFF,
        "overlaps the interrupt controller of domain 1",
        (0x0300_0000, 0x0300_0FFF),
    ),
    _region(
        "distributor-last",
        "the last page of the distributor",
        0x0301_0000,
        0x0301_0FFF,
        "overlaps the interrupt controller of domain 1",
        (0x0301_1000, 0x0301_1FFF),
    ),
    _region(
        "redistributor",
        "the redistributors",
        0x0302_0000,
        0x0302_0FFF,
        "overlaps the interrupt controller of domain 1",
        (0x0301_F000, 0x0301_FFFF),
    ),
    _region(
        "redistributor-last",
        "the last page of the redistributors",
        0x0401_F000,
        0x0401_FFFF,
        "overlaps the interrupt controller of domain 1",
        (0x0402_0000, 0x0402_0FFF),
    ),
    _region(
        "device",
        "a device that the hypervisor gives a guest",
        0x2200_0000,
        0x2200_0FFF,
        "overlaps the vpl011 of domain 4",
        (0x2200_1000, 0x2200_1FFF),
        before=_with_devices,
    ),
    _region(
        "everything",
        "all addresses",
        0,
        (1 << 64) - 1,
        "MMIO_READ 0x00000000..0xffffffffffffffff is served by app 'bystander'",
    ),
    _bad(
        "write-ram",
        "a region to write in its guests' RAM",
        _routes(route(SMC, FID), route(MMIO_WRITE, RAM, RAM + PAGE - 1)),
        "overlaps the RAM of domain 1",
    ),
    # --- other apps ---
    _bad(
        "uuid",
        "the bystander's UUID",
        Manifest(uuid=0xB1),
        "app 'bystander' has the same UUID",
        Manifest(uuid=0xB2),
    ),
    _bad(
        "uuid-unshared",
        "the bystander's UUID, for guests that it does not serve",
        Manifest(uuid=0xB1),
        "app 'bystander' has the same UUID",
        options={"serves": (77,)},
    ),
    _bad(
        "taken",
        "an identifier of the bystander's",
        _routes(route(SMC, 0xC700_0001)),
        "SMC 0xc7000001 is served by app 'bystander'",
        _routes(route(SMC, 0xC700_0000)),
    ),
    _bad(
        "taken-last",
        "a range that begins with the bystander's last identifier",
        _routes(route(SMC, 0xC700_0009, 0xC700_0010)),
        "SMC 0xc7000009..0xc7000010 is served by app 'bystander'",
        _routes(route(SMC, 0xC700_000A, 0xC700_0010)),
    ),
    _bad(
        "taken-over",
        "a range over all of the bystander's",
        _routes(route(SMC, 0xC600_0001, 0xC701_0000)),
        "is served by app 'bystander'",
    ),
    _bad(
        "taken-hvc",
        "the bystander's identifier by HVC",
        _routes(route(HVC, 0xC700_0001)),
        "HVC 0xc7000001 is served by app 'bystander'",
        _routes(route(HVC, 0xC700_0002)),
    ),
    _bad(
        "taken-neighbour",
        "an identifier of the second app that is there",
        _routes(route(SMC, FID), route(SMC, 0xC700_0101)),
        "SMC 0xc7000101 is served by app 'neighbour'",
    ),
    _bad(
        "taken-region",
        "the bystander's region",
        _routes(route(MMIO_READ, 0x0A00_0000, 0x0A00_0FFF)),
        "MMIO_READ 0x0a000000..0x0a000fff is served by app 'bystander'",
        _routes(route(MMIO_READ, 0x0A00_2000, 0x0A00_2FFF), route(SMC, FID)),
    ),
    _bad(
        "taken-region-below",
        "a region that ends in the bystander's",
        _routes(route(MMIO_WRITE, 0x09FF_F000, 0x0A00_0FFF)),
        "is served by app 'bystander'",
        _routes(route(MMIO_WRITE, 0x09FF_F000, 0x09FF_FFFF), route(SMC, FID)),
    ),
    _bad(
        "taken-interrupt",
        "the bystander's interrupt",
        Manifest(needs=(irq(41), irq(40))),
        "interrupt 40 is reserved by app 'bystander'",
        Manifest(needs=(irq(41), irq(39))),
        "3.6",
    ),
    _bad(
        "taken-half",
        "to write a region that the bystander serves by another route",
        _routes(route(MMIO_WRITE, 0x0A00_1000, 0x0A00_1FFF)),
        "is served by app 'bystander'",
    ),
    # --- rights ---
    _grant(
        "call_smc",
        "call_smc of an identifier beyond the grant",
        (call_smc(0xC200_0001, 0xC200_0003),),
        Rights(call_smc=frozenset({0xC200_0001})),
        "needs call_smc of 0xc2000003, which is not granted",
    ),
    _grant(
        "memory",
        "guest memory without a grant",
        (guest_memory(1),),
        Rights(),
        "needs guest memory (read), which is not granted",
    ),
    _grant(
        "memory-write",
        "to write guest memory, granted to read",
        (guest_memory(3),),
        Rights(guest_memory=GuestMemory.READ),
        "needs guest memory (read, write), which is not granted",
    ),
    _grant(
        "memory-two",
        "guest memory twice, once more than granted",
        (guest_memory(3), guest_memory(1)),
        Rights(guest_memory=GuestMemory.READ),
        "needs guest memory (read, write)",
    ),
    _grant(
        "io",
        "a region without a grant",
        (io("dev", 0x2100_0000),),
        Rights(),
        "needs io region 'dev' 0x21000000..0x21000fff, which is not granted",
    ),
    _grant(
        "io-larger",
        "a region larger than the grant",
        (io("dev", 0x2100_0000, 2 * PAGE),),
        Rights(io=(IoRegion("dev", 0x2100_0000, PAGE),)),
        "needs io region 'dev'",
    ),
    _grant(
        "io-below",
        "a region that begins below the grant",
        (io("dev", 0x2100_0000, 2 * PAGE),),
        Rights(io=(IoRegion("dev", 0x2100_1000, PAGE),)),
        "needs io region 'dev'",
    ),
    Case(
        "grant-io-of-another",
        "3.5",
        "has a region that begins in the middle of the bystander's device",
        Load("io region 'dev' 0x20001000..0x20001fff overlaps io region 'uart'"),
        whole=HARMLESS,
        manifest=Manifest(needs=(io("dev", 0x2000_1000),)),
    ),
    Case(
        "grant-io-beyond-another",
        "3.5",
        "has a region that begins with the bystander's device and ends behind it",
        Load("io region 'dev' 0x20000000..0x20003fff overlaps io region 'uart'"),
        whole=HARMLESS,
        manifest=Manifest(needs=(io("dev", 0x2000_0000, 4 * PAGE),)),
    ),
    Case(
        "grant-io-over-another",
        "3.5",
        "has a region that ends in the bystander's device",
        Load("io region 'dev' 0x1ffff000..0x20000fff overlaps io region 'uart'"),
        whole=HARMLESS,
        manifest=Manifest(needs=(io("dev", 0x1FFF_F000, 2 * PAGE),)),
    ),
    _grant(
        "irq",
        "an interrupt beyond the grant",
        (irq(41), irq(42)),
        Rights(irqs=frozenset({41})),
        "needs interrupt 42, which is not granted",
    ),
    _grant(
        "timer",
        "the timer without a grant",
        (TIMER,),
        Rights(),
        "needs the timer, which is not granted",
    ),
    Case(
        "grant-unused",
        "4.1",
        "is granted more than it declared, and asks for it",
        Error("EPERM"),
        code="li x0, 0x40000000; mov x1, #0; sys 4; reply",
        options={"grants": Rights(guest_memory=GuestMemory.READ_WRITE, timer=True)},
    ),
    Case(
        "route-later-guest",
        "4.2",
        "has a region where a later guest has RAM",
        Error("unclaimed"),
        whole=HARMLESS,
        manifest=_routes(route(SMC, FID), route(MMIO_READ, _MMIO, _MMIO + PAGE - 1)),
        steps=_later,
    ),
    Case(
        "route-unserved",
        "4.1",
        "waits for requests of a guest that it does not serve",
        Error("unclaimed"),
        whole=HARMLESS,
        options={"serves": (1, 3)},
        steps=_unserved,
    ),
    Case(
        "route-edges",
        "4.2",
        "waits for requests beside its routes",
        Error("unclaimed"),
        whole=HARMLESS,
        manifest=_routes(route(SMC, 0xC600_0010, 0xC600_001F)),
        steps=_edges,
    ),
    Case(
        "route-64-bits",
        "2.3",
        "waits for identifiers with the upper half of x0 set",
        Error("unclaimed"),
        whole=HARMLESS,
        steps=_sixty_four,
    ),
    Case(
        "route-destroyed",
        "6.6",
        "waits for requests of a guest that is gone",
        Error("unclaimed"),
        whole=HARMLESS,
        steps=_destroyed,
    ),
    Case(
        "route-twin",
        "4.2",
        "is loaded twice under two names, for the same guests",
        Error("unclaimed"),
        whole=HARMLESS,
        steps=_twins(None),
    ),
    Case(
        "route-twin-one",
        "4.2",
        "is loaded twice, with one guest in common",
        Error("unclaimed"),
        whole=HARMLESS,
        options={"serves": (1, 2)},
        steps=_twins((2, 3)),
    ),
]
