"""What the report tells (issue 5, part 6)."""

from hypothesis import given
from hypothesis import strategies as st
from xaprt import abi, elf
from xaprt.verify import Call, SystemCall, verify
from xaprt.verify.symbols import Symbols

from tests.verify.images import EXIT, image

SOURCE = f"""
    bl work; {EXIT}
work:
    stp x29, x30, [sp, #-32]!; bl time; cbz x0, out; mov x8, x19; svc #0; bl time
out:
    ldp x29, x30, [sp], #32; ret
time:
    mov x8, #9; svc #0; ret
"""
SYMBOLS = {"_start": (0, 12), "work": (12, 32), "time": (44, 12)}


def test_functions_with_sizes_frames_and_calls():
    report = verify(image(SOURCE, symbols=SYMBOLS))
    assert report.entry == 0
    assert report.text_bytes == 56
    start, work, time = report.functions
    assert (start.name, start.size, start.frame, start.stack, start.returns) == (
        "_start", 12, 0, 32, False)  # fmt: skip
    assert (work.name, work.address, work.size, work.frame, work.returns) == (
        "work", 12, 32, 32, True)  # fmt: skip
    assert work.calls == (Call(16, 44), Call(32, 44))
    assert (time.name, time.size, time.frame, time.calls) == ("time", 12, 0, ())
    assert (report.stack_bytes, report.stack_limit) == (32, 4096)
    assert report.stack_path == (start, work)


def test_system_calls_used_and_where():
    report = verify(image(SOURCE))
    assert report.used == {abi.Syscall.RETURN, abi.Syscall.TIME, None}
    assert report.system_calls == (
        SystemCall(0, 8, 0), SystemCall(None, 28, 12), SystemCall(9, 48, 44))  # fmt: skip


def test_a_number_that_differs_by_path_is_no_constant():
    report = verify(image(f"mov x8, #9; cbz x0, s; mov x8, #3; s: svc #0; {EXIT}"))
    assert [call.number for call in report.system_calls] == [None, 0]


def test_a_function_that_nothing_reaches_is_not_told_of():
    report = verify(image(f"{EXIT}; mov x8, #3; svc #0; ret", symbols={"dead": (8, 12)}))
    assert [function.address for function in report.functions] == [0]
    assert report.used == {0}


def test_without_symbols_there_are_no_names():
    assert {function.name for function in verify(image(SOURCE)).functions} == {None}


# --- symbols --------------------------------------------------------------------------------


def test_a_symbol_covers_its_size_or_up_to_the_next():
    symbols = Symbols(image(EXIT, symbols={"a": (0, 8), "b": (16, 0), "c": (32, 4)}))
    found = [symbols.covering(address) for address in (0, 4, 8, 16, 28, 32, 36)]
    assert found == ["a", "a", None, "b", "b", "c", None]
    assert [symbols.at(address) for address in (0, 4, 16)] == ["a", None, "b"]


def test_names_that_could_forge_a_message_are_none():
    symbols = Symbols(image(EXIT, symbols={"evil\nname": (0, 4), "$x": (4, 4), "good": (8, 4)}))
    assert [symbols.at(address) for address in (0, 4, 8)] == [None, None, "good"]


@given(st.binary(max_size=elf.EHDR.size + 200))
def test_a_broken_symbol_table_has_no_symbols(data):
    assert Symbols(data).covering(0) is None


@given(st.integers(0, 1 << 32), st.binary(max_size=16))
def test_a_damaged_symbol_table_is_read_without_harm(at, junk):
    data = bytearray(image(EXIT, symbols=SYMBOLS))
    at = len(data) - 400 + at % 400
    data[at : at + len(junk)] = junk
    name = Symbols(bytes(data)).covering(0)
    assert name is None or name.isprintable()
