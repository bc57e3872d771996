"""What fuzzing found, and what was found on the way: each kept a reader busy, or made it fail."""

import base64
from collections.abc import Callable

import pytest
from xapc.inspection.facts import inspect, line_of
from xapc.inspection.text import as_text
from xaprt import elf
from xaprt.debug.bounded import Calls, TooLong
from xaprt.debug.dwarf import DwarfSymbols
from xaprt.grants import GrantError, read_grants, require_apps
from xaprt.signature import SignatureError, read_private_key, read_public_key
from xaprt.verify import Refusal, verify

from tests.fuzz import hostile_debug
from tests.fuzz.meter import Meter
from tests.fuzz.targets import Target
from tests.verify.images import EXIT, image

# --- symbols ------------------------------------------------------------------------------------


def with_symbol_tables(tables: int, symbols: int, name: bytes = b"f", text: str = EXIT) -> bytes:
    """All tables are the same one, all symbols have one name."""
    file = bytearray(image(text))
    at = len(file)
    for number in range(symbols):
        file += elf.SYM.pack(1, elf.STT_FUNC, 0, 1, number, 4)
    names_at = len(file)
    file += b"\0" + name + b"\0"
    header = list(elf.EHDR.unpack_from(file))
    header[6], header[11], header[12] = len(file), elf.SHDR.size, tables + 1
    elf.EHDR.pack_into(file, 0, *header)
    size = symbols * elf.SYM.size
    table = elf.SHDR.pack(0, elf.SHT_SYMTAB, 0, 0, at, size, tables, 0, 8, elf.SYM.size)
    names = elf.SHDR.pack(0, elf.SHT_STRTAB, 0, 0, names_at, len(name) + 2, 0, 0, 1, 0)
    return bytes(file) + table * tables + names


def test_a_symbol_table_that_is_there_a_thousand_times() -> None:
    """Names were read from each: with a mebibyte of them that took minutes."""
    data = with_symbol_tables(1000, 1000)
    assert verify(image(EXIT))  # tables of instructions are made once
    with Calls(50_000).counted():
        report = verify(data)
    assert [function.name for function in report.functions] == ["f"]
    with Calls(500_000).counted():
        assert len(inspect(data).functions) == 1000


def test_a_name_without_end_for_every_symbol() -> None:
    """The rest of the file was copied for each of them."""
    data = with_symbol_tables(1, 2000, b"x" * (1 << 20), "hvc #0")
    with pytest.raises(Refusal) as caught:
        verify(data)
    assert caught.value.function is not None
    assert len(caught.value.function) == 128
    assert {len(function.name) for function in inspect(data).functions} == {128}


# --- debug information --------------------------------------------------------------------------

ENDLESS = (
    hostile_debug.sibling_before,
    hostile_debug.folders_of_nothing,
    hostile_debug.one_table_for_all,
    hostile_debug.one_list_of_ranges_for_all,
)


@pytest.mark.parametrize("make", ENDLESS)
def test_debug_information_without_end(make: Callable[[], bytes]) -> None:
    """`xapc verify` looked for the line of what it refused, and never came back."""
    data = make()
    with pytest.raises(Refusal) as caught:
        verify(data, line=lambda address: line_of(data, address))
    assert caught.value.address == 0
    assert caught.value.line is None


@pytest.mark.parametrize("make", ENDLESS)
def test_an_inspection_is_not_kept_busy_by_it_either(make: Callable[[], bytes]) -> None:
    assert as_text(inspect(make()))


@pytest.mark.parametrize("make", [hostile_debug.packed, hostile_debug.packed_as_gnu_does])
def test_sections_that_unpack_to_much_more_are_not_unpacked(make: Callable[[int], bytes]) -> None:
    data = make(1 << 27)

    def judge(data: bytes) -> None:
        assert line_of(data, 0) is None

    outcome = Meter(Target("line", judge, (), lambda data, rng: data)).execute(data)
    assert outcome.end == "accepted"
    assert outcome.kib < 16 << 10


def test_a_place_is_shown_in_characters_that_can_be_printed() -> None:
    """Names of files and functions went to the terminal as they are."""
    data = hostile_debug.named_to_disturb()
    place = DwarfSymbols(data).place(0)
    assert place is not None
    assert (place.function, place.file) == ("f\\x07", "a\\x1b[2J/b\\n.py")
    assert line_of(data, 0) == "a\\x1b[2J/b\\n.py:1"


def test_debug_information_is_read_within_the_bounds_that_are_told() -> None:
    data = hostile_debug.named_to_disturb()
    assert DwarfSymbols(data, most_calls=1_000_000).place(0) == DwarfSymbols(data).place(0)
    assert DwarfSymbols(data, most_calls=100).place(0) is None


def test_what_has_no_calls_left_is_stopped_at_once() -> None:
    calls = Calls(100)
    for _ in range(2):
        with pytest.raises(TooLong), calls.counted():
            while True:
                len("")


# --- keys ---------------------------------------------------------------------------------------


def pem(label: str, der: str) -> bytes:
    text = base64.b64encode(bytes.fromhex(der)).decode()
    return f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n".encode()


@pytest.mark.parametrize("kind", ["6e", "6f", "70", "71"])  # X25519, X448, Ed25519, Ed448
def test_a_key_of_the_wrong_size(kind: str) -> None:
    """OpenSSL says no in a way of its own (`InternalError`)."""
    short = f"302d020100300506032b65{kind}0421041f" + "11" * 31
    with pytest.raises(SignatureError, match="no private key in PEM"):
        read_private_key(pem("PRIVATE KEY", short))


def test_a_key_that_takes_long_to_read_is_too_long() -> None:
    """Numbers of 32,768 bits of DSA, 11 KiB in PEM: 13 seconds."""
    for read in (read_private_key, read_public_key):
        with pytest.raises(
            SignatureError, match="no key of Ed25519 in PEM has more than 4096 bytes"
        ):
            read(b"x" * 4097)


# --- grants -------------------------------------------------------------------------------------

_HUGE = "0x" + "f" * 9000


@pytest.mark.parametrize(
    "text",
    [
        '[trng]\n"a\\nb" = 1', '"a\\nb" = 1', '["a\\nb"]\nserves = 1', '["\\u2028"]',
        "[trng]\nserves = '''a\nb'''", f"[trng]\nserves = {_HUGE}", f"[trng]\nserves = [{_HUGE}]",
        f"[trng]\nserves = {{ a = {_HUGE} }}", f"[trng]\nserves = '{_HUGE}'",
        f"[trng]\nio = [{{ base = {_HUGE} }}]", f"[trng]\nguest_memory = {_HUGE}",
        f"[trng]\ntimer = {_HUGE}",
    ],
)  # fmt: skip
def test_grants_are_refused_in_one_short_line(text: str) -> None:
    """Names and values were repeated as they are, and a number of thousands of digits cannot be."""
    with pytest.raises(GrantError) as caught:
        require_apps(read_grants(text.encode()), ["trng"])
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("line", ["{} = 1", "[{}]", "x = {{ {} = 1 }}"])
def test_a_key_of_thousands_of_parts(line: str) -> None:
    """The time for it grew with the square of their number: minutes for the largest file."""
    text = line.format(".".join("a" * 2000))
    with pytest.raises(GrantError, match="line 2: more than 16 dots"):
        read_grants(b"# grants\n" + text.encode())
