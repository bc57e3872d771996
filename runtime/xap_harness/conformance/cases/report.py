"""The report of a fault (ABI.md 5.3)."""

from collections.abc import Iterator

from xaprt.debug.dwarf import DwarfSymbols

from xap_harness.conformance.images import APPS, BUILD_ID, DONE, FID, compiled, probe
from xap_harness.conformance.judge import equal, one_report, reports, that
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import case, each

_KEYS = {
    "name", "domid", "vcpu", "kind", "reason", "esr", "far", "pc", "sp", "syscall", "spent",
    "build",
}  # fmt: skip
_SECRET = 0x5EC2_E715_DEAD_C0DE


@each("5.3", "name, domid, vcpu, kind, reason, esr, far, pc, sp, system call, spent, build: {}", {
    "an exception": "mov x9, #0; ldr x9, [x9];",
    "a check": "brk #0x5501;",
    "a panic": "mov x0, #8; mov x1, #0; mov x8, #2; svc #0;",
    "a budget": "here: b here;",
    "a status": "mov x8, #0; mov x0, #9; svc #0;",
})  # fmt: skip
def keys(plan: Plan, source: str) -> Iterator[None]:
    plan.app(probe(source))
    reply = plan.smc(FID, domid=7, vcpu=1)
    yield
    report = one_report(reply.console)
    equal(_KEYS - report.keys(), set(), "keys missing")
    equal((report["name"], report["domid"], report["vcpu"]), ("probe", "7", "1"), "who")
    equal(report["build"], BUILD_ID.hex(), "build id")
    that(all(line.startswith("xap-fault: ") for line in reply.console), "lines of the report")


@each("5.3", "image-relative pc, the instruction's: {}", {
    "an exception": "ldr x9, [x9];",
    "a check": "brk #0x5503;",
    "another": ".word 0;",
})  # fmt: skip
def pc(plan: Plan, instruction: str) -> Iterator[None]:
    plan.app(probe("cmp x0, #1; b.eq handle; mov x8, #0; mov x0, #-38; svc #0;"
                   f"handle: mov x9, #0; b there; .org 0x200; there: {instruction}" + DONE,
                   whole=True))  # fmt: skip
    reply = plan.smc(FID)
    yield
    equal(int(one_report(reply.console)["pc"], 16), 0x200, "pc")


@case("5.3", "pc of a branch away is where it went, relative to the image")
def pc_outside(plan: Plan) -> Iterator[None]:
    plan.app(probe("la x9, DATA; add x9, x9, #8; br x9;"))
    reply = plan.smc(FID)
    yield
    equal(int(one_report(reply.console)["pc"], 16), 0x1008, "pc")


@case("5.3", "far: the address; esr: write or read, execute")
def far(plan: Plan) -> Iterator[None]:
    plan.app(probe("li x9, 0x123456789a8; str w9, [x9];"))
    reply = plan.smc(FID)
    yield
    report = one_report(reply.console)
    equal(int(report["far"], 16), 0x0123_4567_89A8, "far")
    equal(int(report["esr"], 16) >> 26, 0x24, "exception class")
    equal(int(report["esr"], 16) >> 6 & 1, 1, "WnR")


@case("5.3", "sp, as it was")
def sp(plan: Plan) -> Iterator[None]:
    plan.app(probe("sub sp, sp, #0x230; brk #0x5501;"))
    reply = plan.smc(FID)
    yield
    equal(int(one_report(reply.console)["sp"], 16) & 0xFFF, 0x1000 - 0x230, "low bits of sp")


@each("5.3", "the last system call: {}", {
    "none": ("nop;", "none"),
    "time": ("mov x8, #9; svc #0;", "9"),
    "log, then time": ("adr x0, smc_; mov x1, #0; mov x8, #1; svc #0; mov x8, #9; svc #0;", "9"),
    "one that there is not": ("mov x8, #77; svc #0;", "77"),
})  # fmt: skip
def syscall(plan: Plan, variant: tuple[str, str]) -> Iterator[None]:
    plan.app(probe(variant[0] + "brk #0x5501;"))
    reply = plan.smc(FID)
    yield
    equal(reports(reply.console)[0]["syscall"], variant[1], "system call")


@case("5.3", "spent: what the call had used")
def spent(plan: Plan) -> Iterator[None]:
    plan.app(probe("li x9, 100000; next: sub x9, x9, #1; cbnz x9, next; brk #0x5501;"))
    reply = plan.smc(FID)
    yield
    used = int(one_report(reply.console)["spent"])
    that(200_000 <= used <= 201_000, f"spent {used} of about 200,000 instructions")


# --- return addresses ----------------------------------------------------------------------

_FUNCTION = "f{0}: stp x29, x30, [sp, #-16]!; mov x29, sp; bl f{1}; ldp x29, x30, [sp], #16; ret;"


def _frames(console: tuple[str, ...]) -> list[int]:
    report = one_report(console)
    return [int(each, 16) for each in report["frames"].split(",")] if "frames" in report else []


@each("5.3", "at most 16 return addresses, innermost first: {} calls deep", {"3": 3, "40": 40})
def frames(plan: Plan, depth: int) -> Iterator[None]:
    functions = "".join(_FUNCTION.format(n, n + 1) for n in range(depth))
    last = f"f{depth}: stp x29, x30, [sp, #-16]!; mov x29, sp; brk #0x5501;"
    source = "bl f0;" + DONE + functions + last
    plan.app(probe(source))
    reply = plan.smc(FID)
    yield
    seen = _frames(reply.console)
    that(len(seen) <= 16, f"{len(seen)} return addresses")
    inner = [each for each in seen if each in seen]
    equal(
        seen[:-1],
        sorted(inner, reverse=True)[: len(inner) - 1],
        "return addresses, innermost first",
    )
    equal(len(seen), min(depth + 1, 16), "return addresses")


_HOSTILE = {
    "x29 in the guest's RAM": "li x29, 0x40000000;",
    "x29 at the top of all addresses": "mov x29, #-16;",
    "x29 at 0": "mov x29, #0;",
    "x29 misaligned": "sub x29, sp, #15;",
    "x29 below the stack": "sub x29, sp, #2, lsl #12;",
    "x29 above the stack": "add x29, sp, #16;",
    "x29 at the top of the stack": "mov x29, sp;",
    "half a record in the stack": "sub x29, sp, #8;",
    "x29 in the image": "la x29, DATA;",
    "a record that points to itself": "sub x29, sp, #32; adr x9, smc_; stp x29, x9, [x29];",
    "records in a ring": "sub x29, sp, #64; sub x10, sp, #32; adr x9, smc_; stp x10, x9, [x29];"
    "stp x29, x9, [x10];",
    "return addresses outside the image": "sub x29, sp, #64; sub x10, sp, #32; mov x9, #0x1000;"
    "stp x10, x9, [x29]; stp x10, x9, [x10];",
}


@each("5.3", "read by checked copies inside the stack: {}", _HOSTILE)
def hostile_frames(plan: Plan, source: str) -> Iterator[None]:
    plan.app(probe("mov x30, #0;" + source + "brk #0x5501;"))
    reply = plan.smc(FID)
    yield
    seen = _frames(reply.console)
    that(len(seen) <= 16, f"{len(seen)} return addresses")
    that(all(0 <= each < 0x2000 for each in seen), f"return addresses in the image: {seen}")
    equal(one_report(reply.console)["kind"], "check", "kind")


@case("5.3", "general registers only at debug level: a guest's data is not on the console")
def no_registers(plan: Plan) -> Iterator[None]:
    copies = "".join(f"mov x{n}, x2;" for n in range(9, 31))
    plan.app(probe(copies + "str x2, [sp, #-16]!; stp x2, x2, [sp, #-16]!; brk #0x5501;"))
    reply = plan.smc(FID, _SECRET)
    yield
    one_report(reply.console)
    text = "\n".join(reply.console).lower().replace("_", "")
    for digits in (f"{_SECRET:x}", str(_SECRET), f"{_SECRET >> 32:x}", f"{_SECRET & 0xFFFFFFFF:x}"):
        that(digits not in text, f"the report holds {digits}")


@case("5.3", "a report is not the app's to forge: its text is one quoted value")
def not_forged(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x0, #8; adr x1, text; mov x2, #40; mov x8, #2; svc #0;" + DONE
                   + 'text: .ascii "x\\nxap-fault: name=other kind=check    ";'))  # fmt: skip
    reply = plan.smc(FID)
    yield
    equal([report["name"] for report in reports(reply.console)], ["probe"], "names in reports")


@case("5.3", "tools turn it into Python file and line")
def python_line(plan: Plan) -> Iterator[None]:
    plan.app(compiled("ledger"))
    plan.smc(0xC600_0100, 1)
    reply = plan.smc(0xC600_0100, (1 << 64) - 1)
    yield
    pc = int(one_report(reply.console)["pc"], 16)
    chain = DwarfSymbols(compiled("ledger")).chain(pc, _frames(reply.console))
    source = (APPS / "ledger.py").read_text(encoding="utf-8").splitlines()
    that(bool(chain), "the debug information knows the place")
    equal(chain[0].file.rsplit("/")[-1], "ledger.py", "file")
    equal(source[chain[0].line - 1].strip().startswith("total += amount"), True, "the line")


@case("5.3", "one report a fault, in the order of the faults")
def each_once(plan: Plan) -> Iterator[None]:
    plan.app(probe("brk #0x5501;"), serves=(1,))
    plan.app(probe("brk #0x5502;", name="other"), serves=(2,))
    for domid in (2, 1):
        plan.smc(FID, domid=domid)
    yield
    seen = [(report["name"], report["domid"]) for report in reports(plan.console)]
    equal(seen, [("other", "2"), ("probe", "1")], "reports")
