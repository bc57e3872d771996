"""Loads and stores where stage 2 maps nothing (ABI.md 2.3, 4.2, 4.3, 5.2)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.emulator.assembler import assemble, load_immediate
from xap_harness.emulator.loadstore import iss
from xap_harness.emulator.machine import UnicornMachine
from xap_harness.hypervisor import syndrome
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.domain import Domain, Region
from xap_harness.hypervisor.guests import Guest, GuestError
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Event, Step
from xaprt import abi
from xaprt.abi import RouteFlag, RouteKind
from xaprt.admission import LoadError
from xaprt.manifest import Route

RAM, UART = 0x4000_0000, 0x0900_0000
GUEST = Requester(1, 0)
U64 = st.integers(0, (1 << 64) - 1)
M64 = (1 << 64) - 1
VALUE = 0x8182_8384_8586_8788
RETURN_0 = "mov x8, #0; mov x0, #0; svc #0"


def region(base: int = UART, size: int = 0x1000, *, kind: RouteKind) -> Route:
    return Route(kind, base, base + size - 1, RouteFlag.NONE)


BOTH = (region(kind=RouteKind.MMIO_READ), region(kind=RouteKind.MMIO_WRITE))

ECHO = (
    "cmp x0, #3; b.eq mmio; mov x8, #0; mov x0, #-38; svc #0; mmio:"
    "li x9, DATA; stp x1, x2, [x9]; stp x3, x4, [x9, #16]; ldr x1, [x9, #32];" + RETURN_0
)
"""Keeps what it was given at DATA, and answers with the value behind that."""


@pytest.fixture
def echo(asm_app):
    return asm_app(ECHO, whole=True, routes=BOTH, data=bytes(32) + VALUE.to_bytes(8, "little"))


def given_to(bench) -> list[int]:
    raw = bench.space.read(bench.data, 32)
    return [int.from_bytes(raw[n : n + 8], "little") for n in range(0, 32, 8)]


# --- what the app is handed, what the guest gets ---------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_a_load_hands_over_region_offset_and_width(echo, width):
    """ABI.md 2 (HANDLE_MMIO), 2.3: of a result the low `width` bytes count."""
    answer = echo.load(UART + 0x18, width)
    assert given_to(echo) == [UART, 0x18, width, 0]
    assert (answer.claimed, answer.value) == (True, VALUE & (1 << 8 * width) - 1)


@pytest.mark.parametrize("width", [1, 2, 4, 8])
@given(value=U64)
@settings(max_examples=10, deadline=None)
def test_a_store_hands_over_the_value_zero_extended(shared, width, value):
    """ABI.md 2.3."""
    shared.store(UART + 0xFF8, value, width)
    assert given_to(shared) == [UART, 0xFF8, width | 1 << 8, value & (1 << 8 * width) - 1]


@pytest.fixture(scope="module")
def shared(asm_app):
    return asm_app(ECHO, whole=True, routes=BOTH)


@pytest.mark.parametrize(
    ("ipa", "width"),
    [(UART - 1, 1), (UART - 8, 8), (UART + 0x1000, 1), (UART + 1, 2), (UART + 2, 4),
     (UART + 4, 8), (UART + 0xFFF, 2), (UART + 0xFFC, 8), (UART - 4, 8)],
)  # fmt: skip
def test_accesses_that_leave_the_region_or_are_unaligned_never_reach_the_app(echo, ipa, width):
    """ABI.md 2.3."""
    assert not echo.load(ipa, width).claimed
    assert not echo.store(ipa, 1, width).claimed
    assert given_to(echo) == [0] * 4


def test_reads_and_writes_have_routes_of_their_own(asm_app):
    app = asm_app(ECHO, whole=True, routes=(region(kind=RouteKind.MMIO_READ),))
    assert app.load(UART).claimed
    assert not app.store(UART, 1).claimed


@pytest.mark.parametrize("width", [1, 2, 4, 8])
@pytest.mark.parametrize("ending", ["brk #0x5501", "mov x8, #0; mov x0, #-22; svc #0"])
def test_the_fault_answer_is_all_ones_of_the_width(asm_app, width, ending):
    """ABI.md 5.2, 2.2: and a write is dropped."""
    app = asm_app(
        f"cmp x0, #3; b.eq mmio; mov x0, #-38; mov x8, #0; svc #0; mmio: {ending}",
        whole=True,
        routes=BOTH,
        restart_limit=5,
    )
    answer = app.load(UART, width)
    assert (answer.claimed, answer.value) == (True, (1 << 8 * width) - 1)
    assert app.store(UART, 5, width).claimed


def test_while_it_waits_for_its_restart_loads_give_all_ones(asm_app):
    """ABI.md 5.5; and its routes are unclaimed when it is dead."""
    die = "cmp x0, #3; b.eq die; mov x0, #-38; mov x8, #0; svc #0; die: brk #0x5501"
    app = asm_app(die, whole=True, routes=BOTH, restart_limit=1)
    app.load(UART)
    waiting = app.load(UART, 2)
    assert (waiting.claimed, waiting.value, waiting.outcome) == (True, 0xFFFF, None)
    assert app.store(UART, 1).claimed
    app.hypervisor.advance(abi.RESTART_FIRST_NS)
    app.load(UART)
    assert not app.load(UART).claimed
    assert not app.store(UART, 1).claimed


def test_not_handled_is_unclaimed(asm_app):
    """ABI.md 2.2."""
    app = asm_app("mov x8, #0; mov x0, #-38; svc #0", whole=True, routes=BOTH)
    assert not app.load(UART).claimed
    assert not app.store(UART, 1).claimed


# --- loading --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "size", "what"),
    [
        (RAM - 0x1000, 0x2000, "RAM"),
        (RAM + 0x8000, 0x1000, "RAM"),
        (0x0300_1000, 0x1000, "interrupt controller"),
        (0x0302_0000, 0x1000, "interrupt controller"),
        (0x2200_0000, 0x1000, "console of domain 2"),
    ],
)
@pytest.mark.parametrize("loads_first", [False, True])
def test_a_region_in_the_way_of_the_guests_own_is_refused(asm_app, base, size, what, loads_first):
    """ABI.md 4.2: RAM, interrupt controller, devices; whoever comes first."""
    guest = Domain(2, devices=[Region("console", 0x2200_0000, 0x1000)])
    hypervisor = Hypervisor()
    routes = (region(base, size, kind=RouteKind.MMIO_WRITE),)

    def load():
        asm_app(RETURN_0, whole=True, routes=routes, hypervisor=hypervisor, serves=(2,))

    with pytest.raises(LoadError, match=what):
        if loads_first:
            load()
            hypervisor.create_domain(guest)
        else:
            hypervisor.create_domain(guest)
            load()
    assert (2 in hypervisor.domains) is not loads_first


@pytest.mark.parametrize("kind", [RouteKind.MMIO_READ, RouteKind.MMIO_WRITE])
def test_regions_of_two_apps_do_not_overlap(asm_app, kind):
    """ABI.md 4.2: both are named, whether it is read or written."""
    wide = (region(UART - 0x1000, 0x3000, kind=RouteKind.MMIO_READ),)
    first = asm_app(RETURN_0, whole=True, routes=wide, name="first")
    with pytest.raises(LoadError, match=r"'second'.*'first'"):
        asm_app(RETURN_0, whole=True, routes=(region(kind=kind),), name="second", uuid=2,
                hypervisor=first.hypervisor)  # fmt: skip


@pytest.mark.parametrize("mmio_first", [False, True])
def test_ids_and_addresses_do_not_compete(asm_app, mmio_first):
    """Also where the numbers are the same."""
    calls = (Route(RouteKind.SMC, UART, UART + 0xFFF, RouteFlag.NONE),)
    first, second = (BOTH, calls) if mmio_first else (calls, BOTH)
    one = asm_app(RETURN_0, whole=True, routes=first)
    asm_app(RETURN_0, whole=True, routes=second, name="second", uuid=2, hypervisor=one.hypervisor)
    assert one.load(UART).claimed
    assert one.smc(fid=UART).registers == dict.fromkeys(range(4), 0) | {0: UART}


# --- guests' instructions -------------------------------------------------------------------


def run(bench, source: str, domid: int = 1):
    domain = bench.hypervisor.domains[domid]
    domain.write(RAM, assemble(source))
    vcpu = UnicornMachine().vcpu(domain.ram, RAM)
    return vcpu, Guest(bench.hypervisor, Requester(domid, 0), vcpu).run()


BASE = load_immediate("x1", UART)

LOADS = [
    ("ldr x2, [x1]", VALUE),
    ("ldr w2, [x1]", VALUE & 0xFFFF_FFFF),
    ("ldrh w2, [x1, #2]", 0x8788),
    ("ldrb w2, [x1, #1]", 0x88),
    ("ldrsw x2, [x1, #4]", 0xFFFF_FFFF_8586_8788),
    ("ldrsh x2, [x1]", 0xFFFF_FFFF_FFFF_8788),
    ("ldrsh w2, [x1]", 0xFFFF_8788),
    ("ldrsb x2, [x1]", 0xFFFF_FFFF_FFFF_FF88),
    ("ldrsb w2, [x1]", 0xFFFF_FF88),
    ("ldur x2, [x1, #8]", VALUE),
    ("ldurb w2, [x1, #255]", 0x88),
    ("ldursw x2, [x1, #12]", 0xFFFF_FFFF_8586_8788),
    ("ldr w2, [x1, x3]", VALUE & 0xFFFF_FFFF),
    ("ldr x2, [x1, x3, lsl #3]", VALUE),
    ("ldar w2, [x1]", VALUE & 0xFFFF_FFFF),
    ("ldarb w2, [x1]", 0x88),
    ("ldar x2, [x1]", VALUE),
    ("ldr xzr, [x1]", None),
]


@pytest.mark.parametrize(("instruction", "loaded"), LOADS)
def test_loads_of_every_width_and_sign(echo, instruction, loaded):
    """ABI.md 2.3: sign-extended by the load if it asks so; zero above 32 bits otherwise."""
    vcpu, answers = run(echo, f"{BASE}; mov x2, #-1; mov x3, #16; {instruction}; mov x4, #1; wfi")
    assert len(answers) == 1
    assert answers[0].claimed
    assert vcpu.read_registers(2, 1)[0] == (M64 if loaded is None else loaded)
    assert vcpu.read_registers(4, 1) == (1,)  # it went on
    assert vcpu.read_registers(1, 1) == (UART,)


STORES = [
    ("str x2, [x1]", 0, 8, 0xF1F2_F3F4_F5F6_F7F8),
    ("str w2, [x1, #4]", 4, 4, 0xF5F6_F7F8),
    ("strh w2, [x1]", 0, 2, 0xF7F8),
    ("strb w2, [x1, #3]", 3, 1, 0xF8),
    ("stur w2, [x1, #16]", 16, 4, 0xF5F6_F7F8),
    ("str w2, [x1, x3]", 16, 4, 0xF5F6_F7F8),
    ("stlr w2, [x1]", 0, 4, 0xF5F6_F7F8),
    ("stlrh w2, [x1]", 0, 2, 0xF7F8),
    ("str xzr, [x1]", 0, 8, 0),
    ("strb wzr, [x1]", 0, 1, 0),
]


@pytest.mark.parametrize(("instruction", "offset", "width", "value"), STORES)
def test_stores_of_every_width(echo, instruction, offset, width, value):
    """ABI.md 2.3."""
    load = load_immediate("x2", 0xF1F2_F3F4_F5F6_F7F8)
    _, answers = run(echo, f"{BASE}; {load}; mov x3, #16; {instruction}; wfi")
    assert len(answers) == 1
    assert given_to(echo) == [UART, offset, width | 1 << 8, value]


VECTORS = RAM + 0x800
HANDLER = "; ".join(
    [
        "mrs x20, esr_el1; mrs x21, far_el1; mrs x22, elr_el1; mrs x23, spsr_el1",
        "add x22, x22, #4; msr elr_el1, x22; add x19, x19, #1; eret",
    ]
)
SET_VECTORS = f"{load_immediate('x0', VECTORS)}; msr vbar_el1, x0"

UNUSABLE = [
    "ldp x2, x3, [x1]",
    "stp x2, x3, [x1]",
    "ldp w2, w3, [x1, #8]",
    "ldr x2, [x1], #8",
    "str x2, [x1, #8]!",
    "ldxr x2, [x1]",
    "ldaxr w2, [x1]",
    "ldr q0, [x1]",
    "str d0, [x1]",
    "ldur w2, [x1, #1]",
    "ldur x2, [x1, #4]",
    "sturh w2, [x1, #3]",
]


@pytest.mark.parametrize("instruction", [*UNUSABLE, "ldr x2, [x4]", "strb w2, [x4]"])
def test_unclaimed_accesses_abort_in_the_guest(echo, instruction):
    """ABI.md 2.3, 4.3: pairs, exclusives, SIMD, write-back, unaligned; and where no app is."""
    echo.hypervisor.domains[1].write(VECTORS + 0x200, assemble(HANDLER))
    setup = f"{SET_VECTORS}; mov x5, #0x300000; msr cpacr_el1, x5; mov x2, #3"
    nowhere = load_immediate("x4", 0x0A00_0000)
    before = assemble(f"{setup}; {BASE}; {nowhere}")
    vcpu, answers = run(echo, f"{setup}; {BASE}; {nowhere}; {instruction}; mov x6, #1; wfi")
    assert [answer.claimed for answer in answers] == [False]
    esr, far, behind, spsr = vcpu.read_registers(20, 4)
    assert esr >> 26 == syndrome.ExceptionClass.DATA_ABORT_SAME
    assert esr & 0x3F == 0x10  # synchronous external abort
    assert bool(esr & 1 << 6) is instruction.startswith("st")
    assert far & ~0xFFF == (0x0A00_0000 if "x4" in instruction else UART)
    assert behind == RAM + len(before) + 4
    assert spsr & 0xF == 5  # EL1h
    assert vcpu.read_registers(19, 1) == (1,)
    assert vcpu.read_registers(1, 2) == (UART, 3)  # neither base nor target has changed
    assert vcpu.read_registers(6, 1) == (1,)
    assert given_to(echo) == [0] * 4


def test_a_guest_without_vectors_has_an_error(echo):
    with pytest.raises(GuestError, match="data abort: read, not mapped"):
        run(echo, f"{load_immediate('x1', 0x0A00_0000)}; ldr x2, [x1]; wfi")


def test_an_unclaimed_fetch_aborts_in_the_guest(echo):
    echo.hypervisor.domains[1].write(
        VECTORS + 0x200, assemble("mrs x20, esr_el1; mrs x21, far_el1; wfi")
    )
    vcpu, _ = run(echo, f"{SET_VECTORS}; {BASE}; br x1")
    esr, far = vcpu.read_registers(20, 2)
    assert (esr >> 26, far) == (syndrome.ExceptionClass.INSTRUCTION_ABORT_SAME, UART)


def test_the_timeline_shows_an_access(asm_app):
    events: list[Event] = []
    app = asm_app(ECHO, whole=True, routes=BOTH, hypervisor=Hypervisor(record=events.append))
    events.clear()
    run(app, f"{BASE}; mov w2, #7; strb w2, [x1, #5]; wfi")
    (trap,) = [event for event in events if event.step is Step.GUEST_TRAPPED]
    assert trap.values["instruction"] == "store of 1 at 0x9000005"
    assert trap.values["value"] == 7


# --- the decoder ----------------------------------------------------------------------------


@given(word=st.integers(0, (1 << 32) - 1))
@settings(max_examples=400, deadline=None)
def test_no_word_makes_an_impossible_syndrome(word):
    """Valid ones are of a width that the register holds."""
    found = syndrome.load_store(iss(word))
    if found is not None:
        assert found.width in (1, 2, 4, 8)
        assert not (found.store and found.signed)
        assert found.width <= (8 if found.wide else 4)
        assert found.loaded((1 << 8 * found.width) - 1) <= M64


@pytest.mark.parametrize(
    ("instruction", "width", "signed", "wide"),
    [("ldr w2, #8", 4, False, False), ("ldr x2, #8", 8, False, True),
     ("ldrsw x2, #8", 4, True, True), ("ldtrh w2, [x1]", 2, False, False),
     ("ldtrsb x2, [x1]", 1, True, True)],
)  # fmt: skip
def test_literal_and_unprivileged_loads_have_a_valid_syndrome(instruction, width, signed, wide):
    found = syndrome.load_store(iss(int.from_bytes(assemble(instruction), "little")))
    assert found == syndrome.LoadStore(width, 2, False, signed, wide)


@pytest.mark.parametrize(
    "instruction",
    ["ldp x2, x3, [x1]", "ldr x2, [x1], #8", "ldr x2, [x1, #8]!", "ldxr x2, [x1]",
     "stxr w3, x2, [x1]", "ldr q0, [x1]", "ldr d0, [x1]", "stnp x2, x3, [x1]",
     "ldaxp x2, x3, [x1]", "add x1, x2, x3", "ld1 {v0.4s}, [x1]", "prfm pldl1keep, [x1]",
     "prfm pldl1keep, #8", ".word 0xf8210062"],  # the last is LDADD
)  # fmt: skip
def test_other_forms_have_no_valid_syndrome(instruction):
    word = int.from_bytes(assemble(instruction), "little")
    assert syndrome.load_store(iss(word)) is None


# --- by the API, on each backend ------------------------------------------------------------


@pytest.fixture(scope="module")
def shapes(xap):
    return xap.load("apps/shapes.py")


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_an_app_in_python_serves_loads(shapes, width):
    """LANGUAGE.md 5: `u64`, its low `width` bytes count."""
    got = shapes.mmio_read(UART + 16, width, domid=4)
    assert (got.value, got.status) == (VALUE + 16 & (1 << 8 * width) - 1, "ok")
    assert got.log == [f"load 0x10 {width} 4"]


@given(value=U64, width=st.sampled_from([1, 2, 4, 8]), vcpu=st.integers(0, 7))
@settings(max_examples=20, deadline=None)
def test_an_app_in_python_serves_stores(shapes, value, width, vcpu):
    got = shapes.mmio_write(UART + 0x1FF8, value, width, vcpu=vcpu)
    assert got.log == [f"store 0x1ff8 {width} {value & (1 << 8 * width) - 1:#x} {vcpu}"]
    assert (got.value, got.status, got.errno, got.fault) == (None, "ok", None, None)


@pytest.mark.parametrize("address", [UART + 0xFF8, UART + 0x1000, UART - 8])
def test_declined_and_unclaimed_loads_abort(shapes, address):
    got = shapes.mmio_read(address)
    assert (got.value, got.status, got.handled) == (None, "not_handled", False)


def test_an_access_has_a_width(shapes):
    with pytest.raises(ValueError, match="an access is of"):
        shapes.mmio_read(UART, 3)
