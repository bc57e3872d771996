"""The native road: the harness's own hypervisor, with a price on the way into an app and back."""

from collections.abc import Sequence

from xap_harness.hypervisor.double_fetch import DoubleFetch
from xap_harness.hypervisor.instance import Engine, MakeEngine
from xap_harness.hypervisor.outcome import Outcome
from xap_harness.hypervisor.posted import Record
from xap_harness.hypervisor.requester import Requester
from xap_harness.hypervisor.services import Services
from xaprt import abi


class PricedEngine:
    """As the engine that it wraps; a call takes `price` instructions more."""

    def __init__(self, engine: Engine, price: int) -> None:
        self._engine = engine
        self._price = price

    def call(
        self, function: abi.Function, arguments: Sequence[int], requester: Requester, budget: int
    ) -> Outcome:
        return self._engine.call(function, arguments, requester, budget)

    @property
    def spent(self) -> int:
        return self._engine.spent + self._price

    @property
    def request_page(self) -> int:
        return self._engine.request_page

    def post(self, records: Sequence[Record]) -> None:
        self._engine.post(records)

    def reset(self) -> None:
        self._engine.reset()

    def watch_reads(self, found: list[DoubleFetch]) -> None:
        self._engine.watch_reads(found)


def priced(make_engine: MakeEngine, price: int) -> MakeEngine:
    def make(services: Services) -> PricedEngine:
        return PricedEngine(make_engine(services), price)

    return make
