"""A line of source as a terminal shows it: tabs, wide and unprintable characters."""

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

TAB = 4
LONGEST = 160
"""Columns of a line that are shown; a longer one is cut around what it is shown for."""


@dataclass(frozen=True)
class Shown:
    """What is printed for each character of a line, and the screen column where it begins; the
    last of `starts` is the end of the line. All count from 0."""

    pieces: tuple[str, ...]
    starts: tuple[int, ...]

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def column(self, index: int) -> int:
        """Where the character of that index begins."""
        return self.starts[min(max(index, 0), len(self.pieces))]

    def around(self, index: int) -> tuple[str, int, int]:
        """The text, a long one cut to what is around the character of that index; how many columns
        it moved to the left; and the column where it ends."""
        if self.starts[-1] <= LONGEST:
            return self.text, 0, self.starts[-1]
        wanted = min(self.column(index) - LONGEST // 4, self.starts[-1] - LONGEST)
        first = bisect_left(self.starts, max(wanted, 0))
        last = bisect_right(self.starts, self.starts[first] + LONGEST) - 1
        text = "".join(self.pieces[first:last])
        before, after = "..." if first else "", "..." if last < len(self.pieces) else ""
        moved = self.starts[first] - len(before)
        return f"{before}{text}{after}", moved, self.starts[last] - moved


def shown(line: str) -> Shown:
    pieces: list[str] = []
    starts = [0]
    for char in line:
        piece, width = _piece(char, starts[-1])
        pieces.append(piece)
        starts.append(starts[-1] + width)
    return Shown(tuple(pieces), tuple(starts))


def _piece(char: str, at: int) -> tuple[str, int]:
    if " " <= char <= "~":
        return char, 1
    if char == "\t":
        width = TAB - at % TAB
        return " " * width, width
    kind = unicodedata.category(char)
    if kind in ("Mn", "Me", "Cf") and char != "\u00ad":
        # Marks join the character before; invisible ones that turn the direction of text, or
        # hide, are shown.
        return (char, 0) if kind != "Cf" else ("\N{REPLACEMENT CHARACTER}", 1)
    if kind[0] == "C" or kind in ("Zl", "Zp"):
        return "\N{REPLACEMENT CHARACTER}", 1
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1
