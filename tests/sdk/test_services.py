"""Messages and the plain services (LANGUAGE.md section 6)."""

import pytest
import xap
from xap import (
    Array,
    Caller,
    N,
    NotHandled,
    Panic,
    SmcCall,
    SmcResult,
    SmcResult8,
    call_smc,
    caller,
    i32,
    inject_irq,
    log,
    map_guest_page,
    now_ns,
    runtime,
    set_timer,
    sizeof,
    u8,
    u16,
    u32,
    u64,
)
from xaprt import abi

from tests.sdk.hypervisor import Page


def test_log_levels(hypervisor):
    log.error("e")
    log.warn("w")
    log.info("i")
    log.debug(f"{u32(255):#x} {True}")
    assert hypervisor.logged == [(0, "e"), (1, "w"), (2, "i"), (3, "0xff True")]
    with pytest.raises(TypeError):
        log.info(u32(1))


def test_hexdump_lines(hypervisor):
    log.hexdump(Array[u8, N[16 + 3]](range(19)))
    assert hypervisor.logged == [
        (3, "0000: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"),
        (3, "0010: 10 11 12"),
    ]


def test_hexdump_of_a_page_reads_it_once(hypervisor):
    hypervisor.pages[0] = Page()
    with map_guest_page(0) as page:
        log.hexdump(page)
    assert hypervisor.pages[0].accesses == [("read", 0, 4096)]
    assert len(hypervisor.logged) == 256
    assert hypervisor.logged[255] == (3, "0ff0:" + " 00" * 16)


def test_hexdump_is_of_bytes(hypervisor):
    for wrong in (Array[u16, N[1]](), b"ab", u32(1)):
        with pytest.raises(TypeError):
            log.hexdump(wrong)


def test_call_smc(hypervisor):
    hypervisor.firmware = (1, 2, 3, (1 << 64) - 1)
    result = call_smc(0xC200_0001, u64(1), x3=7)
    assert hypervisor.calls == [("call_smc", 0xC200_0001, 1, 0, 7, 0, 0, 0)]
    assert [int(x) for x in (result.x0, result.x1, result.x2, result.x3)] == [1, 2, 3, 2**64 - 1]


def test_call_smc_refused(hypervisor):
    result = call_smc(u32(0xC200_0001))
    assert result.equals(SmcResult(0xFFFF_FFFF_FFFF_FFFF, 0, 0, 0))


@pytest.mark.parametrize("fid", [u64(1), 1 << 32, -1, True, "1"])
def test_call_smc_takes_a_u32(hypervisor, fid):
    with pytest.raises((TypeError, ValueError)):
        call_smc(fid)
    with pytest.raises((TypeError, ValueError)):
        call_smc(1, u32(1))


def test_the_others(hypervisor):
    hypervisor.answer = -22
    for made in (inject_irq(u32(40)), set_timer(1_000_000)):
        assert (type(made), made) == (i32, -22)
    assert hypervisor.calls == [("inject_irq", 40), ("set_timer", 1_000_000)]
    assert (type(now_ns()), now_ns()) == (u64, 123_456)
    assert caller().equals(Caller(3, 1))


def test_panic_and_not_handled():
    with pytest.raises(Panic) as caught:
        xap.panic(f"no {u8(1)}")
    assert (caught.value.reason, caught.value.message) == (abi.Reason.PANIC, "no 1")
    with pytest.raises(NotHandled):
        xap.not_handled()


def test_static_assert():
    xap.static_assert(sizeof(u32) == 4, "size")
    with pytest.raises(AssertionError, match="size"):
        xap.static_assert(sizeof(u32) == 5, "size")
    with pytest.raises(TypeError):
        xap.static_assert(1, "size")


def test_without_a_hypervisor(capsys):
    log.warn("alone")
    assert capsys.readouterr().err == "warn: alone\n"
    assert call_smc(1).x0 == abi.REFUSED
    assert inject_irq(40) == -abi.Errno.EPERM
    assert set_timer(0) == -abi.Errno.EPERM
    assert caller().equals(Caller(abi.DOMID_NONE, abi.VCPU_NONE))
    assert now_ns() <= now_ns()
    with map_guest_page(0) as page:
        assert page.error == -abi.Errno.EPERM
    with xap.map_io("uart1") as regs:
        assert regs.error == -abi.Errno.EPERM


def test_services_are_in_use_for_the_block(hypervisor):
    with pytest.raises(ZeroDivisionError), runtime.use(runtime.Defaults()):
        raise ZeroDivisionError
    log.info("back")
    assert hypervisor.logged == [(2, "back")]


def test_the_language_s_structs_take_constants():
    call = SmcCall(0xC600_0001, 1, 2, 3, 4, 5, 6, 7, Caller(1, 0))
    assert (type(call.fid), type(call.x7), call.caller.domid) == (u32, u64, 1)
    assert SmcResult(1, x3=2).equals(SmcResult(u64(1), u64(0), u64(0), u64(2)))
    assert SmcResult8(x7=9).x7 == 9
    with pytest.raises(ValueError):
        SmcResult(-1)
    with pytest.raises(TypeError):
        SmcResult(u32(1))
    result = SmcResult()
    with pytest.raises(TypeError):
        result.x0 = 1


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Caller", {"domid": "u16", "vcpu": "u16"}),
        ("MmioAccess", {"offset": "u64", "width": "u8", "caller": "Caller"}),
        ("SmcResult", {f"x{n}": "u64" for n in range(4)}),
        ("SmcResult8", {f"x{n}": "u64" for n in range(8)}),
        (
            "SmcCall",
            {"fid": "u32", **{f"x{n}": "u64" for n in range(1, 8)}, "caller": "Caller"},
        ),
    ],
)
def test_fields_of_the_language_s_structs(name, fields):
    found = getattr(xap, name).__xap_fields__
    assert {f.name: f.type.__name__ for f in found.values()} == fields
