"""Guests and apps that fight for processors (ABI.md 6.4, 6.5): who runs where, and until when."""

from xap_harness import Domain
from xap_harness.hypervisor.memory import GuestRam
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.scheduler import SLICE_NS

from tests.hostile import bystander as by
from tests.hostile.case import Case
from tests.hostile.images import SMC, TIMER, Manifest, route
from tests.hostile.verdict import Error
from tests.hostile.world import (
    FID,
    MS,
    RAM,
    RAM_BYTES,
    VECTORS,
    WITH_VECTORS,
    Cpus,
    Program,
    Steps,
    World,
)

TITLE = "Processors"

US = 1000
_SLOW, _SET_TIMER, _TELL = 1, 2, 3
_CALL_NS, _TIMER_TAKES = 2500 * US, 900 * US
"""What a slow call and a TIMER take, and at most `_MORE` more."""
_MORE = 5 * US
_TIMER_NS = 2 * MS


def _busy(label: str, ns: int) -> str:
    return f"li x11, {ns // 1000}; {label}: " + "nop; " * 998 + f"subs x11, x11, #1; b.ne {label}"


_APP = {
    "smc": f"add x20, x28, #5, lsl #12; cbz x2, no; cmp x2, #{_SET_TIMER}; b.eq set;"
    f"cmp x2, #{_TELL}; b.eq tell; {_busy('slow', _CALL_NS)}; li x1, 5; answer;"
    f"set: li x0, {_TIMER_NS}; sys 8; reply; tell: ldp x1, x2, [x20]; answer; no: fail 1",
    "timer": "add x20, x28, #5, lsl #12; sys 9; str x0, [x20];"
    f"{_busy('work', _TIMER_TAKES)}; sys 9; str x0, [x20, #8]; answer",
}
_MANIFEST = Manifest(budget=3000, routes=(route(SMC, FID),), needs=(TIMER,))

_FOREVER = "more: add x5, x5, #1; b more"
_SLEEP = "mov x6, #1"


def _loop(ns: int, label: str = "first") -> str:
    """That much work, in turns of two instructions."""
    return f"li x7, {ns // 2}; {label}: subs x7, x7, #1; b.ne {label};"


def _runs(domid: int, cpu: int, vcpu: int = 0) -> Program:
    """Never gives its processor up."""
    return Program(_FOREVER, {}, domid, vcpu, cpu)


def _calls(domid: int, cpu: int, before: str = "", vcpu: int = 0) -> Program:
    return Program(f"{before} li x0, {FID}; mov x1, #{_SLOW}; smc #0", {}, domid, vcpu, cpu)


def _sleeps(domid: int, cpu: int, before: str = "") -> Program:
    """Waits for an interrupt, and calls as soon as it has one."""
    source = (
        f"{WITH_VECTORS} {before} msr daifclr, #2; wfi; li x0, {FID}; mov x1, #{_TELL}; smc #0;"
        "end: wfi; b end"
    )
    return Program(source, {}, domid, 0, cpu)


def _rings(domid: int, cpu: int, after: int) -> Program:
    return Program(f"{_loop(after)} li x0, {by.INJECT}; smc #0; end: wfi; b end",
                   {}, domid, 1, cpu)  # fmt: skip


def _near(world: World, what: str, seen: int, wanted: int) -> None:
    if not wanted <= seen <= wanted + _MORE:
        world.expect(what, seen, wanted)


def _slices(world: World) -> None:
    """Two that never give up their processor have it in turn, a slice each, to the instruction."""
    one, two = _runs(1, 0), _runs(2, 0)
    cpus = Cpus(world, [one, two])
    seen = []
    for ns in (SLICE_NS // 2, SLICE_NS // 4, SLICE_NS // 2, 2 * SLICE_NS, SLICE_NS // 4):
        cpus.run(ns)
        seen.append((cpus.used(one), cpus.used(two)))
    quarter = SLICE_NS // 4
    wanted = [(2, 0), (3, 0), (4, 1), (8, 5), (8, 6)]
    world.expect("used", seen, [(a * quarter, b * quarter) for a, b in wanted])


def _shared(world: World) -> None:
    """One that waits for a call of another processor's leaves its own to who can use it."""
    caller, waiter, other = _calls(1, 0), _calls(2, 1, _loop(50 * US)), _runs(3, 1)
    cpus = Cpus(world, [caller, waiter, other])
    cpus.run(9 * MS)
    if world.hostile:
        world.expect("processor 1", cpus.used(waiter, other), 9 * MS)
        _near(world, "the first call ends", cpus.answered(caller)[0], _CALL_NS)
        # The other one has had slices since the waiter had to wait, of which the third ends last.
        _near(world, "the other's slices and the call", cpus.answered(waiter)[0],
              50 * US + 3 * SLICE_NS + _CALL_NS)  # fmt: skip


def _overrun(world: World) -> None:
    """A call that ends behind the end of what is asked for is charged to what comes next."""
    caller = _calls(1, 0, _loop(500 * US))
    more = Program(f"{caller.source}; {_FOREVER}", {}, 1, 0, 0)
    cpus = Cpus(world, [more])
    cpus.run(MS)
    world.expect("the time, behind the first part", cpus.passed, MS)
    cpus.run(MS)
    cpus.run(2 * MS)
    world.expect("the time, behind all", cpus.passed, 4 * MS)
    world.expect("used", cpus.used(more), 4 * MS)


def _wakes(world: World) -> None:
    """Who waits for an interrupt goes on when it comes, and neither before nor much later."""
    sleeper = _sleeps(1, 0)
    cpus = Cpus(world, [sleeper, _rings(1, 1, 200 * US), _runs(2, 2)])
    cpus.run(MS)
    _near(world, "it goes on", [*cpus.answered(sleeper), 0][0], 200 * US)


def _wakes_late(world: World) -> None:
    """One that was still running when its interrupt came: not before it has waited."""
    sleeper = _sleeps(1, 0, _loop(600 * US))
    cpus = Cpus(world, [sleeper, _rings(1, 1, 200 * US)])
    cpus.run(MS)
    _near(world, "it goes on", [*cpus.answered(sleeper), 0][0], 600 * US)


def _wakes_next(world: World) -> None:
    """The interrupt comes between two parts of the run, when no guest runs."""
    sleeper = _sleeps(1, 0)
    cpus = Cpus(world, [sleeper])
    cpus.run(MS)
    world.domain(1).make_pending(by.SPI)
    cpus.run(MS)
    _near(world, "it goes on", [*cpus.answered(sleeper), 0][0], MS)


def _wakes_in_turn(world: World) -> None:
    """One that waits for an interrupt takes nothing from the others of its processor, and has its
    turn when the slice ends in which it is woken."""
    sleeper, other = _sleeps(1, 0), _runs(2, 0)
    cpus = Cpus(world, [sleeper, other, _rings(1, 1, SLICE_NS * 5 // 2)])
    cpus.run(2 * SLICE_NS)
    slept = cpus.used(sleeper)
    world.expect("it executes until it sleeps", slept < 20, True)
    cpus.run(2 * SLICE_NS)
    _near(world, "it goes on", [*cpus.answered(sleeper), 0][0], 3 * SLICE_NS)
    # The read of ICC_IAR1_EL1 traps, too.
    world.expect("used", cpus.used(sleeper, other), 4 * SLICE_NS + 1)


def _timer(*programs: Program, begins: int, charged: bool) -> Steps:
    """When TIMER begins, and what it takes from the guests of the first processor."""

    def steps(world: World) -> None:
        world.call(FID, _SET_TIMER)
        cpus = Cpus(world, programs)
        began = world.hypervisor.clock.now_ns
        cpus.run(4 * MS)
        at = world.call(FID, _TELL).registers
        if world.hostile:
            _near(world, "TIMER begins", at[0] - began, begins)
            took = at[1] - at[0]
            _near(world, "it takes", took, _TIMER_TAKES)
            first = [each for each in programs if each.cpu == 0]
            lost = 4 * MS - cpus.used(*first)
            if charged:
                _near(world, "it took from the guests", lost, took)
            else:
                world.expect("it took from the guests", lost, 0)

    return steps


def _timer_behind(world: World) -> None:
    """A TIMER that is due behind the end of a run does not come within it, though a call of a
    guest's ends later than both."""
    world.bystander.smc(by.SET_TIMER, _TIMER_NS)
    cpus = Cpus(world, [_calls(1, 0, _loop(_TIMER_NS - 500 * US))])
    timers = world.bystander.smc(by.REPORT).x3
    seen = []
    for ns in (_TIMER_NS - 100 * US, 2 * MS):
        cpus.run(ns)
        seen.append(world.bystander.smc(by.REPORT).x3 - timers)
    world.expect("TIMER in each part", seen, [0, 1])


def _timer_in_slice(world: World) -> None:
    """What a slice loses to TIMER it has after it; the other guest's is as long."""
    one, two = _runs(1, 0), _runs(2, 0)
    world.call(FID, _SET_TIMER)
    cpus = Cpus(world, [one, two])
    cpus.run(3 * SLICE_NS + _TIMER_TAKES)
    if world.hostile:
        _near(world, "the first", cpus.used(one), 2 * SLICE_NS - _MORE)
        _near(world, "the second", cpus.used(two), SLICE_NS)


def _timer_of_another(*programs: Program, on_first: bool) -> Steps:
    """The bystander's TIMER, which is short: does it run on the first processor?"""

    def steps(world: World) -> None:
        world.bystander.smc(by.SET_TIMER, _TIMER_NS)
        cpus = Cpus(world, programs)
        cpus.run(3 * MS)
        if world.hostile:
            used = cpus.used(*(each for each in programs if each.cpu == 0))
            world.expect("TIMER on the first processor", 0 < 3 * MS - used < US, on_first)
            world.expect("nothing there", used == 3 * MS, not on_first)
        cpus.run(6 * MS)

    return steps


def _crash(world: World) -> None:
    """One that takes an exception without vectors runs no more; the others of its processor do."""
    broken, other = Program(f"{_loop(100 * US)} brk #1", {}, 1, 0, 0), _runs(2, 0)
    cpus = Cpus(world, [broken, other])
    cpus.run(3 * MS)
    crashed = [guest.requester for guest in cpus.scheduler.crashed]
    world.expect("crashed", crashed, [Requester(1, 0)])
    _near(world, "used until then", cpus.used(broken), 100 * US)
    world.expect("used", cpus.used(broken, other), 3 * MS)


def _storm(world: World) -> None:
    """One whose vectors cannot be fetched aborts there for ever, without one instruction."""
    broken = Program("li x30, 0x80000000; msr vbar_el1, x30; brk #1", {}, 1, 0, 0)
    other = _runs(2, 0)
    cpus = Cpus(world, [broken, other])
    cpus.run(4 * SLICE_NS)
    _near(world, "the other one has half", cpus.used(other), 2 * SLICE_NS - US)


def _interrupted(world: World) -> None:
    """Who waits for a busy instance takes its interrupt at once, not when the wait ends."""
    waiter = Program(
        f"{WITH_VECTORS} msr daifclr, #2; {_loop(10 * US)} li x0, {FID}; mov x1, #{_SLOW}; smc #0",
        {30: VECTORS}, 1, 0, 0,
    )  # fmt: skip
    cpus = Cpus(world, [waiter, _calls(2, 1), _rings(1, 2, 50 * US)])
    cpus.run(200 * US)
    world.expect("the interrupt, and x0 then", world.registers(waiter)[24:26], (by.SPI, FID))
    cpus.run(6 * MS)
    world.expect("answers", len(cpus.answered(waiter)), 1)


def _destroyed(world: World) -> None:
    """A domain that ends while its vCPU waits for an instance: it is gone, and nobody waits."""
    world.hypervisor.create_domain(Domain(7, GuestRam(RAM, RAM_BYTES)))
    gone, other = _calls(7, 1, _loop(10 * US)), _runs(2, 1)
    cpus = Cpus(world, [_calls(1, 0), gone, other])
    cpus.run(100 * US)
    cpus.scheduler.destroy_domain(7)
    cpus.run(3 * MS)
    world.expect("domains", 7 in world.hypervisor.domains, False)
    world.expect("its answers", cpus.answered(gone), [])
    world.expect("used", cpus.used(gone, other), cpus.passed)


def _case(name: str, what: str, steps: Steps, clause: str = "6.5") -> Case:
    def all_steps(world: World) -> None:
        world.advance(20 * MS)  # nothing is due but what the case does
        steps(world)
        world.call(FID, 0, domid=3)

    return Case(f"cpus-{name}", clause, what, Error("EPERM"), handlers=_APP, manifest=_MANIFEST,
                steps=all_steps)  # fmt: skip


_IDLE_1 = Program(_SLEEP, {}, 2, 0, 1)

CASES = [
    _case("slices", "does nothing while two guests of one processor never give it up", _slices),
    _case("shared", "takes 2.5 ms; who waits for it shares a processor", _shared, "6.4"),
    _case("overrun", "takes 2.5 ms, beyond the end of a run", _overrun),
    _case("wakes", "does nothing; a guest is woken from another processor", _wakes, "3.6"),
    _case("wakes-late", "does nothing; a guest is woken before it sleeps", _wakes_late, "3.6"),
    _case("wakes-next", "does nothing; a guest is woken when none runs", _wakes_next, "3.6"),
    _case("wakes-in-turn", "does nothing; a guest is woken while another one runs", _wakes_in_turn),
    _case("timer-alone", "takes 0.9 ms for TIMER beside a guest on the only processor",
          _timer(_runs(1, 0), begins=_TIMER_NS, charged=True)),
    _case("timer-idle", "takes 0.9 ms for TIMER where another processor has nothing to do",
          _timer(_runs(1, 0), _IDLE_1, begins=_TIMER_NS, charged=False)),
    _case("timer-idle-first", "takes 0.9 ms for TIMER where an idle processor worked long ago",
          _timer(_runs(1, 0), Program(_loop(500 * US), {}, 2, 0, 1), begins=_TIMER_NS,
                 charged=False)),
    _case("timer-two", "takes 0.9 ms for TIMER where all processors have guests",
          _timer(_runs(1, 0), _runs(2, 1), begins=_TIMER_NS, charged=True)),
    _case("timer-in-slice", "takes 0.9 ms for TIMER at the end of a guest's slice",
          _timer_in_slice),
    _case("timer-called", "takes 2.5 ms on one processor when the bystander's TIMER is due",
          _timer_of_another(_runs(2, 0), _calls(1, 1, _loop(1500 * US)), on_first=True)),
    _case("timer-waits", "takes 2.5 ms while another processor waits and that TIMER is due",
          _timer_of_another(_runs(2, 0), _calls(1, 1, _loop(1500 * US), vcpu=1),
                            _calls(1, 2, _loop(US)), on_first=False)),
    _case("timer-behind", "has a TIMER that is due behind the end of a run", _timer_behind),
    _case("crash", "does nothing while a guest crashes", _crash),
    _case("storm", "does nothing while a guest aborts for ever at its own vectors", _storm),
    _case("interrupted", "takes 2.5 ms while one who waits for it is interrupted", _interrupted,
          "6.4"),
    _case("destroyed", "takes 2.5 ms while a domain that waits for it ends", _destroyed, "6.6"),
]  # fmt: skip
