"""A fault of the compiler itself: one line that says where in the user's source it was."""

import os
import traceback
from types import TracebackType

from xapc.diagnostics import InternalError
from xapc.source import Located, Source, Span


def report(fault: BaseException) -> str:
    """What is printed, ending in a newline; the traceback only where XAPC_TRACEBACK is set."""
    place = place_of(fault)
    what = str(fault) if isinstance(fault, InternalError) else _named(fault)
    where = f"{place}: " if place is not None else ""
    # An InternalError has its place in its text already.
    where = "" if isinstance(fault, InternalError) and fault.span is not None else where
    line = f"xapc: {where}internal fault: {what}; this is a bug of xapc"
    if os.environ.get("XAPC_TRACEBACK"):
        return "".join(traceback.format_exception(fault)) + line + "\n"
    return f"{line}: please report the line and the source (XAPC_TRACEBACK=1 shows more)\n"


def _named(fault: BaseException) -> str:
    text = " ".join(str(fault).split())
    name = type(fault).__name__
    return f"{name}: {text[:200]}" if text else name


def place_of(fault: BaseException) -> Span | None:
    """The innermost place in the user's source that the compiler was at.

    Its functions hold what they work on in local variables: a span, something that has one, or a
    node of `ast` beside the source that it is of.
    """
    if isinstance(fault, InternalError) and fault.span is not None:
        return fault.span
    found: Span | None = None
    source: Source | None = None
    at: TracebackType | None = fault.__traceback__
    while at is not None:
        held = list(at.tb_frame.f_locals.values())
        source = next(filter(None, map(_source, held)), source)
        spans = [span for each in held if (span := _span(each, source)) is not None]
        if spans:
            found = min(spans, key=_extent)
        at = at.tb_next
    return found


def _extent(span: Span) -> tuple[int, int]:
    lines = span.end_line - span.line
    return lines, span.end_column - span.column if lines == 0 else 0


def _source(held: object) -> Source | None:
    if isinstance(held, Source):
        return held
    module = getattr(held, "module", held)
    inner = getattr(module, "source", None)
    return inner if isinstance(inner, Source) else None


def _span(held: object, source: Source | None) -> Span | None:
    if isinstance(held, Span):
        return held
    if isinstance(held, Located):
        return Span.of(source, held) if source is not None else None
    inner = getattr(held, "span", None)
    return inner if isinstance(inner, Span) else None
