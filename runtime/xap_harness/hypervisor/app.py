"""An app that was loaded, and its instances: one for all guests, or one for each (ABI.md 6.3)."""

from collections.abc import Callable, Collection, Iterable

from xaprt import abi
from xaprt.manifest import Manifest
from xaprt.rights import Rights

from xap_harness.hypervisor.agenda import Agenda
from xap_harness.hypervisor.console import AppLog, Console
from xap_harness.hypervisor.instance import Instance, MakeEngine
from xap_harness.hypervisor.outcome import Outcome, init_failure
from xap_harness.hypervisor.services import Platform, Services


class App:
    """`serves`: domids, or None for every domain. `guests` gives the domids that live now."""

    def __init__(
        self,
        manifest: Manifest,
        serves: Collection[int] | None,
        make_engine: MakeEngine,
        platform: Platform,
        console: Console,
        agenda: Agenda[Instance],
        guests: Callable[[], Iterable[int]],
    ) -> None:
        self.manifest = manifest
        self.serves = serves
        self.log = AppLog(manifest.name, console, platform.clock)
        self._make_engine = make_engine
        self._platform = platform
        self._console = console
        self._agenda = agenda
        self._guests = guests
        self._instances: dict[int | None, Instance] = {}

    def is_for(self, domid: int) -> bool:
        return self.serves is None or domid in self.serves

    @property
    def is_shared(self) -> bool:
        return self.manifest.instances is abi.Instances.SHARED

    @property
    def instances(self) -> Collection[Instance]:
        return self._instances.values()

    def instance_for(self, domid: int) -> Instance:
        """The one that serves that guest."""
        return self._instances[None if self.is_shared else domid]

    # --- loading and domains -----------------------------------------------------------------

    def start(self) -> str | None:
        """INIT of the shared instance, or of one for each guest that lives; then the events.
        What refuses the load, in words (ABI.md 6.1); None: nothing."""
        for served in [None] if self.is_shared else list(self._served()):
            failure = init_failure(self._make(served))
            if failure is not None:
                return failure
        if self.is_shared:
            self._instances[None].tell_of_guests()
        return None

    def add_domain(self, domid: int) -> None:
        """It is about to run for the first time (ABI.md 6.6)."""
        if self.is_shared:
            self._instances[None].tell(abi.Event.DOMAIN_CREATED, domid)
        elif init_failure(self._make(domid)) is not None:
            self._instances[domid].condemn()

    def remove_domain(self, domid: int) -> None:
        """It has made its last call; an instance of its own ends with it, uncalled."""
        if self.is_shared:
            self._instances[None].tell(abi.Event.DOMAIN_DESTROYED, domid)
        else:
            self._agenda.drop([self._instances.pop(domid)])

    def _served(self) -> Iterable[int]:
        return filter(self.is_for, self._guests())

    def _make(self, served: int | None) -> Outcome:
        services = Services(Rights.asked_by(self.manifest), self.log, self._platform, served)
        made = self._instances[served] = Instance(
            self.manifest,
            self._make_engine(services),
            services,
            self.log,
            self._console,
            self._platform.clock,
            self._agenda,
            served=served,
            guests=self._served if served is None else tuple,
        )
        return made.start()
