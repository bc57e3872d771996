"""The manifest (ABI.md section 1, clauses 3 and 4); its layout is told by `xaprt.manifest`."""

import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xaprt import abi
from xaprt.abi import NeedKind, Record, RouteFlag, RouteKind
from xaprt.manifest import Manifest, ManifestError, Need, Route, decode, encode

from tests.image.support import COMPLETE

PAGE = abi.PAGE_SIZE
u32 = st.integers(0, (1 << 32) - 1)
u64 = st.integers(0, (1 << 64) - 1)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=31)


def disjoint(kind: RouteKind, limit: int, unit: int, top: int) -> st.SearchStrategy[list[Route]]:
    """Routes of one kind: a sorted row of distinct edges, taken in pairs."""
    edges = st.lists(st.integers(0, top // unit - 1), unique=True, max_size=2 * limit).map(sorted)
    flags = st.sampled_from(list(RouteFlag) if kind is RouteKind.MMIO_WRITE else [RouteFlag.NONE])
    return st.tuples(edges, flags).map(
        lambda made: [
            Route(kind, unit * first, unit * last + unit - 1, made[1])
            for first, last in zip(made[0][::2], made[0][1::2], strict=False)
        ]
    )


routes = st.tuples(
    disjoint(RouteKind.SMC, 16, 1, 1 << 32),
    disjoint(RouteKind.HVC, 16, 1, 1 << 32),
    disjoint(RouteKind.MMIO_READ, 4, PAGE, 1 << 64),
    disjoint(RouteKind.MMIO_WRITE, 4, PAGE, 1 << 64),
).flatmap(lambda kinds: st.permutations([route for kind in kinds for route in kind]))

regions = st.tuples(names, st.integers(0, 1 << 40), st.integers(1, 1 << 10)).map(
    lambda made: Need(NeedKind.IO, (made[0], made[1] * PAGE, made[2] * PAGE))
)
one_need = st.one_of(
    st.lists(u32, min_size=1, max_size=2).map(lambda ids: Need(NeedKind.CALL_SMC, tuple(ids))),
    st.sampled_from(abi.GuestMemory).map(lambda mode: Need(NeedKind.GUEST_MEMORY, (mode,))),
    regions,
    st.integers(abi.SPI_FIRST, abi.SPI_LAST).map(lambda spi: Need(NeedKind.IRQ, (spi,))),
    st.just(Need(NeedKind.TIMER, ())),
)
needs = st.lists(one_need, max_size=4)
manifests = st.builds(
    Manifest,
    abi_version=st.just(abi.VERSION),
    entry=u64,
    uuid=st.binary(min_size=16, max_size=16).filter(any),
    name=names,
    app_version=st.tuples(u32, u32, u32),
    stack_bytes=st.integers(0, abi.MAX_STACK_BYTES),
    routes=routes.map(tuple),
    needs=needs.map(tuple),
    instances=st.sampled_from(abi.Instances),
    restart_limit=u32,
    budget_us=st.integers(0, abi.BUDGET_MAX_US),
    build_id=st.binary(min_size=1, max_size=32),
)


@given(manifests)
def test_what_is_encoded_is_decoded(manifest: Manifest) -> None:
    data = encode(manifest)
    assert len(data) % 8 == 0
    found = decode(data)
    assert found == manifest
    assert {type(route.kind) for route in found.routes} <= {RouteKind}
    assert type(found.instances) is abi.Instances


def test_the_bytes_are_those_of_the_description() -> None:
    """By struct alone, record by record."""
    made = replace(
        COMPLETE,
        entry=0x40,
        name="uart",
        stack_bytes=0x1230,
        restart_limit=3,
        budget_us=500,
        instances=abi.Instances.PER_DOMAIN,
        routes=(
            Route(RouteKind.HVC, 0xC600_0001, 0xC600_0004, RouteFlag.NONE),
            Route(RouteKind.MMIO_WRITE, 0x900_0000, 0x900_0FFF, RouteFlag.POSTED),
        ),
        needs=(
            Need(NeedKind.CALL_SMC, (0xC400_0053, 0xC400_0054)),
            Need(NeedKind.GUEST_MEMORY, (abi.GuestMemory.READ_WRITE,)),
            Need(NeedKind.IO, ("uart1", 0x1000, 0x2000)),
            Need(NeedKind.IRQ, (40,)),
            Need(NeedKind.TIMER, ()),
        ),
        build_id=b"\xaa\xbb\xcc",
    )
    records = [
        (1, struct.pack("<I", 0x1_0000)),
        (2, struct.pack("<Q", 0x40)),
        (3, bytes(range(16))),
        (4, b"uart" + bytes(28)),
        (5, struct.pack("<3I", 1, 2, 3)),
        (6, struct.pack("<I", 0x1230)),
        (9, struct.pack("<I", 1)),
        (10, struct.pack("<I", 3)),
        (11, struct.pack("<I", 500)),
        (7, struct.pack("<IIQQ", 2, 0, 0xC600_0001, 0xC600_0004)),
        (7, struct.pack("<IIQQ", 4, 1, 0x900_0000, 0x900_0FFF)),
        (8, struct.pack("<3I", 1, 0xC400_0053, 0xC400_0054)),
        (8, struct.pack("<2I", 2, 3)),
        (8, struct.pack("<IIQQ", 3, 0, 0x1000, 0x2000) + b"uart1" + bytes(27)),
        (8, struct.pack("<2I", 4, 40)),
        (8, struct.pack("<I", 5)),
        (12, b"\xaa\xbb\xcc"),
    ]
    assert encode(made) == b"".join(record(*each) for each in records)


def record(number: int, value: bytes) -> bytes:
    return struct.pack("<II", number, len(value)) + value + bytes(-len(value) % 8)


def split(data: bytes) -> dict[int, bytes]:
    """The records of a manifest that has each at most once."""
    found, at = {}, 0
    while at < len(data):
        number, length = struct.unpack_from("<II", data, at)
        found[number] = data[at + 8 : at + 8 + length]
        at += 8 + length + -length % 8
    return found


def joined(records: dict[int, bytes], *more: tuple[int, bytes]) -> bytes:
    return b"".join(record(*each) for each in [*records.items(), *more])


PLAIN = split(encode(COMPLETE))
SINGLE = [r for r in Record if r not in (Record.ROUTE, Record.NEED)]


def refused(data: bytes) -> str:
    with pytest.raises(ManifestError) as caught:
        decode(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@given(st.permutations(list(PLAIN)))
def test_records_may_come_in_any_order(order: list[int]) -> None:
    assert decode(joined({number: PLAIN[number] for number in order})) == COMPLETE


@pytest.mark.parametrize("number", SINGLE)
def test_single_records_occur_exactly_once(number: Record) -> None:
    """ABI.md 1.3."""
    without = {key: value for key, value in PLAIN.items() if key != number}
    assert refused(joined(without)) == f"{number.name}: is missing"
    assert refused(joined(PLAIN, (number, PLAIN[number]))) == f"{number.name}: occurs twice"


@pytest.mark.parametrize("number", [r for r in Record if r is not Record.BUILD_ID])
@pytest.mark.parametrize("change", [-1, 1, 1000, "empty"])
def test_lengths_are_exact(number: Record, change: Any) -> None:
    value = PLAIN[number]
    wrong = b"" if change == "empty" else (value + bytes(1000))[: len(value) + change]
    message = refused(joined(PLAIN | {number: wrong}))
    assert message.startswith(f"{number.name}: ")
    assert f"{len(wrong)} bytes, must have" in message or number is Record.NEED


@given(st.integers(13, (1 << 31) - 1) | st.just(0), st.binary(max_size=40))
def test_unknown_records_are_skipped(number: int, value: bytes) -> None:
    """ABI.md 1.3."""
    assert decode(joined(PLAIN, (number, value))) == COMPLETE
    assert decode(record(number, value) + joined(PLAIN)) == COMPLETE


@given(st.integers(0, (1 << 31) - 1), st.binary(max_size=40))
def test_unknown_records_that_are_required_refuse_the_image(number: int, value: bytes) -> None:
    """ABI.md 1.3; the bit makes a known number unknown."""
    required = number | abi.RECORD_REQUIRED
    assert f"record {required:#x}: is required" in refused(joined(PLAIN, (required, value)))


def test_padding_is_zero_and_records_end_inside() -> None:
    cut = joined(PLAIN)
    for size in range(1, len(cut)):
        refused(cut[:size])
    assert "padding" in refused(joined(PLAIN) + struct.pack("<II", 77, 1) + b"\0\0\0\0\0\0\0\1")
    assert "reach beyond" in refused(joined(PLAIN) + struct.pack("<II", 77, 0xFFFF_FFFF))
    assert "is cut" in refused(joined(PLAIN) + bytes(4))


def test_a_manifest_has_at_most_four_kibibytes() -> None:
    """ABI.md 1.4."""
    room = abi.MAX_MANIFEST_BYTES - len(joined(PLAIN)) - 8
    assert decode(joined(PLAIN, (99, bytes(room)))) == COMPLETE
    assert "4104 bytes, the limit is 4096" in refused(joined(PLAIN, (99, bytes(room + 8))))


VERSIONS = [(0x1_0000, True), (0x1_0001, False), (0x2_0000, False), (0, False), (0xFFFF, False)]


@pytest.mark.parametrize(("version", "fits"), VERSIONS)
def test_the_version_is_the_same_major_and_no_newer_minor(version: int, fits: bool) -> None:
    """ABI.md 1.3."""
    data = joined(PLAIN | {Record.ABI_VERSION: struct.pack("<I", version)})
    if fits:
        decode(data)
    else:
        assert f"is {version >> 16}.{version & 0xFFFF}, supported is 1.0" in refused(data)


def bad(field: str, value: Any, message: str) -> Any:
    return pytest.param(replace(COMPLETE, **{field: value}), message, id=f"{field}-{message}")


def routed(*made: tuple[Any, int, int, int]) -> tuple[Route, ...]:
    return tuple(Route(kind, first, last, RouteFlag(flags)) for kind, first, last, flags in made)


SMC, HVC, READ, WRITE = RouteKind


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        bad("uuid", bytes(16), "UUID: is all zero"),
        bad("uuid", bytes(15) + b"xy", "UUID: has 17 bytes"),
        bad("name", "", "NAME: '' is not 1 to 31"),
        bad("name", "a" * 32, "NAME: "),
        bad("name", "Abc", "NAME: 'Abc' is not"),
        bad("name", "ä", "NAME: "),
        bad("name", "a\n", r"NAME: 'a\n' is not"),
        bad("name", "a\0b", "NAME: "),
        bad("app_version", (1, 2, 1 << 32), "APP_VERSION: a field does not fit"),
        bad("app_version", (1, 2), "APP_VERSION: a field does not fit"),
        bad("entry", -1, "ENTRY: a field does not fit"),
        bad("stack_bytes", abi.MAX_STACK_BYTES + 1, "STACK: 65537 bytes, the limit is 65536"),
        bad("budget_us", 10_001, "BUDGET: 10001 microseconds, the limit is 10000"),
        bad("instances", 2, "INSTANCES: policy 2 is unknown"),
        bad("build_id", b"", "BUILD_ID: has 0 bytes, must have 1 to 32"),
        bad("build_id", bytes(33), "BUILD_ID: has 33 bytes"),
        bad("routes", routed((SMC, 5, 4, 0)), "ROUTE: SMC 0x5 to 0x4: the last is below"),
        bad("routes", routed((HVC, 5, 1 << 32, 0)), "a function identifier has 32 bits"),
        bad("routes", routed((9, 5, 6, 0)), "ROUTE: kind 9 is unknown"),
        bad("routes", routed((READ, 0x1001, 0x1FFF, 0)), "is not whole pages"),
        bad("routes", routed((WRITE, 0x1000, 0x1FFE, 0)), "is not whole pages"),
        bad("routes", routed((WRITE, 0x1000, 0x2000, 1)), "is not whole pages"),
        bad("routes", routed((READ, 0x1000, 0x1FFF, 1)), "only MMIO_WRITE can be posted"),
        bad("routes", routed((SMC, 1, 2, 1)), "only MMIO_WRITE can be posted"),
        bad("routes", routed((WRITE, 0x1000, 0x1FFF, 2)), "flags 0x2 are unknown"),
        bad(
            "routes", routed((SMC, 7, 9, 0), (HVC, 7, 9, 0), (SMC, 9, 10, 0)), "two of SMC overlap"
        ),
        bad(
            "routes", routed(*[(SMC, n, n, 0) for n in range(33)]), "33 for calls, the limit is 32"
        ),
        bad(
            "routes",
            routed(*[(SMC, n, n, 0) for n in range(17)], *[(HVC, n, n, 0) for n in range(16)]),
            "33 for calls, the limit is 32",
        ),
        bad(
            "routes",
            routed(*[(READ + n % 2, n * PAGE, n * PAGE + PAGE - 1, 0) for n in range(9)]),
            "9 for MMIO, the limit is 8",
        ),
        bad("needs", (Need(NeedKind.CALL_SMC, ()),), "NEED: CALL_SMC: has no identifier"),
        bad("needs", (Need(NeedKind.CALL_SMC, (1 << 32,)),), "NEED: a field does not fit"),
        bad("needs", (Need(NeedKind.CALL_SMC, tuple(range(9))),), "9 of CALL_SMC, the limit is 8"),
        bad("needs", (Need(NeedKind.CALL_SMC, (1, 2, 3)),) * 3, "9 of CALL_SMC"),
        bad("needs", (Need(NeedKind.IRQ, (40,)),) * 9, "NEED: 9 of IRQ, the limit is 8"),
        bad("needs", (Need(NeedKind.IRQ, (31,)),), "NEED: IRQ: 31 is no SPI"),
        bad("needs", (Need(NeedKind.IRQ, (1020,)),), "NEED: IRQ: 1020 is no SPI"),
        bad("needs", (Need(NeedKind.GUEST_MEMORY, (2,)),), "NEED: GUEST_MEMORY: mode 2"),
        bad("needs", (Need(NeedKind.TIMER, (1,)),), "NEED: TIMER: has 4 bytes, must have 0"),
        bad("needs", (Need(NeedKind.IO, ("u", 1, PAGE)),), "NEED: IO: 0x1000 bytes at 0x1"),
        bad("needs", (Need(NeedKind.IO, ("u", 0, 0)),), "NEED: IO: 0x0 bytes"),
        bad("needs", (Need(NeedKind.IO, ("u", (1 << 64) - PAGE, 2 * PAGE)),), "NEED: IO: 0x2000"),
        bad("needs", (Need(NeedKind.IO, ("U", 0, PAGE)),), "NEED: 'U' is not 1 to 31"),
        bad("needs", (Need(NeedKind.IO, ("u", 0)),), "NEED: a field does not fit"),
    ],
)
def test_a_broken_rule_is_named(manifest: Manifest, message: str) -> None:
    """ABI.md 1.3, 1.4, and of 2.5, 3.5, 3.6, 4.2, 5.4 what one manifest can break alone."""
    with pytest.raises(ManifestError) as caught:
        encode(manifest)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_encode_would_not_write_is_refused_when_read() -> None:
    assert "kind 6" in refused(joined(PLAIN | {Record.NEED: struct.pack("<I", 6)}))
    io = struct.pack("<IIQQ32s", 3, 1, 0, PAGE, b"u")
    assert "reserved field is 1" in refused(joined(PLAIN | {Record.NEED: io}))
    for field in (b"a" * 32, b"\0" * 32, b"a\0b".ljust(32, b"\0"), b"\xff".ljust(32, b"\0")):
        assert "NAME: " in refused(joined(PLAIN | {Record.NAME: field}))


@given(st.binary(max_size=300), st.data())
def test_any_bytes_are_a_manifest_or_refused(noise: bytes, data: st.DataObject) -> None:
    good = bytearray(encode(COMPLETE))
    for byte in noise[:4]:
        good[data.draw(st.integers(0, len(good) - 1))] = byte
    for candidate in (noise, bytes(good)):
        try:
            found = decode(candidate)
        except ManifestError as problem:
            assert "\n" not in str(problem)
        else:
            assert decode(encode(found)) == found
