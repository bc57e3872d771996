"""One scenario: who runs where, and what is measured of it."""

from dataclasses import dataclass
from pathlib import Path

from xap_harness.hypervisor.requester import Requester

from benchmarks.stub_domain.costs import MODEL, Costs
from benchmarks.stub_domain.kernel import Protocol
from benchmarks.stub_domain.processors import Policy

HANDLER = Path(__file__).with_name("handler.py")
EMPTY = Path(__file__).parents[1] / "empty.py"


@dataclass(frozen=True)
class Scenario:
    """`stub` None is the native app. Each requester has a CPU, and the stub domain one more unless
    it `shares` the first requester's. The competitors run where the stub domain does, or would."""

    stub: Protocol | None
    per_domain: bool = False
    """Of the native app: an instance for each requester."""
    app: Path = HANDLER
    rounds: int = 1
    """What the handler is asked to do, eight bytes each."""
    shares: bool = False
    competitors: int = 0
    requesters: int = 1
    requests: int = 100
    """Of each requester."""
    think_ns: int = 1 << 16
    """Between two of its requests a requester executes up to that many instructions, at random:
    else the requests would fall into step with the slices. A power of two."""
    policy: Policy = Policy.IN_TURN
    costs: Costs = MODEL

    @property
    def stub_cpu(self) -> int:
        return 0 if self.shares else self.requesters


@dataclass(frozen=True)
class Result:
    """`times` in ns, ascending; the counts are of all requests together."""

    times: tuple[int, ...]
    answers: dict[Requester, list[tuple[int, ...]]]
    traps: int
    """Times that a requester or the stub domain left for the hypervisor, to call or to wait."""
    app_calls: int
    """Times that the hypervisor entered the native app."""
    switches: int
    """Times that a CPU took up a requester or the stub domain."""
    app_instructions: int
    """Of the native app, from its entry point to its last `svc`."""
    stub_instructions: int
    """Of the stub domain: kernel and handler."""
    costs: Costs

    @property
    def hypervisor_instructions(self) -> int:
        """What the model charges for these counts."""
        costs = self.costs
        return self.traps * costs.trap + self.app_calls * costs.app + self.switches * costs.switch

    def each(self, count: int) -> float:
        """Per request."""
        return count / len(self.times)

    def within(self, percent: int) -> int:
        """The time in which that part of the requests was answered."""
        return self.times[-(-len(self.times) * percent // 100) - 1]
