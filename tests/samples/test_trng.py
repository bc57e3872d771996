"""samples/trng.py: DEN0098 1.0, call by call, and the health test of SP 800-90B 4.4.1."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness import App
from xap_harness.hypervisor.firmware import NOT_SUPPORTED, Results, TrngFirmware
from xap_harness.plugin import Xap

VERSION, FEATURES, GET_UUID, RND32, RND64 = (
    0x8400_0050,
    0x8400_0051,
    0x8400_0052,
    0x8400_0053,
    0xC400_0053,
)
CALLS = [VERSION, FEATURES, GET_UUID, RND32, RND64]
ERROR = {name: code % (1 << 64) for name, code in (("invalid", -2), ("no entropy", -3))}
SAMPLE = "samples/trng.py"
SOURCE = Path(__file__).parents[2] / SAMPLE
SEED = 98


@pytest.fixture
def trng(xap: Xap) -> App:
    return xap.load(SAMPLE, firmware=TrngFirmware(SEED))


class Source:
    """Firmware that gives these words, three a draw, the first in x1; then nothing."""

    def __init__(self, words: Iterable[int]) -> None:
        self._words = iter(words)
        self.draws = 0

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        assert (fid, arguments[0]) == (RND64, 192)
        self.draws += 1
        drawn = [word for _, word in zip(range(3), self._words, strict=False)]
        return (0, drawn[0], drawn[1], drawn[2]) if len(drawn) == 3 else NOT_SUPPORTED


# --- 2.1 to 2.3 ------------------------------------------------------------------------------


def test_version(xap: Xap) -> None:
    trng = xap.load(SAMPLE)
    result = trng.smc(VERSION)
    assert (result.x0, result.x1, result.x2, result.x3) == (0x1_0000, 0, 0, 0)
    assert result.log == ["TRNG 1.0 found by domain 1"]


@pytest.mark.parametrize("fid", CALLS, ids=hex)
def test_features_knows_what_is_served(trng: App, fid: int) -> None:
    assert trng.smc(FEATURES, fid).x0 == 0


@pytest.mark.parametrize("fid", [0, 0x8400_0054, 0xC400_0050, 0x8400_0000, 0xFFFF_FFFF])
def test_features_denies_the_rest(trng: App, fid: int) -> None:
    """As -1 in w0, and to who looks at x0."""
    assert trng.smc(FEATURES, fid).x0 == (1 << 64) - 1


def test_features_looks_at_w1_alone(trng: App) -> None:
    """SMCCC 2.5: the upper half of a register is undefined in an SMC32 call."""
    assert trng.smc(FEATURES, 0xDEAD_BEEF << 32 | RND32).x0 == 0


def test_uuid_is_the_apps_own(trng: App) -> None:
    result = trng.smc(GET_UUID)
    words = (result.x0, result.x1, result.x2, result.x3)
    assert b"".join(w.to_bytes(4, "little") for w in words) == trng.manifest.uuid
    assert str(uuid.UUID(bytes=trng.manifest.uuid)) in SOURCE.read_text(encoding="utf-8")


# --- 2.4 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fid, bits", [(RND64, 0), (RND64, 193), (RND64, 1 << 63), (RND32, 97)])
def test_a_count_out_of_range_is_an_invalid_parameter(trng: App, fid: int, bits: int) -> None:
    result = trng.smc(fid, bits)
    assert (result.x0, result.x1, result.x2, result.x3) == (ERROR["invalid"], 0, 0, 0)


def test_rnd32_looks_at_w1_alone(trng: App) -> None:
    assert trng.smc(RND32, 1 << 32 | 96).x0 == 0
    assert trng.smc(RND32, 1 << 32).x0 == ERROR["invalid"]


def test_a_full_request_is_what_the_firmware_gives(trng: App) -> None:
    """Bit for bit, and in the same registers."""
    firmware = TrngFirmware(SEED)
    for _ in range(3):
        result = trng.smc(RND64, 192)
        drawn = firmware.smc(RND64, [192], 0)
        assert (result.x0, result.x1, result.x2, result.x3) == drawn


@settings(max_examples=40, deadline=None)
@given(
    requests=st.lists(
        st.one_of(
            st.tuples(st.just(RND32), st.integers(0, 97)),
            st.tuples(st.just(RND64), st.integers(0, 193)),
        ),
        max_size=12,
    )
)
def test_every_bit_comes_from_the_firmware_and_goes_out_once(
    xap: Xap, requests: list[tuple[int, int]]
) -> None:
    """Any mix of requests, from two guests: the words of the firmware in the order in which
    the app has them, each used for one request, bits beyond the count zero."""
    trng = xap.load(SAMPLE, firmware=TrngFirmware(SEED))
    pool = Words(TrngFirmware(SEED))
    for turn, (fid, bits) in enumerate(requests):
        result = trng.smc(fid, bits, domid=1 + turn % 2)
        width = 32 if fid == RND32 else 64
        got = (result.x0, result.x1, result.x2, result.x3)
        if not 1 <= bits <= 3 * width:
            assert got == (ERROR["invalid"], 0, 0, 0)
            continue
        value = pool.take(bits)
        mask = (1 << width) - 1
        assert got == (0, value >> 2 * width, value >> width & mask, value & mask)


class Words:
    """The pool as a specification: a stack of words, refilled by a draw of three."""

    def __init__(self, firmware: TrngFirmware) -> None:
        self._firmware = firmware
        self._stack: list[int] = []

    def take(self, bits: int) -> int:
        count = -(-bits // 64)
        if len(self._stack) < count:
            self._stack += self._firmware.smc(RND64, [192], 0)[1:]
        value = sum(self._stack.pop() << 64 * n for n in range(count))
        return value & ((1 << bits) - 1)


# --- NO_ENTROPY ------------------------------------------------------------------------------


def test_no_firmware_is_no_entropy(xap: Xap) -> None:
    trng = xap.load(SAMPLE)
    for fid in (RND32, RND64):
        result = trng.smc(fid, 64)
        assert (result.x0, result.x1, result.x2, result.x3) == (ERROR["no entropy"], 0, 0, 0)
        assert result.log == ["firmware has no entropy: -1"]


def test_a_stuck_source_is_seen_in_its_first_draw(xap: Xap) -> None:
    trng = xap.load(SAMPLE, firmware=Source(repeat(0xABCD)))
    for alarm in (1, 2):
        result = trng.smc(RND64, 64)
        assert (result.x0, result.x1, result.x2, result.x3) == (ERROR["no entropy"], 0, 0, 0)
        assert result.log == [f"source repeats itself, alarm {alarm}"]


def test_two_equal_words_are_chance_and_three_are_not(xap: Xap) -> None:
    """The cutoff is 1 + ceil(30 / 16) = 3, counted across draws."""
    good, twice, thrice = [1, 5, 5], [7, 5, 5], [5, 8, 9]
    source = Source([*good, *twice, *thrice, 10, 11, 12])
    trng = xap.load(SAMPLE, firmware=source)
    assert trng.smc(RND64, 192).x0 == 0
    assert trng.smc(RND64, 192).x0 == 0
    assert trng.smc(RND64, 192).x0 == ERROR["no entropy"]
    result = trng.smc(RND64, 192)
    assert (result.x0, result.x1, result.x2, result.x3) == (0, 10, 11, 12)


def test_an_alarm_throws_away_what_was_in_the_pool(xap: Xap) -> None:
    source = Source([1, 2, 3, 4, 4, 4, 5, 6, 7])
    trng = xap.load(SAMPLE, firmware=source)
    assert trng.smc(RND64, 64).x3 == 3
    assert trng.smc(RND64, 192).x0 == ERROR["no entropy"]
    assert trng.smc(RND64, 64).x3 == 7


def test_what_is_left_of_a_draw_is_used_before_the_next(xap: Xap) -> None:
    source = Source(counting())
    trng = xap.load(SAMPLE, firmware=source)
    assert [trng.smc(RND64, 64).x3 for _ in range(3)] == [3, 2, 1]
    assert source.draws == 1
    assert [trng.smc(RND64, 128).x3 for _ in range(2)] == [6, 9]


def counting() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number
