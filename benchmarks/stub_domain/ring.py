"""The page that the hypervisor and the stub domain share: a ring of requests and answers.

An answer takes the place of its request. Each side writes its own counter, which runs on and
wraps at 32 bits; the two lie in different cache lines.
"""

import struct
from collections.abc import Sequence

REQUESTS = 0
ANSWERS = 64
FIRST_SLOT = 256
SLOTS = 16
SLOT_SHIFT = 7

ARGUMENTS = 9
"""x0..x8, as ABI.md section 2 hands them to an app."""
TPIDRRO = 8 * ARGUMENTS
RESULTS = 5
"""x0..x4, as the app returns them."""


class Ring:
    """The hypervisor's side. `page` is the frame that it shares with the stub domain."""

    def __init__(self, page: memoryview) -> None:
        self._page = page
        self._taken = 0

    def put(self, arguments: Sequence[int], tpidrro: int) -> int:
        """A request, and its number. There must be a slot: each requester has one at a time."""
        number = self._count(REQUESTS)
        if number - self._taken >= SLOTS:
            raise RuntimeError("more requesters than the ring has slots")
        filled = (*arguments, *[0] * (ARGUMENTS - len(arguments)), tpidrro)
        struct.pack_into(f"<{ARGUMENTS + 1}Q", self._page, self._slot(number), *filled)
        struct.pack_into("<I", self._page, REQUESTS, number + 1)
        return number

    def take(self) -> list[tuple[int, tuple[int, ...]]]:
        """The answers that have come since: number of the request, x0..x4 of the app."""
        answered = range(self._taken, self._count(ANSWERS))
        self._taken = answered.stop
        return [
            (n, struct.unpack_from(f"<{RESULTS}Q", self._page, self._slot(n))) for n in answered
        ]

    @property
    def is_empty(self) -> bool:
        """The stub domain has answered all that it was asked."""
        return self._count(REQUESTS) == self._count(ANSWERS)

    def _count(self, offset: int) -> int:
        (count,) = struct.unpack_from("<I", self._page, offset)
        return int(count)

    @staticmethod
    def _slot(number: int) -> int:
        return FIRST_SLOT + (number % SLOTS << SLOT_SHIFT)
