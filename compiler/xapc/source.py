"""Source text and places in it."""

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self


@dataclass(eq=False)
class Source:
    """One file: the path as the user wrote it, its text, and the SHA-256 of its bytes."""

    path: str
    text: str
    digest: str = ""

    @cached_property
    def lines(self) -> list[str]:
        # ast counts lines by \n, \r\n and \r alone; str.splitlines also splits at form feeds.
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def line(self, number: int) -> str:
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""

    @cached_property
    def _is_ascii(self) -> bool:
        return self.text.isascii()

    def column(self, line: int, offset: int) -> int:
        """The 1-based column in characters of a 0-based UTF-8 byte offset (ast's unit)."""
        if self._is_ascii:
            return offset + 1
        text = self.line(line)
        return len(text.encode()[:offset].decode(errors="replace")) + 1


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source: 1-based lines, 1-based columns in characters, end exclusive."""

    source: Source = field(repr=False)
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, source: Source, node: "Located") -> Self:
        end_line = node.end_lineno or node.lineno
        end_offset = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return cls(
            source,
            node.lineno,
            source.column(node.lineno, node.col_offset),
            end_line,
            source.column(end_line, end_offset),
        )

    @property
    def start(self) -> tuple[int, int]:
        return self.line, self.column

    def text(self) -> str:
        """The source text covered."""
        if self.line == self.end_line:
            return self.source.line(self.line)[self.column - 1 : self.end_column - 1]
        first = self.source.line(self.line)[self.column - 1 :]
        middle = self.source.lines[self.line : self.end_line - 1]
        last = self.source.line(self.end_line)[: self.end_column - 1]
        return "\n".join([first, *middle, last])

    def before(self) -> "Span":
        """The empty span at the beginning of this one: where an edit inserts in front."""
        return Span(self.source, self.line, self.column, self.line, self.column)

    def after(self) -> "Span":
        """The empty span at the end of this one."""
        return Span(self.source, self.end_line, self.end_column, self.end_line, self.end_column)

    def __str__(self) -> str:
        return f"{self.source.path}:{self.line}:{self.column}"


Located = ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler | ast.pattern
