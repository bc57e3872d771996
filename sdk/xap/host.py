"""What a host puts into an app's globals before it runs it under CPython.

Python's own `range` and `enumerate` count in plain ints, `len` and `min` may give them back:
under these names counters are i64, as in a compiled app (LANGUAGE.md section 4).
"""

import builtins
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

from xap.integers import i64
from xap.operators import INTEGERS, operand, plain_count
from xap.views import View

_new = int.__new__
_counter: Callable[[int], Any] = partial(_new, cast(Any, i64))
"""Faster than `i64()`, for what surely fits."""


def _bound(value: object) -> int:
    """A bound as a counter; panics CONVERSION if i64 cannot hold it."""
    return int(i64(plain_count(value)))


class Range:
    """`range` with bounds of any integer type, of i64."""

    __slots__ = ("_range",)

    def __init__(self, *bounds: object) -> None:
        self._range = builtins.range(*(_bound(each) for each in bounds))

    @property
    def start(self) -> int:
        return self._range.start

    @property
    def stop(self) -> int:
        return self._range.stop

    @property
    def step(self) -> int:
        return self._range.step

    def __iter__(self) -> Iterator[Any]:
        return map(_counter, self._range)

    def __reversed__(self) -> Iterator[Any]:
        return map(_counter, reversed(self._range))


def enumerate_(sequence: Iterable[Any], start: object = 0) -> Iterator[tuple[Any, Any]]:
    """`enumerate` with a counter of i64."""
    # Both may panic: here, and not at the first turn.
    first = _bound(start)
    return _numbered(iter(sequence), first)


def _numbered(items: Iterator[Any], start: int) -> Iterator[tuple[Any, Any]]:
    for number, item in builtins.enumerate(items, start):
        yield i64(number), item


def len_(sequence: Any) -> Any:
    """Of a view i64; of an array or tuple an untyped constant."""
    return i64(len(sequence)) if isinstance(sequence, View) else len(sequence)


def _extreme(name: str, pick: Callable[..., int]) -> Callable[..., Any]:
    def extreme(*values: Any) -> Any:
        if len(values) < 2:
            raise TypeError(f"{name}() takes two values or more")
        kind = next((type(each) for each in values if type(each) is not int), int)
        if kind is not int and kind not in INTEGERS:
            raise TypeError(f"{name}() is of integers, not of {kind.__name__}")
        plain = [int(v) if type(v) is kind else operand(kind, v) for v in values]
        return _new(kind, pick(plain))

    return extreme


def host_globals() -> dict[str, object]:
    """Name by name; a fresh dictionary."""
    return {
        "range": Range,
        "enumerate": enumerate_,
        "len": len_,
        "min": _extreme("min", min),
        "max": _extreme("max", max),
    }
