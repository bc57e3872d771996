"""`App` and its decorators (LANGUAGE.md section 5)."""

import pytest
from xap import App, Event, Instances, Needs, Restart, host_globals, u32, u64
from xaprt import abi
from xaprt.abi import NeedKind, RouteKind

UUID = "8a2f6d0e-6f0c-4d25-9d3f-5f0a5b9f1c11"
FID = 0xC600_0001


def make(**changes):
    arguments = {"name": "demo", "version": "1.2.3", "uuid": UUID, **changes}
    return App(arguments.pop("name"), **arguments)


def handler(*args):
    return args


def test_what_an_app_declares():
    app = make(
        instances=Instances.PER_DOMAIN,
        restart=Restart.ON_FAULT(limit=3),
        budget_us=500,
        needs=[
            Needs.call_smc(0xC200_0001, u32(0xC200_0002)),
            Needs.guest_memory("rw"),
            Needs.io("uart1", 0x900_0000, size=u64(0x1000)),
            Needs.irq(40),
            Needs.timer(),
        ],
    )
    assert (app.name, app.version, app.uuid.hex()) == ("demo", (1, 2, 3), UUID.replace("-", ""))
    assert (app.instances, app.restart.limit, app.budget_us) == (abi.Instances.PER_DOMAIN, 3, 500)
    assert [(need.kind, need.operands) for need in app.needs] == [
        (NeedKind.CALL_SMC, (0xC200_0001, 0xC200_0002)),
        (NeedKind.GUEST_MEMORY, (abi.GuestMemory.READ_WRITE,)),
        (NeedKind.IO, ("uart1", 0x900_0000, 0x1000)),
        (NeedKind.IRQ, (40,)),
        (NeedKind.TIMER, ()),
    ]


def test_defaults():
    app = make()
    assert (app.instances, app.restart, app.restart.limit) == (Instances.SHARED, Restart.NEVER, 0)
    assert (app.budget_us, app.needs, app.routes) == (0, (), [])


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "Demo"},
        {"name": "x" * 32},
        {"version": "1.2"},
        {"version": "1.2.3.4"},
        {"version": "01.2.3"},
        {"version": "1.2.65536"},
        {"uuid": UUID.replace("-", "")},
        {"uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
        {"instances": 1},
        {"restart": 3},
        {"budget_us": 10_001},
        {"budget_us": -1},
        {"needs": [1]},
        {"needs": [Needs.irq(n) for n in range(32, 41)]},
        {"needs": [Needs.call_smc(*range(FID, FID + 9))]},
    ],
)
def test_wrong_declarations(changes):
    with pytest.raises((ValueError, TypeError)):
        make(**changes)


@pytest.mark.parametrize(
    "need",
    [
        lambda: Needs.call_smc(),
        lambda: Needs.call_smc(1 << 32),
        lambda: Needs.guest_memory("w"),
        lambda: Needs.io("UART", 0, 0x1000),
        lambda: Needs.io("uart1", 1, 0x1000),
        lambda: Needs.io("uart1", 0, 0),
        lambda: Needs.io("uart1", 0, 0x800),
        lambda: Needs.io("uart1", (1 << 64) - 0x1000, 0x2000),
        lambda: Needs.irq(31),
        lambda: Needs.irq(1020),
        lambda: Restart.ON_FAULT(limit=0),
    ],
)
def test_wrong_needs(need):
    with pytest.raises((ValueError, TypeError)):
        need()


def test_routes():
    app = make()
    injected = host_globals()["range"]
    assert (
        app.smc(FID, range(FID + 1, FID + 3), injected(FID + 4, u32(FID + 6)))(handler) is handler
    )
    assert app.hvc(u32(FID))(handler) is handler
    assert app.mmio_read(base=0x1000, size=0x2000)(handler) is handler
    assert app.mmio_write(base=0x1000, size=u64(0x1000), posted=True)(handler) is handler
    assert [(r.kind, r.first, r.last, r.posted) for r in app.routes] == [
        (RouteKind.SMC, FID, FID, False),
        (RouteKind.SMC, FID + 1, FID + 2, False),
        (RouteKind.SMC, FID + 4, FID + 5, False),
        (RouteKind.HVC, FID, FID, False),
        (RouteKind.MMIO_READ, 0x1000, 0x2FFF, False),
        (RouteKind.MMIO_WRITE, 0x1000, 0x1FFF, True),
    ]
    assert {r.function for r in app.routes} == {handler}


def test_init_timer_and_events():
    app = make()
    assert app.init(handler) is handler
    assert app.timer(handler) is handler
    assert app.event(Event.DOMAIN_CREATED)(handler) is handler
    assert app.event(Event.DOMAIN_DESTROYED)(handler) is handler
    assert (app.init_handler, app.timer_handler) == (handler, handler)
    assert app.event_handlers == {
        abi.Event.DOMAIN_CREATED: handler,
        abi.Event.DOMAIN_DESTROYED: handler,
    }


def test_a_second_handler_is_refused():
    app = make()
    app.init(handler)
    app.timer(handler)
    app.event(Event.DOMAIN_CREATED)(handler)
    for again in (app.init, app.timer, app.event(Event.DOMAIN_CREATED)):
        with pytest.raises(ValueError, match="second"):
            again(handler)


@pytest.mark.parametrize("ids", [(FID + 4,), (range(FID + 3, FID + 5),), (range(FID, FID + 99),)])
def test_overlapping_claims_are_refused(ids):
    app = make()
    app.smc(range(FID + 2, FID + 10))(handler)
    app.hvc(*ids)(handler)
    with pytest.raises(ValueError, match="claimed before"):
        app.smc(*ids)(handler)


def test_overlapping_regions_are_refused():
    app = make()
    app.mmio_read(base=0x1000, size=0x2000)(handler)
    app.mmio_write(base=0x2000, size=0x1000)(handler)
    with pytest.raises(ValueError, match="claimed before"):
        app.mmio_read(base=0x2000, size=0x1000)(handler)


@pytest.mark.parametrize(
    "claim",
    [
        lambda app: app.smc(),
        lambda app: app.smc(0x0100_0000),
        lambda app: app.smc(0x8400_0000),
        lambda app: app.smc(0x8000_0001),
        lambda app: app.hvc(range(FID, FID)),
        lambda app: app.hvc(range(FID, FID + 4, 2)),
        lambda app: app.hvc(1 << 32),
        lambda app: app.hvc("1"),
        lambda app: app.hvc(u64(FID)),
        lambda app: app.mmio_read(base=0x10, size=0x1000),
        lambda app: app.mmio_read(base=0x1000, size=0),
        lambda app: app.mmio_write(base=0x1000, size=0x1000, posted=1),
        lambda app: app.event(1),
    ],
)
def test_wrong_claims(claim):
    with pytest.raises((ValueError, TypeError)):
        claim(make())


def test_limits_of_the_manifest():
    app = make()
    app.smc(*range(FID, FID + abi.MAX_CALL_ROUTES))(handler)
    with pytest.raises(ValueError, match="at most"):
        app.hvc(FID)(handler)
    for n in range(1, 1 + abi.MAX_MMIO_ROUTES):
        app.mmio_read(base=n << 12, size=0x1000)(handler)
    with pytest.raises(ValueError, match="at most"):
        app.mmio_write(base=0x1000, size=0x1000)(handler)
