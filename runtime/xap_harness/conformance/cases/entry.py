"""How an app is entered, and with what (ABI.md 2.1 and the table below it)."""

from collections.abc import Iterator

from xaprt import abi

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    TIMER,
    hvc_route,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    MS,
    answered,
    equal,
    fault_answered,
    one_report,
    that,
    unclaimed,
    values,
)
from xap_harness.conformance.plan import SEED, Plan, Reply
from xap_harness.conformance.suite import case, each, not_yet

REGION = 0x0A00_0000
PEEK = FID + 1
_ROUTES = (smc_route(FID, PEEK), hvc_route(FID, PEEK), *mmio(REGION))

# Keeps what it is entered with: x0..x30, then sp, NZCV, TPIDR_EL0, TPIDRRO_EL0 of the last call
# of each function, 512 bytes each. PEEK answers with four words of that, from x1 on; all other
# calls leave every register dirty.
_KEEPS = (
    "str x30, [sp, #-16]!; str x29, [sp, #8]; adr x30, DATA; add x30, x30, x0, lsl #9;"
    + "".join(f"str x{n}, [x30, #{8 * n}];" for n in range(29))
    + "ldr x9, [sp, #8]; str x9, [x30, #232]; ldr x9, [sp], #16; str x9, [x30, #240];"
    "mov x9, sp; str x9, [x30, #248]; mrs x9, nzcv; str x9, [x30, #256];"
    "mrs x9, tpidr_el0; str x9, [x30, #264]; mrs x9, tpidrro_el0; str x9, [x30, #272];"
    f"li x9, {PEEK:#x}; cmp x1, x9; b.eq peek;"
    + "".join(f"movn x{n}, #{n};" for n in range(31))
    + "msr nzcv, x9; msr tpidr_el0, x9; mov x0, #0; mov x8, #0; svc #0;"
    "peek: adr x9, DATA; add x9, x9, x2; ldp x1, x2, [x9]; ldp x3, x4, [x9, #16];" + DONE
)
_FIELDS = 35
_SP, _NZCV, _TPIDR, _TPIDRRO = 31, 32, 33, 34
_IMAGE = probe(_KEEPS, whole=True, routes=_ROUTES, data_bytes=0x1000)


def _peek(plan: Plan, function: abi.Function, **who: int) -> list[Reply]:
    """Replies that hold what the last call of that function was entered with. Those of a guest's
    own SMCs: of the first PEEK after it."""
    start = 512 * function
    return [plan.smc(PEEK, start + 32 * n, **who) for n in range((_FIELDS + 3) // 4)]


def _kept(replies: list[Reply]) -> list[int]:
    return [value for reply in replies for value in reply.x[:4]]


@case("2.1", "every register that is not passed is clear: HANDLE_HVC after calls that dirtied them")
def clear(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    for _ in range(2):
        plan.hvc(FID, 1, 2, 3, 4, 5, 6, 7)
    kept = _peek(plan, abi.Function.HANDLE_HVC)
    yield
    seen = _kept(kept)
    equal(seen[9:31], [0] * 22, "x9..x30")
    equal((seen[_NZCV], seen[_TPIDR]), (0, 0), "NZCV and TPIDR_EL0")


@each("2.1", "every register that is not passed is clear: {}", {
    "INIT": (abi.Function.INIT, 3),
    "HANDLE_MMIO": (abi.Function.HANDLE_MMIO, 5),
    "EVENT": (abi.Function.EVENT, 3),
})  # fmt: skip
def clear_others(plan: Plan, function: tuple[abi.Function, int]) -> Iterator[None]:
    number, passed = function
    plan.app(_IMAGE)
    plan.access("str w9, [x10]", REGION)
    kept = _peek(plan, number)
    yield
    seen = _kept(kept)
    equal(seen[0], number, "x0")
    equal(seen[passed:31], [0] * (31 - passed), f"x{passed}..x30")
    equal((seen[_NZCV], seen[_TPIDR]), (0, 0), "NZCV and TPIDR_EL0")


@case("2.1", "TPIDRRO_EL0 is the requester: domid << 32 | vcpu")
def requester(plan: Plan) -> Iterator[None]:
    plan.app(probe("mrs x1, tpidrro_el0; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE))
    who = [(1, 0), (1, 1), (7, 0), (7, 1)]
    replies = [plan.smc(FID, domid=domid, vcpu=vcpu) for domid, vcpu in who]
    yield
    equal(values(replies), [domid << 32 | vcpu for domid, vcpu in who], "TPIDRRO_EL0")


@case("2.1", "TPIDRRO_EL0 is not the app's to write")
def requester_is_fixed(plan: Plan) -> Iterator[None]:
    plan.app(probe("msr tpidrro_el0, x2;" + DONE))
    reply = plan.smc(FID, 5)
    yield
    fault_answered(reply)


@case("2.1", "the requester's vCPU waits: what follows its call finds the answer")
def waits(plan: Plan) -> Iterator[None]:
    plan.app(probe("add x1, x2, #1; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE))
    call = f"movz x9, #{FID >> 16:#x}, lsl #16; movk x9, #{FID & 0xFFFF:#x};"
    reply = plan.run(f"{call} mov x10, #50; mov x1, #0; again: mov x0, x9; smc #0;"
                     "mov x1, x0; sub x10, x10, #1; cbnz x10, again")  # fmt: skip
    yield
    equal(reply.x[1], 50, "count")


# --- the stack -----------------------------------------------------------------------------------


@each("2.1", "sp is the top of the stack, all of which may be used: {} bytes",
      {str(size): size for size in (0x1000, 0x1800, 0x10000)})  # fmt: skip
def stack(plan: Plan, size: int) -> Iterator[None]:
    plan.app(probe(f"mov x9, sp; li x10, {size}; sub x10, x9, x10; mov x11, x9;"
                   "next: sub x11, x11, #8; str x11, [x11]; cmp x11, x10; b.ne next;"
                   "ldr x1, [x10]; sub x1, x1, x10; and x2, x9, #15; mov x3, #0; mov x4, #0;"
                   + DONE, stack_bytes=size))  # fmt: skip
    reply = plan.smc(FID)
    yield
    answered(reply, 0, 0)


@each("2.1", "unmapped guard page below: {}", {
    "the byte below the last page is not there": ("sub x9, x9, #1, lsl #12; ldrb w10, [x9, #-1];"),
    "a store runs into it": "next: sub x9, x9, #8; str x10, [x9]; b next;",
    "nor is its first byte": "sub x9, x9, #2, lsl #12; ldrb w10, [x9];",
})  # fmt: skip
def guard(plan: Plan, source: str) -> Iterator[None]:
    plan.app(probe("mov x9, sp;" + source + DONE))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)
    report = one_report(reply.console)
    equal(int(report["esr"], 16) >> 26, 0x24, "exception class")
    below = int(report["sp"], 16) - int(report["far"], 16)
    that(0x1000 < below <= 0x2000, f"the address is {below:#x} below the top")


@case("2.1", "nothing is above the top of the stack")
def above(plan: Plan) -> Iterator[None]:
    plan.app(probe("ldr x9, [sp];" + DONE))
    reply = plan.smc(FID)
    yield
    fault_answered(reply)


@case("2.1", "sp is the same at every call, however the one before ended")
def same_top(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x1, sp; sub sp, sp, #256; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE))
    replies = [plan.smc(FID) for _ in range(3)]
    yield
    equal(values(replies), [replies[0].x[0]] * 3, "sp")


not_yet(
    "2.1",
    "entered with interrupts unmasked",
    "no interrupt reaches the emulator's processor: a budget (5.4) ends a call by count",
)


# --- what is passed ------------------------------------------------------------------------


@case("2/0", "x1 = the ABI version, x2 = the request page, which may be read and not written")
def init(plan: Plan) -> Iterator[None]:
    plan.app(probe(
        "cmp x0, #0; b.ne smc; la x9, DATA; str x1, [x9]; str x2, [x9, #8]; ldr x10, [x2];"
        "str x10, [x9, #16];" + DONE + "smc: cmp x0, #1; b.ne other; la x9, DATA;"
        "cbnz x2, store; ldp x1, x2, [x9]; ldr x3, [x9, #16]; and x2, x2, #0xfff; mov x4, #0;"
        + DONE + "store: ldr x9, [x9, #8]; str x9, [x9];" + DONE
        + "other: mov x8, #0; mov x0, #-38; svc #0;",
        whole=True, routes=(smc_route(), *mmio(REGION, posted=True)),
    ))  # fmt: skip
    asked, written = plan.smc(FID), plan.smc(FID, 1)
    yield
    answered(asked, abi.VERSION, 0, 0, 0)
    fault_answered(written)


_ARGUMENTS = [0x1111_2222_3333_4400 + n for n in range(1, 8)]


@case("2/1", "x1..x8 = the guest's x0..x7, 64 bits each")
def smc_arguments(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    kept = [plan.smc(PEEK, 512 + 32 * n, *_ARGUMENTS[1:]) for n in range(3)]
    yield
    seen = _kept(kept)
    # Word 2 is x1 of the call that reads it.
    equal(seen[:2], [abi.Function.HANDLE_SMC, PEEK], "x0 and x1")
    equal(seen[2:4], [512, _ARGUMENTS[1]], "x2 and x3")
    equal(seen[4:9], _ARGUMENTS[2:7], "x4..x8")
    equal(seen[9:12], [0, 0, 0], "x9..x11")


@case("2/2", "x1..x8 = the guest's x0..x7, 64 bits each")
def hvc_arguments(plan: Plan) -> Iterator[None]:
    plan.app(_IMAGE)
    plan.hvc(FID, *_ARGUMENTS)
    kept = _peek(plan, abi.Function.HANDLE_HVC)
    yield
    equal(_kept(kept)[:9], [abi.Function.HANDLE_HVC, FID, *_ARGUMENTS], "x0..x8")


_ACCESSES = {
    **{f"a load of {width}": (f"{load} [x10]", 8, width, None)
       for load, width in (("ldrb w9,", 1), ("ldrh w9,", 2), ("ldr w9,", 4), ("ldr x9,", 8))},
    **{f"a store of {width}": (f"{store} [x10]", 16, width, SEED)
       for store, width in (("strb w9,", 1), ("strh w9,", 2), ("str w9,", 4), ("str x9,", 8))},
    "a store to the last byte": ("strb w9, [x10]", 0xFFF, 1, SEED),
}  # fmt: skip


@each("2/3", "IPA of the region, offset, width | write << 8, value: {}", _ACCESSES)
def mmio_arguments(plan: Plan, access: tuple[str, int, int, int | None]) -> Iterator[None]:
    instruction, offset, width, value = access
    plan.app(_IMAGE)
    plan.access(instruction, REGION + offset)
    kept = _peek(plan, abi.Function.HANDLE_MMIO)
    yield
    seen = _kept(kept)
    write = 0 if value is None else abi.MMIO_WRITE
    equal(seen[:4], [abi.Function.HANDLE_MMIO, REGION, offset, width | write], "x0..x3")
    if value is not None:
        equal(seen[4], value & (1 << 8 * width) - 1, "x4")


@case("2/4", "x1 = now in ns, as system call 9 has it")
def timer(plan: Plan) -> Iterator[None]:
    plan.app(probe(
        "cmp x0, #4; b.eq timer; cmp x0, #1; b.eq smc; mov x8, #0; mov x0, #-38; svc #0;"
        "timer: mov x10, x1; mov x8, #9; svc #0; la x9, DATA; str x10, [x9]; str x0, [x9, #8];"
        + DONE + "smc: cbnz x2, set; la x9, DATA; ldp x1, x2, [x9]; mov x3, #0; mov x4, #0;"
        + DONE + "set: mov x0, x2; mov x8, #8; svc #0; mov x8, #9; svc #0; mov x1, x0; mov x2, #0;"
        "mov x3, #0; mov x4, #0;" + DONE, whole=True, needs=(TIMER,),
    ))  # fmt: skip
    armed = plan.smc(FID, 5 * MS)
    plan.wait(20 * MS)
    fired = plan.smc(FID)
    yield
    now, time = fired.x[:2]
    later = now - armed.x[0]
    that(5 * MS - 10_000 <= later <= 15 * MS, f"now: {later} ns after it was set")
    that(0 <= time - now <= 100_000, f"time read in TIMER: {time - now} ns after its argument")


@case("2/5", "x1 = 1 created, x2 = the domid")
def event(plan: Plan) -> Iterator[None]:
    plan.guest(9)
    plan.app(_IMAGE)
    kept = _peek(plan, abi.Function.EVENT, domid=9)
    yield
    equal(_kept(kept)[:4], [abi.Function.EVENT, abi.Event.DOMAIN_CREATED, 9, 0], "x0..x3")


@case("2.1", "an app without handler for its function is entered all the same, at its entry point")
def entered_once(plan: Plan) -> Iterator[None]:
    plan.app(probe(
        "la x9, DATA; ldr x10, [x9]; add x10, x10, #1; str x10, [x9]; cmp x0, #1; b.eq smc;"
        "mov x8, #0; mov x0, #-38; svc #0; smc: cbnz x2, die; mov x1, x10; mov x2, #0; mov x3, #0;"
        "mov x4, #0;" + DONE + "die:" + DIE, whole=True,
    ))  # fmt: skip
    first, second, fault, dead = plan.smc(FID), plan.smc(FID), plan.smc(FID, 1), plan.smc(FID)
    yield
    answered(first, 3)  # INIT, EVENT, this call
    answered(second, 4)
    fault_answered(fault)
    unclaimed(dead)
