"""Manifests that break a rule (ABI.md 1.3, 1.4): every rule, broken once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.hostile.asm import PAGE
from tests.hostile.case import Case
from tests.hostile.images import (
    ABI_VERSION,
    APP_VERSION,
    BUDGET,
    BUILD_ID,
    ENTRY,
    HVC,
    INSTANCES,
    MMIO_READ,
    MMIO_WRITE,
    NAME,
    NEED,
    POSTED,
    RESTART,
    ROUTE,
    SMC,
    STACK,
    TIMER,
    UUID,
    Manifest,
    Record,
    call_smc,
    encoded,
    guest_memory,
    io,
    irq,
    route,
    u32,
    u64,
)
from tests.hostile.verdict import Load
from tests.hostile.world import Device

TITLE = "Malformed manifests"

_MMIO = 0x0B00_0000
_NAMES = {
    ABI_VERSION: "ABI_VERSION", ENTRY: "ENTRY", UUID: "UUID", NAME: "NAME",
    APP_VERSION: "APP_VERSION", STACK: "STACK", INSTANCES: "INSTANCES", RESTART: "RESTART",
    BUDGET: "BUDGET", BUILD_ID: "BUILD_ID",
}  # fmt: skip
_SIZES = {
    ABI_VERSION: 4, ENTRY: 8, UUID: 16, NAME: 32, APP_VERSION: 12, STACK: 4, INSTANCES: 4,
    RESTART: 4, BUDGET: 4,
}  # fmt: skip


def _records(change: Callable[[list[Record]], list[Record]]) -> bytes:
    return encoded(change(Manifest().records))


def _without(number: int, records: list[Record]) -> list[Record]:
    return [each for each in records if each[0] != number]


def _twice(number: int, records: list[Record]) -> list[Record]:
    return records + [each for each in records if each[0] == number]


def _with(number: int, value: bytes) -> bytes:
    """With that record in place of the good one."""
    return _records(lambda all_: [(each, value if each == number else old) for each, old in all_])


def _and(*more: Record) -> bytes:
    return _records(lambda all_: [*all_, *more])


def _bad(
    name: str, what: str, records: bytes, text: str, near: bytes | None = None, clause: str = "1.3"
) -> Case:
    allowed = None if near is None else Case(name, clause, what, Load(""), records=near)
    return Case(f"manifest-{name}", clause, what, Load(text), records=records, near=allowed)


def _pad(size: int) -> bytes:
    """A manifest of that many bytes, by a record that may be skipped."""
    rest = size - len(Manifest().encoded()) - 8
    return _and((0x1234, bytes(rest)))


_ROUTES = [route(SMC, 0xC600_0010 + 2 * n) for n in range(32)]
_PAGES = [route(MMIO_READ, _MMIO + n * PAGE, _MMIO + (n + 1) * PAGE - 1) for n in range(9)]

CASES = [
    _bad(
        "large",
        "a manifest of more than 4 KiB",
        _pad(4104),
        "the manifest has 4104 bytes, the limit is 4096",
        _pad(4096),
        "1.4",
    ),
    _bad("empty", "an empty manifest", b"", "ABI_VERSION: is missing"),
    _bad(
        "cut",
        "a record whose head is cut",
        Manifest().encoded() + bytes(7),
        "is cut",
        Manifest().encoded() + u32(0x1234, 0),
    ),
    _bad(
        "beyond",
        "a record that leaves the manifest",
        Manifest().encoded() + u32(0x1234, 1),
        "record 0x1234: its 1 bytes reach beyond",
    ),
    _bad(
        "beyond-named",
        "a known record that leaves the manifest",
        Manifest().encoded() + u32(NAME, 32),
        "NAME: its 32 bytes reach beyond",
    ),
    _bad(
        "beyond-most",
        "a record of 4 GiB less a byte",
        Manifest().encoded() + u32(0x1234, (1 << 32) - 1),
        "reach beyond",
    ),
    _bad(
        "padding",
        "padding that is not zero",
        Manifest().encoded() + u32(0x1234, 4) + u32(1, 1),
        "record 0x1234: padding that is not zero",
        Manifest().encoded() + u32(0x1234, 4) + u32(1, 0),
    ),
    _bad(
        "padding-missing",
        "a last record without its padding",
        Manifest().encoded() + u32(0x1234, 4) + u32(1),
        "reach beyond",
    ),
    _bad(
        "required",
        "an unknown record that is required",
        _and((0x8000_1234, b"")),
        "record 0x80001234: is required, but unknown",
        _and((0x7FFF_1234, b"")),
    ),
    _bad(
        "required-known",
        "a known record that says that it is required",
        _and((0x8000_0000 | TIMER[0], u32(5))),
        "record 0x80000008: is required",
    ),
    *(
        _bad(
            f"no-{name.lower()}",
            f"no record {name}",
            _records(partial(_without, number)),
            f"{name}: is missing",
        )
        for number, name in _NAMES.items()
    ),
    *(
        _bad(
            f"two-{name.lower()}",
            f"two records {name}",
            _records(partial(_twice, number)),
            f"{name}: occurs twice",
        )
        for number, name in _NAMES.items()
    ),
    *(
        _bad(
            f"size-{_NAMES[number].lower()}",
            f"a record {_NAMES[number]} of a byte more",
            _with(number, bytes(size + 1)),
            f"{_NAMES[number]}: has {size + 1} bytes, must have {size}",
        )
        for number, size in _SIZES.items()
    ),
    _bad(
        "version-major",
        "ABI 2.0",
        _with(ABI_VERSION, u32(2 << 16)),
        "ABI_VERSION: is 2.0, supported is 1.0 to 1.0",
    ),
    _bad("version-old", "ABI 0.9", _with(ABI_VERSION, u32(9)), "ABI_VERSION: is 0.9"),
    _bad(
        "version-minor",
        "a newer minor version",
        _with(ABI_VERSION, u32(0x1_0001)),
        "ABI_VERSION: is 1.1",
        _with(ABI_VERSION, u32(0x1_0000)),
    ),
    _bad(
        "uuid-zero",
        "a UUID of zeros",
        _with(UUID, bytes(16)),
        "UUID: is all zero",
        _with(UUID, bytes(15) + b"\1"),
    ),
    *(
        _bad(
            f"name-{name}",
            f"a name that {what}",
            _with(NAME, value.ljust(32, b"\0")),
            "is not 1 to 31 of [a-z0-9_-]",
        )
        for name, what, value in (
            ("empty", "is empty", b""),
            ("upper", "has capitals", b"Attack"),
            ("space", "has a space", b"at tack"),
            ("newline", "has a newline", b"attack\nxap-fault:"),
            ("escape", "has an escape sequence", b"\x1b[2J"),
            ("zero", "has a zero inside", b"at\0tack"),
            ("long", "has no terminator", b"a" * 32),
            ("utf8", "has a letter of two bytes", "ä".encode()),
            ("path", "is a path", b"../attack"),
            ("colon", "has a colon", b"bystander: x"),
        )
    ),
    _bad(
        "stack",
        "more than 64 KiB of stack",
        _with(STACK, u32(65537)),
        "STACK: 65537 bytes, the limit is 65536",
        _with(STACK, u32(65536)),
        "1.4",
    ),
    _bad(
        "stack-most",
        "4 GiB of stack",
        _with(STACK, u32((1 << 32) - 1)),
        "STACK: 4294967295 bytes",
        None,
        "1.4",
    ),
    _bad(
        "instances",
        "an unknown policy of instances",
        _with(INSTANCES, u32(2)),
        "INSTANCES: policy 2 is unknown",
    ),
    _bad(
        "budget",
        "a budget of more than 10 ms",
        _with(BUDGET, u32(10_001)),
        "BUDGET: 10001 microseconds, the limit is 10000",
        _with(BUDGET, u32(10_000)),
        "5.4",
    ),
    _bad(
        "build-id-empty",
        "an empty build id",
        _with(BUILD_ID, b""),
        "BUILD_ID: has 0 bytes",
        _with(BUILD_ID, b"\1"),
    ),
    _bad(
        "build-id-long",
        "a build id of 33 bytes",
        _with(BUILD_ID, bytes(33)),
        "BUILD_ID: has 33 bytes, must have 1 to 32",
        _with(BUILD_ID, bytes(32)),
    ),
    # --- routes ---
    _bad(
        "route-size",
        "a route that is cut",
        _and((ROUTE, u32(1, 0) + u64(1))),
        "ROUTE: has 16 bytes, must have 24",
    ),
    _bad(
        "route-kind-0", "a route of kind 0", _and(route(0, 0xC600_0002)), "ROUTE: kind 0 is unknown"
    ),
    _bad(
        "route-kind-5", "a route of kind 5", _and(route(5, 0xC600_0002)), "ROUTE: kind 5 is unknown"
    ),
    _bad(
        "route-flags",
        "a route with an unknown flag",
        _and(route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, 2)),
        "flags 0x2 are unknown",
        _and(route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, 1)),
    ),
    _bad(
        "route-flags-both",
        "a posted route with an unknown flag, too",
        _and(route(MMIO_WRITE, _MMIO, _MMIO + PAGE - 1, 3)),
        "flags 0x3 are unknown",
    ),
    _bad(
        "route-backwards",
        "a route that ends before it begins",
        _and(route(SMC, 0xC600_0003, 0xC600_0002)),
        "the last is below the first",
        _and(route(SMC, 0xC600_0003, 0xC600_0003)),
    ),
    _bad(
        "route-33-bits",
        "an identifier of 33 bits",
        _and(route(SMC, 0xC600_0003, 1 << 32)),
        "a function identifier has 32 bits",
    ),
    _bad(
        "route-64-bits",
        "an HVC route over all 64 bits",
        _and(route(HVC, 0xC600_0003, (1 << 64) - 1)),
        "a function identifier has 32 bits",
    ),
    _bad(
        "route-mmio-first",
        "an MMIO region that starts in a page",
        _and(route(MMIO_READ, _MMIO + 8, _MMIO + PAGE - 1)),
        "is not whole pages",
    ),
    _bad(
        "route-mmio-last",
        "an MMIO region that ends in a page",
        _and(route(MMIO_READ, _MMIO, _MMIO + PAGE - 2)),
        "is not whole pages",
        _and(route(MMIO_READ, _MMIO, _MMIO + PAGE - 1)),
    ),
    _bad(
        "route-posted-read",
        "posted reads",
        _and(route(MMIO_READ, _MMIO, _MMIO + PAGE - 1, POSTED)),
        "only MMIO_WRITE can be posted",
    ),
    _bad(
        "route-posted-smc",
        "posted calls",
        _and(route(SMC, 0xC600_0002, None, POSTED)),
        "only MMIO_WRITE can be posted",
    ),
    _bad(
        "routes-33",
        "33 routes of calls",
        _records(
            lambda all_: (
                [each for each in all_ if each[0] != ROUTE] + _ROUTES + [route(HVC, 0xC600_0001)]
            )
        ),
        "ROUTE: 33 for calls, the limit is 32",
        _records(lambda all_: [each for each in all_ if each[0] != ROUTE] + _ROUTES),
        "1.4",
    ),
    _bad(
        "regions-9",
        "nine MMIO regions",
        _and(*_PAGES),
        "ROUTE: 9 for MMIO, the limit is 8",
        _and(*_PAGES[:8]),
        "1.4",
    ),
    _bad(
        "routes-overlap",
        "two routes that share an identifier",
        _and(route(SMC, 0xC600_0010, 0xC600_0014), route(SMC, 0xC600_0014, 0xC600_0018)),
        "ROUTE: two of SMC overlap at 0xc6000014",
        _and(
            route(SMC, 0xC600_0010, 0xC600_0013),
            route(SMC, 0xC600_0014, 0xC600_0018),
            route(HVC, 0xC600_0012),
        ),
    ),
    _bad(
        "routes-nested",
        "a route in another, written before it",
        _and(route(SMC, 0xC600_0012), route(SMC, 0xC600_0010, 0xC600_0014)),
        "ROUTE: two of SMC overlap at 0xc6000012",
    ),
    _bad(
        "routes-same",
        "the same route twice",
        _and(route(SMC, 0xC600_0001)),
        "ROUTE: two of SMC overlap at 0xc6000001",
    ),
    _bad(
        "regions-overlap",
        "two MMIO regions that share a page",
        _and(
            route(MMIO_READ, _MMIO, _MMIO + 2 * PAGE - 1),
            route(MMIO_READ, _MMIO + PAGE, _MMIO + 3 * PAGE - 1),
        ),
        "ROUTE: two of MMIO_READ overlap",
    ),
    # --- needs ---
    _bad(
        "need-short",
        "a need of two bytes",
        _and((NEED, b"\1\0")),
        "NEED: has 2 bytes, must have at least 4",
        _and((NEED, u32(5))),
    ),
    _bad(
        "need-empty", "an empty need", _and((NEED, b"")), "NEED: has 0 bytes, must have at least 4"
    ),
    _bad("need-kind", "a need of an unknown kind", _and((NEED, u32(6))), "NEED: kind 6 is unknown"),
    _bad("need-no-id", "call_smc of nothing", _and(call_smc()), "CALL_SMC: has no identifier"),
    _bad(
        "need-half-id",
        "call_smc of half an identifier",
        _and((NEED, u32(1, 0xC200_0001) + b"\1\2")),
        "CALL_SMC: has 6 bytes, must have 8",
    ),
    _bad(
        "need-ids-9",
        "call_smc of nine identifiers",
        _and(
            call_smc(*range(0xC200_0000, 0xC200_0005)), call_smc(*range(0xC200_0005, 0xC200_0009))
        ),
        "NEED: 9 of CALL_SMC, the limit is 8",
        _and(
            call_smc(*range(0xC200_0000, 0xC200_0005)), call_smc(*range(0xC200_0005, 0xC200_0008))
        ),
        "1.4",
    ),
    _bad(
        "need-irqs-9",
        "nine interrupts",
        _and(*(irq(100 + n) for n in range(9))),
        "NEED: 9 of IRQ, the limit is 8",
        _and(*(irq(100 + n) for n in range(8))),
        "1.4",
    ),
    _bad(
        "need-memory",
        "guest memory of an unknown mode",
        _and(guest_memory(2)),
        "GUEST_MEMORY: mode 2 is unknown",
    ),
    _bad(
        "need-memory-more",
        "guest memory with a bit more",
        _and(guest_memory(7)),
        "GUEST_MEMORY: mode 7 is unknown",
    ),
    _bad(
        "need-memory-size",
        "guest memory with a word more",
        _and((NEED, u32(2, 1, 0))),
        "GUEST_MEMORY: has 8 bytes, must have 4",
    ),
    _bad(
        "need-timer-size",
        "a timer with a word more",
        _and((NEED, u32(5, 0))),
        "TIMER: has 4 bytes, must have 0",
    ),
    _bad("need-irq-31", "interrupt 31", _and(irq(31)), "IRQ: 31 is no SPI", _and(irq(32)), "3.6"),
    _bad(
        "need-irq-1020",
        "interrupt 1020",
        _and(irq(1020)),
        "IRQ: 1020 is no SPI",
        _and(irq(1019)),
        "3.6",
    ),
    _bad(
        "need-io-reserved",
        "an io need with its reserved field set",
        _and((NEED, u32(3, 1) + u64(0x2100_0000, PAGE) + b"dev".ljust(32, b"\0"))),
        "IO: the reserved field is 1",
    ),
    _bad(
        "need-io-name",
        "an io need without a name",
        _and(io("", 0x2100_0000)),
        "IO: '' is not 1 to 31",
    ),
    _bad(
        "need-io-empty",
        "an empty region",
        _and(io("dev", 0x2100_0000, 0)),
        "IO: 0x0 bytes at 0x21000000 are not whole pages",
        None,
        "3.5",
    ),
    _bad(
        "need-io-base",
        "a region that starts in a page",
        _and(io("dev", 0x2100_0004)),
        "are not whole pages",
        None,
        "3.5",
    ),
    _bad(
        "need-io-size",
        "a region of half a page",
        _and(io("dev", 0x2100_0000, PAGE // 2)),
        "are not whole pages",
        None,
        "3.5",
    ),
    _bad(
        "need-io-wrap",
        "a region that wraps around",
        _and(io("dev", (1 << 64) - PAGE, 2 * PAGE)),
        "are not whole pages",
        _and(io("dev", (1 << 64) - PAGE, PAGE)),
        "3.5",
    ),
    replace(
        _bad(
            "need-io-large",
            "a region larger than the hypervisor maps",
            _and(io("dev", 0x3000_0000, 0x1000_1000)),
            "is larger than this hypervisor maps",
            _and(io("dev", 0x3000_0000, 0x1000_0000)),
            "3.5",
        ),
        options={"devices": {"dev": Device()}},
    ),
]
