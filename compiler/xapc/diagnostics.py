"""What the compiler says to its user: the shape of a diagnostic, and their collection.

Every kind of error is a small frozen dataclass derived from `Error` (see `xapc.errors`):
its class variables are `str.format` templates over its fields, its docstring is the long
form that `xapc explain` prints. How diagnostics are drawn is `xapc.render`'s affair.
"""

from dataclasses import dataclass
from typing import ClassVar

from xapc.source import Source, Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` (which may be empty) by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that helps to understand the first: 'first claimed here'."""

    span: Span
    label: str


@dataclass(frozen=True, kw_only=True)
class Error:
    """The base of all diagnostics.

    Subclasses set `code` and `title`, and, where they help, `label` (written beside the
    caret), `notes` and `help`. `edits` mends the mistake when all of them are applied.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    label: ClassVar[str] = ""
    notes: ClassVar[tuple[str, ...]] = ()
    help: ClassVar[str] = ""

    span: Span
    related: tuple[Related, ...] = ()
    edits: tuple[Edit, ...] = ()

    def _fill(self, template: str) -> str:
        return template.format(**vars(self)) if template else ""

    @property
    def message(self) -> str:
        return self._fill(self.title)

    @property
    def label_text(self) -> str:
        return self._fill(self.label)

    @property
    def note_texts(self) -> tuple[str, ...]:
        return tuple(filled for note in self.notes if (filled := self._fill(note)))

    @property
    def help_text(self) -> str:
        return self._fill(self.help)


class Diagnostics:
    """All errors of one run, in the order of their places; one place gets one error."""

    def __init__(self) -> None:
        self._errors: list[Error] = []
        self._seen: set[tuple[str, int, int, str]] = set()
        self.sources: dict[str, Source] = {}

    def add(self, error: Error) -> None:
        key = (error.span.source.path, *error.span.start, error.code)
        if key not in self._seen:
            self._seen.add(key)
            self._errors.append(error)

    def drop(self, span: Span) -> None:
        """Take back what was said of a place: another error says more."""
        inside = [e for e in self._errors if e.span.source is span.source and _within(e, span)]
        for error in inside:
            self._errors.remove(error)

    @property
    def count(self) -> int:
        return len(self._errors)

    def __bool__(self) -> bool:
        return bool(self._errors)

    def sorted(self) -> list[Error]:
        return sorted(self._errors, key=lambda e: (e.span.source.path, e.span.start, e.code))


def _within(error: Error, span: Span) -> bool:
    end = error.span.end_line, error.span.end_column
    return span.start <= error.span.start and end <= (span.end_line, span.end_column)


class CompileError(Exception):
    """The run ended with errors of the user's; exit status 1."""

    def __init__(self, errors: list[Error]) -> None:
        super().__init__("\n".join(f"{e.span}: error[{e.code}]: {e.message}" for e in errors))
        self.errors = errors


class InternalError(Exception):
    """A fault of the compiler itself at the given place; exit status 2."""

    def __init__(self, message: str, span: Span | None) -> None:
        super().__init__(f"{span}: {message}" if span else message)
        self.span = span
