"""Limits of an image (ABI.md 1.4)."""

from collections.abc import Callable, Iterator

from xaprt import abi, elf
from xaprt.manifest import Need, Route
from xaprt.manifest.writer import without_build_id

from xap_harness.conformance.images import (
    DONE,
    App,
    Header,
    Record,
    calls,
    edit_program_headers,
    io,
    irq,
    joined,
    mmio,
    records_of,
    smc_route,
)
from xap_harness.conformance.judge import accepted, refused
from xap_harness.conformance.plan import Plan
from xap_harness.conformance.suite import each
from xap_harness.conformance.target import Io

_MIB = 1 << 20


def _app(**fields: object) -> bytes:
    return App(DONE, **fields).image()  # type: ignore[arg-type]  # fields of an App, as they say


def _records(app: App) -> list[Record]:
    """Those of its routes and needs."""
    kinds = (abi.Record.ROUTE, abi.Record.NEED)
    return [each for each in records_of(without_build_id(app.manifest)) if each[0] in kinds]


def _with(*, routes: tuple[Route, ...] = (), needs: tuple[Need, ...] = ()) -> bytes:
    made = _records(App("", routes=routes, needs=needs))
    return App(DONE, routes=(), edit_manifest=lambda old: [*old, *made]).image()


def _size(size: int) -> bytes:
    def edit(headers: list[Header]) -> list[Header]:
        for header in headers:
            if header["type"] == elf.PT_LOAD and header["flags"] & elf.PF_W:
                header["memsz"] = size - header["vaddr"]
        return headers

    return edit_program_headers(_app(), edit)


def _stack(size: int) -> bytes:
    value = size.to_bytes(4, "little")
    return _app(
        edit_manifest=lambda old: [(n, value if n == abi.Record.STACK else v) for n, v in old]
    )


def _manifest(size: int) -> bytes:
    def edit(old: list[Record]) -> list[Record]:
        return [*old, (0x55, bytes(size - len(joined(old)) - 8))]

    return _app(edit_manifest=edit)


def _ids(count: int) -> tuple[Route, ...]:
    return tuple(smc_route(0xC600_0100 + 2 * n) for n in range(count))


def _regions(count: int) -> tuple[Route, ...]:
    return tuple(mmio(0x0A00_0000 + 0x2000 * n)[0] for n in range(count))


def _ios(count: int) -> tuple[Need, ...]:
    return tuple(io(Io(f"io{n}", 0x0901_0000, 0x1000)) for n in range(count))


def _calls(count: int) -> tuple[Need, ...]:
    return (calls(*range(0xC300_0000, 0xC300_0000 + count)),)


def _irqs(count: int) -> tuple[Need, ...]:
    return tuple(irq(40 + n) for n in range(count))


Make = Callable[[int], bytes]
_LIMITS: dict[str, tuple[Make, int, int]] = {
    "1 MiB": (_size, _MIB, _MIB + 1),
    "64 KiB of stack": (_stack, 64 << 10, (64 << 10) + 16),
    "4 KiB of manifest": (_manifest, 4 << 10, (4 << 10) + 8),
    "32 call routes": (lambda n: _with(routes=_ids(n)), 32, 33),
    "8 MMIO routes": (lambda n: _with(routes=_regions(n)), 8, 9),
    "8 needs of a kind: calls": (lambda n: _with(needs=_calls(n)), 8, 9),
    "8 needs of a kind: io": (lambda n: _with(needs=_ios(n)), 8, 9),
    "8 needs of a kind: interrupts": (lambda n: _with(needs=_irqs(n)), 8, 9),
}  # fmt: skip


@each("1.4", "limits: {}, and one more", _LIMITS)
def limit(plan: Plan, limit: tuple[Make, int, int]) -> Iterator[None]:
    make, most, beyond = limit
    too_much, good = plan.app(make(beyond)), plan.app(make(most))
    yield
    refused(too_much.verdict)
    accepted(good.verdict)
