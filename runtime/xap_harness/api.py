"""Load an app and call it as a guest would: the same on every backend."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from xaprt import abi
from xaprt.fit import is_fit
from xaprt.manifest import Manifest
from xaprt.rights import IoRegion, Rights
from xaprt.verify import verify

from xap_harness.hypervisor.core import UNCLAIMED, Access, AccessAnswer, Answer, Hypervisor
from xap_harness.hypervisor.device import Device, RegisterFile
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.double_fetch import DoubleFetch
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.firmware import Firmware, NoFirmware
from xap_harness.hypervisor.instance import Engine, MakeEngine
from xap_harness.hypervisor.outcome import Done, Failed, NotHandled
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services
from xap_harness.trust import Keys, Trust, read_trusted, require_no_keys

BACKENDS = ("host", "emulator")
WIDTHS = (1, 2, 4, 8)

_U64 = (1 << 64) - 1
A = TypeVar("A", Answer, AccessAnswer)


@dataclass(frozen=True)
class Result:
    """The guest's registers after its SMC or HVC, and what the call was like.

    Registers are unsigned 64-bit; those that the answer does not name are as the guest set
    them. `instructions` is what the app executed, None on the host backend.
    """

    x0: int
    x1: int
    x2: int
    x3: int
    x4: int
    x5: int
    x6: int
    x7: int
    status: str
    """ok; not_handled: no route, or the app said so; failed: the app answered -errno;
    fault: it faulted, or waits for its restart."""
    log: list[str] = field(default_factory=list)
    instructions: int | None = None
    fault: Fault | None = None
    errno: int | None = None

    @property
    def handled(self) -> bool:
        return self.status != "not_handled"


@dataclass(frozen=True)
class MmioResult:
    """What a guest's load or store got.

    `value` is what a load gets, zero-extended from its width; None for a store, and where the
    guest takes an abort instead. `status` is as of a Result, or "posted".
    """

    value: int | None
    status: str
    log: list[str] = field(default_factory=list)
    instructions: int | None = None
    fault: Fault | None = None
    errno: int | None = None

    @property
    def handled(self) -> bool:
        return self.status != "not_handled"


class App:
    """A loaded app on a hypervisor of its own.

    Requests come from domain 1, vCPU 0, unless they say otherwise; a domain exists from its
    first request on.
    """

    def __init__(self, hypervisor: Hypervisor, manifest: Manifest, *, counts: bool) -> None:
        self.hypervisor = hypervisor
        self.manifest = manifest
        self._counts = counts

    # --- requests ----------------------------------------------------------------------------

    def smc(self, fid: int, *args: int, domid: int = 1, vcpu: int = 0) -> Result:
        """A guest's SMC with x0 = `fid` and `args` in x1..x7; what is not given is 0."""
        return self._call(abi.RouteKind.SMC, fid, args, Requester(domid, vcpu))

    def hvc(self, fid: int, *args: int, domid: int = 1, vcpu: int = 0) -> Result:
        """As `smc`, by HVC."""
        return self._call(abi.RouteKind.HVC, fid, args, Requester(domid, vcpu))

    def mmio_read(
        self, address: int, width: int = 4, *, domid: int = 1, vcpu: int = 0
    ) -> MmioResult:
        """A guest's load of `width` bytes from a guest-physical address."""
        return self._access(Access(address, width), Requester(domid, vcpu))

    def mmio_write(
        self, address: int, value: int, width: int = 4, *, domid: int = 1, vcpu: int = 0
    ) -> MmioResult:
        """A guest's store of the low `width` bytes of `value`."""
        return self._access(Access(address, width, value), Requester(domid, vcpu))

    # --- around it ---------------------------------------------------------------------------

    @property
    def log(self) -> list[str]:
        """All that the console shows: log lines with the app's name, and fault reports."""
        return list(self.hypervisor.console.lines)

    def advance(self, ns: int) -> None:
        """Let virtual time pass: timers, posted writes and restarts happen when they are due."""
        self.hypervisor.advance(ns)

    def domain(self, domid: int = 1) -> Domain:
        """That guest, its RAM and its pending interrupts; it is created if there is none."""
        domain = self.hypervisor.domains.get(domid)
        return domain if domain is not None else self.hypervisor.create_domain(domid)

    def destroy_domain(self, domid: int = 1) -> None:
        """The guest ends."""
        self.hypervisor.destroy_domain(domid)

    # --- inside ------------------------------------------------------------------------------

    def _answered(self, ask: Callable[[], A]) -> A:
        """A requester that is alone repeats its instruction until the instance is free."""
        while (until := (answer := ask()).waits_until) is not None:
            self.advance(until - self.hypervisor.clock.now_ns)
        return answer

    def _call(
        self, kind: abi.RouteKind, fid: int, args: tuple[int, ...], requester: Requester
    ) -> Result:
        if len(args) > 7:
            raise ValueError(f"a call has at most 7 arguments, x1..x7; got {len(args)}")
        given = [value & _U64 for value in (fid, *args)]
        registers = given + [0] * (8 - len(given))
        self.domain(requester.domid)
        answer = self._answered(lambda: self.hypervisor.call(kind, requester, registers))
        for number, value in answer.registers.items():
            registers[number] = value
        x0, x1, x2, x3, x4, x5, x6, x7 = registers
        claimed = answer.registers is not UNCLAIMED
        return Result(
            x0,
            x1,
            x2,
            x3,
            x4,
            x5,
            x6,
            x7,
            status=_status(answer, claimed=claimed),
            log=_texts(answer),
            instructions=answer.spent if self._counts else None,
            fault=_fault(answer),
            errno=_errno(answer),
        )

    def _access(self, access: Access, requester: Requester) -> MmioResult:
        if access.width not in WIDTHS:
            raise ValueError(f"an access is of {WIDTHS} bytes; got {access.width}")
        self.domain(requester.domid)
        answer = self._answered(lambda: self.hypervisor.access(requester, access))
        is_load = access.value is None
        return MmioResult(
            answer.value if is_load and answer.claimed else None,
            "posted" if answer.posted else _status(answer, claimed=answer.claimed),
            log=_texts(answer),
            instructions=answer.spent if self._counts else None,
            fault=_fault(answer),
            errno=_errno(answer),
        )


def _status(answer: Answer | AccessAnswer, *, claimed: bool) -> str:
    match answer.outcome:
        case Done():
            return "ok"
        case NotHandled():
            return "not_handled"
        case Failed():
            return "failed"
        case Fault():
            return "fault"
        case None:
            return "fault" if claimed else "not_handled"


def _texts(answer: Answer | AccessAnswer) -> list[str]:
    return [line.text for line in answer.log]


def _fault(answer: Answer | AccessAnswer) -> Fault | None:
    return answer.outcome if isinstance(answer.outcome, Fault) else None


def _errno(answer: Answer | AccessAnswer) -> int | None:
    return answer.outcome.errno if isinstance(answer.outcome, Failed) else None


# --- loading --------------------------------------------------------------------------------


def load(
    path: str | Path,
    backend: str = "emulator",
    *,
    grants: Rights | None = None,
    firmware: Firmware | None = None,
    devices: Mapping[str, Device] | None = None,
    serves: Collection[int] | None = None,
    hypervisor: Hypervisor | None = None,
    keys: Keys | None = None,
    minimum_version: int = 0,
    prove: bool = True,
    double_fetches: list[DoubleFetch] | None = None,
) -> App:
    """Load an app's Python file, or its ELF, and run its INIT.

    `grants` is what the integrator allows, by default all that the manifest asks for; `serves`
    are the domids of its guests, by default all. `devices` are models of the regions that its
    io needs name; one that is not given is a `RegisterFile`. `hypervisor` is one that has other
    apps already; then `firmware` is that one's. Where `keys` are given (public keys or their PEM
    files), an image that none of them signed, or of a security version below the minimum, is
    refused before it is parsed. An image that `xaprt.verify` cannot prove safe is refused, as
    `xapc verify` does, unless `prove` is False: then isolation is EL0's affair alone (6.2).
    `double_fetches` gets what the app reads twice of a guest's page in one call; without it nothing
    is watched.

    Raises OSError, xapc.diagnostics.CompileError, xaprt's SignatureError, its ImageError for a
    file that is no such image and Refusal for one that is not proven, LoadError, and ValueError
    for a backend that does not exist or cannot run it.
    """
    target = hypervisor or Hypervisor(firmware=firmware or NoFirmware())
    trust = Trust(keys, minimum_version, prove)
    manifest, make_engine = _prepare(Path(path), backend, target, trust)
    if double_fetches is not None:
        make_engine = _watched(make_engine, double_fetches)
    rights = Rights.asked_by(manifest) if grants is None else grants
    place(target, manifest, make_engine, rights, serves, devices or {})
    return App(target, manifest, counts=backend == "emulator")


def _watched(make_engine: MakeEngine, found: list[DoubleFetch]) -> MakeEngine:
    def make(services: Services) -> Engine:
        engine = make_engine(services)
        engine.watch_reads(found)
        return engine

    return make


def place(
    target: Hypervisor,
    manifest: Manifest,
    make_engine: MakeEngine,
    rights: Rights,
    serves: Collection[int] | None,
    devices: Mapping[str, Device],
) -> None:
    """Load what is prepared, and the devices that it needs; if it is refused, neither is there."""
    added = _add_devices(target, Rights.asked_by(manifest), devices)
    try:
        target.load(manifest, make_engine, rights, serves)
    except Exception:
        for region in added:
            target.remove_device(region)
        raise


def _add_devices(target: Hypervisor, asked: Rights, models: Mapping[str, Device]) -> list[IoRegion]:
    """A device for each region that has none; gives those regions."""
    names = {region.name for region in asked.io}
    for name in models:
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            raise ValueError(f"no io need is called '{name}'; there are: {known}")
    missing = [r for r in asked.io if r.name in models or target.device_at(r) is None]
    for region in missing:
        target.add_device(region, models.get(region.name) or RegisterFile(region.size))
    return missing


def _prepare(
    path: Path, backend: str, target: Hypervisor, trust: Trust
) -> tuple[Manifest, MakeEngine]:
    if backend not in BACKENDS:
        raise ValueError(f"no backend '{backend}': there are {' and '.join(BACKENDS)}")
    # Imported here: who only collects tests needs neither unicorn nor the compiler.
    if backend == "host":
        from xap_harness.host.backend import prepare as prepare_source

        require_no_keys(trust.keys)
        return prepare_source(path, target)
    from xap_harness.emulator.backend import prepare, prepare_image

    if path.suffix == ".py":
        require_no_keys(trust.keys)
        return prepare(path, target)
    data = read_trusted(path, trust.keys, trust.minimum_version)
    if is_fit(data):
        raise ValueError("a bundle of apps, which load_bundle loads")
    prepared = prepare_image(data, target)
    if trust.prove:
        verify(data)
    return prepared
