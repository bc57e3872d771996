"""`App` and its decorators: what an app is, and which requests it handles (LANGUAGE.md section 5).

Nothing runs here: a host reads `routes` and the handlers. The decorators give the function
back as it is, so that a test can call it.
"""

import re
import uuid as uuids
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from xaprt import abi
from xaprt.abi import RouteKind

from xap.integers import u32
from xap.needs import NAME, Event, Instances, Need, Needs, Restart, checked, constant, region

F = TypeVar("F", bound=Callable[..., Any])

_VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})", re.ASCII)


@dataclass(frozen=True)
class Route:
    """Identifiers or addresses first..last, both included, and who handles them."""

    kind: RouteKind
    first: int
    last: int
    posted: bool
    function: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.kind.name} {self.first:#x}..{self.last:#x}"


class App:
    """An app's identity, its needs and its handlers.

    Raises ValueError or TypeError, saying what is wrong, for what the compiler would refuse.
    """

    def __init__(
        self,
        name: str,
        *,
        version: str,
        uuid: str,
        instances: Instances = Instances.SHARED,
        restart: Restart = Restart.NEVER,
        budget_us: Any = 0,
        needs: Sequence[Need] = (),
    ) -> None:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(f"an app's name is 1 to 31 of a-z 0-9 _ -, not {name!r}")
        if not isinstance(instances, Instances):
            raise TypeError(f"instances is Instances.SHARED or .PER_DOMAIN, not {instances!r}")
        if not isinstance(restart, Restart):
            raise TypeError(f"restart is Restart.NEVER or .ON_FAULT(limit=...), not {restart!r}")
        self.name = name
        self.version = _version(version)
        self.uuid = _uuid(uuid)
        """16 bytes, in the order of RFC 9562."""
        self.instances = instances
        self.restart = restart
        self.budget_us = constant(budget_us, u32)
        """Microseconds a call; 0: the default."""
        if self.budget_us > abi.BUDGET_MAX_US:
            raise ValueError(f"a budget is at most {abi.BUDGET_MAX_US} us, not {self.budget_us}")
        self.needs = checked(needs)
        self.routes: list[Route] = []
        self.init_handler: Callable[[], None] | None = None
        self.timer_handler: Callable[[Any], None] | None = None
        self.event_handlers: dict[abi.Event, Callable[[Any], None]] = {}

    # --- decorators --------------------------------------------------------------------------

    def init(self, function: F) -> F:
        """Called when the instance starts or restarts."""
        _once(self.init_handler, "@app.init")
        self.init_handler = function
        return function

    def timer(self, function: F) -> F:
        """Called at a deadline of `set_timer`, with the time in ns."""
        _once(self.timer_handler, "@app.timer")
        self.timer_handler = function
        return function

    def event(self, event: Event) -> Callable[[F], F]:
        """Called when a served domain came or went, with its domid."""
        if not isinstance(event, Event):
            raise TypeError(f"@app.event() takes an Event, not {event!r}")
        number = abi.Event(int(event))

        def register(function: F) -> F:
            _once(self.event_handlers.get(number), f"@app.event({event})")
            self.event_handlers[number] = function
            return function

        return register

    def smc(self, *ids: Any) -> Callable[[F], F]:
        """Called for a guest's SMC with one of `ids`, integers or ranges of them."""
        return self._calls(RouteKind.SMC, ids)

    def hvc(self, *ids: Any) -> Callable[[F], F]:
        """Called for a guest's HVC with one of `ids`, integers or ranges of them."""
        return self._calls(RouteKind.HVC, ids)

    def mmio_read(self, *, base: Any, size: Any) -> Callable[[F], F]:
        """Called for a guest's load in the region (bytes; whole pages)."""
        return self._region(RouteKind.MMIO_READ, base, size, posted=False)

    def mmio_write(self, *, base: Any, size: Any, posted: bool = False) -> Callable[[F], F]:
        """Called for a guest's store in the region; *posted* ones come later, in order."""
        if type(posted) is not bool:
            raise TypeError(f"posted is True or False, not {posted!r}")
        return self._region(RouteKind.MMIO_WRITE, base, size, posted=posted)

    # --- routes ------------------------------------------------------------------------------

    def _calls(self, kind: RouteKind, ids: tuple[Any, ...]) -> Callable[[F], F]:
        if not ids:
            raise TypeError(f"@app.{kind.name.lower()}() takes one function identifier or more")
        spans = [_span(each) for each in ids]
        for first, last in spans:
            problem = abi.route_refusal(first, last)
            if problem is not None:
                raise ValueError(f"{kind.name} {first:#x}: {problem}")
        return self._registrar(kind, spans, posted=False)

    def _region(self, kind: RouteKind, base: Any, size: Any, *, posted: bool) -> Callable[[F], F]:
        first, length = region(base, size)
        return self._registrar(kind, [(first, first + length - 1)], posted=posted)

    def _registrar(
        self, kind: RouteKind, spans: list[tuple[int, int]], *, posted: bool
    ) -> Callable[[F], F]:
        def register(function: F) -> F:
            for first, last in spans:
                self._claim(Route(kind, first, last, posted, function))
            return function

        return register

    def _claim(self, route: Route) -> None:
        for other in self._alike(route.kind, exactly=True):
            if route.first <= other.last and other.first <= route.last:
                raise ValueError(f"{route} overlaps {other}, claimed before")
        calls = route.kind in (RouteKind.SMC, RouteKind.HVC)
        most = abi.MAX_CALL_ROUTES if calls else abi.MAX_MMIO_ROUTES
        if len(list(self._alike(route.kind, exactly=False))) == most:
            raise ValueError(f"{route}: an app has at most {most} routes of this kind")
        self.routes.append(route)

    def _alike(self, kind: RouteKind, *, exactly: bool) -> Iterator[Route]:
        """Routes of the kind, or of those that share its limit (ABI.md section 1, clause 4)."""
        calls = (RouteKind.SMC, RouteKind.HVC)
        for route in self.routes:
            if route.kind is kind or (not exactly and (route.kind in calls) == (kind in calls)):
                yield route


def _once(before: object, what: str) -> None:
    if before is not None:
        raise ValueError(f"a second {what}; the first is {getattr(before, '__name__', before)}")


def _version(text: str) -> tuple[int, int, int]:
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    parts = [int(part) for part in found.groups()] if found else [1 << 16]
    if max(parts) > 0xFFFF:
        raise ValueError(f'a version is "major.minor.patch", each up to 65535, not {text!r}')
    return parts[0], parts[1], parts[2]


def _uuid(text: str) -> bytes:
    form = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    found = bytes(16)
    if isinstance(text, str) and re.fullmatch(form, text):
        found = uuids.UUID(text).bytes
    if found == bytes(16):
        raise ValueError(f"a UUID has 32 hexadecimal digits, not all zero; not {text!r}")
    return found


def _span(claim: Any) -> tuple[int, int]:
    """First and last of an identifier or a range of them."""
    if not hasattr(claim, "start"):
        number = constant(claim, u32)
        return number, number
    if claim.step != 1 or claim.start >= claim.stop:
        raise ValueError(
            f"range({claim.start:#x}, {claim.stop:#x}, {claim.step}) is no range of identifiers"
        )
    return constant(claim.start, u32), constant(claim.stop - 1, u32)


__all__ = ["App", "Event", "Instances", "Needs", "Restart", "Route"]
