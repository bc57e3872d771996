"""samples/crc.py against zlib."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xap_harness import App
from xap_harness.plugin import Xap

SOURCE = Path(__file__).parents[2] / "samples/crc.py"
START, UPDATE, DIGEST = 0xC600_0010, 0xC600_0011, 0xC600_0012


@pytest.fixture(scope="module")
def crc(xap: Xap) -> App:
    return xap.load("samples/crc.py")


def send(crc: App, data: bytes) -> None:
    for at in range(0, len(data), 8):
        chunk = data[at : at + 8]
        assert crc.smc(UPDATE, int.from_bytes(chunk, "little"), len(chunk)).status == "ok"


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=70))
def test_digest_is_zlibs(crc: App, data: bytes) -> None:
    crc.smc(START)
    send(crc, data)
    result = crc.smc(DIGEST)
    assert (result.x0, result.x1) == (zlib.crc32(data), len(data))


def test_bytes_beyond_the_count_do_not_matter(crc: App) -> None:
    crc.smc(START)
    crc.smc(UPDATE, 0xFFFF_FFFF_FFFF_FF61, 1)
    assert crc.smc(DIGEST).x0 == zlib.crc32(b"a")


def test_nine_bytes_are_refused_before_anything_changed(xap: Xap) -> None:
    crc = xap.load("samples/crc.py")
    crc.smc(START)
    result = crc.smc(UPDATE, 0, 9)
    assert result.status == "fault"
    assert result.x0 == (1 << 64) - 1
    assert result.fault is not None and result.fault.reason == "ASSERT"
    assert result.fault.line == line_of("assert count <= 8")


def line_of(text: str) -> int:
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
