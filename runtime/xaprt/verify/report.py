"""What the proof found out: for `xapc inspect`, the loader and the linker's tests."""

from collections.abc import Callable
from dataclasses import dataclass

from xaprt.verify.function import Summary
from xaprt.verify.program import deepest_path
from xaprt.verify.text import Text

_WORD = 4


@dataclass(frozen=True, slots=True)
class Call:
    """At `address`, of the function that begins at `function`. Both relative to the image."""

    address: int
    function: int


@dataclass(frozen=True, slots=True)
class Function:
    """One that the entry reaches. Sizes are in bytes, addresses relative to the image."""

    address: int
    name: str | None
    """From a symbol, which nobody vouches for."""
    size: int
    """Of the instructions that it can reach; code shared by two functions counts in both."""
    frame: int
    stack: int
    """Its frame and the deepest of what it calls."""
    returns: bool
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class SystemCall:
    """One SVC that the entry reaches; `number` is None where x8 is not a constant."""

    number: int | None
    address: int
    function: int


@dataclass(frozen=True, slots=True)
class Report:
    entry: int
    text_bytes: int
    functions: tuple[Function, ...]
    """By address."""
    stack_bytes: int
    """The proven bound."""
    stack_limit: int
    """The manifest's: at least that much."""
    stack_path: tuple[Function, ...]
    """The functions that make the bound, from the entry on."""
    system_calls: tuple[SystemCall, ...]
    """By address."""

    @property
    def deepest(self) -> str:
        """`stack_path` in a line: each function with what it takes."""
        return " -> ".join(
            f"{function.name or hex(function.address)} {taken}"
            for function, taken in self.stack_taken
        )

    @property
    def stack_taken(self) -> tuple[tuple[Function, int], ...]:
        """`stack_path`, with the bytes that each has taken where it calls the next: its frame, or
        less. Their sum is the bound."""
        below = (*(function.stack for function in self.stack_path[1:]), 0)
        return tuple(
            (function, function.stack - less)
            for function, less in zip(self.stack_path, below, strict=True)
        )

    @property
    def used(self) -> frozenset[int | None]:
        """The numbers of the system calls; None: one that is not a constant."""
        return frozenset(call.number for call in self.system_calls)


def make_report(
    text: Text,
    summaries: dict[int, Summary],
    name: Callable[[int], str | None],
    stack_limit: int,
) -> Report:
    functions = {
        start: _function(text, summary, name) for start, summary in sorted(summaries.items())
    }
    return Report(
        entry=text.address(text.entry),
        text_bytes=_WORD * len(text.effects),
        functions=tuple(functions.values()),
        stack_bytes=summaries[text.entry].stack,
        stack_limit=stack_limit,
        stack_path=tuple(functions[start] for start in deepest_path(text, summaries)),
        system_calls=_system_calls(text, summaries),
    )


def _function(text: Text, summary: Summary, name: Callable[[int], str | None]) -> Function:
    address = text.address(summary.start)
    return Function(
        address=address,
        name=name(address),
        size=_WORD * summary.words,
        frame=summary.frame,
        stack=summary.stack,
        returns=summary.returns_at is not None,
        calls=tuple(
            Call(text.address(site), text.address(callee)) for site, callee in summary.calls
        ),
    )


def _system_calls(text: Text, summaries: dict[int, Summary]) -> tuple[SystemCall, ...]:
    found = [
        SystemCall(number, text.address(index), text.address(summary.start))
        for summary in summaries.values()
        for index, number in summary.system_calls.items()
    ]
    return tuple(sorted(found, key=lambda call: (call.address, call.function)))
