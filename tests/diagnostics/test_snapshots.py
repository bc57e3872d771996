"""What users see, case by case: each `cases/*.py` gives exactly its `*.err`.

After a wanted change: `python -m tests.diagnostics.snapshots`, and read the difference.
"""

import pytest
from xapc.explain import AREAS

from tests.diagnostics.snapshots import CASES, diagnostics, names


@pytest.mark.parametrize("name", names())
def test_section_7_diagnostics_as_users_see_them(name: str) -> None:
    assert diagnostics(name) == (CASES / f"{name}.err").read_text(encoding="utf-8")


def test_every_area_has_cases() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in CASES.glob("*.err"))
    assert len(names()) >= 40
    for prefix in AREAS:
        assert f"error[{prefix}" in text


def test_cases_and_their_snapshots_belong_together() -> None:
    assert {file.stem for file in CASES.glob("*.err")} == set(names())
