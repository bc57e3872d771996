"""The entry stub and the system calls' shims (ABI.md sections 2 and 3; docs/architecture.md)."""

import pytest
from xaprt import abi
from xaprt.link import link
from xaprt.memory import SOURCES as MEMORY
from xaprt.verify import verify

from tests.image.support import APP, FID, FIVE, Processor, compiled, entry, function

BASES = (0x4_0000, 0x5555_0000_1000)
ARGUMENTS = tuple(0x1111_1111_1111_1111 * n for n in range(9))
SHIMS = {
    "log": 3,
    "call_smc": 7,
    "map_guest_page": 2,
    "unmap": 1,
    "map_io": 1,
    "inject_irq": 1,
    "set_timer": 1,
    "time": 0,
}


def processor(text: str, base: int = BASES[0]) -> Processor:
    return Processor(link(compiled(text), APP), base)


def test_every_system_call_has_a_shim() -> None:
    others = {abi.Syscall.RETURN, abi.Syscall.PANIC}
    assert set(SHIMS) == {n.name.lower() for n in abi.Syscall if n not in others}


@pytest.mark.parametrize("base", BASES)
def test_eight_registers_go_in_and_five_come_out(base: int) -> None:
    """ABI.md 2.1 and 2.2."""
    sums = "\n".join(f"%s{n} = add i64 %x{n}, %x{n + 3}" for n in range(5))
    app = processor(entry(sums, values=[f"%s{n}" for n in range(5)]), base)
    registers = app.call(*range(100, 108)).registers
    assert registers[:5] == [203, 205, 207, 209, 211]
    assert registers[8] == abi.Syscall.RETURN


@pytest.mark.parametrize("base", BASES)
def test_the_ninth_register_goes_in_where_the_app_sees_it(base: int) -> None:
    """x8 is the guest's x7 (ABI.md 2.1)."""
    run = processor(entry("", count=9, values=["%x8", "%x7", "%x0", "0", "0"]), base).call(
        *ARGUMENTS
    )
    assert run.registers[:3] == [ARGUMENTS[8], ARGUMENTS[7], 0]
    assert run.depth == 16


@pytest.mark.parametrize("name", SHIMS)
def test_a_shim_hands_its_arguments_over_and_its_results_back(name: str) -> None:
    """ABI.md section 3."""
    values = ", ".join(f"i64 %x{n + 1}" for n in range(SHIMS[name]))
    kinds = ", ".join(["i64"] * SHIMS[name])
    text = f"declare {FIVE} @xap_sys_{name}({kinds})\n"
    body = [f"%all = call {FIVE} @xap_sys_{name}({values})"]
    body += [f"%r{n} = extractvalue {FIVE} %all, {n}" for n in range(5)]
    run = processor(text + entry("\n".join(body), values=[f"%r{n}" for n in range(5)])).call(
        *ARGUMENTS, answer=(5, 4, 3, 2, 1)
    )
    number, given = run.calls[0]
    assert number == abi.Syscall[name.upper()]
    assert given[: SHIMS[name]] == list(ARGUMENTS[1 : 1 + SHIMS[name]])
    assert run.registers[:5] == [5, 4, 3, 2, 1]
    assert len(run.calls) == 1


def test_values_survive_a_system_call() -> None:
    """What the compiler keeps in registers over a shim is kept by the hypervisor (section 3)."""
    text = "declare i64 @xap_sys_time()\n"
    values = ["%x1", "%x5", "%x6", "%x7", "%t"]
    app = processor(text + entry("%t = call i64 @xap_sys_time()", values=values))
    assert app.call(*ARGUMENTS, answer=(77,)).registers[:5] == [
        *(ARGUMENTS[n] for n in (1, 5, 6, 7)),
        77,
    ]


def test_return_ends_the_call_from_inside() -> None:
    text = "declare void @xap_sys_return(i64, i64, i64, i64, i64) noreturn\n"
    values = ", ".join(f"i64 %x{n}" for n in (5, 4, 3, 2, 1))
    inner = function(
        "inner",
        f"call void @xap_sys_return({values})\nunreachable",
        ", ".join(f"i64 %x{n}" for n in range(6)),
    )
    given = ", ".join(f"i64 %x{n}" for n in range(6))
    run = processor(text + inner + entry(f"call i64 @inner({given})")).call(*ARGUMENTS)
    assert run.registers[:5] == [ARGUMENTS[n] for n in (5, 4, 3, 2, 1)]
    assert run.calls == []


def test_return8_has_eight_results() -> None:
    """ABI.md 2.2: status 1, r0..r6 in x1..x7, r7 in x9."""
    text = "declare void @xap_return8(" + ", ".join(["i64"] * 8) + ") noreturn\n"
    values = ", ".join(f"i64 %x{n}" for n in range(8))
    made = entry(f"call void @xap_return8({values})")
    registers = processor(text + made).call(*ARGUMENTS).registers
    assert registers[0] == abi.Status.DONE_8
    assert [*registers[1:8], registers[9]] == list(ARGUMENTS[:8])


def test_panic_does_not_come_back() -> None:
    """If it did, the check behind it would fail."""
    text = "declare void @xap_sys_panic(i64, i64, i64) noreturn\n"
    made = entry("call void @xap_sys_panic(i64 8, i64 %x1, i64 %x2)")
    with pytest.raises(AssertionError, match="exception 7"):
        processor(text + made).call(*ARGUMENTS)


def test_an_empty_handler_takes_at_most_sixteen_instructions() -> None:
    """One route, dispatch and cleared results included; the stub's part is three."""
    not_handled = f"ret {FIVE} {{ i64 -38, i64 0, i64 0, i64 0, i64 0 }}"
    handler = f"""
  switch i64 %x0, label %other [ i64 {abi.Function.HANDLE_SMC.value}, label %smc ]
smc:
  %fid = trunc i64 %x1 to i32
  switch i32 %fid, label %unknown [ i32 {FID}, label %handle ]
unknown:
  {not_handled}
other:
  {not_handled}
handle:"""
    app = Processor(link(compiled(entry(handler), optimize=True), APP), BASES[0])
    run = app.call(abi.Function.HANDLE_SMC, FID)
    assert run.registers[:5] == [0] * 5
    assert run.instructions <= 16
    refused = app.call(abi.Function.HANDLE_SMC, FID + 1)
    assert refused.registers[0] == (1 << 64) - 38


RUNTIME = [*(f"xap_sys_{name}" for name in [*SHIMS, "return", "panic"]), "xap_return8", *MEMORY]


@pytest.mark.parametrize("name", RUNTIME)
@pytest.mark.parametrize("count", [8, 9])
def test_the_verifier_accepts_every_routine(name: str, count: int) -> None:
    text = f"declare i64 @{name}(i64, i64, i64)\n"
    made = entry(f"%r = call i64 @{name}(i64 %x1, i64 %x2, i64 %x3)", count=count)
    report = verify(link(compiled(text + made), APP))
    assert report.stack_bytes == report.stack_limit == (16 if count == 8 else 32)
