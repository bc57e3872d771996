"""LANGUAGE.md section 7: "One mistake makes one error", at its line, and the edit mends it."""

from pathlib import Path

import pytest
from xapc.fix import fix

from tests.diagnostics.programs import WrongProgram, errors_of, programs

PROGRAMS = programs()


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_section_7_one_mistake_one_error_and_an_edit_that_compiles(
    program: WrongProgram, tmp_path: Path
) -> None:
    path = program.write(tmp_path)
    found = errors_of(path)
    places = [(Path(e.span.source.path).name, e.span.line, e.code) for e in found]
    assert sorted(places) == sorted(program.wanted)
    if not any(error.edits for error in found):
        return
    known = [found]
    left = fix(path, lambda path: known.pop() if known else errors_of(path)).left
    # Mending one mistake shows no other.
    without = [error.code for error in found if not error.edits]
    assert sorted(error.code for error in left) == sorted(without)


def test_the_programs_have_names_of_their_own() -> None:
    names = [program.name for program in PROGRAMS]
    assert len(set(names)) == len(names) >= 400
