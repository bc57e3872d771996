"""A timeline of what a hypervisor did, for Perfetto and for the terminal.

`Hypervisor(record=Trace())` collects it. The file is the JSON trace event format that
ui.perfetto.dev and chrome://tracing open: a process for each domain with its vCPUs, one for the
apps with their instances, one for the CPUs. Times are virtual.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaprt import abi

from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.timeline import Event, Step

_CPUS, _APPS, _DOMAINS = 1, 2, 1000
"""Process numbers: a domain's is the last one plus its domid."""

_INSTANTS = {Step.SYSTEM_CALL, Step.APP_LOGGED, Step.FAULTED}
_FOR_REQUESTER = {abi.Function.HANDLE_SMC, abi.Function.HANDLE_HVC, abi.Function.HANDLE_MMIO}
_ANSWERED = {Step.VCPU_RESUMED, Step.RESULT_CHECKED}
_LEFT = {Step.RETURNED, Step.FAULTED}

Json = dict[str, Any]


class Trace:
    """Collects events; call it with each one."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def save(self, path: Path) -> None:
        """For Perfetto. The same events give the same bytes. Raises OSError."""
        entries = list(_Perfetto().entries(self.events))
        text = ",\n".join(json.dumps(entry, sort_keys=True) for entry in entries)
        path.write_text(f'{{"traceEvents": [\n{text}\n]}}\n', encoding="utf-8")

    def lines(self) -> Iterator[str]:
        """For the terminal: virtual microseconds, who, what."""
        for event in self.events:
            who = event.app or _name(event.requester)
            yield f"{event.at_ns / 1000:12.3f} us  {who:<24} {_said(event)}"


@dataclass
class _Open:
    name: str
    since: int
    values: Mapping[str, int | str]


class _Perfetto:
    """Events to slices and instants, each on the track of who it is about."""

    def __init__(self) -> None:
        self._tracks: dict[tuple[int, str], int] = {}
        self._named: list[Json] = []
        self._calls: dict[str, _Open] = {}
        self._requests: dict[Requester, _Open] = {}

    def entries(self, events: list[Event]) -> Iterator[Json]:
        made = [entry for event in events for entry in self._entries(event)]
        yield from self._named
        yield from made

    def _entries(self, event: Event) -> Iterator[Json]:
        if event.step in (Step.RAN, Step.DEFERRED):
            yield self._on_cpu(event)
            return
        if event.step is Step.PARAMETERS:
            function = abi.Function(int(event.values["x0"])).name
            self._calls[event.app] = _Open(function, event.at_ns, event.values)
        if event.step in _INSTANTS:
            yield self._instant(event)
        if event.step in _LEFT and event.app in self._calls:
            call = self._calls.pop(event.app)
            yield self._slice(_APPS, event.app, call, event)
        yield from self._of_requester(event)

    def _of_requester(self, event: Event) -> Iterator[Json]:
        """From its trap to its answer, waits included."""
        who = event.requester
        if who.vcpu == abi.VCPU_NONE:
            return
        if _asks(event) and who not in self._requests:
            what = event.values.get("instruction", "request")
            self._requests[who] = _Open(str(what), event.at_ns, event.values)
        if event.step in _ANSWERED and who in self._requests:
            request = self._requests.pop(who)
            yield self._slice(_DOMAINS + who.domid, f"vCPU {who.vcpu}", request, event)

    # --- the format --------------------------------------------------------------------------

    def _on_cpu(self, event: Event) -> Json:
        name = "deferred work" if event.step is Step.DEFERRED else _name(event.requester)
        ran = _Open(name, event.at_ns, {})
        track = self._track(_CPUS, f"CPU {event.values['cpu']}")
        return _complete(track, ran, int(event.values["until"]), {})

    def _slice(self, process: int, thread: str, opened: _Open, end: Event) -> Json:
        values = {**opened.values, **{f"end {key}": value for key, value in end.values.items()}}
        return _complete(self._track(process, thread), opened, end.at_ns, values)

    def _instant(self, event: Event) -> Json:
        what = event.values.get("name") or event.values.get("line") or event.values["reason"]
        return {
            "ph": "i",
            "s": "t",
            "name": str(what),
            "ts": event.at_ns / 1000,
            "args": _shown(event.values),
            **self._track(_APPS, event.app),
        }

    def _track(self, process: int, thread: str) -> Json:
        key = process, thread
        if key not in self._tracks:
            number = self._tracks[key] = 1 + len(self._tracks)
            title = {_CPUS: "CPUs", _APPS: "apps"}.get(process, f"domain {process - _DOMAINS}")
            self._named += [
                _metadata("process_name", title, process, number),
                _metadata("thread_name", thread, process, number),
            ]
        return {"pid": process, "tid": self._tracks[key]}


def _asks(event: Event) -> bool:
    """Also where nobody records the guest's trap."""
    if event.step is Step.PARAMETERS:
        return event.values["x0"] in _FOR_REQUESTER
    return event.step is Step.GUEST_TRAPPED


def _complete(track: Json, opened: _Open, until: int, values: Mapping[str, int | str]) -> Json:
    return {
        "ph": "X",
        "name": opened.name,
        "ts": opened.since / 1000,
        "dur": (until - opened.since) / 1000,
        "args": _shown(values),
        **track,
    }


def _metadata(kind: str, name: str, process: int, thread: int) -> Json:
    return {"ph": "M", "name": kind, "pid": process, "tid": thread, "args": {"name": name}}


def _shown(values: Mapping[str, int | str]) -> dict[str, str]:
    return {key: _text(key, value) for key, value in values.items()}


_COUNTS = {"status", "instructions", "cpu", "until"}


def _text(key: str, value: int | str) -> str:
    is_word = isinstance(value, int) and key not in _COUNTS and value >= 10
    return f"{value:#x}" if is_word else str(value)


def _name(requester: Requester) -> str:
    if requester.vcpu == abi.VCPU_NONE:
        return "hypervisor"
    return f"domain {requester.domid} vCPU {requester.vcpu}"


def _said(event: Event) -> str:
    values = " ".join(f"{key}={_text(key, value)}" for key, value in event.values.items())
    return f"{event.step.value:<24} {values}".rstrip()
