"""Who serves a function id, for which domain (ABI.md 4.1, 4.2)."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from xaprt.abi import RouteKind

App = TypeVar("App")


@dataclass(slots=True)
class _Lane(Generic[App]):
    """The disjoint ranges of one kind for one domain, ascending."""

    firsts: list[int] = field(default_factory=list)
    ranges: list[tuple[int, int, App]] = field(default_factory=list)

    def add(self, first: int, last: int, app: App) -> None:
        at = bisect_right(self.firsts, first)
        self.firsts.insert(at, first)
        self.ranges.insert(at, (first, last, app))

    def find(self, number: int) -> App | None:
        at = bisect_right(self.firsts, number) - 1
        if at >= 0:
            first, last, app = self.ranges[at]
            if first <= number <= last:
                return app
        return None


class Routes(Generic[App]):
    """Two apps conflict only if they share a guest, so each domain has its own."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[int, RouteKind], _Lane[App]] = {}

    def add(self, domid: int, kind: RouteKind, first: int, last: int, app: App) -> None:
        self._lanes.setdefault((domid, kind), _Lane()).add(first, last, app)

    def find(self, domid: int, kind: RouteKind, number: int) -> App | None:
        lane = self._lanes.get((domid, kind))
        return None if lane is None else lane.find(number)

    def drop_domain(self, domid: int) -> None:
        self._lanes = {key: lane for key, lane in self._lanes.items() if key[0] != domid}
