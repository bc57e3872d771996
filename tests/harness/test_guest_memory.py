"""Pages of the requester, mapped for a call (ABI.md 3.1, 3.4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.emulator.assembler import assemble
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.guests import Guest
from xap_harness.hypervisor.memory import RAM_BYTES, GuestRam, NotRam
from xap_harness.hypervisor.outcome import Done
from xap_harness.hypervisor.requester import Requester
from xaprt import abi
from xaprt.abi import Errno, GuestMemory, NeedKind, Syscall
from xaprt.admission import LoadError
from xaprt.manifest import Need
from xaprt.rights import Rights

RAM, PAGE = 0x4000_0000, abi.PAGE_SIZE
M64 = (1 << 64) - 1
READ = (Need(NeedKind.GUEST_MEMORY, (GuestMemory.READ,)),)
READ_WRITE = (Need(NeedKind.GUEST_MEMORY, (GuestMemory.READ_WRITE,)),)
RETURN_X0 = "mov x1, x0; mov x2, x9; mov x3, x10; mov x8, #0; mov x0, #0; svc #0"

SYSCALL = f"mov x8, x2; mov x0, x3; mov x1, x4; svc #0; {RETURN_X0}"
"""The guest's x1 is the number, x2 and x3 its arguments."""

NOPS = "; ".join(["nop"] * 200)

MAP = "mov x8, #4; mov x0, x2; mov x1, x3; svc #0; mov x19, x0"
"""Maps what the guest's x1 says, with its x2 for flags; the address is in x19."""


def errno(number: Errno) -> int:
    return -number & M64


@pytest.fixture
def mapper(asm_app):
    return asm_app(SYSCALL, needs=READ_WRITE)


def map_page(app, ipa: int, flags: int = 0) -> int:
    return app.smc(Syscall.MAP_GUEST_PAGE, ipa, flags).registers[0]


# --- what can be mapped ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ipa", "flags", "result"),
    [
        (RAM + 1, 0, Errno.EINVAL),
        (RAM + 0x800, 0, Errno.EINVAL),
        (RAM - PAGE, 0, Errno.ENOENT),
        (RAM + RAM_BYTES, 0, Errno.ENOENT),
        (0, 0, Errno.ENOENT),
        (0x0300_1000, 0, Errno.ENOENT),  # the interrupt controller
        (M64 - PAGE + 1, 0, Errno.ENOENT),
        (RAM | 1 << 63, 0, Errno.ENOENT),
        (RAM + (1 << 32), 0, Errno.ENOENT),  # its low half would fit
        (RAM, 2, Errno.EINVAL),
        (RAM, 3, Errno.EINVAL),
        (RAM, 1 << 32, Errno.EINVAL),
    ],
)
def test_only_whole_pages_of_the_requesters_ram(mapper, ipa, flags, result):
    """ABI.md 3.4: no MMIO and nothing of others."""
    assert map_page(mapper, ipa, flags) == errno(result)
    assert mapper.hypervisor.domains[1].ram.pins == 0


def test_read_only_and_writable_mappings(asm_app):
    """ABI.md 3 (flags: 1 write)."""
    load_store = f"{MAP}; ldr x9, [x19]; mov x1, #0x77; str x1, [x19, #8]; {RETURN_X0}"
    app = asm_app(load_store, needs=READ_WRITE, restart_limit=3)
    domain = app.hypervisor.domains[1]
    domain.write(RAM + PAGE, (0x1122_3344).to_bytes(8, "little"))
    assert app.smc(RAM + PAGE, 1).registers[1] == 0x1122_3344
    assert domain.read(RAM + PAGE + 8, 8) == (0x77).to_bytes(8, "little")
    fault = app.fault(RAM + PAGE, 0)
    assert fault.reason == "data abort: write, permission"


@pytest.mark.parametrize(
    ("needs", "flags", "result"),
    [((), 0, Errno.EPERM), ((), 1, Errno.EPERM), (READ, 1, Errno.EPERM), (READ, 0, None),
     (READ_WRITE, 1, None)],
)  # fmt: skip
def test_what_was_not_granted_is_eperm(asm_app, needs, flags, result):
    """ABI.md 3."""
    got = map_page(asm_app(SYSCALL, needs=needs), RAM, flags)
    assert got == errno(result) if result else got < 1 << 63


def test_a_page_is_never_executable(asm_app):
    """ABI.md 3.4."""
    app = asm_app(f"{MAP}; br x19", needs=READ_WRITE)
    app.hypervisor.domains[1].write(RAM, assemble("nop"))
    assert app.fault(RAM, 1).reason == "instruction abort: execute, permission"


def test_each_guest_gets_its_own(asm_app):
    app = asm_app(f"{MAP}; ldr x9, [x19]; {RETURN_X0}", needs=READ)
    app.hypervisor.create_domain(2)
    for domid in (1, 2):
        app.hypervisor.domains[domid].write(RAM, domid.to_bytes(8, "little"))
    for domid in (2, 1, 2):
        assert app.smc(RAM, requester=Requester(domid, 0)).registers[1] == domid


def test_without_a_requester_it_is_eperm(asm_app):
    """ABI.md 2.4: a SHARED instance in INIT."""
    app = asm_app(
        "cbz x0, init; mov x0, #-38; b out; init: mov x8, #4; li x0, 0x40000000; mov x1, #0; "
        "svc #0; li x9, DATA; str x0, [x9]; mov x0, #0; out: mov x8, #0; svc #0",
        whole=True,
        needs=READ,
    )
    assert int.from_bytes(app.space.read(app.data, 8), "little") == errno(Errno.EPERM)


# --- how many, how long ---------------------------------------------------------------------


def test_eight_at_once(asm_app):
    """ABI.md 3.4: the ninth is -ENOMEM; each has an address of its own, also the same page."""
    source = (
        "mov x20, x2; mov x21, #9; li x22, DATA; again: mov x8, #4; mov x0, x20; mov x1, #0;"
        f"svc #0; str x0, [x22], #8; sub x21, x21, #1; cbnz x21, again; {RETURN_X0}"
    )
    app = asm_app(source, needs=READ)
    for _ in range(2):  # all of it is unmapped at return
        app.smc(RAM)
        raw = app.space.read(app.data, 72)
        got = [int.from_bytes(raw[n : n + 8], "little") for n in range(0, 72, 8)]
        assert got[8] == errno(Errno.ENOMEM)
        assert len(set(got[:8])) == 8
        assert all(address < 1 << 63 and address % PAGE == 0 for address in got[:8])
        assert app.hypervisor.domains[1].ram.pins == 0


def test_what_was_unmapped_can_be_mapped_again(asm_app):
    source = (
        "mov x20, x2; mov x21, #50; again: mov x8, #4; mov x0, x20; mov x1, #0; svc #0;"
        f"mov x8, #5; svc #0; sub x21, x21, #1; cbnz x21, again; {RETURN_X0}"
    )
    app = asm_app(source, needs=READ)
    assert app.smc(RAM).registers[0] == 0


KEEPS = f"cbz x4, keep; ldr x9, [x4]; {RETURN_X0}; keep: {MAP}; {RETURN_X0}"
"""x3 zero: maps, and returns with the page mapped; else reads there."""


def test_nothing_stays_mapped_after_the_call(asm_app):
    """ABI.md 3.4."""
    app = asm_app(KEEPS, needs=READ)
    address = app.smc(RAM, 0, 0).registers[0]
    assert app.fault(0, 0, address).reason == "data abort: read, not mapped"


@pytest.mark.parametrize(
    "ending", ["brk #0x5501", f"again: {NOPS}; b again",
               "mov x8, #2; mov x0, #8; mov x1, #0; svc #0", "mov x8, #0; mov x0, #9; svc #0",
               "mov x8, #0; mov x0, #-22; svc #0"],
)  # fmt: skip
def test_nothing_stays_mapped_however_the_call_ends(asm_app, ending):
    """ABI.md 3.4, 5.5."""
    app = asm_app(
        f"cbnz x4, look; {MAP}; li x1, DATA; str x19, [x1]; {ending};"
        f"look: ldr x9, [x4]; {RETURN_X0}",
        needs=READ,
        restart_limit=3,
    )
    app.smc(RAM)
    address = int.from_bytes(app.space.read(app.data, 8), "little")
    assert address % PAGE == 0
    assert app.hypervisor.domains[1].ram.pins == 0
    app.hypervisor.advance(abi.RESTART_MAX_NS)
    assert app.fault(0, 0, address).reason == "data abort: read, not mapped"


def test_an_unmapped_page_is_gone_at_once(asm_app):
    """No stale translation: it was read through before."""
    app = asm_app(
        f"{MAP}; ldr x9, [x19]; mov x8, #5; svc #0; ldr x9, [x19]; {RETURN_X0}", needs=READ
    )
    assert app.fault(RAM).reason == "data abort: read, not mapped"


@pytest.mark.parametrize("change", ["add x0, x19, #8", "mov x0, #0", "li x0, TEXT", "li x0, -1",
                                    "add x0, x19, #4096", "sub x0, x19, #4096"])  # fmt: skip
def test_unmap_takes_the_address_exactly(asm_app, change):
    """ABI.md 3 (unmap)."""
    app = asm_app(f"{MAP}; {change}; mov x8, #5; svc #0; ldr x9, [x19]; {RETURN_X0}", needs=READ)
    assert app.smc(RAM).registers[0] == errno(Errno.EINVAL)


def test_unmapping_twice(asm_app):
    unmap = "mov x0, x19; mov x8, #5; svc #0"
    app = asm_app(f"{MAP}; {unmap}; mov x9, x0; {unmap}; {RETURN_X0}", needs=READ)
    got = app.smc(RAM).registers
    assert (got[1], got[0]) == (0, errno(Errno.EINVAL))


def test_the_guests_other_writes_are_seen_and_the_apps_by_it(asm_app):
    """ABI.md 3.4: it is the guest's memory, no copy; here its own vCPU looks at it."""
    app = asm_app(
        f"{MAP}; ldr x9, [x19]; add x1, x9, #1; str x1, [x19, #8]; {RETURN_X0}",
        needs=READ_WRITE,
    )
    domain = app.hypervisor.domains[1]
    code = (
        "movz x1, #0x4000, lsl #16; add x1, x1, #0x1, lsl #12; mov x5, #41; str x5, [x1];"
        "mov x2, #1; movz x0, #0xc600, lsl #16; add x0, x0, #1; mov x6, x1; smc #0;"
        "ldr x7, [x6, #8]; wfi"
    )
    domain.write(RAM, assemble(code))
    vcpu = UnicornMachine().vcpu(domain.ram, RAM)
    Guest(app.hypervisor, Requester(1, 0), vcpu).run()
    assert vcpu.read_registers(7, 1) == (42,)
    assert domain.read(RAM + PAGE + 8, 1) == b"\x2a"


# --- pointers -------------------------------------------------------------------------------


def test_a_mapped_page_is_no_place_for_pointers(asm_app):
    """ABI.md 3.1."""
    log = "mov x0, x19; mov x1, #4; mov x2, #2; mov x8, #1; svc #0"
    app = asm_app(f"{MAP}; {log}; {RETURN_X0}", needs=READ)
    assert app.smc(RAM).registers[0] == errno(Errno.EFAULT)
    assert app.console == []


def test_a_panic_message_is_not_read_from_a_mapped_page(asm_app):
    app = asm_app(f"{MAP}; mov x0, #8; mov x1, x19; mov x2, #4; mov x8, #2; svc #0", needs=READ)
    app.hypervisor.domains[1].write(RAM, b"leak")
    assert app.fault(RAM).message == ""


# --- pins -----------------------------------------------------------------------------------


class Ballooning:
    """Firmware behind which the guest gives its page away while the app has it mapped."""

    def __init__(self) -> None:
        self.ram: GuestRam | None = None

    def smc(self, fid, arguments, client):
        assert self.ram is not None
        self.ram.remove(arguments[0])
        with pytest.raises(MemoryError):
            self.ram.populate(arguments[0])  # the only frame that is free is pinned
        return 0, 0, 0, 0


def test_a_frame_is_not_reused_while_it_is_pinned(asm_app):
    """ABI.md 3.4: whatever the guest does with the address."""
    firmware = Ballooning()
    app = asm_app(
        f"{MAP}; li x0, 0xC4000053; li x1, 0x40002000; mov x8, #3; svc #0;"
        f"ldr x9, [x19]; {RETURN_X0}",
        needs=READ,
        call_smc=(0xC400_0053,),
        hypervisor=Hypervisor(firmware=firmware),
    )
    domain = app.hypervisor.domains[1]
    firmware.ram = domain.ram
    domain.write(RAM + 0x2000, b"secret!!")
    assert app.smc(RAM + 0x2000).registers[1].to_bytes(8, "little") == b"secret!!"
    with pytest.raises(NotRam):
        domain.ram.pin(RAM + 0x2000)
    domain.ram.populate(RAM + 0x2000)
    assert domain.read(RAM + 0x2000, 8) == bytes(8)  # another guest's bytes do not come back


PAGES = st.integers(0, 7)
STEPS = st.lists(
    st.tuples(st.sampled_from(["pin", "unpin", "remove", "populate", "write"]), PAGES), max_size=40
)


@given(steps=STEPS)
@settings(max_examples=150, deadline=None)
def test_frames_are_one_of_mapped_free_or_pinned(steps):
    """Against the definition: what is pinned keeps its bytes until its last pin is gone."""
    ram = GuestRam(RAM, 8 * PAGE)
    pins: list[tuple[object, bytes]] = []
    for action, page in steps:
        ipa = RAM + page * PAGE
        try:
            if action == "pin":
                pins.append((ram.pin(ipa), ram.read(ipa, 1)))
            elif action == "unpin" and pins:
                ram.unpin(pins.pop(page % len(pins))[0])
            elif action == "remove":
                ram.remove(ipa)
            elif action == "populate":
                ram.populate(ipa)
                assert ram.read(ipa, PAGE) == bytes(PAGE)
            elif action == "write" and not pins:
                ram.write(ipa, bytes([page + 1]))
        except (NotRam, MemoryError, ValueError):
            pass
        assert ram.pins == len(pins)
        for frame, byte in pins:
            assert bytes(frame.memory[:1]) == byte
    for frame, _ in pins:
        ram.unpin(frame)
    frames = [ram.frame(RAM + n * PAGE).number for n in range(8) if is_ram(ram, RAM + n * PAGE)]
    assert len(set(frames)) == len(frames)


@pytest.mark.parametrize(
    ("base", "size"), [(RAM, 0), (RAM, PAGE - 1), (RAM + 1, PAGE), (RAM, -PAGE)]
)
def test_ram_is_whole_pages(base, size):
    with pytest.raises(ValueError, match="at a page"):
        GuestRam(base, size)


@pytest.mark.parametrize("ipa", [RAM, RAM + 8, RAM - PAGE, RAM + 4 * PAGE])
def test_a_page_is_added_where_there_is_none(ipa):
    ram = GuestRam(RAM, 4 * PAGE)
    ram.write(RAM, b"kept")
    ram.remove(RAM + PAGE)
    with pytest.raises(ValueError, match="no page can be added"):
        ram.populate(ipa)
    assert ram.read(RAM, 4) == b"kept"
    ram.populate(RAM + PAGE)
    assert ram.read(RAM + PAGE, PAGE) == bytes(PAGE)


def is_ram(ram: GuestRam, ipa: int) -> bool:
    try:
        ram.frame(ipa)
    except NotRam:
        return False
    return True


@given(start=st.integers(0, 3 * PAGE), data=st.binary(max_size=2 * PAGE))
@settings(max_examples=60, deadline=None)
def test_ram_reads_what_was_written(start, data):
    ram = GuestRam(RAM, 4 * PAGE)
    if start + len(data) > 4 * PAGE:
        with pytest.raises(NotRam):
            ram.write(RAM + start, data)
        assert ram.read(RAM, 4 * PAGE) == bytes(4 * PAGE)
    else:
        ram.write(RAM + start, data)
        assert ram.read(RAM + start, len(data)) == data


# --- rights ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needs", "granted", "loads"),
    [
        (READ, None, False),
        (READ, GuestMemory.READ, True),
        (READ, GuestMemory.READ_WRITE, True),
        (READ_WRITE, GuestMemory.READ, False),
        (READ_WRITE, GuestMemory.READ_WRITE, True),
    ],
)
def test_a_need_beyond_the_grant_refuses_the_load(asm_app, needs, granted, loads):
    """ABI.md 4.1."""
    rights = Rights(guest_memory=granted)
    if loads:
        asm_app(SYSCALL, needs=needs, grants=rights)
    else:
        with pytest.raises(LoadError, match="guest memory"):
            asm_app(SYSCALL, needs=needs, grants=rights)


def test_more_than_was_asked_for_is_not_given(asm_app):
    """A grant is a limit; what an app may do is what its manifest says."""
    app = asm_app(SYSCALL, needs=READ, grants=Rights(guest_memory=GuestMemory.READ_WRITE))
    assert map_page(app, RAM, 1) == errno(Errno.EPERM)


# --- by the API, on each backend ------------------------------------------------------------


@pytest.fixture(scope="module")
def services(xap):
    return xap.load("apps/services.py")


@given(
    page=st.integers(0, RAM_BYTES // PAGE - 1),
    offset=st.integers(0, PAGE - 8),
    value=st.integers(0, M64),
)
@settings(max_examples=20, deadline=None)
def test_an_app_in_python_reads_and_writes_its_guest(services, page, offset, value):
    domain, ipa = services.domain(3), RAM + page * PAGE
    assert services.smc(0xC600_0002, ipa, offset, value, domid=3).x0 == 0
    assert domain.read(ipa + offset, 8) == value.to_bytes(8, "little")
    domain.write(ipa + offset, (value ^ M64).to_bytes(8, "little"))
    got = services.smc(0xC600_0001, ipa, offset, domid=3)
    assert (got.x0, got.x1) == (0, value ^ M64)
    assert domain.ram.pins == 0


@pytest.mark.parametrize(
    ("ipa", "error"), [(0, Errno.ENOENT), (RAM + 8, Errno.EINVAL), (RAM + RAM_BYTES, Errno.ENOENT)]
)
def test_a_failed_mapping_is_falsy(services, ipa, error):
    """LANGUAGE.md 6: `page.error` says why."""
    assert services.smc(0xC600_0001, ipa, 0).x0 == errno(error)
    assert services.smc(0xC600_0002, ipa, 0, 1).x0 == errno(error)


@pytest.mark.parametrize("offset", [PAGE - 7, PAGE, 1 << 63])
def test_a_view_is_bounds_checked(xap, offset):
    got = xap.load("apps/services.py").smc(0xC600_0001, RAM, offset)
    assert (got.status, got.fault.reason) == ("fault", "INDEX")


def test_reading_a_failed_mapping_panics(xap):
    app = xap.load("apps/services.py")
    got = app.smc(0xC600_0003, 0)
    assert (got.status, got.fault.reason) == ("fault", "MAPPING")
    assert app.domain().ram.pins == 0


def test_an_asm_fault_leaves_the_guest_as_it_was(asm_app):
    app = asm_app(f"{MAP}; brk #0x5501", needs=READ_WRITE)
    before = app.hypervisor.domains[1].read(RAM, RAM_BYTES)
    assert isinstance(app.smc(RAM, 1).outcome, Fault)
    assert app.hypervisor.domains[1].read(RAM, RAM_BYTES) == before


def test_done_after_mapping(mapper):
    assert isinstance(mapper.smc(Syscall.MAP_GUEST_PAGE, RAM, 1).outcome, Done)
