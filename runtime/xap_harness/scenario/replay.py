"""Run a scenario again: the same requests at the same times, the same answers from outside."""

import json
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from xaprt import abi
from xaprt.abi import GuestMemory
from xaprt.admission import LoadError
from xaprt.rights import IoRegion, Rights

from xap_harness.emulator.backend import prepare_image
from xap_harness.hypervisor.core import Access
from xap_harness.hypervisor.device import Device, ExternalAbort
from xap_harness.hypervisor.domain import Domain, Region
from xap_harness.hypervisor.firmware import Results
from xap_harness.hypervisor.memory import Frame, GuestRam
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Recorder
from xap_harness.scenario.record import FORMAT, RecordedHypervisor, unpack

MAX_RAM_BYTES = 1 << 30
"""Of a domain: a file must not take the machine's memory."""


class ScenarioError(ValueError):
    """The file is no scenario, or one that cannot be run: `line` and what is wrong with it."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line


@dataclass(frozen=True)
class Difference:
    """The first line that is not the same; None: there is none."""

    line: int
    recorded: str | None
    now: str | None


def replay(text: str, record: Recorder | None = None) -> Difference | None:
    """None: every byte is the same. Raises ScenarioError."""
    recorded = text.splitlines()
    entries = [_entry(number, line) for number, line in enumerate(recorded, 1)]
    if not entries or entries[0].get("kind") != "scenario" or entries[0].get("format") != FORMAT:
        raise ScenarioError(1, f"not a scenario of format {FORMAT}")
    hypervisor = _ReplayedHypervisor(record=record)
    for number, entry, inputs in _requests(entries):
        hypervisor.inputs = inputs
        hypervisor.clock.now_ns = _field(number, entry, "at", int)
        try:
            _ask(hypervisor, entry)
        except _NoSuchInput:
            break
        except LoadError:
            continue  # it is in the lines
        except _IMPOSSIBLE as problem:
            raise ScenarioError(number, f"a request that cannot be made: {problem}") from problem
    return _difference(recorded, hypervisor.lines)


_IMPOSSIBLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What a request may raise that nobody made."""


def _difference(recorded: Sequence[str], now: Sequence[str]) -> Difference | None:
    for number, (then, again) in enumerate(zip_longest(recorded, now), 1):
        if then != again:
            return Difference(number, then, again)
    return None


# --- the file -------------------------------------------------------------------------------

_Entry = dict[str, Any]


def _entry(number: int, line: str) -> _Entry:
    try:
        entry = json.loads(line)
    except ValueError as problem:
        raise ScenarioError(number, f"not JSON: {problem}") from problem
    if not isinstance(entry, dict):
        raise ScenarioError(number, "not a JSON object")
    return entry


def _field(number: int, entry: _Entry, name: str, kind: type[int]) -> int:
    value = entry.get(name)
    if not isinstance(value, kind):
        raise ScenarioError(number, f"'{name}' is missing or no number")
    return value


def _requests(entries: Sequence[_Entry]) -> Iterator[tuple[int, _Entry, deque[_Entry]]]:
    """Each request with its line and with what came from outside before the next one."""
    starts = [number for number, entry in enumerate(entries) if entry.get("kind") == "ask"]
    for start, end in zip(starts, [*starts[1:], len(entries)], strict=True):
        behind = entries[start + 1 : end]
        yield start + 1, entries[start], deque(e for e in behind if e.get("kind") == "input")


# --- requests -------------------------------------------------------------------------------


def _ask(hypervisor: "_ReplayedHypervisor", entry: _Entry) -> None:
    match entry["what"]:
        case "device":
            region = IoRegion(entry["name"], entry["base"], entry["size"])
            hypervisor.add_device(region, _Device(hypervisor))
        case "load":
            _load(hypervisor, entry)
        case "domain":
            devices = [Region(*each) for each in entry["devices"]]
            if not 0 < entry["size"] <= MAX_RAM_BYTES:
                raise ValueError(
                    f"{entry['size']} bytes of RAM, at most {MAX_RAM_BYTES} are replayed"
                )
            ram = GuestRam(entry["base"], entry["size"])
            hypervisor.create_domain(Domain(entry["domid"], ram, devices))
        case "destroy":
            hypervisor.destroy_domain(entry["domid"])
        case "advance":
            hypervisor.advance(entry["ns"])
        case "deferred":
            due = hypervisor.next_due()
            if due is None:
                raise ValueError("nothing is due")
            hypervisor.perform(due[1])
        case "call":
            registers = [int(value, 0) for value in entry["registers"]]
            kind = abi.RouteKind[entry["route"]]
            hypervisor.call(kind, Requester(*entry["requester"]), registers)
        case "access":
            access = Access(entry["ipa"], entry["width"], entry["value"])
            hypervisor.access(Requester(*entry["requester"]), access)
        case other:
            raise ValueError(f"no request is called {other!r}")


def _load(hypervisor: "_ReplayedHypervisor", entry: _Entry) -> None:
    manifest, make_engine = prepare_image(unpack(entry["elf"]), hypervisor)
    said = entry["rights"]
    memory = said["guest_memory"]
    rights = Rights(
        frozenset(said["call_smc"]),
        None if memory is None else GuestMemory(memory),
        tuple(IoRegion(*each) for each in said["io"]),
        frozenset(said["irqs"]),
        said["timer"],
    )
    hypervisor.load(manifest, make_engine, rights, entry["serves"])


# --- the outside, as it was ------------------------------------------------------------------


class _NoSuchInput(Exception):
    """It asks for something that it did not ask for then; the lines show where."""


class _ReplayedHypervisor(RecordedHypervisor):
    inputs: deque[_Entry]

    def __init__(self, record: Recorder | None) -> None:
        super().__init__(firmware=_Firmware(self), record=record)

    def next_input(self, name: str) -> _Entry:
        if not self.inputs or name not in self.inputs[0]:
            raise _NoSuchInput
        return self.inputs.popleft()

    def pinned(self, frame: Frame, is_pinned: bool) -> None:
        if is_pinned:
            frame.memory[:] = unpack(self.next_input("page")["page"])
        super().pinned(frame, is_pinned)


@dataclass
class _Firmware:
    hypervisor: _ReplayedHypervisor

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        x0, x1, x2, x3 = (int(v, 0) for v in self.hypervisor.next_input("firmware")["firmware"])
        return x0, x1, x2, x3


@dataclass
class _Device(Device):
    hypervisor: _ReplayedHypervisor

    def read(self, offset: int, width: int) -> int:
        value = self.hypervisor.next_input("read")["value"]
        if value is None:
            raise ExternalAbort
        return int(value, 0)

    def write(self, offset: int, width: int, value: int) -> None:
        inputs = self.hypervisor.inputs
        if inputs and "write" in inputs[0]:
            inputs.popleft()
            raise ExternalAbort
