"""LANGUAGE.md section 7: `xapc explain` has a wrong and a right example, "each of which is compiled
by the tests"."""

import re
from pathlib import Path

import pytest
from xapc.diagnostics import CompileError, Error
from xapc.explain import AREAS, catalogue
from xapc.pipeline import check_file

from tests.diagnostics.examples import ENCODINGS, IN_WORDS, Example, all_examples


def codes(example: Example, directory: Path) -> list[str]:
    encoding = ENCODINGS.get(example.code, "utf-8") if example.wrong else "utf-8"
    for name, text in example.files.items():
        (directory / name).write_text(text, encoding=encoding)
    try:
        check_file(directory / "app.py")
    except CompileError as problem:
        return [error.code for error in problem.errors]
    return []


@pytest.mark.parametrize("example", all_examples(), ids=str)
def test_section_7_examples_compile_as_explained(example: Example, tmp_path: Path) -> None:
    assert codes(example, tmp_path) == ([example.code] if example.wrong else [])


def kinds(base: type[Error] = Error) -> list[type[Error]]:
    below = base.__subclasses__()
    found = [*below, *(inner for each in below for inner in kinds(each))]
    return [each for each in found if each.__module__.startswith("xapc.")]


def test_every_error_has_a_code_of_its_own_and_a_long_form() -> None:
    entries = catalogue()
    assert len(entries) == len(kinds())
    for entry in entries.values():
        assert re.fullmatch(r"E0\d{3}", entry.code)
        assert entry.code[:3] in AREAS
        assert len(entry.text) > 25, f"{entry.code} says too little"
        assert entry.wrong.strip() and entry.right.strip()
    assert set(IN_WORDS) <= set(entries)


def test_codes_stand_in_the_module_of_their_area() -> None:
    areas: dict[str, set[str]] = {}
    for kind in kinds():
        areas.setdefault(kind.__module__, set()).add(kind.code[:3])
    assert all(len(prefixes) == 1 for prefixes in areas.values()), areas
