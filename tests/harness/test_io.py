"""Devices that an app maps (ABI.md 3.5)."""

import pytest
import xap_harness
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness.hypervisor.core import Hypervisor
from xap_harness.hypervisor.device import RegisterFile
from xaprt import abi
from xaprt.abi import Errno, NeedKind, Syscall
from xaprt.admission import LoadError
from xaprt.manifest import Need
from xaprt.rights import IoRegion, Rights

M64 = (1 << 64) - 1
UART, RTC = IoRegion("uart0", 0x1C09_0000, 0x1000), IoRegion("rtc0", 0x1C17_0000, 0x2000)
NEEDS = tuple(Need(NeedKind.IO, (r.name, r.base, r.size)) for r in (UART, RTC))
RETURN_X0 = "mov x1, x0; mov x2, x9; mov x8, #0; mov x0, #0; svc #0"
SYSCALL = f"mov x8, x2; mov x0, x3; svc #0; {RETURN_X0}"


def errno(number: Errno) -> int:
    return -number & M64


class Model:
    """A device that tells what was done to it and answers with a pattern."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    def read(self, offset: int, width: int) -> int:
        self.seen.append(("read", offset, width))
        return 0xA0A1_A2A3_A4A5_A6A7 + offset

    def write(self, offset: int, width: int, value: int) -> None:
        self.seen.append(("write", offset, width, value))


@pytest.fixture
def platform():
    """A hypervisor with both devices, and their models."""
    hypervisor, uart, rtc = Hypervisor(), Model(), Model()
    hypervisor.add_device(UART, uart)
    hypervisor.add_device(RTC, rtc)
    return hypervisor, uart, rtc


MAP = "mov x8, #6; mov x0, x2; svc #0; mov x19, x0"


def test_accesses_reach_the_device_one_by_one_in_order(asm_app, platform):
    """ABI.md 3.5: exactly of their width, none merged or repeated."""
    hypervisor, uart, rtc = platform
    app = asm_app(
        f"{MAP}; ldr w9, [x19, #0x18]; mov w1, #0x41; str w1, [x19]; str w1, [x19];"
        f"ldrh w3, [x19, #2]; strb w1, [x19, #0x7]; ldr w9, [x19, #0x18]; {RETURN_X0}",
        needs=NEEDS,
        hypervisor=hypervisor,
    )
    got = app.smc(0).registers
    assert got[1] == 0xA4A5_A6A7 + 0x18
    assert uart.seen == [
        ("read", 0x18, 4),
        ("write", 0, 4, 0x41),
        ("write", 0, 4, 0x41),
        ("read", 2, 2),
        ("write", 7, 1, 0x41),
        ("read", 0x18, 4),
    ]
    app.smc(1)
    assert len(rtc.seen) == len(uart.seen) == 6


@pytest.mark.parametrize(
    ("needs", "index", "result"),
    [((), 0, Errno.EPERM), (NEEDS, 2, Errno.EINVAL), (NEEDS, M64, Errno.EINVAL),
     (NEEDS, 1 << 32, Errno.EINVAL)],
)  # fmt: skip
def test_only_declared_regions(asm_app, platform, needs, index, result):
    """ABI.md 3 (map_io: the index among the io needs)."""
    app = asm_app(SYSCALL, needs=needs, hypervisor=platform[0])
    assert app.smc(Syscall.MAP_IO, index).registers[0] == errno(result)


def test_the_address_is_constant_and_outlives_the_call(asm_app, platform):
    """ABI.md 3.5: may stay mapped."""
    hypervisor, uart, _ = platform
    app = asm_app(
        f"cbnz x3, use; {MAP}; {RETURN_X0}; use: ldr w9, [x3]; {RETURN_X0}",
        needs=NEEDS,
        hypervisor=hypervisor,
    )
    first, second = (app.smc(0).registers[0] for _ in range(2))
    other = app.smc(1).registers[0]
    assert first == second != other
    assert app.smc(0, first).registers[1] == 0xA4A5_A6A7
    assert uart.seen == [("read", 0, 4)]


def test_unmapping_a_region(asm_app, platform):
    app = asm_app(
        f"{MAP}; mov x8, #5; svc #0; cbnz x0, out; ldr w9, [x19]; out: {RETURN_X0}",
        needs=NEEDS,
        hypervisor=platform[0],
    )
    assert app.fault(0).reason == "data abort: read, not mapped"
    assert platform[1].seen == []


def test_the_region_ends_where_it_ends(asm_app, platform):
    app = asm_app(f"{MAP}; ldr w9, [x19, x3]; {RETURN_X0}", needs=NEEDS, hypervisor=platform[0],
                  restart_limit=2)  # fmt: skip
    assert app.smc(0, 0xFFC).registers[1] == 0xA4A5_A6A7 + 0xFFC
    assert app.smc(1, 0x1FFC).registers[1] == 0xA4A5_A6A7 + 0x1FFC
    assert app.fault(0, 0x1000).reason == "data abort: read, not mapped"


def test_a_device_is_never_executed(asm_app, platform):
    """ABI.md 3.5."""
    app = asm_app(f"{MAP}; br x19", needs=NEEDS, hypervisor=platform[0])
    assert app.fault(0).reason.startswith("instruction abort: execute")
    assert platform[1].seen == []


def test_a_fault_unmaps_it(asm_app, platform):
    """ABI.md 5.5."""
    app = asm_app(
        f"cbnz x3, use; {MAP}; mov x2, x19; cbnz x4, die; {RETURN_X0}; die: brk #0x5501;"
        f"use: ldr w9, [x3]; {RETURN_X0}",
        needs=NEEDS,
        hypervisor=platform[0],
        restart_limit=1,
    )
    address = app.smc(0).registers[0]
    app.smc(0, 0, 1)
    app.hypervisor.advance(abi.RESTART_FIRST_NS)
    assert app.fault(0, address).reason == "data abort: read, not mapped"


def test_a_device_is_no_place_for_pointers(asm_app, platform):
    """ABI.md 3.1."""
    app = asm_app(
        f"{MAP}; mov x0, x19; mov x1, #4; mov x2, #2; mov x8, #1; svc #0; {RETURN_X0}",
        needs=NEEDS,
        hypervisor=platform[0],
    )
    assert app.smc(0).registers[0] == errno(Errno.EFAULT)
    assert platform[1].seen == []


# unicorn's binding complains that a callback which raised has no result, and raises for it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_model_that_fails_says_so(asm_app):
    """Its exception is not an app's fault."""

    class Broken(Model):
        def read(self, offset, width):
            raise NotImplementedError("no such register")

    hypervisor = Hypervisor()
    hypervisor.add_device(UART, Broken())
    app = asm_app(f"{MAP}; ldr w9, [x19]; {RETURN_X0}", needs=NEEDS[:1], hypervisor=hypervisor)
    with pytest.raises(NotImplementedError, match="no such register"):
        app.smc(0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_model_that_fails_says_so_under_python_too(xap):
    class Broken(Model):
        def write(self, offset, width, value):
            raise NotImplementedError("no such register")

    app = xap.load("apps/services.py", devices={"uart0": Broken()})
    with pytest.raises(NotImplementedError, match="no such register"):
        app.smc(0xC600_0004, 0, 1)


# --- rights ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("granted", "loads"),
    [
        ((UART, RTC), True),
        ((IoRegion("all", 0x1C00_0000, 0x100_0000),), True),
        ((UART,), False),
        ((UART, IoRegion("late", RTC.base + 0x1000, 0x2000)), False),
        ((UART, IoRegion("early", RTC.base - 0x1000, 0x2000)), False),
        ((UART, IoRegion("rtc0", RTC.base, 0x1000)), False),
        ((), False),
    ],
)
def test_a_need_beyond_the_grant_refuses_the_load(asm_app, platform, granted, loads):
    """ABI.md 4.1: regions count, not names."""
    options = {"needs": NEEDS, "grants": Rights(io=granted), "hypervisor": platform[0]}
    if loads:
        asm_app(SYSCALL, **options)
    else:
        with pytest.raises(LoadError, match="io region"):
            asm_app(SYSCALL, **options)


def test_a_device_that_is_not_there_refuses_the_load(asm_app):
    with pytest.raises(LoadError, match=r"'uart0'.*no such device"):
        asm_app(SYSCALL, needs=NEEDS)


@pytest.mark.parametrize(("base", "size"), [(UART.base - 0x1000, 0x3000), (UART.base, 0x800)])
def test_a_device_of_another_place_or_size_is_not_taken(asm_app, base, size):
    hypervisor = Hypervisor()
    hypervisor.add_device(IoRegion("other", base, size), Model())
    with pytest.raises(LoadError, match="no such device"):
        asm_app(SYSCALL, needs=NEEDS[:1], hypervisor=hypervisor)


def test_devices_of_a_platform_do_not_overlap(platform):
    with pytest.raises(ValueError, match="overlaps"):
        platform[0].add_device(IoRegion("other", UART.base + 0xF00, 0x1000), Model())


@given(
    writes=st.lists(
        st.tuples(st.sampled_from([1, 2, 4, 8]), st.integers(0, 7), st.integers(0, M64))
    )
)
@settings(max_examples=40, deadline=None)
def test_a_register_file_keeps_what_is_written(writes):
    """Against a plain byte array."""
    device, oracle = RegisterFile(64), bytearray(64)
    for width, place, value in writes:
        value &= (1 << 8 * width) - 1
        device.write(place * width, width, value)
        oracle[place * width : place * width + width] = value.to_bytes(width, "little")
        assert device.accesses[-1] == ("write", place * width, width, value)
    for place in range(8):
        assert device.read(8 * place, 8).to_bytes(8, "little") == oracle[8 * place : 8 * place + 8]


# --- by the API, on each backend ------------------------------------------------------------


def test_an_app_in_python_maps_a_device(xap):
    """LANGUAGE.md 6: accesses of exactly 32 bits, in order."""
    uart = Model()
    app = xap.load("apps/services.py", devices={"uart0": uart})
    assert app.smc(0xC600_0004, 0x2C, 0x55).x0 == 0xA4A5_A6A7
    assert uart.seen == [("write", 0x2C, 4, 0x55), ("read", 0, 4)]
    assert app.smc(0xC600_0005, 0x1FFC).x0 == 0  # the other one is a register file


def test_a_register_beyond_the_region_panics(xap):
    app = xap.load("apps/services.py")
    got = app.smc(0xC600_0004, 0x1000, 1)
    assert (got.status, got.fault.reason) == ("fault", "INDEX")


@pytest.mark.parametrize("backend", xap_harness.BACKENDS)
def test_a_model_for_no_need_is_a_mistake(request, backend):
    path = request.path.parent / "apps" / "services.py"
    with pytest.raises(ValueError, match="'uart1'; there are: rtc0, uart0"):
        xap_harness.load(path, backend, devices={"uart1": Model()})
