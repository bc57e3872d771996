"""More of everything than there is room for (ABI.md 2.5, 3.2, 3.7, 6.5)."""

from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import MMIO_READ, MMIO_WRITE, POSTED, SMC, TIMER, Manifest, irq, route
from tests.hostile.verdict import Budget, Condemned, Error
from tests.hostile.world import FID, MS, Steps, World

TITLE = "Floods"

_MMIO = 0x0B00_0000
_POSTED = Manifest(
    routes=(
        route(SMC, FID),
        route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, POSTED),
        route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
    )
)
_TIMER = Manifest(needs=(TIMER,), budget=100)
_LOG = "add x0, x28, #5, lsl #12; mov x2, #2; sys 1"


def _mine(world: World) -> list[str]:
    return [line for line in world.lines if line.startswith("attack")]


def _call_quota(world: World) -> None:
    answer = world.attack(FID, 20)
    world.expect("lines of the answer", [line.text for line in answer.log], ["x"] * 16)
    world.expect("lines", _mine(world), ["attack: x"] * 16 + ["attack: 4 lines dropped"])
    world.attack(FID, 0)


def _second_quota(world: World) -> None:
    """100 lines a second; then the rest is counted, and told once."""
    for _ in range(7):
        world.attack(FID, 16)
    world.expect("lines", _mine(world), ["attack: x"] * 100)
    world.attack(FID, 1)
    world.advance(998 * MS)
    world.attack(FID, 1)
    world.expect("lines in the same second", len(_mine(world)), 100)
    world.advance(3 * MS)
    world.attack(FID, 1)
    world.expect(
        "lines of the next second", _mine(world)[100:], ["attack: 14 lines dropped", "attack: x"]
    )
    world.attack(FID, 0)


def _second_ends(offset: int, *lines: str) -> Steps:
    """A second after its first line, to the nanosecond, there is room for others."""

    def steps(world: World) -> None:
        began = world.hypervisor.clock.now_ns
        for _ in range(7):
            world.call(FID, 16)
        world.advance(began + offset - world.hypervisor.clock.now_ns)
        world.call(FID, 1)
        world.expect("lines", _mine(world)[100:], [f"attack: {line}" for line in lines])
        world.call(FID, 0)

    return steps


def _told_once(world: World) -> None:
    for _ in range(7):
        world.attack(FID, 16)
    world.advance(1001 * MS)
    world.attack(FID, 100)  # none of these reaches the console before what was dropped is told
    world.expect(
        "lines",
        _mine(world)[100:],
        ["attack: 12 lines dropped"] + ["attack: x"] * 16 + ["attack: 84 lines dropped"],
    )
    world.attack(FID, 0)


def _text(*wanted: str) -> Steps:
    def steps(world: World) -> None:
        world.attack()
        world.expect("lines", _mine(world), [f"attack: {line}" for line in wanted])

    return steps


def _flooded(world: World) -> None:
    """The bystander's own quota is its own."""
    answer = world.attack()
    world.expect("lines", len(answer.log), 16)
    world.expect("the bystander's", world.bystander.smc(0xC700_0005).log, ["all is well"])


def _times(world: World) -> None:
    """Not sooner than 1 ms, each at its time."""
    began = world.hypervisor.clock.now_ns
    world.attack(FID, 1)
    world.expect("sooner than 1 ms", world.hypervisor.clock.now_ns < began + MS, True)
    world.advance(MS - 3000)
    world.expect("TIMERs", world.call(FID, 0, 1).registers[0], 0)
    world.advance(6000)
    world.expect("TIMERs", world.call(FID, 0, 1).registers[0], 1)
    world.call(FID, 0, 3)


def _overdue_load(world: World) -> None:
    """A load that comes when TIMER is overdue comes behind it."""
    assert world.attacker is not None
    world.call(FID, 1_000_000, 2)
    world.expect("TIMERs", world.attacker.mmio_read(_MMIO, 8).value, 1)
    world.call(FID, 0, 3)


def _while_a_guest_runs(world: World) -> None:
    """A guest that computes for 3 ms and asks for nothing does not put TIMER off."""
    world.call(FID, 1)
    loop = "mov x19, #1500; lsl x19, x19, #10; more: subs x19, x19, #1; b.ne more"
    world.run_guest(loop, {}, budget=10_000_000)
    late = world.call(FID, 2).registers[0]
    world.expect("TIMER is late", late < 3000, True)
    world.call(FID, 0)


def _overdue(world: World) -> None:
    """A request that comes when TIMER is overdue comes behind it."""
    world.call(FID, 1_000_000, 2)
    world.expect("TIMERs", world.call(FID, 0, 1).registers[0], 1)
    world.call(FID, 0, 3)


def _rate(world: World) -> None:
    """It sets a timer of 1 ns in each TIMER and takes t: one in 1 ms, and 9t between."""
    world.attack(FID, 1)
    world.advance(100 * MS)
    world.expect("TIMERs in 100 ms", world.call(FID, 0, 1).registers[0] <= 100, True)
    world.call(FID, 0, 0)


def _share(world: World) -> None:
    """Each TIMER takes 90 us of its budget of 100 us, and wants the next at once."""
    world.attack(FID, 1)
    world.advance(100 * MS)
    seen = world.call(FID, 0, 1).registers
    world.expect("TIMERs in 100 ms", 80 <= seen[0] <= 100, True)
    world.call(FID, 0, 0)


def _share_long(world: World) -> None:
    """Each TIMER takes 9 ms: the next is 81 ms later at the earliest."""
    world.attack(FID, 1)
    world.advance(1000 * MS)
    world.expect("TIMERs in 1 s", world.call(FID, 0, 1).registers[0], 12)
    world.call(FID, 0, 0)


def _cancelled(world: World) -> None:
    world.attack(FID, 2_000_000)
    world.attack(FID, 0)
    world.advance(10 * MS)
    world.expect("TIMERs", world.call(FID, 0, 1).registers[0], 0)
    world.attack(FID, 2_000_000)
    world.attack(FID, 8_000_000)  # replaces it
    world.advance(7 * MS)
    world.expect("TIMERs", world.call(FID, 0, 1).registers[0], 0)
    world.attack(FID, 0, 3)


def _far(world: World) -> None:
    world.attack(FID, (1 << 64) - 1)
    world.advance(20_000 * MS)
    world.expect("TIMERs", world.call(FID, 0, 1).registers[0], 0)
    world.call(FID, 0, 3)


def _post_many(world: World) -> None:
    """128 writes fill the page and are handed over at once; one more waits for 1 ms."""
    app = world.attacker
    assert app is not None
    for number in range(127):
        world.expect("status", app.mmio_write(_MMIO + 4 * number, number).status, "posted")
    world.expect("batches, records", _batches(world, 2), (0, 0))
    app.mmio_write(_MMIO + 4, 7)
    world.expect("batches, records", _batches(world, 2), (1, 128))
    app.mmio_write(_MMIO + 8, 8)
    world.advance(MS + 20_000)
    world.expect("batches, records", _batches(world, 2), (2, 129))
    world.call(FID, 0)


def _batches(world: World, domid: int) -> tuple[int, int]:
    registers = world.call(FID, 1, domid=domid).registers
    return registers[0], registers[1]


def _full_at_once(world: World) -> None:
    """The write that fills the page is the one that hands it over."""
    app = world.attacker
    assert app is not None
    for number in range(128):
        world.expect(f"told after {number}", _mine(world), [])
        app.mmio_write(_MMIO, number)
    world.expect("told", _mine(world), ["attack: x"])
    world.call(FID)


def _fault_between(world: World) -> None:
    """The write of one vCPU makes it fault over that of another; neither comes after a restart."""
    app = world.attacker
    assert app is not None
    app.mmio_write(_MMIO, 1, domid=1)
    app.mmio_write(_MMIO, 2, domid=2)
    world.expect("faults", sum("BRK #0x1" in line for line in world.lines), 1)
    world.advance(100 * MS)
    world.expect("faults", sum("BRK #0x1" in line for line in world.lines), 1)
    world.call(FID)


def _post_two(world: World) -> None:
    """A batch is one vCPU's; a call of a guest comes behind its writes, and of no other's."""
    app = world.attacker
    assert app is not None
    app.mmio_write(_MMIO, 1, domid=1)
    app.mmio_write(_MMIO, 2, domid=1)
    world.expect("before", _batches(world, 2), (0, 0))
    app.mmio_write(_MMIO, 3, domid=1, vcpu=1)
    world.expect("of another vCPU", _batches(world, 2), (1, 2))
    world.expect("its own guest asks", _batches(world, 1), (2, 3))
    app.mmio_write(_MMIO, 4, domid=2)
    world.expect("a load", app.mmio_read(_MMIO, domid=2).status, "not_handled")
    world.expect("before the load", _batches(world, 3), (3, 4))
    world.call(FID, 0)


def _post_and_go(world: World) -> None:
    """What a guest wrote before its end is handed over, and counts as that guest's."""
    app = world.attacker
    assert app is not None
    app.domain(5)
    app.mmio_write(_MMIO, 5, domid=5)
    app.destroy_domain(5)
    world.expect("the last requester", world.call(FID, 2).registers[0], 5 << 32)
    world.call(FID, 0)


def _post_content(world: World) -> None:
    app = world.attacker
    assert app is not None
    app.mmio_write(_MMIO + 0x10, 0x1122_3344_5566_7788, 2)
    app.mmio_write(_MMIO + 0x18, 0x1122_3344_5566_7788, 8)
    registers = world.call(FID, 1).registers
    world.expect(
        "sum of the records",
        registers[2],
        2 * _MMIO + 0x28 + 2 + 8 + 0x7788 + 0x1122_3344_5566_7788,
    )
    world.call(FID, 0)


_POST = (
    "add x20, x28, #5, lsl #12; ldr x10, [x20, #8]; add x10, x10, #1; str x10, [x20, #8]; "
    "ldr x10, [x20, #16];"
    "add x10, x10, x1; str x10, [x20, #16]; mrs x10, tpidrro_el0; str x10, [x20, #24]; "
    "ldr x11, [x20];"
    "ldr x12, [x20, #32]; lsl x1, x1, #2; word: ldr x13, [x11], #8; add x12, x12, x13; "
    "subs x1, x1, #1; b.ne word;"
    "str x12, [x20, #32]; answer"
)
_TELL = (
    "add x20, x28, #5, lsl #12; cbz x2, no; cmp x2, #2; b.eq who; ldr x1, [x20, #8]; "
    "ldr x2, [x20, #16]; ldr x3, [x20, #32]; answer;"
    "who: ldr x1, [x20, #24]; answer; no: fail 1"
)
_HANDLERS = {
    "init": "add x20, x28, #5, lsl #12; str x2, [x20]; answer",
    "posted": _POST,
    "smc": _TELL,
}


def _post_and_wait(world: World) -> None:
    assert world.attacker is not None
    world.attacker.mmio_write(_MMIO, 7)
    world.advance(12 * MS)
    world.attack()


def _inject_for_ever(world: World) -> None:
    world.call()
    world.expect("pending", world.domain(1).pending, [41])
    world.domain(1).take_interrupt()


def _ticking(body: str) -> dict[str, str]:
    """SMC(ns): sets the timer. SMC(0, 1): how many TIMERs; SMC(0, 0): fails. TIMER: `body`, and
    then counts and sets it again at once."""
    return {
        "smc": (
            "cbz x2, tell; mov x0, x2; sys 8; reply; tell: cmp x3, #1; b.ne no; "
            "add x20, x28, #5, lsl #12; ldr x1, [x20]; answer; no: mov x0, #0; sys 8; fail 1"
        ),
        "timer": (
            f"{body}; add x20, x28, #5, lsl #12; ldr x10, [x20]; add x10, x10, #1; "
            f"str x10, [x20]; mov x0, #1; sys 8; answer"
        ),
    }


def _once(tail: str) -> dict[str, str]:
    return {
        "smc": (
            f"add x20, x28, #5, lsl #12; cmp x3, #1; b.eq tell; cmp x3, #3; b.eq no; {tail}; "
            f"tell: ldr x1, [x20]; answer; no: fail 1"
        ),
        "timer": (
            "add x20, x28, #5, lsl #12; ldr x10, [x20]; add x10, x10, #1; str x10, [x20]; answer"
        ),
    }


_LINES = (
    f"cbz x2, no; mov x21, x2; more: mov x1, #1; {_LOG}; subs x21, x21, #1; b.ne more; "
    f"reply; no: fail 1"
)


def _said(name: str, what: str, data: bytes, *lines: str, length: int | None = None) -> Case:
    size = len(data) if length is None else length
    code = f"li x1, {size}; {_LOG}; cbnz x0, out; fail 1; out: answer"
    steps = _text(*lines)
    return Case(f"log-{name}", "3.2", what, Error("EPERM"), data=data, code=code, steps=steps)


CASES = [
    Case(
        "log-call",
        "3.2",
        "logs 20 lines in a call",
        Error("EPERM"),
        code=_LINES,
        data=b"x",
        steps=_call_quota,
    ),
    Case(
        "log-second",
        "3.2",
        "logs 16 lines in each of many calls",
        Error("EPERM"),
        code=_LINES,
        data=b"x",
        steps=_second_quota,
    ),
    *(
        Case(
            f"log-second-{name}",
            "3.2",
            f"logs {what} the second is over in which it logged 100 lines",
            Error("EPERM"),
            code=_LINES,
            data=b"x",
            steps=_second_ends(offset, *lines),
        )
        for name, what, offset, lines in (
            ("before", "a nanosecond before", 999_999_999, ["13 lines dropped"]),
            ("after", "when", 1_000_000_000, ["12 lines dropped", "x"]),
        )
    ),
    Case(
        "log-told-once",
        "3.2",
        "logs beyond both quotas",
        Error("EPERM"),
        code=_LINES,
        data=b"x",
        steps=_told_once,
    ),
    Case(
        "log-loop",
        "3.2",
        "logs for ever",
        Budget(20_000),
        code=f"more: mov x1, #1; {_LOG}; b more",
        data=b"x",
        manifest=Manifest(budget=20),
        steps=_flooded,
    ),
    _said("newlines", "logs 256 newlines at once", b"\n" * 256, *[""] * 16, "240 lines dropped"),
    _said("long", "logs 300 bytes on one line", b"y" * 300, "y" * 256),
    _said("page", "logs a whole page", b"z" * 300, "z" * 256, length=PAGE),
    _said(
        "cut-in-line",
        "logs a second line beyond the 256 bytes",
        b"y" * 255 + b"\nxap-fault: name=bystander",
        "y" * 255,
    ),
    _said(
        "escape",
        "logs escape sequences of a terminal",
        b"\x1b[2J\x07\x00\x7f\x80\xff~ ",
        "?[2J?????~ ",
    ),
    _said(
        "forged",
        "logs a line that looks like a fault report of the bystander's",
        b"ok\nxap-fault: name=bystander kind=panic\nbystander: all is lost\n",
        "ok",
        "xap-fault: name=bystander kind=panic",
        "bystander: all is lost",
    ),
    _said(
        "carriage-return",
        "logs a line that would overwrite its name",
        b"hello\rbystander: gone",
        "hello?bystander: gone",
    ),
    _said("empty", "logs an empty message", b"x", "", length=0),
    Case(
        "timer-soon",
        "3.7",
        "sets a timer of 1 ns",
        Error("EPERM"),
        handlers=_once("mov x0, x2; sys 8; reply"),
        manifest=_TIMER,
        steps=_times,
    ),
    Case(
        "timer-overdue-load",
        "6.5",
        "sets a timer of 1 ms in a call of 2 ms, and is loaded from at once",
        Error("EPERM"),
        handlers=_once(
            "mov x0, x2; sys 8; cmp x3, #2; b.ne end; li x11, 2000; busy: "
            + "nop; " * 998
            + "subs x11, x11, #1; b.ne busy; end: reply"
        )
        | {"mmio": "add x20, x28, #5, lsl #12; ldr x1, [x20]; answer"},
        manifest=Manifest(
            needs=(TIMER,),
            budget=10_000,
            routes=(route(SMC, FID), route(MMIO_READ, _MMIO, _MMIO + PAGE - 1)),
        ),
        steps=_overdue_load,
    ),
    Case(
        "timer-while-a-guest-runs",
        "3.7",
        "sets a timer of 1 ms, and a guest computes for 3 ms",
        Error("EPERM"),
        handlers={
            "smc": "add x20, x28, #5, lsl #12; cmp x2, #1; b.ne tell; sys 9; str x0, [x20]; "
            "li x0, 1000000; sys 8; reply; tell: cbz x2, no; ldr x1, [x20, #8]; answer; no: fail 1",
            "timer": "add x20, x28, #5, lsl #12; ldr x10, [x20]; sub x1, x1, x10; "
            "li x10, 1000000; sub x1, x1, x10; str x1, [x20, #8]; answer",
        },
        manifest=Manifest(needs=(TIMER,)),
        steps=_while_a_guest_runs,
    ),
    Case(
        "timer-overdue",
        "6.5",
        "sets a timer of 1 ms in a call of 2 ms, and is asked at once",
        Error("EPERM"),
        handlers=_once(
            "mov x0, x2; sys 8; cmp x3, #2; b.ne end; li x11, 2000; busy: "
            + "nop; " * 998
            + "subs x11, x11, #1; b.ne busy; end: reply"
        ),
        manifest=Manifest(needs=(TIMER,), budget=10_000),
        steps=_overdue,
    ),
    Case(
        "timer-flood",
        "6.5",
        "sets a timer of 1 ns in every TIMER",
        Error("EPERM"),
        handlers=_ticking("nop"),
        manifest=_TIMER,
        steps=_rate,
    ),
    Case(
        "timer-flood-busy",
        "6.5",
        "takes 90 us in every TIMER, and wants the next at once",
        Error("EPERM"),
        handlers=_ticking("li x11, 90; busy: " + "nop; " * 998 + "subs x11, x11, #1; b.ne busy"),
        manifest=_TIMER,
        steps=_share,
    ),
    Case(
        "timer-flood-long",
        "6.5",
        "takes 9 ms in every TIMER, and wants the next at once",
        Error("EPERM"),
        handlers=_ticking("li x11, 9000; busy: " + "nop; " * 998 + "subs x11, x11, #1; b.ne busy"),
        manifest=Manifest(needs=(TIMER,), budget=10_000),
        steps=_share_long,
    ),
    Case(
        "timer-cancelled",
        "3.7",
        "sets timers, cancels one and replaces one",
        Error("EPERM"),
        handlers=_once("mov x0, x2; sys 8; reply"),
        manifest=_TIMER,
        steps=_cancelled,
    ),
    Case(
        "timer-far",
        "3.7",
        "sets a timer of 2^64 - 1 ns",
        Error("EPERM"),
        handlers=_once("mov x0, x2; sys 8; reply"),
        manifest=_TIMER,
        steps=_far,
    ),
    Case(
        "posted-many",
        "2.5",
        "is posted more writes than its page holds",
        Error("EPERM"),
        handlers=_HANDLERS,
        manifest=_POSTED,
        steps=_post_many,
    ),
    Case(
        "posted-mixed",
        "2.5",
        "is posted writes of several vCPUs in turn",
        Error("EPERM"),
        handlers=_HANDLERS,
        manifest=_POSTED,
        steps=_post_two,
    ),
    Case(
        "posted-full",
        "2.5",
        "logs when it is handed a full page",
        Error("EPERM"),
        handlers={"posted": f"mov x1, #1; {_LOG}; answer", "smc": "fail 1"},
        data=b"x",
        manifest=_POSTED,
        steps=_full_at_once,
    ),
    Case(
        "posted-fault-between",
        "5.5",
        "faults over one guest's writes when another one's come",
        Error("EPERM"),
        handlers={"posted": "brk #1", "smc": "fail 1"},
        manifest=Manifest(routes=_POSTED.routes, restart=5),
        steps=_fault_between,
    ),
    Case(
        "posted-and-gone",
        "2.5",
        "is posted a write by a guest that ends",
        Error("EPERM"),
        handlers=_HANDLERS,
        manifest=_POSTED,
        steps=_post_and_go,
    ),
    Case(
        "posted-content",
        "2.5",
        "adds up the records, values being wider than the stores",
        Error("EPERM"),
        handlers=_HANDLERS,
        manifest=_POSTED,
        steps=_post_content,
    ),
    Case(
        "posted-fault",
        "2.5",
        "faults over a posted write",
        Condemned("exception", "BRK #0x1", 0),
        handlers={"posted": "brk #1", "smc": "brk #1"},
        manifest=Manifest(routes=_POSTED.routes, restart=1),
        steps=_post_and_wait,
    ),
    Case(
        "inject-flood",
        "3.6",
        "makes an interrupt pending for ever",
        Budget(10_000),
        code="more: mov x0, #41; sys 7; b more",
        manifest=Manifest(needs=(irq(41),), budget=10),
        steps=_inject_for_ever,
    ),
]
