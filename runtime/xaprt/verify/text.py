"""The text of an image as instructions: every word decoded, every branch target looked at."""

import struct
from collections.abc import Iterator, Sequence
from itertools import accumulate, compress, pairwise
from typing import Final

from xaprt.verify.context import Context, Segment
from xaprt.verify.decode import decode_all, describe
from xaprt.verify.effects import Branch, Call, Effect, Step, Transfer
from xaprt.verify.rules import Refusal, Rule
from xaprt.verify.state import State

_WORD: Final = 4


class Gap(Step):
    """A word between two text segments: nothing is there."""

    __slots__ = ()

    def step(self, context: Context, state: State, index: int) -> bool:
        raise context.refuse(Rule.FALL_OFF, "control runs off the text", index)


class Decoder:
    """Remembers the words that were allowed: programs are made of the same few thousand."""

    _LIMIT: Final = 1 << 16
    _PIECE: Final = 1 << 12

    def __init__(self) -> None:
        self._known: dict[int, Effect] = {}

    def effects(self, words: Sequence[int], address: int) -> list[Effect]:
        """Raises Refusal for the first word that is not allowed."""
        found: list[Effect] = []
        for begin in range(0, len(words), self._PIECE):
            piece = words[begin : begin + self._PIECE]
            found += self._piece(piece, address + _WORD * begin)
        return found

    def _piece(self, words: Sequence[int], address: int) -> Iterator[Effect]:
        known = self._known
        new = set(words).difference(known)
        if len(known) + len(new) > self._LIMIT:
            new, known = set(words), {}
            self._known = known
        if new and (refused := decode_all(new, known)):
            at = next(index for index, word in enumerate(words) if word in refused)
            _, what = describe(words[at])
            raise Refusal(refused[words[at]], what, address + _WORD * at)
        return map(known.__getitem__, words)

    def forget(self) -> None:
        self._known = {}


_DECODER: Final = Decoder()


def forget() -> None:
    """As if no image had been verified before: for measurements."""
    _DECODER.forget()


class Text:
    """All executable segments as one row of words, numbered from the first one's address.

    Segments ascend, are disjoint and lie within a mebibyte, as `xaprt.image` reads them.
    """

    def __init__(self, segments: Sequence[Segment], entry: int) -> None:
        executable = [segment for segment in segments if segment.executable]
        if not executable:
            raise Refusal(Rule.ENTRY, "there is no text")
        self.base = executable[0].address
        self.words: list[int] = []
        self._has_gaps = False
        self.effects: list[Effect] = []
        """What each word of `words` does."""
        for segment in executable:
            missing = (segment.address - self.base) // _WORD - len(self.effects)
            self.effects += [_GAP] * missing
            self.words += [0] * missing
            self._has_gaps = missing > 0 or self._has_gaps
            words = _words(segment)
            self.words += words
            self.effects += _DECODER.effects(words, segment.address)
        self.entry = self._index_of(entry)
        self._find_blocks()

    def address(self, index: int) -> int:
        return self.base + _WORD * index

    def _index_of(self, entry: int) -> int:
        index, odd = divmod(entry - self.base, _WORD)
        if odd or not self._has(index):
            raise Refusal(Rule.ENTRY, f"the entry point {entry:#x} is not in the text")
        return index

    def _has(self, index: int) -> bool:
        return 0 <= index < len(self.effects) and self.effects[index] is not _GAP

    def index(self, address: int) -> int:
        return (address - self.base) // _WORD

    def _find_blocks(self) -> None:
        effects, size = self.effects, len(self.effects)
        calls = [n + effect.offset for n, effect in enumerate(effects) if isinstance(effect, Call)]
        jumps = [
            n + effect.offset for n, effect in enumerate(effects) if isinstance(effect, Branch)
        ]
        leaders = [self.entry, *calls, *jumps]
        inside = min(leaders) >= 0 and max(leaders) < size
        if not inside or (self._has_gaps and not all(map(self._has, leaders))):
            self._refuse_branch()
        self.starts = frozenset((self.entry, *calls))
        """Where functions begin: the entry, and where BL goes."""
        is_leader = bytearray(size)
        for leader in leaders:
            is_leader[leader] = 1
        order = [*compress(range(size), is_leader), size]
        self.stops = dict(pairwise(order))
        """Where blocks begin, at functions and branch targets -> where the next one does."""
        self.costs = [*accumulate(map(_COSTS.__getitem__, map(type, effects)), initial=0)]
        """What a walk from the first word up to each index costs."""

    def _refuse_branch(self) -> None:
        for index, effect in enumerate(self.effects):
            if isinstance(effect, Transfer) and not self._has(index + effect.offset):
                target = self.address(index + effect.offset)
                raise Refusal(
                    Rule.BRANCH, f"goes to {target:#x}, outside the text", self.address(index)
                )


_GAP: Final = Gap()


class _Costs(dict[type, int]):
    """Of a kind of effect."""

    def __missing__(self, kind: type) -> int:
        cost = self[kind] = kind.cost if issubclass(kind, Step) else 1
        return cost


_COSTS: Final = _Costs()


def _words(segment: Segment) -> tuple[int, ...]:
    # Memory goes on with zeros where the file's bytes end.
    data = segment.bytes_ + bytes(-len(segment.bytes_) % _WORD)
    return struct.unpack(f"<{len(data) // _WORD}I", data)
