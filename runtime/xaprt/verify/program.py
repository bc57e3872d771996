"""The proof of a whole program: its functions from the entry on, callees before callers."""

from collections.abc import Callable, Sequence
from typing import Final

from xaprt.verify.context import Segment
from xaprt.verify.function import Function, Summary
from xaprt.verify.rules import Refusal, Rule
from xaprt.verify.text import Text

_MAX_DEPTH: Final = 4096
"""Calls within calls. A stack of 64 KiB has no room for more frames of 16 bytes."""
_COST_PER_WORD: Final = 32
_FREE_COST: Final = 1 << 19
"""What walking through the text may cost, in steps of the simplest kind; it is what keeps the
time for a text of a mebibyte below a second. Large programs of compilers cost 10 to 20 a word,
small ones up to 30."""


Name = Callable[[int], str | None]
"""Address of a function -> its name."""


def prove(text: Text, segments: Sequence[Segment], name: Name) -> dict[int, Summary]:
    """Each function that the entry reaches, callees first; raises Refusal. `name` is for that."""
    summaries: dict[int, Summary] = {}
    spend = _Budget(text).spend
    waiting: dict[int, Function] = {}
    wanted: int | None = text.entry
    while True:
        if wanted is None:
            start, function = waiting.popitem()
            summaries[start] = function.summary
            if not waiting:
                break
        else:
            if wanted in waiting:
                raise _recursion(text, waiting, wanted, name)
            if len(waiting) == _MAX_DEPTH:
                site = next(reversed(waiting.values())).site
                raise Refusal(Rule.EFFORT, f"more than {_MAX_DEPTH} calls deep", text.address(site))
            waiting[wanted] = Function(text, segments, wanted, summaries, spend)
        wanted = next(reversed(waiting.values())).advance()
    _check_entry(text, summaries[text.entry])
    return summaries


def _check_entry(text: Text, entry: Summary) -> None:
    if entry.returns_at is not None:
        raise Refusal(
            Rule.ENTRY_RETURN,
            "returns from the entry point, where x30 is 0",
            text.address(entry.returns_at),
        )
    if entry.read_above > 0:
        raise Refusal(
            Rule.ABOVE_STACK,
            f"accesses {entry.read_above} bytes above the stack pointer at the entry point",
            text.address(entry.read_above_at),
        )


def deepest_path(text: Text, summaries: dict[int, Summary]) -> tuple[int, ...]:
    """The functions that make the stack bound, from the entry on."""
    path = [text.entry]
    while (callee := summaries[path[-1]].deepest) is not None:
        path.append(callee)
    return tuple(path)


def _recursion(text: Text, waiting: dict[int, Function], wanted: int, name: Name) -> Refusal:
    def shown_as(start: int) -> str:
        address = text.address(start)
        return name(address) or f"{address:#x}"

    cycle = [*waiting]
    cycle = cycle[cycle.index(wanted) :]
    shown = " -> ".join(map(shown_as, cycle[:8]))
    if len(cycle) > 8:
        shown += f" -> ... ({len(cycle)} functions)"
    site = next(reversed(waiting.values())).site
    return Refusal(
        Rule.RECURSION,
        f"calls itself: {shown} -> {shown_as(wanted)}",
        text.address(site),
    )


class _Budget:
    """What is left to spend."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._left = _FREE_COST + _COST_PER_WORD * len(text.effects)

    def spend(self, cost: int, index: int) -> None:
        self._left -= cost
        if self._left < 0:
            raise Refusal(
                Rule.EFFORT,
                "too many paths, or too much code that functions share",
                self._text.address(index),
            )
