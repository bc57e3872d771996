"""Double fetches: bytes of a guest's page that an app reads twice in one call.

Between the two the guest may have changed them (ABI.md 3.4), so that what was checked is not what
is used. `load(..., double_fetches=found)` puts each into the list `found`; without it nothing is
watched, and nothing is slower.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from xaprt.debug.place import Place

from xap_harness.hypervisor.requester import Requester


@dataclass(frozen=True, slots=True)
class DoubleFetch:
    """`size` bytes at `offset` in a page were read at `first`, and again at `second`.

    A place is a Python line, or the image-relative address of an instruction of which no line is
    known.
    """

    app: str
    requester: Requester
    offset: int
    size: int
    first: Place | int
    second: Place | int

    def __str__(self) -> str:
        return (
            f"{self.app}: {self.size} bytes at {self.offset:#x} of a guest's page are read at "
            f"{_named(self.first)}, and again at {_named(self.second)}"
        )


def _named(place: Place | int) -> str:
    return f"address {place:#x}" if isinstance(place, int) else str(place)


Where = Callable[[], Place | int]
"""Looked up only if it is told."""


@dataclass
class ReadLog:
    """What one instance has read of its guests' pages in the running call."""

    app: str
    found: list[DoubleFetch]
    _requester: Requester = field(default_factory=Requester.nobody)
    _first: dict[tuple[Hashable, int], Where] = field(default_factory=dict)

    def begin_call(self, requester: Requester) -> None:
        self._requester = requester
        self._first.clear()

    def read(self, page: Hashable, offset: int, size: int, where: Where) -> None:
        """One access. `page` is the same for all mappings of a guest's page."""
        again: list[tuple[int, Where]] = []
        for byte in range(offset, offset + size):
            first = self._first.setdefault((page, byte), where)
            if first is not where:
                again.append((byte, first))
        for byte, first in again:
            self._note(DoubleFetch(self.app, self._requester, byte, 1, first(), where()))

    def _note(self, new: DoubleFetch) -> None:
        """Neighbours that are read at the same places are told as one."""
        if self.found:
            last = self.found[-1]
            if replace(new, offset=last.offset, size=last.size) == last:
                if last.offset <= new.offset < last.offset + last.size:
                    return
                if new.offset == last.offset + last.size:
                    self.found[-1] = replace(last, size=last.size + 1)
                    return
        self.found.append(new)
