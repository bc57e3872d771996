"""Diagnostics for programs: one JSON array, and GitHub's workflow commands."""

import json
from collections.abc import Sequence

from xapc.diagnostics import Error
from xapc.source import Span


def as_json(found: Sequence[Error]) -> str:
    return json.dumps(as_objects(found), indent=2) + "\n"


def as_objects(found: Sequence[Error]) -> list[dict[str, object]]:
    """Lines and columns from 1, columns in characters, ends exclusive."""
    return [
        {
            "code": each.code,
            "severity": "error",
            "message": each.message,
            **_place(each.span),
            "related": [{"message": r.label, **_place(r.span)} for r in each.related],
            "edits": [{**_place(e.span), "text": e.text} for e in each.edits],
        }
        for each in found
    ]


def _place(span: Span) -> dict[str, object]:
    return {
        "file": span.source.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def as_github(found: Sequence[Error]) -> str:
    """One annotation a line, as GitHub's runners read them."""
    return "".join(_annotation(each) for each in found)


def _annotation(error: Error) -> str:
    span = error.span
    properties = {
        "file": span.source.path,
        "line": span.line,
        "col": span.column,
        "title": error.code,
    }
    listed = ",".join(f"{name}={_property(str(held))}" for name, held in properties.items())
    parts = [error.message, *error.note_texts, error.help_text]
    return f"::error {listed}::{_message(chr(10).join(filter(None, parts)))}\n"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
