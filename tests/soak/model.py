"""What each app of `apps` must answer, said a second time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from xap_harness.hypervisor.core import FAULT_ANSWER, AccessAnswer, Answer
from xap_harness.hypervisor.fault import Fault
from xap_harness.hypervisor.outcome import Done, Outcome

U64 = (1 << 64) - 1
CONSOLE = 0x0900_0000
PAGE = 0x4002_0000
SLOTS = 512
CRASHES, LOOPS = 0xC600_0400, 0xC600_0500


@dataclass(frozen=True)
class Request:
    """One entry of a guest's table: `what` is an id or an address, `a` goes into x1 or memory."""

    kind: str
    what: int
    a: int


@dataclass
class Model:
    """`wrong` holds what was not as it must be, in words."""

    counts: Counter[object] = field(default_factory=Counter)
    pages: dict[int, list[int]] = field(default_factory=dict)
    down: set[object] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def check(self, domid: int, request: Request, b: int, answer: Answer | AccessAnswer) -> None:
        if isinstance(answer, AccessAnswer):
            self._check_access(domid, request, answer)
            return
        instance = (request.what, domid if request.what == LOOPS else None)
        if request.what in (CRASHES, LOOPS) and self._is_down(instance, request, answer.outcome):
            if answer.registers != FAULT_ANSWER:
                self._say(domid, request, answer)
            return
        expected = self._ANSWERS[request.what](self, domid, request.a, b)
        if not isinstance(answer.outcome, Done) or answer.outcome.results[:2] != expected:
            self._say(domid, request, answer)
        self.seen["answered"] += 1

    def _is_down(self, instance: object, request: Request, outcome: Outcome | None) -> bool:
        """Whether the fault answer is due: it just failed, or waits for its restart."""
        if outcome is None:
            if instance not in self.down:
                self.wrong.append(f"{request}: not served, though it had not failed")
            self.seen["waited for a restart"] += 1
            return True
        if isinstance(outcome, Fault):
            if request.a & 0xFFF:
                self.wrong.append(f"{request}: {outcome}")
            self.down.add(instance)
            self.seen["faulted"] += 1
            return True
        if instance in self.down:
            self.down.remove(instance)
            self.counts[instance] = 0
            self.seen["restarted"] += 1
        return False

    def _check_access(self, domid: int, request: Request, answer: AccessAnswer) -> None:
        count, total = ("written", domid), ("summed", domid)
        if request.kind == "store":
            self.counts[count] += 1
            self.counts[total] += request.a & 0xFFFF_FFFF
            good = answer.posted
        else:
            expected = self.counts[count if request.what == CONSOLE else total] & 0xFFFF_FFFF
            good = isinstance(answer.outcome, Done) and answer.value == expected
        if not good:
            self._say(domid, request, answer)
        self.seen["posted" if request.kind == "store" else "loaded"] += 1

    def _say(self, domid: int, request: Request, answer: Answer | AccessAnswer) -> None:
        self.wrong.append(f"domain {domid}, {request}: {answer}")

    # --- the apps ----------------------------------------------------------------------------

    def _add(self, domid: int, a: int, b: int) -> tuple[int, int]:
        return (a * 3 + b) & U64, a ^ b

    def _count_shared(self, domid: int, a: int, b: int) -> tuple[int, int]:
        self.counts["shared"] += 1
        return self.counts["shared"], a

    def _count_own(self, domid: int, a: int, b: int) -> tuple[int, int]:
        self.counts["own", domid] += 1
        return self.counts["own", domid], a

    def _crashes(self, domid: int, a: int, b: int) -> tuple[int, int]:
        self.counts[CRASHES, None] += 1
        return self.counts[CRASHES, None], 1000 // (a & 0xFFF)

    def _loops(self, domid: int, a: int, b: int) -> tuple[int, int]:
        self.counts[LOOPS, domid] += 1
        return self.counts[LOOPS, domid], a

    def _bump(self, domid: int, a: int, b: int) -> tuple[int, int]:
        page = self.pages.setdefault(domid, [0] * SLOTS)
        before = page[a % SLOTS]
        page[a % SLOTS] = (before + a) & U64
        return before, a

    def _tell(self, domid: int, a: int, b: int) -> tuple[int, int]:
        return 1, a

    _ANSWERS: ClassVar[dict[int, Callable[["Model", int, int, int], tuple[int, int]]]] = {
        0xC600_0100: _add,
        0xC600_0200: _count_shared,
        0xC600_0300: _count_own,
        CRASHES: _crashes,
        LOOPS: _loops,
        0xC600_0600: _bump,
        0xC600_0700: _tell,
    }
