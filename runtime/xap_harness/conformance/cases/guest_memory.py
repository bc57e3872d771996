"""Pages of a guest (ABI.md 3.4)."""

from collections.abc import Iterator

from xaprt import abi
from xaprt.abi import Syscall

from xap_harness.conformance.images import (
    DIE,
    DONE,
    FID,
    MEMORY,
    READ_MEMORY,
    mmio,
    probe,
    smc_route,
)
from xap_harness.conformance.judge import (
    accepted,
    answered,
    equal,
    errno,
    fault_answered,
    is_error,
    one_report,
    that,
)
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.proxy import ANSWER, proxy, system_call
from xap_harness.conformance.suite import case, each, not_yet
from xap_harness.conformance.target import (
    FREE_RAM,
    GUEST_GIC,
    GUEST_RAM,
    GUEST_RAM_BYTES,
    GUEST_UART,
    NOWHERE,
)

_MAP = Syscall.MAP_GUEST_PAGE
_RAM_END = GUEST_RAM + GUEST_RAM_BYTES
MAP_X2 = "mov x0, x2; mov x1, x3; mov x8, #4; svc #0;"
"""Maps the IPA in the guest's x1 with the flags in x2: x0."""


def _pattern(seed: int) -> bytes:
    return bytes((seed + 7 * n) % 256 for n in range(16))


@case("3.4", "the whole page is read as the guest has it, at an address that is a page's")
def reads(plan: Plan) -> Iterator[None]:
    plan.write(FREE_RAM, b"A" * 8)
    plan.write(FREE_RAM + 0xFF8, b"Z" * 8)
    plan.app(probe(MAP_X2 + "and x3, x0, #0xfff; ldr x1, [x0]; ldr x2, [x0, #0xff8]; mov x4, #0;"
                   + DONE, needs=(MEMORY,)))  # fmt: skip
    reply = plan.smc(FID, FREE_RAM)
    yield
    answered(reply, 0x4141414141414141, 0x5A5A5A5A5A5A5A5A, 0, 0)


@case("3.4", "flags 1 is write: what the app writes the guest reads, by its own loads")
def writes(plan: Plan) -> Iterator[None]:
    plan.app(probe(MAP_X2 + "li x9, 0x1122334455667788; str x9, [x0]; strb w9, [x0, #0xfff];"
                   + ANSWER, needs=(MEMORY,)))  # fmt: skip
    plan.smc(FID, FREE_RAM + 0x1000, 1)
    guest = plan.run("ldr x9, [x10]", {10: FREE_RAM + 0x1000})
    page = plan.read(FREE_RAM, 0x3000)
    yield
    equal(guest.x[9], 0x1122334455667788, "what the guest loads")
    wanted = bytearray(0x3000)
    wanted[0x1000:0x1008] = (0x1122334455667788).to_bytes(8, "little")
    wanted[0x1FFF] = 0x88
    equal(page.data == bytes(wanted), True, "that page is as written, and its neighbours as before")


@each("3.4", "without write it is not written: {}",
      {"a grant of rw": MEMORY, "a grant of r": READ_MEMORY})  # fmt: skip
def read_only(plan: Plan, need: object) -> Iterator[None]:
    plan.write(FREE_RAM, _pattern(1))
    plan.app(probe(MAP_X2 + "str x8, [x0];" + DONE, needs=(need,)))
    reply = plan.smc(FID, FREE_RAM)
    page = plan.read(FREE_RAM, 16)
    yield
    fault_answered(reply)
    equal(int(one_report(reply.console)["esr"], 16) >> 26, 0x24, "exception class")
    equal(page.data, _pattern(1), "the guest's memory")


@each("3.4", "never executable: {}", {"read": 0, "written": 1})
def not_executable(plan: Plan, flags: int) -> Iterator[None]:
    # mov x8, #0; mov x0, #0; svc #0
    plan.write(FREE_RAM, bytes.fromhex("080080d2000080d2010000d4"))
    plan.app(probe(MAP_X2 + "br x0;", needs=(MEMORY,)))
    reply = plan.smc(FID, FREE_RAM, flags)
    yield
    fault_answered(reply)
    equal(int(one_report(reply.console)["esr"], 16) >> 26, 0x20, "exception class")


@case("3.4", "a need of r does not give write: -EPERM")
def no_write(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(READ_MEMORY,)))
    write, read = (system_call(plan, _MAP, FREE_RAM, flags) for flags in (1, 0))
    yield
    errno(write.x[0], abi.Errno.EPERM)
    that(read.x[0] >> 63 == 0, "a page to read is mapped")


_NOT_RAM = {
    "before RAM": GUEST_RAM - 0x1000,
    "behind RAM": _RAM_END,
    "far above": 1 << 46,
    "the top of all addresses": -0x1000,
    "0": 0,
    "an MMIO region of its own": 0x0A00_0000,
    "the interrupt controller": GUEST_GIC & -0x1000,
    "a device that the hypervisor gives it": GUEST_UART,
    "nowhere": NOWHERE,
    "a device of the platform": 0x0901_0000,
    "the app's own image": 0x0020_0000,
    "the app's own stack": 0x8000_0000 - 0x1000,
}


@each("3.4", "the requester's own RAM, else -ENOENT: {}", _NOT_RAM)
def not_ram(plan: Plan, ipa: int) -> Iterator[None]:
    plan.guest(1, uart=True)
    plan.app(proxy(needs=(MEMORY,), routes=(smc_route(), *mmio(0x0A00_0000))))
    reply = system_call(plan, _MAP, ipa, 0)
    yield
    errno(reply.x[0], abi.Errno.ENOENT)


@each("3.4", "the requester's own RAM: {}", {
    "its first page": GUEST_RAM,
    "its last page": _RAM_END - 0x1000,
})  # fmt: skip
def edges(plan: Plan, ipa: int) -> Iterator[None]:
    plan.app(proxy(needs=(MEMORY,)))
    reply = system_call(plan, _MAP, ipa, 0)
    yield
    that(reply.x[0] >> 63 == 0, "it is mapped")


@each("3.4", "page-aligned: {} is an error",
      {"1": 1, "8": 8, "0x800": 0x800, "0xfff": 0xFFF})  # fmt: skip
def unaligned(plan: Plan, offset: int) -> Iterator[None]:
    plan.app(proxy(needs=(MEMORY,)))
    reply = system_call(plan, _MAP, FREE_RAM + offset, 0)
    yield
    is_error(reply.x[0])


@case("3.4", "the requester's: each guest's own page, at the same address")
def own_page(plan: Plan) -> Iterator[None]:
    plan.app(probe(MAP_X2 + "ldr x1, [x0]; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE,
                   needs=(MEMORY,)))  # fmt: skip
    for domid in (1, 2):
        plan.write(FREE_RAM, bytes([domid]) * 8, domid=domid)
    replies = [plan.smc(FID, FREE_RAM, domid=domid) for domid in (1, 2, 1)]
    yield
    for reply, domid in zip(replies, (1, 2, 1), strict=True):
        answered(reply, int.from_bytes(bytes([domid]) * 8, "little"))


@case("3.4", "a page that the guest has given away: -ENOENT; its neighbour is still there")
def given_away(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(MEMORY,)))
    before = system_call(plan, _MAP, FREE_RAM, 0)
    plan.give_away(FREE_RAM)
    after = system_call(plan, _MAP, FREE_RAM, 0)
    neighbour = system_call(plan, _MAP, FREE_RAM + 0x1000, 0)
    yield
    that(before.x[0] >> 63 == 0, "it was mapped before")
    errno(after.x[0], abi.Errno.ENOENT)
    that(neighbour.x[0] >> 63 == 0, "its neighbour is mapped")


@each("3.4", "unmapped, the frame is the guest's again, to give away and to get back: {}", {
    "at return": "",
    "by unmap": "mov x8, #5; svc #0;",
    "by a fault": DIE,
})  # fmt: skip
def unpinned(plan: Plan, end: str) -> Iterator[None]:
    plan.write(FREE_RAM, b"was here")
    plan.app(probe(MAP_X2 + end + DONE, needs=(MEMORY,)))
    plan.smc(FID, FREE_RAM, 1)
    plan.give_away(FREE_RAM)
    back = plan.take_back(FREE_RAM)
    page = plan.read(FREE_RAM, 8)
    yield
    accepted(back.verdict)
    equal(page.data, bytes(8), "the page that came back")


# Maps x1 pages from x2 on: answers with the last two results, and whether all those before the
# last one were good and apart.
_MANY = (
    "mov x19, x2; mov x20, x3; mov x21, #0; mov x22, #0; mov x23, #0; mov x24, #0;"
    "next: mov x21, x22; mov x0, x20; mov x1, #0; mov x8, #4; svc #0; mov x22, x0;"
    "cmp x22, x21; b.ne differ; mov x24, #1; differ: sub x19, x19, #1; cbz x19, out;"
    "tbz x22, #63, good; mov x23, #1; good: add x20, x20, #1, lsl #12; b next;"
    "out: mov x1, x22; mov x2, x23; mov x3, x24; mov x4, #0;" + DONE
)


@case("3.4", "at most 8 at once (-ENOMEM)")
def at_most_eight(plan: Plan) -> Iterator[None]:
    plan.app(probe(_MANY, needs=(MEMORY,)))
    eight, nine = plan.smc(FID, 8, FREE_RAM), plan.smc(FID, 9, FREE_RAM)
    again = plan.smc(FID, 8, FREE_RAM)
    yield
    for reply in (eight, again):
        that(reply.x[0] >> 63 == 0, "the eighth is mapped")
        equal(reply.x[1:3], (0, 0), "one of them failed, two had one address")
    errno(nine.x[0], abi.Errno.ENOMEM)
    equal(nine.x[1], 0, "one of the first eight failed")


@case("3.4", "at most 8 at once: one that is unmapped makes room")
def room_again(plan: Plan) -> Iterator[None]:
    one = f"li x0, {FREE_RAM:#x}; mov x1, #0; mov x8, #4; svc #0;"
    plan.app(probe("mov x19, #7; next:" + one + "sub x19, x19, #1; cbnz x19, next;" + one
                   + "mov x20, x0;" + one + "mov x21, x0; mov x0, x20; mov x8, #5; svc #0;" + one
                   + "mov x2, x21; mov x1, x0; lsr x1, x1, #63; mov x3, #0; mov x4, #0;" + DONE,
                   needs=(MEMORY,)))  # fmt: skip
    reply = plan.smc(FID)
    yield
    errno(reply.x[1], abi.Errno.ENOMEM)
    equal(reply.x[0], 0, "sign of what was mapped after unmap")


@case("3.4", "one page mapped twice is one page")
def twice(plan: Plan) -> Iterator[None]:
    plan.app(probe("mov x20, x2;" + MAP_X2 + "mov x19, x0; mov x0, x20; mov x1, #1; svc #0;"
                   "mov x9, #77; str x9, [x19]; ldr x1, [x0]; mov x2, #0; mov x3, #0; mov x4, #0;"
                   + DONE, needs=(MEMORY,)))  # fmt: skip
    reply = plan.smc(FID, FREE_RAM, 1)
    yield
    answered(reply, 77)


@each(
    "3.4",
    "an unmapped page is not there: {}",
    {"a load": "ldr x9, [x19];", "a store": "str x9, [x19];"},
)
def unmapped(plan: Plan, access: str) -> Iterator[None]:
    plan.app(probe(MAP_X2 + "mov x19, x0; ldr x9, [x19]; mov x8, #5; svc #0; cbnz x0, out;"
                   + access + "out:" + DONE, needs=(MEMORY,)))  # fmt: skip
    reply = plan.smc(FID, FREE_RAM, 1)
    yield
    fault_answered(reply)
    equal(int(one_report(reply.console)["esr"], 16) >> 26, 0x24, "exception class")


# Keeps the address of its page; a call with x1 = 0 loads from the kept one.
_KEEPS_PAGE = (
    "la x19, DATA; cbz x2, use;" + MAP_X2 + "str x0, [x19]; mov x0, x4;"
    "cbnz x4, end; mov x1, #1; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE
    + "end: cmp x4, #1; b.eq die; mov x8, #0; svc #0; die:" + DIE
    + "use: ldr x9, [x19]; cbz x9, fresh; ldr x1, [x9]; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE
    + "fresh: mov x1, #55; mov x2, #0; mov x3, #0; mov x4, #0;" + DONE
)  # fmt: skip


@each("3.4", "all of it is unmapped at return: {}",
      {"status 0": 0, "a failure": -1, "not handled": -38})  # fmt: skip
def unmapped_at_return(plan: Plan, status: int) -> Iterator[None]:
    plan.app(probe(_KEEPS_PAGE, needs=(MEMORY,)))
    plan.smc(FID, FREE_RAM, 1, status)
    use = plan.smc(FID)
    yield
    fault_answered(use)
    equal(int(one_report(use.console)["esr"], 16) >> 26, 0x24, "exception class")


@case("3.4", "at return: another guest's call does not find it, either")
def not_for_others(plan: Plan) -> Iterator[None]:
    plan.write(FREE_RAM, b"secret!!")
    plan.app(probe(_KEEPS_PAGE, needs=(MEMORY,)))
    mapped, use = plan.smc(FID, FREE_RAM, 1), plan.smc(FID, domid=2)
    yield
    answered(mapped, 1)
    fault_answered(use)


@case("3.4", "8 at once counts anew at each call")
def counts_anew(plan: Plan) -> Iterator[None]:
    plan.app(proxy(needs=(MEMORY,)))
    replies = [system_call(plan, _MAP, FREE_RAM, 0) for _ in range(20)]
    yield
    for reply in replies:
        that(reply.x[0] >> 63 == 0, "it is mapped")


_PARALLEL = "the emulator runs a call to its end before another vCPU goes on"
not_yet("3.4", "no grant or foreign mapping: -ENOENT", "the emulator's guests have neither")
not_yet("3.4", "the frame is pinned: neither freed nor reused before it is unmapped", _PARALLEL)
not_yet("3.4", "the guest's other vCPUs go on and may write it at any time", _PARALLEL)
not_yet("3.4", "Normal Write-Back", "the emulator has no memory types")
