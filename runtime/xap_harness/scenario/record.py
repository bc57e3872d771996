"""A hypervisor that writes down its scenario as it happens.

One JSON object a line. A *request* (`ask`) is what somebody outside did; the lines behind it are
what came from outside meanwhile (`input`) and what the hypervisor made of it (`output`).
"""

import base64
import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from xaprt import abi
from xaprt.admission import LoadError
from xaprt.manifest import Manifest
from xaprt.rights import IoRegion, Rights

from xap_harness.emulator.backend import prepare_image
from xap_harness.hypervisor.app import App
from xap_harness.hypervisor.core import Access, AccessAnswer, Answer, Hypervisor
from xap_harness.hypervisor.device import Device, ExternalAbort
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.firmware import Firmware, Results
from xap_harness.hypervisor.instance import Instance, MakeEngine
from xap_harness.hypervisor.memory import Frame
from xap_harness.hypervisor.requester import Requester

FORMAT = 1


def pack(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


def unpack(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


@dataclass
class RecordedHypervisor(Hypervisor):
    """As Hypervisor; `lines` is the scenario so far. Apps must be images: what the host backend
    executes cannot be written down."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._depth = 0
        self._echo, self.echo = self.echo, self._printed
        self.firmware = _Firmware(self.firmware, self)
        super().__post_init__()
        self.note("scenario", format=FORMAT)

    def save(self, path: Path) -> None:
        """Raises OSError."""
        path.write_text("".join(f"{line}\n" for line in self.lines), encoding="utf-8")

    def note(self, kind: str, **values: Any) -> None:
        self.lines.append(json.dumps({"kind": kind, **values}, sort_keys=True))

    # --- requests ----------------------------------------------------------------------------

    def add_device(self, region: IoRegion, device: Device) -> None:
        with self._asked("device", name=region.name, base=region.base, size=region.size):
            super().add_device(region, self.device(region, device))

    def device(self, region: IoRegion, device: Device) -> Device:
        """What stands in for it."""
        return _Device(region.name, device, self)

    def load(
        self,
        manifest: Manifest,
        make_engine: MakeEngine,
        rights: Rights,
        serves: Collection[int] | None = None,
    ) -> App:
        elf = getattr(make_engine, "elf", None)
        if elf is None:
            raise ValueError(
                "only images can be recorded: not what the host backend executes, "
                "and not while double fetches are watched"
            )
        # So that reports name files as the image does, wherever its sources are.
        manifest, make_engine = prepare_image(elf, self)
        told = None if serves is None else sorted(serves)
        with self._asked("load", elf=pack(elf), rights=_rights(rights), serves=told):
            try:
                return super().load(manifest, make_engine, rights, serves)
            except LoadError as refusal:
                self.note("output", refused=str(refusal))
                raise

    def create_domain(self, domain: int | Domain) -> Domain:
        made = Domain(domain) if isinstance(domain, int) else domain
        devices = [[r.name, r.base, r.size] for r in made.devices]
        ram = made.ram
        made.interrupt_watchers.append(lambda virq: self.note("output", irq=[made.domid, virq]))
        ram.pin_watchers.append(self.pinned)
        with self._asked("domain", domid=made.domid, base=ram.base, size=ram.size, devices=devices):
            return super().create_domain(made)

    def destroy_domain(self, domid: int) -> None:
        with self._asked("destroy", domid=domid):
            super().destroy_domain(domid)

    def advance(self, ns: int) -> None:
        if self._depth or (ns == 0 and not self._has_due()):
            super().advance(ns)
            return
        with self._asked("advance", ns=ns):
            super().advance(ns)

    def perform(self, instance: Instance) -> None:
        with self._asked("deferred"):
            super().perform(instance)

    def call(self, kind: abi.RouteKind, requester: Requester, registers: Sequence[int]) -> Answer:
        who, given = list(requester), [f"{value:#x}" for value in registers]
        with self._asked("call", route=kind.name, requester=who, registers=given):
            answer = super().call(kind, requester, registers)
            got = {f"x{n}": f"{value:#x}" for n, value in answer.registers.items()}
            self._answered(answer, got)
            return answer

    def access(self, requester: Requester, access: Access) -> AccessAnswer:
        what = {"ipa": access.ipa, "width": access.width, "value": access.value}
        with self._asked("access", requester=list(requester), **what):
            answer = super().access(requester, access)
            self._answered(
                answer, {"claimed": answer.claimed, "value": answer.value, "posted": answer.posted}
            )
            return answer

    # --- inputs and outputs ------------------------------------------------------------------

    def pinned(self, frame: Frame, is_pinned: bool) -> None:
        """A guest's page as an app finds it, and what it is when the app is done with it."""
        if is_pinned:
            self.note("input", page=pack(bytes(frame.memory)))
        else:
            self.note("output", page=sha256(frame.memory).hexdigest())

    def _printed(self, line: str) -> None:
        self.note("output", console=line)
        if self._echo is not None:
            self._echo(line)

    def _answered(self, answer: Answer | AccessAnswer, got: dict[str, Any]) -> None:
        outcome = None if answer.outcome is None else str(answer.outcome)
        self.note(
            "output",
            answer=got,
            outcome=outcome,
            spent=answer.spent,
            waits_until=answer.waits_until,
        )

    def _has_due(self) -> bool:
        due = self.next_due()
        return due is not None and due[0] <= self.clock.now_ns

    @contextmanager
    def _asked(self, what: str, **values: Any) -> Iterator[None]:
        """Only what comes from outside is a request, not what follows from it."""
        if not self._depth:
            self.note("ask", what=what, at=self.clock.now_ns, **values)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1


def _rights(rights: Rights) -> dict[str, Any]:
    return {
        "call_smc": sorted(rights.call_smc),
        "guest_memory": rights.guest_memory,
        "io": [[r.name, r.base, r.size] for r in rights.io],
        "irqs": sorted(rights.irqs),
        "timer": rights.timer,
    }


@dataclass
class _Firmware:
    wrapped: Firmware
    hypervisor: RecordedHypervisor

    def smc(self, fid: int, arguments: Sequence[int], client: int) -> Results:
        asked = [f"{value:#x}" for value in (fid, *arguments, client)]
        self.hypervisor.note("output", firmware=asked)
        results = self.wrapped.smc(fid, arguments, client)
        self.hypervisor.note("input", firmware=[f"{value:#x}" for value in results])
        return results


@dataclass
class _Device:
    name: str
    wrapped: Device
    hypervisor: RecordedHypervisor

    def read(self, offset: int, width: int) -> int:
        try:
            value = self.wrapped.read(offset, width)
        except ExternalAbort:
            self.hypervisor.note("input", device=self.name, read=[offset, width], value=None)
            raise
        self.hypervisor.note("input", device=self.name, read=[offset, width], value=f"{value:#x}")
        return value

    def write(self, offset: int, width: int, value: int) -> None:
        self.hypervisor.note("output", device=self.name, write=[offset, width], value=f"{value:#x}")
        try:
            self.wrapped.write(offset, width, value)
        except ExternalAbort:
            self.hypervisor.note("input", device=self.name, write=[offset, width], value=None)
            raise
