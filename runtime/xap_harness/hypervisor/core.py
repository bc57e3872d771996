"""The hypervisor: apps, domains, and a request from its trap to its answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from xaprt import abi
from xaprt.manifest import Manifest

from xap_harness.hypervisor import loader
from xap_harness.hypervisor.clock import Clock
from xap_harness.hypervisor.console import AppLog, Console, LogLine
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.firmware import Firmware, NoFirmware
from xap_harness.hypervisor.instance import Engine, Instance, Life
from xap_harness.hypervisor.outcome import Done, Failed, NotHandled, Outcome
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.routes import Routes
from xap_harness.hypervisor.services import Rights, Services
from xap_harness.hypervisor.timeline import Event, Recorder, Step

UNCLAIMED: Mapping[int, int] = {0: abi.REFUSED}
"""ABI.md 4.3: x0 = -1 and all else kept."""

FAULT_ANSWER: Mapping[int, int] = {0: abi.REFUSED, 1: 0, 2: 0, 3: 0}
"""ABI.md 5.2."""

_FUNCTIONS = {
    abi.RouteKind.SMC: abi.Function.HANDLE_SMC,
    abi.RouteKind.HVC: abi.Function.HANDLE_HVC,
}

MakeEngine = Callable[[Services], Engine]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a requester gets: general registers by number; those not named keep their value."""

    registers: Mapping[int, int]
    outcome: Outcome | None = None
    """How the app's call ended; None: there was none."""
    log: Sequence[LogLine] = ()
    spent: int = 0


@dataclass(frozen=True)
class App:
    """An app that was loaded. `serves`: domids, or None for every domain."""

    manifest: Manifest
    serves: Collection[int] | None
    instance: Instance
    engine: Engine
    log: AppLog

    def is_for(self, domid: int) -> bool:
        return self.serves is None or domid in self.serves


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
        self.domains: list[int] = []
        self._routes: Routes[App] = Routes()

    # --- apps and domains -----------------------------------------------------------------

    def load(
        self,
        manifest: Manifest,
        make_engine: MakeEngine,
        rights: Rights,
        serves: Collection[int] | None = None,
    ) -> App:
        """Admit an app and run its INIT (ABI.md 6.1). Raises LoadError; then nothing changed."""
        loader.admit(manifest, rights, serves, [(app.manifest, app.serves) for app in self.apps])
        log = AppLog(manifest.name, self.console, self.clock)
        engine = make_engine(Services(log, rights, self.firmware, self.clock, self.record))
        instance = Instance(
            engine,
            log,
            self.console,
            self.clock,
            budget_us=manifest.budget_us,
            restart_limit=manifest.restart_limit,
        )
        loader.require_started(manifest, instance.start())
        app = App(manifest, serves, instance, engine, log)
        self.apps.append(app)
        for domid in self.domains:
            self._connect(app, domid)
        return app

    def create_domain(self, domid: int) -> None:
        """A guest is about to run for the first time (ABI.md 6.6)."""
        if domid in self.domains:
            raise ValueError(f"domain {domid} exists")
        self.domains.append(domid)
        for app in self.apps:
            self._connect(app, domid)

    def destroy_domain(self, domid: int) -> None:
        """After its last call."""
        self.domains.remove(domid)
        self._routes.drop_domain(domid)
        for app in self.apps:
            if app.is_for(domid):
                app.instance.tell(abi.Event.DOMAIN_DESTROYED, domid)

    def _connect(self, app: App, domid: int) -> None:
        if app.is_for(domid):
            for route in app.manifest.routes:
                self._routes.add(domid, route.kind, route.first, route.last, app)
            app.instance.tell(abi.Event.DOMAIN_CREATED, domid)

    # --- time -----------------------------------------------------------------------------

    def advance(self, ns: int) -> None:
        """Let virtual time pass, and do what falls due."""
        self.clock.advance(ns)
        self._do_deferred()

    def _do_deferred(self) -> None:
        for app in self.apps:
            if app.instance.restart_due and app.instance.restart():
                for domid in filter(app.is_for, self.domains):
                    app.instance.tell(abi.Event.DOMAIN_CREATED, domid)

    # --- a request ------------------------------------------------------------------------

    def call(self, kind: abi.RouteKind, requester: Requester, registers: Sequence[int]) -> Answer:
        """An SMC or HVC with immediate 0, of a guest whose x0..x7 are `registers`."""
        self._do_deferred()
        fid = registers[0] & 0xFFFF_FFFF
        app = self._routes.find(requester.domid, kind, fid)
        if app is None or app.instance.life is Life.DEAD:
            return Answer(UNCLAIMED)
        if app.instance.life is Life.WAITING:
            return Answer(FAULT_ANSWER)
        outcome = app.instance.request(_FUNCTIONS[kind], (fid, *registers[1:8]), requester)
        answer = Answer(_answer(outcome), outcome, app.log.call_lines, app.engine.spent)
        if self.record is not None:
            self.record(Event(Step.RESULT_CHECKED, requester, {"outcome": _name(outcome)}))
        return answer


def _answer(outcome: Outcome) -> Mapping[int, int]:
    match outcome:
        case Done(results):
            return dict(enumerate(results))
        case NotHandled():
            return UNCLAIMED
        case Failed() | Fault():
            return FAULT_ANSWER


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
