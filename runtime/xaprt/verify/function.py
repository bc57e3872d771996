"""The proof of one function: every path through it, with what is known at each place.

Blocks are visited in the order of their addresses until nothing changes any more. What is
known at a block is what all paths to it agree on, so each visit of one can only know less.
"""

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain
from typing import Final, NamedTuple

from xaprt.abi import STACK_ALIGN
from xaprt.verify.context import Context, Range, Segment
from xaprt.verify.effects import Branch, Call
from xaprt.verify.rules import Refusal, Rule
from xaprt.verify.state import KEEP, LINK, Snapshot, State
from xaprt.verify.text import Text


class Summary(NamedTuple):
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
_NOWHERE: Final = (0, 0)
_A_VISIT: Final = 40
_A_FUNCTION: Final = 150
_A_REFUSAL: Final = 100
"""What the visit of a block, a function, and a refusal cost besides the words."""
_A_WORD_AGAIN: Final = 4
_FEW_SLOTS: Final = 16
_A_SLOT: Final = 3
"""Of those beyond a few, where a block begins: what is known there is a copy, and takes room."""


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
        self._effects, self._stops, self._starts = text.effects, text.stops, text.starts
        self._costs = text.costs
        self._summaries = summaries
        self._spend = spend
        self._context = Context(text.base, segments)
        self._state = State.at_entry()
        """Where the walk is."""
        self._known: dict[int, Snapshot] = {start: self._state.snapshot()}
        """What all paths seen so far agree on where a block begins."""
        self._waiting = [start]
        self._queued = {start}
        self._ahead: int | None = None
        """The block to visit next, if the state is already that at its begin."""
        self._paused: tuple[int, int] | None = None
        self._ends: dict[int, int] = {}
        self._refused: dict[int, Refusal] = {}
        self._calls: dict[int, int] = {}
        self._stack = 0
        self._deepest: int | None = None

    def advance(self) -> int | None:
        """The start of a function whose summary it needs to go on, or None at the end."""
        while self._paused or self._ahead is not None or self._waiting:
            start, index = self._paused or self._next()
            self._paused = None
            try:
                wanted = self._block(start, index, self._state)
            except Refusal as refusal:
                # Only on the paths seen so far: what is known here may become less.
                self._refused[start] = refusal.with_traceback(None)
                self._spend(_A_REFUSAL + self._costs_to(start, refusal), start)
                continue
            if wanted is not None:
                return wanted
            self._spend(_A_VISIT + self._costs[self._ends[start]] - self._costs[start], start)
        if self._refused:
            raise self._refused[min(self._refused)]
        if self._context.odd_accesses:
            self._check_odd_accesses()
        return None

    def _check_odd_accesses(self) -> None:
        spans = [self._text.words[start : self._stops[start]] for start in self._known]
        words = [*chain.from_iterable(spans)]
        self._spend(_A_WORD_AGAIN * len(words), self.start)
        self._context.check_odd_accesses(words)

    def _next(self) -> tuple[int, int]:
        start = self._ahead
        if start is None:
            start = heappop(self._waiting)
            self._queued.discard(start)
            self._state.restore(self._known[start])
        self._ahead = None
        if self._refused:
            self._refused.pop(start, None)
        return start, start

    def _costs_to(self, start: int, refusal: Refusal) -> int:
        assert refusal.address is not None
        return self._costs[self._text.index(refusal.address)] - self._costs[start]

    def _block(self, start: int, index: int, state: State) -> int | None:
        """From `index` up to the next leader; conditional branches leave it on the way. As
        `advance`."""
        context, effects, stop = self._context, self._effects, self._stops[start]
        for index in range(index, stop):  # noqa: B020 (goes on where it paused)
            effect = effects[index]
            if isinstance(effect, int):
                state.known &= effect
            elif isinstance(effect, Branch):
                wanted = self._go(state, index, index + effect.offset)
                if wanted is not None:
                    self._paused = start, index
                    return wanted
                if not effect.conditional:
                    break
            elif isinstance(effect, Call):
                callee = self._summaries.get(index + effect.offset)
                if callee is None:
                    self._paused = start, index
                    self.site = index
                    return index + effect.offset
                if not self._called(state, index, callee):
                    break
            elif effect.step(context, state, index):
                break
        else:
            wanted = self._go(state, stop - 1, stop, last=True)
            if wanted is not None:
                self._paused = start, stop
                return wanted
            index = stop - 1
        self._ends[start] = index + 1
        return None

    def _go(self, state: State, index: int, target: int, last: bool = False) -> int | None:
        """To a place in this function, or for good to another: then the start of that one, if it
        has to be proven first. `last`: nothing else is done with the state."""
        if target in self._starts and target != self.start:
            callee = self._summaries.get(target)
            if callee is None:
                self.site = index
                return target
            self._left(state, index, callee)
            return None
        state.leave_block()
        known = self._known.get(target)
        if known is None:
            if target == len(self._effects):
                raise self._context.refuse(Rule.FALL_OFF, "control runs off the text", index)
            self._known[target] = state.snapshot()
            self._spend_slots(len(state.slots), index)
            if last and (not self._waiting or target < self._waiting[0]):
                self._ahead = target
                return None
        else:
            less = state.join(known)
            if less is None:
                return None
            self._known[target] = less
            self._spend_slots(len(less[3]), index)
        if target not in self._queued:
            self._queued.add(target)
            heappush(self._waiting, target)
        return None

    def _spend_slots(self, count: int, index: int) -> None:
        if count > _FEW_SLOTS:
            self._spend(_A_SLOT * (count - _FEW_SLOTS), index)

    # --- calls ----------------------------------------------------------------------------

    def _called(self, state: State, index: int, callee: Summary) -> bool:
        """Whether control comes back."""
        sp = self._enter(state, index, callee)
        if callee.returns_at is None:
            return False
        state.known &= callee.preserved & _FORGET_LINK
        if state.slots:
            low, high = callee.written_above or _NOWHERE
            state.drop_slots(sp + low, sp + high, sp)
        return True

    def _left(self, state: State, index: int, callee: Summary) -> None:
        """By a branch to another function, which returns for this one, if it does."""
        self._enter(state, index, callee)
        if callee.returns_at is not None:
            self._context.returned(state, index, callee.preserved)

    def _enter(self, state: State, index: int, callee: Summary) -> int:
        context, sp = self._context, state.sp
        if sp is None or sp % STACK_ALIGN:
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
            words=sum(self._ends.values()) - sum(self._ends),
            frame=frame,
            stack=max(frame, self._stack),
            deepest=self._deepest if self._stack > frame else None,
            calls=tuple(sorted(self._calls.items())) if self._calls else (),
            system_calls=context.system_calls,
            returns_at=context.returns_at,
            preserved=context.preserved,
            read_above=context.read_above,
            read_above_at=context.read_above_at,
            written_above=context.written_above,
        )
