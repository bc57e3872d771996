"""The hypervisor: apps, domains, and a request from its trap to its answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from xaprt import abi
from xaprt.admission import LoadError, admit
from xaprt.manifest import Manifest, Route
from xaprt.rights import IoRegion, Rights

from xap_harness.hypervisor import loader
from xap_harness.hypervisor.agenda import Agenda
from xap_harness.hypervisor.app import App
from xap_harness.hypervisor.clock import Clock
from xap_harness.hypervisor.console import Console, LogLine
from xap_harness.hypervisor.device import Device
from xap_harness.hypervisor.domain import Domain
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.firmware import Firmware, NoFirmware
from xap_harness.hypervisor.instance import Instance, Life, MakeEngine
from xap_harness.hypervisor.outcome import Done, Failed, NotHandled, Outcome
from xap_harness.hypervisor.posted import Record
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.routes import Routes
from xap_harness.hypervisor.timeline import Event, Recorder, Step

UNCLAIMED: Mapping[int, int] = {0: abi.REFUSED}
"""ABI.md 4.3: x0 = -1 and all else kept."""

FAULT_ANSWER: Mapping[int, int] = {0: abi.REFUSED, 1: 0, 2: 0, 3: 0}
"""ABI.md 5.2."""

_FUNCTIONS = {
    abi.RouteKind.SMC: abi.Function.HANDLE_SMC,
    abi.RouteKind.HVC: abi.Function.HANDLE_HVC,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a requester gets: general registers by number; those not named keep their value."""

    registers: Mapping[int, int]
    outcome: Outcome | None = None
    """How the app's call ended; None: there was none."""
    log: Sequence[LogLine] = ()
    spent: int = 0
    waits_until: int | None = None
    """The instance is busy until then: the requester repeats its instruction (ABI.md 6.4)."""


@dataclass(frozen=True, slots=True)
class Access:
    """A load or store of a guest: `width` in bytes, `value` None for a load."""

    ipa: int
    width: int
    value: int | None = None

    @property
    def mask(self) -> int:
        return (1 << 8 * self.width) - 1


@dataclass(frozen=True, slots=True)
class AccessAnswer:
    """`value`: what a load gets, zero-extended from its width. Not `claimed`: the abort that the
    guest would take with no app (ABI.md 4.3). `posted`: the app is told later."""

    claimed: bool
    value: int = 0
    posted: bool = False
    outcome: Outcome | None = None
    log: Sequence[LogLine] = ()
    spent: int = 0
    waits_until: int | None = None


@dataclass
class Hypervisor:
    """One platform. `echo` sees each line of the console, `record` each step of each call."""

    firmware: Firmware = field(default_factory=NoFirmware)
    echo: Callable[[str], None] | None = None
    record: Recorder | None = None

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.console = Console(self.echo)
        self.apps: list[App] = []
        self.domains: dict[int, Domain] = {}
        self._devices: list[tuple[IoRegion, Device]] = []
        self._agenda: Agenda[Instance] = Agenda()
        self._routes: Routes[tuple[App, Route]] = Routes()

    # --- devices, apps and domains -----------------------------------------------------------

    def add_device(self, region: IoRegion, device: Device) -> None:
        """A device of the platform that no guest owns; apps may be granted it."""
        for other, _ in self._devices:
            if region.meets(other.base, other.base + other.size - 1):
                raise ValueError(f"{region} overlaps {other}")
        self._devices.append((region, device))

    def remove_device(self, region: IoRegion) -> None:
        self._devices = [(other, device) for other, device in self._devices if other != region]

    def device_at(self, region: IoRegion) -> Device | None:
        """The device whose registers begin there."""
        for found, device in self._devices:
            if found.base == region.base and region.lies_in(found):
                return device
        return None

    def load(
        self,
        manifest: Manifest,
        make_engine: MakeEngine,
        rights: Rights,
        serves: Collection[int] | None = None,
    ) -> App:
        """Admit an app and run its INIT (ABI.md 6.1). Raises LoadError; then nothing changed."""
        admit(manifest, rights, serves, [(app.manifest, app.serves) for app in self.apps])
        app = App(
            manifest,
            serves,
            make_engine,
            self,
            self.console,
            self._agenda,
            lambda: list(self.domains),
        )
        for domain in filter(lambda d: app.is_for(d.domid), self.domains.values()):
            loader.require_room(manifest, domain)
        loader.require_devices(manifest, self.device_at)
        failure = app.start()
        if failure is not None:
            self._agenda.drop(app.instances)
            raise LoadError(manifest, failure)
        self.apps.append(app)
        for domid in filter(app.is_for, self.domains):
            self._connect(app, domid)
        return app

    def create_domain(self, domain: int | Domain) -> Domain:
        """A guest is about to run for the first time; a bare domid gets RAM as `GuestRam` has
        it. Raises ValueError, LoadError if an app's region is in its way."""
        made = Domain(domain) if isinstance(domain, int) else domain
        if made.domid in self.domains:
            raise ValueError(f"domain {made.domid} exists")
        served_by = [app for app in self.apps if app.is_for(made.domid)]
        for app in served_by:
            loader.require_room(app.manifest, made)
        self.domains[made.domid] = made
        for app in served_by:
            app.add_domain(made.domid)
            self._connect(app, made.domid)
        self._wait_for_events(served_by)
        return made

    def destroy_domain(self, domid: int) -> None:
        """After its last call."""
        served_by = [app for app in self.apps if app.is_for(domid)]
        for app in served_by:
            instance = app.instance_for(domid)
            self.clock.advance_to(instance.busy_until or 0)
            instance.flush(domid)
        del self.domains[domid]
        self._routes.drop_domain(domid)
        for app in served_by:
            app.remove_domain(domid)
        self.do_deferred()

    def _connect(self, app: App, domid: int) -> None:
        for route in app.manifest.routes:
            self._routes.add(domid, route.kind, route.first, route.last, (app, route))

    def _wait_for_events(self, apps: Sequence[App]) -> None:
        """A guest does not run before they have been told of it (ABI.md 6.6)."""
        for app in apps:
            for instance in app.instances:
                while instance.has_events and (due := instance.due_ns) is not None:
                    self.advance(max(due - self.clock.now_ns, 0))

    # --- time --------------------------------------------------------------------------------

    def advance(self, ns: int) -> None:
        """Let virtual time pass, and do what falls due, each at its time."""
        until = self.clock.now_ns + ns
        if ns < 0:
            raise ValueError("time does not run backwards")
        while (due := self.next_due()) is not None and due[0] <= until:
            self.clock.advance_to(due[0])
            self.perform(due[1])
        self.clock.advance_to(until)

    def perform(self, instance: Instance) -> None:
        """One piece of deferred work that is due."""
        instance.do_deferred()

    def do_deferred(self) -> None:
        """What is due now."""
        self.advance(0)

    def next_due(self) -> tuple[int, Instance] | None:
        """The instance whose deferred work may begin first, and when."""
        return self._agenda.next()

    # --- a request ---------------------------------------------------------------------------

    def call(self, kind: abi.RouteKind, requester: Requester, registers: Sequence[int]) -> Answer:
        """An SMC or HVC with immediate 0, of a guest whose x0..x7 are `registers`."""
        self.do_deferred()
        fid = registers[0] & 0xFFFF_FFFF
        found = self._routes.find(requester.domid, kind, fid)
        if found is None:
            return Answer(UNCLAIMED)
        app = found[0]
        instance = app.instance_for(requester.domid)
        if (until := instance.busy_until) is not None:
            return Answer({}, waits_until=until)
        instance.flush(requester.domid)
        if instance.life is Life.DEAD:
            return Answer(UNCLAIMED)
        if instance.life is Life.WAITING:
            return Answer(FAULT_ANSWER)
        outcome = instance.request(_FUNCTIONS[kind], (fid, *registers[1:8]), requester)
        self._note_checked(outcome, requester)
        return Answer(_answer(outcome), outcome, app.log.call_lines, instance.spent)

    def access(self, requester: Requester, access: Access) -> AccessAnswer:
        """A load or store that stage 2 refused and whose syndrome is usable (ABI.md 2.3)."""
        self.do_deferred()
        is_write = access.value is not None
        kind = abi.RouteKind.MMIO_WRITE if is_write else abi.RouteKind.MMIO_READ
        found = self._routes.find(requester.domid, kind, access.ipa)
        if found is None or access.ipa % access.width:
            return AccessAnswer(claimed=False)
        app, route = found
        offset, value = access.ipa - route.first, (access.value or 0) & access.mask
        if route.flags & abi.RouteFlag.POSTED:
            return self._post(app, Record(route.first, offset, access.width, value), requester)
        instance = app.instance_for(requester.domid)
        if (until := instance.busy_until) is not None:
            return AccessAnswer(claimed=True, waits_until=until)
        instance.flush(requester.domid)
        if instance.life is not Life.RUNNING:
            return AccessAnswer(instance.life is not Life.DEAD, access.mask)
        arguments = (
            route.first,
            offset,
            access.width | (abi.MMIO_WRITE if is_write else 0),
            value,
        )
        outcome = instance.request(abi.Function.HANDLE_MMIO, arguments, requester)
        self._note_checked(outcome, requester)
        return _access_answer(outcome, access, app.log.call_lines, instance.spent)

    def _post(self, app: App, record: Record, requester: Requester) -> AccessAnswer:
        """ABI.md 2.5: the guest goes on at once."""
        instance = app.instance_for(requester.domid)
        until = instance.busy_until
        if until is not None and instance.must_hand_over(requester):
            return AccessAnswer(claimed=True, waits_until=until)
        if instance.life is Life.RUNNING:
            instance.post(record, requester)
            return AccessAnswer(claimed=True, posted=True)
        return AccessAnswer(claimed=instance.life is not Life.DEAD)

    def _note_checked(self, outcome: Outcome, requester: Requester) -> None:
        if self.record is not None:
            values = {"outcome": _name(outcome)}
            self.record(Event(Step.RESULT_CHECKED, requester, values, self.clock.now_ns))


def _answer(outcome: Outcome) -> Mapping[int, int]:
    match outcome:
        case Done(results):
            return dict(enumerate(results))
        case NotHandled():
            return UNCLAIMED
        case Failed() | Fault():
            return FAULT_ANSWER


def _access_answer(
    outcome: Outcome, access: Access, log: Sequence[LogLine], spent: int
) -> AccessAnswer:
    """ABI.md 2.3: the low bytes of the result; 5.2: all ones."""
    match outcome:
        case Done(results):
            value = results[0] & access.mask
        case NotHandled() | Failed() | Fault():
            value = access.mask
    claimed = not isinstance(outcome, NotHandled)
    return AccessAnswer(claimed, value, False, outcome, log, spent)


def _name(outcome: Outcome) -> str:
    match outcome:
        case Done(results):
            return f"done, {len(results)} results"
        case NotHandled():
            return "not handled"
        case Failed(errno):
            return f"failed, errno {errno}"
        case Fault():
            return "fault"
