"""Apps that fail: at once, again and again, at the wrong moment (ABI.md 5, 6.1, 6.5, 6.6)."""

from xap_harness import IoRegion, LoadError

from tests.hostile.asm import PAGE, assemble
from tests.hostile.case import HARMLESS, Case
from tests.hostile.files import stored
from tests.hostile.images import (
    MMIO_READ,
    MMIO_WRITE,
    POSTED,
    SMC,
    TIMER,
    Manifest,
    guest_memory,
    image,
    io,
    route,
)
from tests.hostile.verdict import Condemned, Error, Load
from tests.hostile.world import FID, MS, Steps, World

TITLE = "Failing, and failing again"

_MINUS_1 = (1 << 64) - 1
_FAULT = {0: _MINUS_1, 1: 0, 2: 0, 3: 0}
_UNCLAIMED = {0: _MINUS_1}
_MMIO = 0x0B00_0000
_POSTED = (
    route(SMC, FID),
    route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, POSTED),
    route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
)
_TWO_WAYS = (
    route(SMC, FID),
    route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1),
    route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
)
_COUNT = "add x20, x28, #5, lsl #12; ldr x10, [x20]; add x10, x10, #1; str x10, [x20]"


def _restarts(limit: int) -> Manifest:
    return Manifest(restart=limit)


def _pauses(world: World) -> None:
    """10 ms, 20 ms, 40 ms; a nanosecond earlier there is the fault answer. Then it is dead."""
    for number in range(3):
        world.expect("a fault", dict(world.call().registers), _FAULT)
        wait = 10 * MS << number
        world.advance(wait - 1)
        before = world.call()
        world.expect(
            f"before restart {number}", (dict(before.registers), before.outcome), (_FAULT, None)
        )
        world.advance(1)
        world.expect(f"after restart {number}", world.call(FID, 1).registers[0], 0x600D)
    world.call()
    world.advance(40_000 * MS)
    world.attack(FID, 1)


def _longest(world: World) -> None:
    """The pause grows to 10 s and no further."""
    for number in range(12):
        world.call()
        wait = min(10 * MS << number, 10_000 * MS)
        world.advance(wait - 1)
        world.expect(f"before restart {number}", world.call(FID, 1).outcome, None)
        world.advance(1)
        world.expect(f"after restart {number}", world.call(FID, 1).registers[0], 0x600D)
    world.call()
    world.advance(20_000 * MS)
    world.attack(FID, 1)


def _forgiven(calls: int) -> Steps:
    def steps(world: World) -> None:
        world.call()
        world.advance(10 * MS)
        for _ in range(calls):
            world.call(FID, 1)
        world.call()
        world.advance(10 * MS)
        world.attack(FID, 1)

    return steps


def _always_in_init(world: World) -> None:
    world.call()
    world.advance(1000 * MS)
    inits = [line for line in world.lines if "xap-fault: name=attack" in line]
    world.expect("faults", len(inits), 1 + 3)
    world.attack(FID, 1)


def _per_domain(world: World) -> None:
    world.attack(FID, 0, domid=1)
    world.expect("guest 2's own", world.attack(FID, 1, domid=2).registers[0], 0x600D)
    world.attack(FID, 1, domid=1)


def _per_domain_later(world: World) -> None:
    """INIT fails for a guest that comes later, and for no other."""
    world.hypervisor.create_domain(7)
    world.expect("another guest's", world.call(FID, 1).registers[0], 0x600D)
    world.call(FID, 1, domid=7)
    world.hypervisor.destroy_domain(7)


def _gone_with_a_timer(world: World) -> None:
    world.hypervisor.create_domain(7)
    world.expect("its timer is set", world.call(domid=7).registers[0], 0)
    world.hypervisor.destroy_domain(7)
    world.advance(50 * MS)
    world.expect("lines", [line for line in world.lines if line.startswith("attack")], [])
    world.call(domid=7)


def _posted_gone(world: World) -> None:
    """Writes that were not yet handed over when it failed never are."""
    world.attacker.mmio_write(_MMIO, 7, domid=2)  # type: ignore[union-attr]  # it is loaded
    world.call(FID, 0, domid=1)
    world.advance(12 * MS)
    world.expect("records handed over", world.call(FID, 1).registers[0], 0)
    world.attacker.mmio_write(_MMIO, 7, domid=2)  # type: ignore[union-attr]  # it is loaded
    world.advance(2 * MS)
    world.expect("records handed over", world.call(FID, 1).registers[0], 1)
    world.call(FID, 2)


def _posted_waiting(world: World) -> None:
    """Writes to an app that waits for its restart are dropped, loads are all ones."""
    app = world.attacker
    assert app is not None
    world.call()
    world.expect("a write", app.mmio_write(_MMIO, 7).status, "fault")
    world.expect("a load", app.mmio_read(_MMIO, 2).value, 0xFFFF)
    world.advance(12 * MS)
    world.call()
    world.expect("a write to the dead", app.mmio_write(_MMIO, 7).handled, False)
    world.expect(
        "a load from the dead",
        (app.mmio_read(_MMIO, 8).value, app.mmio_read(_MMIO).handled),
        (None, False),
    )
    world.attack(FID, 1)


def _slowly(world: World) -> None:
    """One request at a time, each after the restart that the one before made due."""
    seen = []
    for source in (
        "ldrb w2, [x0]",
        "str x1, [x0, #8]",
        "ldrsh w2, [x0]",
        "ldr x2, [x0]",
        "ldrsw x2, [x0]",
    ):
        _, after = world.run_guest(source, {0: _MMIO, 1: 7, 2: 0})
        seen.append(after[2])
        world.advance(10_000 * MS)
    world.expect("loaded", seen, [0xFF, 0, 0xFFFF_FFFF, _MINUS_1, _MINUS_1])
    world.attack()


def _timer_gone(world: World) -> None:
    world.call(FID, 2)  # sets a timer for 5 ms, then fails
    world.advance(30 * MS)
    world.expect("TIMER", world.call(FID, 1).registers[0], 0)
    world.call(FID, 2, 1)


def _pages_gone(world: World) -> None:
    world.attack()
    world.expect("pins", world.domain(1).ram.pins, 0)


def _dead(world: World) -> None:
    world.attack()
    world.advance(60_000 * MS)
    world.expect("the answer", dict(world.attack().registers), _UNCLAIMED)


def _failing_first(world: World) -> None:
    _failing_load(world)
    _no_trace(world)


def _no_trace(world: World) -> None:
    """A load that INIT refused leaves nothing: the same app without its fault is admitted."""
    world.load(
        stored(
            image(assemble(HARMLESS), Manifest(needs=(io("dev", 0x2100_0000),)).encoded()).bytes(),
            ".elf",
        )
    )


def _failing_load(world: World) -> None:
    bad = image(assemble("brk #1"), Manifest(needs=(io("dev", 0x2100_0000),)).encoded())
    try:
        world.load(stored(bad.bytes(), ".elf"))
    except LoadError as error:
        world.expect("the refusal", str(error), "app 'attack' refused: INIT: BRK #0x1")
    world.expect("its device", world.hypervisor.device_at(_DEVICE), None)


_DEVICE = IoRegion("dev", 0x2100_0000, PAGE)


def _events(world: World) -> None:
    """It faults in EVENT of guest 8: that guest runs only after, and the others go on."""
    world.hypervisor.create_domain(8)
    world.expect("guest 8", dict(world.call(FID, 1, domid=8).registers), _FAULT)
    world.advance(10 * MS)
    # INIT and EVENT for all that live, of which guest 8's faults again
    world.advance(10 * MS)
    world.attack(FID, 1)
    world.hypervisor.destroy_domain(8)


def _told(world: World) -> None:
    """After a restart every living guest is told of, each once."""
    world.expect("told", world.call(FID, 1).registers[0], 3)
    world.call(FID, 0)
    world.advance(10 * MS)
    world.expect("told again", world.call(FID, 1).registers[0], 3)
    world.hypervisor.create_domain(8)
    world.expect("told of the new one", world.call(FID, 1).registers[0], 4)
    world.hypervisor.destroy_domain(8)
    world.advance(10 * MS)
    world.expect("told of its end", world.call(FID, 1).registers[0], 5)
    world.call(FID, 2)


_GOOD_OR_BRK = "cbz x2, bad; li x1, 0x600d; mov x2, #0; mov x3, #0; mov x4, #0; answer; bad: brk #1"


def _each_life(world: World) -> None:
    """Nothing of the first life's end is left in the second."""
    world.attack(FID, 0)
    world.advance(10 * MS)
    world.expect("the second life", world.call(FID, 1).registers[0], 0x600D)
    world.attack(FID, 0)


CASES = [
    Case(
        "crash-abort",
        "5.5",
        "loads from a wild address in each of two lives",
        Condemned("exception", "data abort: read, not mapped", 0x1234_5000, spent=7),
        code="cbz x2, bad; li x1, 0x600d; answer; bad: li x9, 0x12345000; ldr x9, [x9]",
        manifest=_restarts(1),
        steps=_each_life,
    ),
    Case(
        "crash",
        "5.1",
        "faults at its first request, and has no restarts",
        Condemned("exception", "BRK #0x1", 0),
        code="brk #1",
        steps=lambda world: world.expect("the answer", dict(world.attack().registers), _FAULT),
    ),
    Case(
        "crash-dead",
        "5.5",
        "faults, and is asked again",
        Error("unclaimed"),
        code="brk #1",
        steps=_dead,
    ),
    Case(
        "crash-loop",
        "5.5",
        "faults at each request, three restarts in a row",
        Error("unclaimed"),
        code=_GOOD_OR_BRK,
        manifest=_restarts(3),
        steps=_pauses,
    ),
    Case(
        "crash-loop-long",
        "5.5",
        "faults twelve times in a row",
        Error("unclaimed"),
        code=_GOOD_OR_BRK,
        manifest=_restarts(12),
        steps=_longest,
    ),
    Case(
        "crash-after-999",
        "5.5",
        "faults again after 999 good calls: INIT, three EVENTs and 995 more",
        Error("unclaimed"),
        code=_GOOD_OR_BRK,
        manifest=_restarts(1),
        steps=_forgiven(995),
    ),
    Case(
        "crash-after-1000",
        "5.5",
        "faults again after 1000 good calls, which are forgiven",
        Error("EPERM"),
        code="cbz x2, bad; fail 1; bad: brk #1",
        manifest=_restarts(1),
        steps=_forgiven(996),
    ),
    Case(
        "crash-in-init-again",
        "5.5",
        "faults in INIT after each restart",
        Error("unclaimed"),
        whole="adr x28, #0; cbnz x0, smc; mrs x10, tpidrro_el0; add x20, x28, #5, lsl #12; "
        "sys 9; li x10, 1000000; cmp x0, x10; b.hi bad; answer;"
        "smc: cmp x0, #1; b.ne other; bad: brk #1; other: fail 38",
        manifest=_restarts(3),
        steps=_always_in_init,
    ),
    Case(
        "crash-per-domain",
        "6.3",
        "faults for guest 1, while guest 2 has an instance of its own",
        Error("unclaimed"),
        code=_GOOD_OR_BRK,
        manifest=Manifest(per_domain=True),
        steps=_per_domain,
    ),
    Case(
        "timer-of-a-gone-guest",
        "6.6",
        "sets a timer in the instance of a guest that ends before it",
        Error("unclaimed"),
        handlers={
            "smc": "li x0, 5000000; sys 8; reply",
            "timer": "add x0, x28, #5, lsl #12; mov x1, #1; mov x2, #2; sys 1; answer",
        },
        data=b"x",
        manifest=Manifest(per_domain=True, needs=(TIMER,)),
        steps=_gone_with_a_timer,
    ),
    Case(
        "crash-in-init-later",
        "6.3",
        "faults in INIT of the instance for a guest that comes later",
        Error("unclaimed"),
        handlers={
            "init": (
                "mrs x10, tpidrro_el0; lsr x10, x10, #32; cmp x10, #7; b.eq bad; answer; "
                "bad: brk #1"
            ),
            "smc": "li x1, 0x600d; answer",
        },
        manifest=Manifest(per_domain=True),
        steps=_per_domain_later,
    ),
    Case(
        "crash-posted-gone",
        "5.5",
        "faults with another guest's posted writes waiting",
        Condemned("exception", "BRK #0x2", 0),
        handlers={
            "smc": (
                "add x20, x28, #5, lsl #12; cbz x2, bad; cmp x2, #2; b.eq end; ldr x1, [x20]; "
                "answer; bad: brk #1; end: brk #2"
            ),
            "posted": (
                "add x20, x28, #5, lsl #12; ldr x10, [x20]; add x10, x10, x1; "
                "str x10, [x20]; answer"
            ),
        },
        manifest=Manifest(routes=_POSTED, restart=3),
        steps=_posted_gone,
    ),
    Case(
        "crash-posted-waiting",
        "5.2",
        "is written to while it waits for its restart, and when it is dead",
        Error("unclaimed"),
        handlers={"smc": "brk #1", "mmio": "answer", "posted": "answer"},
        manifest=Manifest(routes=_POSTED, restart=1),
        steps=_posted_waiting,
    ),
    Case(
        "crash-mmio",
        "5.2",
        "faults at every load and store",
        Condemned("exception", "BRK #0x1", 0),
        handlers={"smc": "brk #1", "mmio": "brk #1"},
        manifest=Manifest(routes=_TWO_WAYS, restart=100),
        steps=_slowly,
    ),
    Case(
        "crash-timer-gone",
        "5.5",
        "faults with a timer set",
        Condemned("exception", "BRK #0x1", 0),
        handlers={
            "smc": (
                "add x20, x28, #5, lsl #12; cmp x2, #2; b.eq bad; ldr x1, [x20]; answer; "
                "bad: li x0, 5000000; sys 8; brk #1"
            ),
            "timer": f"{_COUNT}; answer",
        },
        manifest=Manifest(needs=(TIMER,), restart=3),
        steps=_timer_gone,
    ),
    Case(
        "crash-pages",
        "5.5",
        "faults with eight pages mapped to write",
        Condemned("exception", "BRK #0x1", 0),
        code=(
            "mov x20, #8; more: li x0, 0x40000000; mov x1, #1; sys 4; subs x20, x20, #1; "
            "b.ne more; brk #1"
        ),
        manifest=Manifest(needs=(guest_memory(3),)),
        steps=_pages_gone,
    ),
    Case(
        "crash-in-event",
        "6.6",
        "faults when a guest comes",
        Error("unclaimed"),
        handlers={
            "event": "cmp x2, #8; b.eq bad; fail 38; bad: brk #1",
            "smc": "li x1, 0x600d; answer",
        },
        manifest=_restarts(1),
        steps=_events,
    ),
    Case(
        "events-told",
        "6.6",
        "counts the guests that it is told of",
        Condemned("exception", "BRK #0x1", 0),
        handlers={
            "event": f"{_COUNT}; answer",
            "smc": (
                "cmp x2, #1; b.ne bad; add x20, x28, #5, lsl #12; ldr x1, [x20]; answer; "
                "bad: brk #1"
            ),
        },
        manifest=_restarts(3),
        steps=_told,
    ),
    # --- INIT ---
    Case(
        "init-fault",
        "6.1",
        "faults in INIT",
        Load("app 'attack' refused: INIT: data abort: read, not mapped"),
        whole="mov x1, #0; ldr x1, [x1]",
    ),
    Case(
        "init-panic",
        "6.1",
        "panics in INIT",
        Load("app 'attack' refused: INIT: PANIC"),
        whole="mov x0, #8; mov x1, #0; mov x2, #0; sys 2",
    ),
    Case(
        "init-fails",
        "6.1",
        "ends INIT with -EPERM",
        Load("app 'attack' refused: INIT ended with -1"),
        whole="fail 1",
    ),
    Case(
        "init-timer",
        "6.1",
        "sets a timer in INIT and fails; TIMER would log",
        Load("app 'attack' refused: INIT ended with -5"),
        handlers={
            "init": "li x0, 1000000; sys 8; fail 5",
            "timer": "add x0, x28, #5, lsl #12; mov x1, #1; mov x2, #2; sys 1; answer",
        },
        data=b"x",
        manifest=Manifest(needs=(TIMER,)),
    ),
    Case(
        "init-status-1",
        "2.2",
        "ends INIT with eight results",
        Load("app 'attack' refused: INIT ended with status 1"),
        whole="mov x0, #1; mov x8, #0; svc #0",
    ),
    Case(
        "init-status-2",
        "2.2",
        "ends INIT with status 2",
        Load("app 'attack' refused: INIT: status 2"),
        whole="mov x0, #2; mov x8, #0; svc #0",
    ),
    Case(
        "init-per-domain",
        "6.1",
        "fails in INIT of its instance for guest 3",
        Load("app 'attack' refused: INIT ended with -5"),
        whole=(
            "mrs x10, tpidrro_el0; lsr x10, x10, #32; cmp x10, #3; b.eq bad; fail 38; bad: fail 5"
        ),
        manifest=Manifest(per_domain=True),
    ),
    Case(
        "init-no-trace",
        "6.1",
        "fails in INIT and is loaded again, with the same name and device",
        Load("app 'attack' refused: app 'attack' has the same UUID"),
        whole=HARMLESS,
        before=_failing_first,
    ),
    Case(
        "init-identity",
        "2.4",
        "looks in INIT for a guest to pass itself off as",
        Error("ENOENT"),
        handlers={
            "init": (
                "mrs x10, tpidrro_el0; add x20, x28, #5, lsl #12; str x10, [x20]; "
                "str x1, [x20, #8]; str x2, [x20, #16]; answer"
            ),
            "smc": "add x20, x28, #5, lsl #12; ldr x10, [x20]; li x11, 0x7ff40000ffff; "
            "cmp x10, x11; b.ne bad;"
            "ldr x10, [x20, #8]; li x11, 0x10000; cmp x10, x11; b.ne bad; ldr x10, [x20, #16]; "
            "cbnz x10, bad; fail 2; bad: answer",
        },
    ),
    Case(
        "init-identity-own",
        "2.4",
        "looks in INIT of each guest's instance for another guest",
        Error("ENOENT"),
        handlers={
            "init": "mrs x10, tpidrro_el0; add x20, x28, #5, lsl #12; str x10, [x20]; answer",
            "smc": (
                "add x20, x28, #5, lsl #12; ldr x10, [x20]; li x11, 0x20000ffff; "
                "cmp x10, x11; b.ne bad; fail 2; bad: answer"
            ),
        },
        manifest=Manifest(per_domain=True),
        steps=lambda world: world.attack(domid=2),
    ),
]
