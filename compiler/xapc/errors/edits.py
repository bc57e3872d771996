"""The common shapes of machine edits."""

from xapc.diagnostics import Edit
from xapc.source import Span


def insert(place: Span, text: str) -> Edit:
    """`text` at an empty span."""
    return Edit(place, text)


def replace(span: Span, text: str) -> tuple[Edit, ...]:
    return (Edit(span, text),)


def wrap(span: Span, name: str) -> tuple[Edit, ...]:
    """The text of `span` as the argument of `name(...)`."""
    return Edit(span.before(), f"{name}("), Edit(span.after(), ")")
