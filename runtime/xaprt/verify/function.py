"""The proof of one function: every path through it, with what is known at each place.

Blocks are visited in the order of their addresses until nothing changes any more. What is
known at a block is what all paths to it agree on, so each visit of one can only know less.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from xaprt.verify.context import Context, Range, Segment, drop_slots
from xaprt.verify.effects import Branch, Transfer
from xaprt.verify.rules import Refusal, Rule
from xaprt.verify.state import KEEP, LINK, State
from xaprt.verify.text import Text


@dataclass(frozen=True, slots=True)
class Summary:
    """What callers and the report need of a function; addresses are indices into the text."""

    start: int
    words: int
    """Instructions that it can reach, code shared with others included."""
    frame: int
    """Bytes that its own instructions lower the stack pointer by."""
    stack: int
    """Bytes below its stack pointer at entry, callees included."""
    deepest: int | None
    """The callee that `stack` comes from; None: its own frame."""
    calls: tuple[tuple[int, int], ...]
    """Call site, callee."""
    system_calls: dict[int, int | None]
    returns_at: int | None
    """One place where it returns; None: it never does."""
    preserved: int
    """As `State.known`: registers that hold at return what they did at entry."""
    read_above: int
    read_above_at: int
    written_above: Range | None


_FORGET_LINK: Final = KEEP[LINK]
_A_VISIT: Final = 8
_A_FUNCTION: Final = 32
"""What the visit of a block, and a function, cost besides the words, in words."""
_ENDS: Final = -1
"""Control does not go on to the next word."""


class Function:
    """`advance` until it says that it is done; then there is a `summary`."""

    def __init__(
        self,
        text: Text,
        segments: Sequence[Segment],
        start: int,
        summaries: Mapping[int, Summary],
        spend: Callable[[int, int], None],
    ) -> None:
        """`spend(cost, index)` is told of the function and each visit of a block, and may refuse
        more."""
        spend(_A_FUNCTION, start)
        self.start = start
        self.site = start
        """The index of the call that it waits for."""
        self._text = text
        self._summaries = summaries
        self._spend = spend
        self._context = Context(text.base, segments)
        self._known: dict[int, State] = {start: State.at_entry()}
        self._waiting = [start]
        self._queued = {start}
        self._paused: tuple[int, int, State] | None = None
        self._ends: dict[int, int] = {}
        self._refused: dict[int, Refusal] = {}
        self._calls: dict[int, int] = {}
        self._stack = 0
        self._deepest: int | None = None

    def advance(self) -> int | None:
        """The start of a function whose summary it needs to go on, or None at the end."""
        while self._paused or self._waiting:
            start, index, state = self._paused or self._next()
            self._paused = None
            try:
                wanted = self._block(start, index, state)
            except Refusal as refusal:
                # Only on the paths seen so far: what is known here may become less.
                self._refused[start] = refusal
                continue
            if wanted != _ENDS:
                return wanted
            self._spend(_A_VISIT + self._ends[start] - start, start)
        if self._refused:
            raise self._refused[min(self._refused)]
        self._context.check_odd_accesses()
        return None

    def _next(self) -> tuple[int, int, State]:
        start = heappop(self._waiting)
        self._queued.discard(start)
        self._refused.pop(start, None)
        return start, start, self._known[start].copy()

    def _block(self, start: int, index: int, state: State) -> int:
        """From `index` up to the next leader; conditional branches leave it on the way."""
        text, context = self._text, self._context
        effects, stop = text.effects, text.stops[start]
        for index in range(index, stop):  # noqa: B020 (goes on where it paused)
            effect = effects[index]
            if isinstance(effect, int):
                state.known &= effect
            elif isinstance(effect, Transfer):
                outcome = self._transfer(state, index, effect)
                if outcome == _ENDS:
                    break
                if outcome is not None:
                    self._paused = start, index, state
                    return outcome
            elif effect.step(context, state, index):
                break
        else:
            if (outcome := self._go(state, index, stop)) is not None:
                self._paused = start, stop, state
                return outcome
        self._ends[start] = index + 1
        return _ENDS

    def _transfer(self, state: State, index: int, effect: Transfer) -> int | None:
        """Who has to be proven first, `_ENDS`, or None: control goes on."""
        target = index + effect.offset
        if isinstance(effect, Branch):
            wanted = self._go(state, index, target)
            return _ENDS if wanted is None and not effect.conditional else wanted
        callee = self._summaries.get(target)
        if callee is None:
            self.site = index
            return target
        return None if self._called(state, index, callee) else _ENDS

    def _go(self, state: State, index: int, target: int) -> int | None:
        """To a place in this function, or for good to another; as `_transfer`."""
        if target in self._text.starts and target != self.start:
            callee = self._summaries.get(target)
            if callee is None:
                self.site = index
                return target
            self._left(state, index, callee)
            return None
        state.leave_block()
        known = self._known.get(target)
        if known is None:
            if target == len(self._text.effects):
                raise self._context.refuse(Rule.FALL_OFF, "control runs off the text", index)
            self._known[target] = state.copy()
        elif not known.join(state):
            return None
        if target not in self._queued:
            self._queued.add(target)
            heappush(self._waiting, target)
        return None

    # --- calls ----------------------------------------------------------------------------

    def _called(self, state: State, index: int, callee: Summary) -> bool:
        """Whether control comes back."""
        sp = self._enter(state, index, callee)
        if callee.returns_at is None:
            return False
        state.known &= callee.preserved & _FORGET_LINK
        drop_slots(state, sp, callee.written_above)
        return True

    def _left(self, state: State, index: int, callee: Summary) -> None:
        """By a branch to another function, which returns for this one, if it does."""
        self._enter(state, index, callee)
        if callee.returns_at is not None:
            self._context.returned(state, index, callee.preserved)

    def _enter(self, state: State, index: int, callee: Summary) -> int:
        context = self._context
        sp = context.aligned_sp(state, index)
        self._calls[index] = callee.start
        if callee.stack - sp > self._stack:
            self._stack, self._deepest = callee.stack - sp, callee.start
        if callee.read_above + sp > context.read_above:
            context.read_above, context.read_above_at = callee.read_above + sp, index
        if callee.written_above:
            low, high = callee.written_above
            context.write_above(low + sp, high + sp)
        return sp

    @property
    def summary(self) -> Summary:
        context = self._context
        frame = -context.lowest
        return Summary(
            start=self.start,
            words=sum(end - start for start, end in self._ends.items()),
            frame=frame,
            stack=max(frame, self._stack),
            deepest=self._deepest if self._stack > frame else None,
            calls=tuple(sorted(self._calls.items())),
            system_calls=context.system_calls,
            returns_at=context.returns_at,
            preserved=context.preserved,
            read_above=context.read_above,
            read_above_at=context.read_above_at,
            written_above=context.written_above,
        )
