"""How diagnostics are drawn: for people, and as JSON, GitHub annotations and SARIF."""

from collections.abc import Callable, Sequence

from xapc.diagnostics import Error
from xapc.render.text import render

__all__ = ["FORMATS", "render"]


def _json(found: Sequence[Error]) -> str:
    from xapc.render.machine import as_json

    return as_json(found)


def _github(found: Sequence[Error]) -> str:
    from xapc.render.machine import as_github

    return as_github(found)


def _sarif(found: Sequence[Error]) -> str:
    from xapc.render.sarif import as_sarif

    return as_sarif(found)


FORMATS: dict[str, Callable[[Sequence[Error]], str]] = {
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
"""What `--format` offers beside `text`."""
