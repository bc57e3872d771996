"""Apps that keep others waiting, on several CPUs (ABI.md 5.4, 6.4, 6.5)."""

from xap_harness import Domain
from xap_harness.hypervisor.memory import GuestRam

from tests.hostile import bystander as by
from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import MMIO_READ, MMIO_WRITE, POSTED, SMC, Manifest, route
from tests.hostile.verdict import Budget, Error
from tests.hostile.world import FID, MS, RAM, RAM_BYTES, VECTORS, WITH_VECTORS, Program, World

TITLE = "Several CPUs"

_MINUS_1 = (1 << 64) - 1
_MMIO = 0x0B00_0000
_BUSY = "li x11, 900; busy: " + "nop; " * 998 + "subs x11, x11, #1; b.ne busy"
"""0.9 ms."""
_SLOW = {
    "smc": "cbz x2, no; add x20, x28, #5, lsl #12; ldr x21, [x20]; add x21, x21, #1;"
    f"str x21, [x20]; {_BUSY}; mov x1, x21; mrs x2, tpidrro_el0; answer; no: fail 1"
}
_SLOW_BUDGET = Manifest(budget=1000)


def _ask(domid: int, vcpu: int = 0, first: int = 1) -> Program:
    return Program("smc #0", {0: FID, 1: first}, domid, vcpu)


def _bystander(domid: int) -> Program:
    """Calls the bystander every 10 us for as long as it is let, changing nothing there."""
    source = (
        "mov x19, x0; more: mov x0, x19; mov x1, #0; smc #0; mov x18, #5000;"
        "later: subs x18, x18, #1; b.ne later; b more"
    )
    return Program(source, {0: by.ADD}, domid, 1)


def _wait(world: World) -> None:
    """The second requester waits until the first one's call ends, and then has its own."""
    seen = world.on_cpus(2 * MS, _ask(1), _ask(2), _bystander(1))
    mine = [(who, dict(answer.registers), at) for who, answer, at in seen if who[1] == 0]
    if world.hostile:
        world.expect("answers", [(who, got[0], got[1]) for who, got, _ in mine],
                     [((1, 0), 1, 1 << 32), ((2, 0), 2, 2 << 32)])  # fmt: skip
        first, second = mine[0][2], mine[1][2]
        world.expect("the first call takes 0.9 ms", 900_000 <= first < 902_000, True)
        world.expect("the second begins when it ends", 1_800_000 <= second < 1_804_000, True)
        charged = [world.charged[who] for who in ((1, 0), (2, 0))]  # type: ignore[index]  # Requester
        world.expect("charged", all(900_000 < ns < 902_000 for ns in charged), True)
        meanwhile = [at for who, _, at in seen if who[1] == 1 and at < first]
        world.expect("calls of the bystander meanwhile", 80 < len(meanwhile) < 95, True)
    world.attack(FID, 0)


def _endless(world: World) -> None:
    """It loops: who waits for it gets the fault answer when its budget is spent, no earlier."""
    seen = world.on_cpus(2 * MS, _ask(1), _ask(2), _bystander(1))
    mine = [(who, answer, at) for who, answer, at in seen if who[1] == 0]
    world.answers.append(mine[0][1])
    if world.hostile:
        fault = {0: _MINUS_1, 1: 0, 2: 0, 3: 0}
        wanted = [((1, 0), fault), ((2, 0), fault)]
        world.expect("answers", [(who, dict(each.registers)) for who, each, _ in mine], wanted)
        world.expect("when", all(1_000_000 <= at < 1_002_000 for _, _, at in mine), True)
        meanwhile = sum(who[1] == 1 for who, _, at in seen if at < 1_000_000)
        world.expect("calls of the bystander meanwhile", 80 < meanwhile < 105, True)


def _per_domain(world: World) -> None:
    """Instances of two guests run at the same time."""
    seen = world.on_cpus(5 * MS, _ask(1), _ask(2))
    if world.hostile:
        world.expect("answers", sorted(each[1].registers[0] for each in seen), [1, 1])
        world.expect("together", all(at < 902_000 for _, _, at in seen), True)
    world.attack(FID, 0)


def _two_vcpus(world: World) -> None:
    """Two vCPUs of one guest are one after the other, too."""
    seen = world.on_cpus(5 * MS, _ask(1, 0), _ask(1, 1))
    if world.hostile:
        got = [(who, each.registers[0], each.registers[1]) for who, each, _ in seen]
        world.expect("answers", got, [((1, 0), 1, 1 << 32), ((1, 1), 2, 1 << 32 | 1)])
    world.attack(FID, 0)


def _mmio(world: World) -> None:
    """A load waits as a call does, and is then answered; a posted store does not wait."""
    load = Program("nop; nop; ldr w2, [x0]", {0: _MMIO + PAGE}, 2)
    store = Program("nop; nop; str w1, [x0]; mov x2, #1", {0: _MMIO, 1: 7}, 1, 1)
    seen = world.on_cpus(5 * MS, _ask(1), load, store)
    if world.hostile:
        when = {(tuple(who), type(each).__name__): at for who, each, at in seen}
        world.expect("the call", when[(1, 0), "Answer"] < 902_000, True)
        world.expect("the load", 900_000 < when[(2, 0), "AccessAnswer"] < 904_000, True)
        world.expect("the store", when[(1, 1), "AccessAnswer"] < 10_000, True)
        world.expect("posted", world.call(FID, 2).registers[0], 1)
    else:
        world.call(FID, 2)
    world.attack(FID, 0)


def _posted_full(world: World) -> None:
    """A vCPU that fills the page while the app is busy waits; one of another guest waits to
    hand over what is there; nothing is lost."""
    many = "mov x19, #130; more: str w1, [x0]; subs x19, x19, #1; b.ne more"
    one = Program(many, {0: _MMIO, 1: 7}, 1, 1)
    other = Program(
        f"mov x18, #500; later: subs x18, x18, #1; b.ne later; {many}", {0: _MMIO, 1: 7}, 2
    )
    seen = world.on_cpus(9 * MS, _ask(1), one, other)
    if world.hostile:
        stores = [at for who, each, at in seen if type(each).__name__ == "AccessAnswer"]
        world.expect("stores", len(stores), 260)
        world.expect("stores while it was busy", sum(at < 900_000 for at in stores), 128)
        world.expect("posted", world.call(FID, 2).registers[0], 260)
    else:
        world.call(FID, 2)
    world.attack(FID, 0)


def _full_while_busy(world: World) -> None:
    """A page that is filled while it is busy is handed over when it no longer is."""
    many = "mov x19, #128; more: str w1, [x0]; subs x19, x19, #1; b.ne more"
    world.on_cpus(950_000, _ask(1), Program(many, {0: _MMIO, 1: 7}, 2))
    world.expect("told", [line for line in world.lines if line[:7] == "attack:"], ["attack: x"])
    world.advance(MS)
    world.call(FID, 0, domid=3)


def _interrupted(world: World) -> None:
    """Who waits takes its interrupts; then it waits again, and is answered."""
    waits = Program(
        WITH_VECTORS + "msr daifclr, #2; nop; nop; smc #0", {0: FID, 1: 1, 30: VECTORS}, 1
    )
    rings = Program(
        "mov x18, #9000; later: subs x18, x18, #1; b.ne later; smc #0", {0: by.INJECT}, 1, 1
    )
    seen = world.on_cpus(3 * MS, _ask(2), waits, rings)
    after = world.registers(waits)
    if world.hostile:
        world.expect("the interrupt, x0 when it came", after[24:26], (by.SPI, FID))
        world.expect("answers", len([who for who, _, _ in seen if who == (1, 0)]), 1)
        world.expect("the answer", after[0], 2)
    world.attack(FID, 0, domid=2)


def _destroyed(world: World) -> None:
    """A guest that has posted a write ends while another one's call runs: the write is handed
    over behind that call."""
    world.hypervisor.create_domain(Domain(7, GuestRam(RAM, RAM_BYTES)))
    store = Program("nop; nop; str w1, [x0]; mov x2, #1", {0: _MMIO, 1: 7}, 7)
    world.on_cpus(MS // 4, _ask(1), store)
    world.hypervisor.destroy_domain(7)
    world.advance(MS)
    world.expect("posted", world.call(FID, 2).registers[0], 1)
    world.attack(FID, 0, domid=2)


_POSTED = Manifest(
    budget=1000,
    routes=(
        route(SMC, FID),
        route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, POSTED),
        route(MMIO_READ, _MMIO, _MMIO + PAGE - 1),
        route(MMIO_READ, _MMIO + PAGE, _MMIO + 2 * PAGE - 1),
    ),
)
_MIXED = {
    "smc": f"cbz x2, no; add x20, x28, #5, lsl #12; cmp x2, #2; b.eq tell; {_BUSY}; li x1, 5;"
    "answer; tell: ldr x1, [x20]; answer; no: fail 1",
    "mmio": "li x1, 6; answer",
    "posted": "add x20, x28, #5, lsl #12; ldr x21, [x20]; add x21, x21, x1; str x21, [x20]; answer",
}

CASES = [
    Case("parallel-wait", "6.4", "takes 0.9 ms while another guest asks", Error("EPERM"),
         handlers=_SLOW, manifest=_SLOW_BUDGET, steps=_wait),
    Case("parallel-endless", "5.4", "loops for ever while another guest asks", Budget(1_000_000),
         code="ever: " + "nop; " * 900 + "b ever", manifest=Manifest(restart=1), steps=_endless),
    Case("parallel-per-domain", "6.4", "takes 0.9 ms in each of two guests' instances",
         Error("EPERM"), handlers=_SLOW, manifest=Manifest(budget=1000, per_domain=True),
         steps=_per_domain),
    Case("parallel-vcpus", "6.4", "takes 0.9 ms for each of two vCPUs of a guest", Error("EPERM"),
         handlers=_SLOW, manifest=_SLOW_BUDGET, steps=_two_vcpus),
    Case("parallel-mmio", "6.4", "takes 0.9 ms while others load from it and post to it",
         Error("EPERM"), handlers=_MIXED, manifest=_POSTED, steps=_mmio),
    Case("parallel-destroyed", "6.6", "takes 0.9 ms while a guest that has posted to it ends",
         Error("EPERM"), handlers=_MIXED, manifest=_POSTED, steps=_destroyed),
    Case("parallel-interrupted", "6.4", "takes 0.9 ms while one who waits for it is interrupted",
         Error("EPERM"), handlers=_SLOW, manifest=_SLOW_BUDGET, steps=_interrupted),
    Case("parallel-posted-full", "2.5", "takes 0.9 ms while its request page is filled",
         Error("EPERM"), data=b"x", manifest=_POSTED, steps=_full_while_busy,
         handlers=_MIXED | {"posted": "add x0, x28, #5, lsl #12; mov x1, #1; mov x2, #2; sys 1;"
                            "answer"}),
    Case("parallel-posted", "2.5", "takes 0.9 ms while two guests fill its request page",
         Error("EPERM"), handlers=_MIXED, manifest=_POSTED, steps=_posted_full),
]  # fmt: skip
