"""Diagnostics for programs: JSON (LANGUAGE.md section 7), GitHub annotations, SARIF 2.1.0."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from xapc.diagnostics import Error
from xapc.explain import catalogue
from xapc.render import FORMATS
from xapc.source import Source

from tests.diagnostics.test_render import Sample, span
from tests.frontend.apps import app, errors_of

BODY = """
LIMIT: Final = 1
LIMIT: Final = 2

def f(x: u32) -> u64:
    return x
"""


@pytest.fixture
def found(tmp_path: Path) -> list[Error]:
    return errors_of(tmp_path / "app.py", app(BODY))


def test_section_7_json_has_exactly_these_keys(found: list[Error], tmp_path: Path) -> None:
    twice, mismatch = json.loads(FORMATS["json"](found))
    keys = "code, severity, message, file, line, column, end_line, end_column, related, edits"
    assert set(twice) == set(mismatch) == set(keys.split(", "))
    assert twice["code"] == "E0203"
    assert twice["severity"] == "error"
    assert twice["file"] == str(tmp_path / "app.py")
    (related,) = twice["related"]
    assert related["message"] == "first defined here"
    assert related["line"] == twice["line"] - 1
    assert mismatch["message"] == "u64 wanted, this is u32"
    text = (tmp_path / "app.py").read_text().splitlines()[mismatch["line"] - 1]
    assert text[mismatch["column"] - 1 : mismatch["end_column"] - 1] == "x"
    assert [edit["text"] for edit in mismatch["edits"]] == ["u64(", ")"]


def test_json_of_nothing_is_an_empty_array() -> None:
    assert json.loads(FORMATS["json"]([])) == []


def test_github_annotations_are_one_line_each(found: list[Error], tmp_path: Path) -> None:
    lines = FORMATS["github"](found).splitlines()
    file = str(tmp_path / "app.py")
    for error, line in zip(found, lines, strict=True):
        place = f"file={file},line={error.span.line},col={error.span.column}"
        assert line.startswith(f"::error {place},title={error.code}::{error.message}")


def test_github_annotations_are_escaped() -> None:
    source = Source("a,b:c%.py", "x\n")
    (line,) = FORMATS["github"](
        [Sample(span=span(source, 1, 1, 2), word="50%\r\n::x")]
    ).splitlines()
    assert "file=a%2Cb%3Ac%25.py," in line
    assert "50%25%0D%0A::x" in line


def test_sarif_is_what_its_schema_asks_for(found: list[Error]) -> None:
    log = json.loads(FORMATS["sarif"](found))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "xapc"
    rules: list[dict[str, Any]] = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result, error in zip(run["results"], found, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == error.code
        assert result["level"] == "error"
        assert result["message"]["text"].startswith(error.message)
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert (region["startLine"], region["startColumn"]) == error.span.start
        assert (region["endLine"], region["endColumn"]) >= error.span.start
    (fix,) = run["results"][1]["fixes"]
    (change,) = fix["artifactChanges"]
    assert [r["insertedContent"]["text"] for r in change["replacements"]] == ["u64(", ")"]
    assert run["results"][0]["relatedLocations"][0]["message"]["text"] == "first defined here"


def test_sarif_files_are_uris(tmp_path: Path) -> None:
    (tmp_path / "a dir").mkdir()
    found = errors_of(tmp_path / "a dir" / "äpp.py", app(BODY))
    log = json.loads(FORMATS["sarif"](found))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    uri = location["artifactLocation"]["uri"]
    assert re.fullmatch(r"[\w/.%-]+", uri, re.ASCII)
    assert uri.endswith("a%20dir/%C3%A4pp.py")


def test_every_error_can_be_a_rule() -> None:
    for entry in catalogue().values():
        assert entry.title and entry.text
