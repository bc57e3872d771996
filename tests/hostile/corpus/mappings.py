"""Guest pages, device regions, and what an app does with what it was given (ABI.md 3.4, 3.5)."""

from xap_harness import ExternalAbort, IoRegion
from xap_harness.hypervisor.memory import NotRam
from xap_harness.hypervisor.syscalls import IO_WINDOW

from tests.hostile.asm import PAGE
from tests.hostile.case import Case, attack_once
from tests.hostile.images import TIMER, Manifest, guest_memory, io, irq
from tests.hostile.verdict import Condemned, Error
from tests.hostile.world import FID, MS, RAM, RAM_BYTES, Device, Steps, World

TITLE = "Mappings"

_RW, _RO = Manifest(needs=(guest_memory(3),)), Manifest(needs=(guest_memory(1),))
_IO = Manifest(needs=(io("dev", 0x2100_0000), io("two", 0x2200_0000, 2 * PAGE)))
_MAP = "li x0, 0x40000000; mov x1, #1; sys 4"
_MAP_RO = "li x0, 0x40000000; mov x1, #0; sys 4"
_MINE = ((1, 0),)


def _map_at(name: str, what: str, ipa: int, errno: str) -> Case:
    return Case(
        f"map-{name}", "3.4", f"maps {what}", Error(errno),
        code=f"li x0, {ipa}; mov x1, #0; sys 4; reply", manifest=_RW,
    )  # fmt: skip


def _unmap(name: str, what: str, address: str, manifest: Manifest = _RW) -> Case:
    """With a page and, if it may, a device mapped: their addresses are in x20 and x21."""
    return Case(
        f"unmap-{name}", "3", f"unmaps {what}", Error("EINVAL"),
        code=f"mov x0, #0; sys 6; mov x21, x0; {_MAP}; mov x20, x0; {address}; sys 5; reply",
        manifest=Manifest(needs=(guest_memory(3), io("dev", 0x2100_0000, 2 * PAGE)))
        if manifest is _RW
        else manifest,
    )  # fmt: skip


def _wild(
    name: str,
    what: str,
    code: str,
    reason: str,
    manifest: Manifest = _RW,
    clause: str = "3.4",
    steps: Steps = attack_once,
) -> Case:
    return Case(
        f"page-{name}", clause, what, Condemned("exception", reason), code=f"{code}; answer",
        manifest=manifest, writes=_MINE, steps=steps,
    )  # fmt: skip


def _twice(world: World) -> None:
    """The first call is well."""
    answer = world.attack(FID, 0)
    world.expect("first call", answer.registers[0], 0)
    world.attack(FID, 1)


def _three_times(world: World) -> None:
    for _ in range(3):
        world.attack()


def _after_the_timer(world: World) -> None:
    world.call(FID, 0)
    world.advance(20 * MS)
    world.call(FID, 1)


def _after_a_restart(world: World) -> None:
    world.attack(FID, 0)  # maps the device and fails
    world.advance(10 * MS)
    world.attack(FID, 1)


_DEVICE = IoRegion("dev", 0x2100_0000, PAGE)


class _Broken(Device):
    """Answers nothing."""

    def read(self, offset: int, width: int) -> int:
        raise ExternalAbort

    def write(self, offset: int, width: int, value: int) -> None:
        raise ExternalAbort


def _with_broken(world: World) -> None:
    world.hypervisor.remove_device(_DEVICE)
    world.hypervisor.add_device(_DEVICE, _Broken())
    world.attack()


def _broken(name: str, what: str, instruction: str, reason: str, far: int, esr: int) -> Case:
    return Case(
        f"device-fails-{name}", "5.1", f"{what} that fails",
        Condemned("exception", reason, far, esr=esr, spent=8), steps=_with_broken,
        code=f"mov x0, #0; sys 6; mov x20, x0; {instruction}; mov x1, #1; answer",
        manifest=Manifest(needs=(io("dev", 0x2100_0000),)),
    )  # fmt: skip


def _unplugged(world: World) -> None:
    world.hypervisor.remove_device(_DEVICE)
    world.attack()


def _two_guests(world: World) -> None:
    """The page is the requester's own, whoever asked before."""
    one = world.attack(FID, RAM, domid=1)
    two = world.attack(FID, RAM, domid=2)
    first = [int.from_bytes(world.domain(n).read(RAM, 8), "little") for n in (1, 2)]
    world.expect("what each of them saw", [one.registers[0], two.registers[0]], first)
    world.attack(FID, 1, domid=2)


def _mapped_device(world: World) -> None:
    answer = world.attack()
    world.expect(
        "its second region begins elsewhere", answer.registers[1] != answer.registers[2], True
    )


def _never_ram(world: World) -> None:
    ram = world.domain(1).ram
    for ipa in (RAM - PAGE, RAM + RAM_BYTES):
        try:
            ram.read(ipa, 1)
        except NotRam:
            continue
        world.expect(f"RAM at {ipa:#x}", "readable", "not there")
    world.attack()


CASES = [
    _map_at("unaligned", "half a page in", RAM + 0x800, "EINVAL"),
    _map_at("odd", "an odd address", RAM + 1, "EINVAL"),
    _map_at("behind-ram", "the page behind the guest's RAM", RAM + RAM_BYTES, "ENOENT"),
    _map_at("below-ram", "the page below the guest's RAM", RAM - PAGE, "ENOENT"),
    _map_at("null", "IPA 0", 0, "ENOENT"),
    _map_at("top", "the last page of the address space", -4096, "ENOENT"),
    _map_at("alias", "RAM with bit 40 set", 1 << 40 | RAM, "ENOENT"),
    _map_at("sign", "RAM with bit 63 set", 1 << 63 | RAM, "ENOENT"),
    _map_at("gic", "the guest's interrupt controller", 0x0300_1000, "ENOENT"),
    _map_at("mmio", "the bystander's MMIO region", 0x0A00_0000, "ENOENT"),
    _map_at("device", "a device's physical address", 0x2000_0000, "ENOENT"),
    Case(
        "map-flags-granted",
        "3.4",
        "maps to read, which is granted, with a flag that is none",
        Error("EINVAL"),
        code=f"li x0, {RAM}; mov x1, #2; sys 4; reply",
        manifest=_RO,
    ),
    Case(
        "map-around-ram",
        "3.4",
        "maps the last page of RAM, then the one behind",
        Error("ENOENT"),
        code=f"li x0, {RAM + RAM_BYTES - PAGE}; mov x1, #0; sys 4; cmn x0, #4095; b.hi out;"
        f"li x0, {RAM + RAM_BYTES}; sys 4; out: reply",
        manifest=_RO,
        steps=_never_ram,
    ),
    Case(
        "map-nine",
        "3.4",
        "maps the same page nine times, in each of three calls",
        Error("ENOMEM"),
        code=f"mov x20, #8; more: {_MAP}; cmn x0, #4095; b.hi early; subs x20, x20, #1; b.ne more;"
        f"{_MAP}; reply; early: fail 5",
        manifest=_RW,
        steps=_three_times,
        writes=_MINE,
    ),
    Case(
        "map-eight-again",
        "3.4",
        "maps eight, unmaps one, maps one, then another",
        Error("ENOMEM"),
        code=f"mov x20, #8; more: {_MAP}; mov x21, x0; subs x20, x20, #1; b.ne more; mov x0, x21;"
        f"sys 5; cbnz x0, bad; {_MAP}; cmp x0, x21; b.ne bad; {_MAP}; reply; bad: answer",
        manifest=_RW,
    ),
    Case(
        "map-twice-unmap",
        "3",
        "maps one page twice and unmaps the first mapping twice",
        Error("EINVAL"),
        code=f"{_MAP}; mov x20, x0; {_MAP}; cmp x0, x20; b.eq bad; mov x21, x0; mov x0, x20; sys 5;"
        "cbnz x0, bad; li x1, 0x77; str x1, [x21]; mov x0, x20; sys 5; reply; bad: answer",
        manifest=_RW,
        writes=_MINE,
    ),
    _unmap("twice", "a page twice", "mov x0, x20; sys 5; mov x0, x20"),
    _unmap("text", "its text", "mov x0, x28"),
    _unmap("state", "its state", "add x0, x28, #5, lsl #12"),
    _unmap("stack", "its stack", "sub x0, x27, #1, lsl #12"),
    _unmap("null", "address 0", "mov x0, #0"),
    _unmap("inside", "a page by an address in it", "add x0, x20, #8"),
    _unmap("next", "the page behind one that it mapped", "add x0, x20, #1, lsl #12"),
    _unmap("next-slot", "the place of a mapping that it does not have", "add x0, x20, #2, lsl #12"),
    _unmap("half-device", "the second page of a device region", "add x0, x21, #1, lsl #12"),
    _unmap("device-twice", "a device region twice", "mov x0, x21; sys 5; mov x0, x21"),
    _unmap(
        "high-bits", "a page by its address with bit 63 set", "orr x0, x20, #0x8000000000000000"
    ),
    Case(
        "map-in-timer",
        "2.4",
        "maps a guest's page in TIMER, where a shared app has no guest",
        Error("EPERM"),
        handlers={
            "smc": "cbnz x2, tell; li x0, 2000000; sys 8; answer;"
            "tell: add x20, x28, #5, lsl #12; ldr x0, [x20]; reply",
            "timer": f"{_MAP_RO}; add x20, x28, #5, lsl #12; str x0, [x20]; answer",
        },
        manifest=Manifest(needs=(guest_memory(1), TIMER)),
        steps=_after_the_timer,
    ),
    Case(
        "inject-in-timer",
        "2.4",
        "makes an interrupt pending in TIMER, where there is no guest",
        Error("EPERM"),
        handlers={
            "smc": "cbnz x2, tell; li x0, 2000000; sys 8; answer;"
            "tell: add x20, x28, #5, lsl #12; ldr x0, [x20]; reply",
            "timer": "mov x0, #41; sys 7; add x20, x28, #5, lsl #12; str x0, [x20]; answer",
        },
        manifest=Manifest(needs=(irq(41), TIMER)),
        steps=_after_the_timer,
    ),
    Case(
        "map-in-init",
        "2.4",
        "maps a guest's page in INIT, and tells of it later",
        Error("EPERM"),
        handlers={
            "init": f"{_MAP_RO}; add x20, x28, #5, lsl #12; str x0, [x20]; answer",
            "smc": "add x20, x28, #5, lsl #12; ldr x0, [x20]; reply",
        },
        manifest=_RO,
    ),
    Case(
        "map-in-event",
        "2.4",
        "maps a guest's page in EVENT, and tells of it later",
        Error("EPERM"),
        handlers={
            "event": f"{_MAP_RO}; add x20, x28, #5, lsl #12; str x0, [x20]; answer",
            "smc": "add x20, x28, #5, lsl #12; ldr x0, [x20]; reply",
        },
        manifest=_RO,
    ),
    Case(
        "map-requesters",
        "3.4",
        "reads its requester's RAM at an address that another guest has, too",
        Error("EINVAL"),
        code="mov x0, x2; mov x1, #0; sys 4; cmn x0, #4095; b.hi no; ldr x0, [x0]; no: reply",
        manifest=_RO,
        steps=_two_guests,
    ),
    _wild(
        "write-to-read-only",
        "writes to a page that it mapped to read",
        f"{_MAP_RO}; str x0, [x0]",
        "data abort: write, permission",
    ),
    _wild(
        "write-without-right",
        "maps to read as it may, and writes",
        f"{_MAP_RO}; strb w0, [x0, #4095]",
        "data abort: write, permission",
        _RO,
    ),
    _wild(
        "execute",
        "executes a page of a guest",
        f"{_MAP}; br x0",
        "instruction abort: execute, permission",
    ),
    _wild(
        "after-unmap",
        "reads a page that it has unmapped",
        f"{_MAP}; mov x20, x0; sys 5; ldr x0, [x20]",
        "data abort: read, not mapped",
    ),
    _wild(
        "behind",
        "reads behind a page that it mapped",
        f"{_MAP}; ldr x1, [x0, #4096]",
        "data abort: read, not mapped",
    ),
    _wild(
        "before",
        "reads below a page that it mapped",
        f"{_MAP}; ldr x1, [x0, #-8]",
        "data abort: read, not mapped",
    ),
    _wild(
        "straddle",
        "reads eight bytes, four of them behind a page",
        f"{_MAP}; add x0, x0, #4092; ldr x1, [x0]",
        "data abort: read, not mapped",
    ),
    _wild(
        "kept",
        "keeps a page's address and reads there in the next call",
        f"cbnz x2, later; {_MAP}; add x20, x28, #5, lsl #12; str x0, [x20]; mov x1, #0; answer;"
        "later: add x20, x28, #5, lsl #12; ldr x0, [x20]; ldr x1, [x0]",
        "data abort: read, not mapped",
        steps=_twice,
    ),
    _wild(
        "kept-by-failing",
        "keeps a page's address from a call that it fails",
        f"cbnz x2, later; {_MAP}; add x20, x28, #5, lsl #12; str x0, [x20]; fail 5;"
        "later: add x20, x28, #5, lsl #12; ldr x0, [x20]; ldr x1, [x0]",
        "data abort: read, not mapped",
        steps=lambda world: [world.attack(FID, n) for n in (0, 1)],
    ),
    _broken(
        "load",
        "loads from a device",
        "ldr w21, [x20, #4]",
        "data abort: read, external",
        IO_WINDOW + 4,
        0x9200_0010,
    ),
    _broken("store", "stores to a device", "str w21, [x20, #4]", "SError", 0, 0xBE00_0011),
    Case(
        "device-below",
        "3.5",
        "maps the device right below the bystander's",
        Error("EPERM"),
        code="mov x0, #0; sys 6; ldr w1, [x0, #4092]; fail 1",
        manifest=Manifest(needs=(io("dev", 0x1FFF_F000),)),
    ),
    Case(
        "device-gone",
        "3.5",
        "maps a device that is no longer there",
        Error("ENOENT"),
        code="mov x0, #0; sys 6; reply",
        manifest=Manifest(needs=(io("dev", 0x2100_0000),)),
        steps=_unplugged,
    ),
    _wild(
        "device-behind",
        "reads behind a device's region",
        "mov x0, #0; sys 6; ldr w1, [x0, #4096]",
        "data abort: read, not mapped",
        _IO,
        "3.5",
    ),
    _wild(
        "device-execute",
        "executes a device's registers",
        "mov x0, #0; sys 6; br x0",
        "instruction abort: execute, permission",
        _IO,
        "3.5",
    ),
    _wild(
        "device-after-unmap",
        "reads a device that it has unmapped",
        "mov x0, #0; sys 6; mov x20, x0; sys 5; ldr w1, [x20]",
        "data abort: read, not mapped",
        _IO,
        "3.5",
    ),
    Case(
        "device-two",
        "3.5",
        "maps two regions and asks for a third",
        Error("EINVAL"),
        code="mov x0, #0; sys 6; mov x20, x0; mov x0, #1; sys 6; mov x21, x0; mov x0, #2; sys 6;"
        "mov x1, x0; mov x2, x20; mov x3, x21; answer",
        manifest=_IO,
        steps=_mapped_device,
    ),
    Case(
        "device-twice",
        "3.5",
        "maps one region twice: the same address, one mapping",
        Error("EINVAL"),
        code="mov x0, #0; sys 6; mov x20, x0; mov x0, #0; sys 6; cmp x0, x20; b.ne bad; sys 5;"
        "cbnz x0, bad; mov x0, x20; sys 5; reply; bad: answer",
        manifest=_IO,
    ),
    Case(
        "device-after-restart",
        "5.5",
        "reads a device at the address that it had before a fault",
        Condemned("exception", "data abort: read, not mapped"),
        code="cbnz x2, later; mov x0, #0; sys 6; str w0, [x0]; brk #1;"
        "later: li x20, 0x200000000; ldr w1, [x20]; answer",
        manifest=Manifest(needs=(io("dev", 0x2100_0000),), restart=2),
        steps=_after_a_restart,
    ),
]
