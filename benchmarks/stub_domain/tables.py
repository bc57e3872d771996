"""The tables: what is run for each, and what is shown of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.stub_domain.costs import FREE, MODEL
from benchmarks.stub_domain.kernel import Protocol
from benchmarks.stub_domain.platform import run
from benchmarks.stub_domain.processors import Policy
from benchmarks.stub_domain.scenario import EMPTY, Result, Scenario

LOADS = (0, 1, 2, 4)
LOAD_REQUESTS = 400
LOAD_THINK_NS = 1 << 21
"""So that requests come at any point of a slice."""

NATIVE = Scenario(stub=None)
EVENTS = Scenario(stub=Protocol.EVENTS)
FUSED = Scenario(stub=Protocol.FUSED)
ROADS = {
    "native app": NATIVE,
    "stub domain, idle CPU, events": EVENTS,
    "stub domain, idle CPU, one hypercall": FUSED,
    "stub domain, same CPU, events": replace(EVENTS, shares=True),
    "stub domain, same CPU, one hypercall": replace(FUSED, shares=True),
}
BEST = {
    "native app": NATIVE,
    "stub domain, idle CPU": FUSED,
    "stub domain, same CPU": replace(FUSED, shares=True),
}
"""The stub domain with the cheaper protocol."""

PLACES = {False: "another CPU", True: "the requester's CPU"}
POLICIES = {
    Policy.AT_ONCE: "at once",
    Policy.AFTER_1_MS: "after 1 ms",
    Policy.IN_TURN: "in turn",
}


@dataclass(frozen=True)
class Table:
    name: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """In Markdown; all but the first column are numbers."""
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


# --- one request on a system that does nothing else ------------------------------------------


def one_request() -> Table:
    header = ["road", "traps of guests", "calls into the app", "vCPU switches", "app or stub",
              "hypervisor", "together", "ns to answer", "ns, all costs 0"]  # fmt: skip
    rows = []
    for name, scenario in ROADS.items():
        made, free = run(scenario), run(replace(scenario, costs=FREE))
        emulated = made.each(made.app_instructions + made.stub_instructions)
        charged = made.each(made.hypervisor_instructions)
        counts = (made.traps, made.app_calls, made.switches)
        rows.append([
            name,
            *(f"{made.each(count):.0f}" for count in counts),
            *(f"{number:.0f}" for number in (emulated, charged, emulated + charged)),
            str(made.within(50)),
            str(free.within(50)),
        ])  # fmt: skip
    return Table("one-request", header, rows)


def work() -> Table:
    """The longer the handler itself, the less the road counts."""
    header = ["handler", "its instructions", *BEST, "ratio, idle CPU", "ratio, same CPU"]
    handlers = {"empty": {"app": EMPTY}} | {
        f"{8 * rounds} bytes": {"rounds": rounds} for rounds in (1, 10, 100)
    }
    rows = []
    for name, what in handlers.items():
        native, idle, same = (run(replace(road, **what)) for road in BEST.values())
        times = [made.within(50) for made in (native, idle, same)]
        rows.append([
            name,
            f"{native.each(native.app_instructions):.0f}",
            *map(str, times),
            *(f"{time / times[0]:.2f}" for time in times[1:]),
        ])  # fmt: skip
    return Table("work", header, rows)


def sensitivity() -> Table:
    """What the result owes to the model of costs."""
    models = {
        "the model": MODEL,
        "all costs 0": FREE,
        "a vCPU switch free": replace(MODEL, switch=0),
        "a vCPU switch as cheap as an app": replace(MODEL, switch=MODEL.app),
        "a vCPU switch double": replace(MODEL, switch=2 * MODEL.switch),
        "a trap double": replace(MODEL, trap=2 * MODEL.trap),
        "into the app and back free": replace(MODEL, app=0),
    }
    header = ["costs", "trap", "app", "switch", *BEST]
    rows = [
        [
            name,
            *map(str, (costs.trap, costs.app, costs.switch)),
            *(str(run(replace(road, costs=costs)).within(50)) for road in BEST.values()),
        ]
        for name, costs in models.items()
    ]
    return Table("sensitivity", header, rows)


def requesters() -> Table:
    header = ["requesters", "road", "median", "99 %", "longest", "traps a request"]
    roads = {
        "native app, one instance": NATIVE,
        "native app, an instance each": replace(NATIVE, per_domain=True),
        "stub domain, idle CPU": FUSED,
    }
    rows = []
    for count in (1, 2, 4, 8):
        for name, road in roads.items():
            made = run(replace(road, requesters=count, requests=200, think_ns=1 << 14))
            rows.append([str(count), name, *_times(made, 1), f"{made.each(made.traps):.2f}"])
    return Table("requesters", header, rows)


# --- under load ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """`policy` None is the native app, to which no wake matters."""

    shares: bool
    policy: Policy | None
    competitors: int
    result: Result


def loads(requests: int = LOAD_REQUESTS) -> Iterator[Load]:
    for shares in PLACES:
        for policy in (None, *POLICIES):
            road = NATIVE if policy is None else replace(FUSED, policy=policy)
            for competitors in LOADS:
                scenario = replace(
                    road,
                    shares=shares,
                    competitors=competitors,
                    requests=requests,
                    think_ns=LOAD_THINK_NS,
                )
                yield Load(shares, policy, competitors, run(scenario))


def load_table(made: Sequence[Load]) -> Table:
    header = ["load on", "road", "competitors", "median", "99 %", "longest"]
    rows = [
        [
            PLACES[load.shares],
            road_name(load.policy),
            str(load.competitors),
            *_times(load.result, 1000),
        ]
        for load in made
    ]
    return Table("load", header, rows)


def road_name(policy: Policy | None) -> str:
    return "native app" if policy is None else f"stub domain, woken: {POLICIES[policy]}"


def _times(made: Result, unit: int) -> list[str]:
    times = made.within(50), made.within(99), made.times[-1]
    return [f"{time / unit:.{0 if unit == 1 else 1}f}" for time in times]
