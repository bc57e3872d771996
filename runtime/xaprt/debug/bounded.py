"""Code that has no bounds of its own, stopped after so many calls."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class TooLong(BaseException):
    """Not to be caught by what is stopped."""


class Calls:
    """How many calls and returns are left, of Python's functions and of those in C.

    The number is the same on every machine, unlike a time. A profiler that is running sees nothing
    of what is counted.
    """

    def __init__(self, most: int) -> None:
        self._left = most

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Raises TooLong out of what is called inside, and at once when none is left."""
        before = sys.getprofile()
        sys.setprofile(self._count)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _count(self, frame: FrameType, event: str, argument: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooLong
