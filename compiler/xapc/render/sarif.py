"""Diagnostics as SARIF 2.1.0 (OASIS), for code scanning."""

import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from urllib.parse import quote

from xapc.diagnostics import Edit, Error
from xapc.explain import entry
from xapc.source import Span

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def as_sarif(found: Sequence[Error]) -> str:
    codes = sorted({each.code for each in found})
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "xapc",
                        "version": _version(),
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, codes.index(each.code)) for each in found],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _version() -> str:
    try:
        return version("xap")
    except PackageNotFoundError:
        return "0"


def _rule(code: str) -> dict[str, object]:
    known = entry(code)
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.text},
        "defaultConfiguration": {"level": "error"},
    }


def _result(error: Error, rule: int) -> dict[str, object]:
    text = ". ".join(filter(None, [error.message, *error.note_texts, error.help_text]))
    made: dict[str, object] = {
        "ruleId": error.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": text},
        "locations": [_location(error.span)],
    }
    if error.related:
        made["relatedLocations"] = [
            {"id": number, **_location(each.span), "message": {"text": each.label}}
            for number, each in enumerate(error.related)
        ]
    if error.edits:
        made["fixes"] = [{"artifactChanges": _changes(error.edits)}]
    return made


def _location(span: Span) -> dict[str, object]:
    return {"physicalLocation": {"artifactLocation": _file(span), "region": _region(span)}}


def _file(span: Span) -> dict[str, object]:
    return {"uri": quote(PurePath(span.source.path).as_posix(), errors="surrogateescape")}


def _region(span: Span) -> dict[str, object]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _changes(edits: Sequence[Edit]) -> list[dict[str, object]]:
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.source.path, []).append(edit)
    return [
        {
            "artifactLocation": _file(group[0].span),
            "replacements": [
                {"deletedRegion": _region(e.span), "insertedContent": {"text": e.text}}
                for e in group
            ],
        }
        for group in by_file.values()
    ]
