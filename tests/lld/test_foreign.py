"""Objects of another compiler: linked as ld.lld links them, or refused by name."""

import re
from pathlib import Path

import pytest
from elftools.elf.enums import ENUM_RELOC_TYPE_AARCH64
from xaprt import abi
from xaprt.link import LinkError, link

from tests.image.support import APP, BRK, Processor, entry_of, object_of, words
from tests.lld.foreign import LEVELS, LINKED, REFUSED, compiled
from tests.lld.objects import ABS32, ABS64, CODE, PREL32, PREL64
from tests.lld.programs import Built, linked_by_lld
from tests.lld.readers import complaints, missing
from tests.lld.zig import needs_zig

BASE = 0x5555_0000_1000
CALLS = [(1, 0, 0), (7, 3, 1), (0, 1 << 63, 2), (39, 40, 41), (5, 5, 5)]


@needs_zig
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", LINKED)
def test_what_clang_makes_is_linked_as_by_lld_and_runs_alike(
    name: str, level: str, tmp_path: Path
) -> None:
    object = compiled(LINKED[name], level, tmp_path)
    ours = link(object, APP)
    theirs = linked_by_lld(Built(object, ours))
    answers = []
    for image in (ours, theirs):
        app = Processor(image, BASE)
        answers.append([app.call(abi.Function.HANDLE_SMC, *call) for call in CALLS])
    assert answers[0] == answers[1]
    if not missing():
        assert complaints(ours, tmp_path) == []


@needs_zig
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_an_image_cannot_hold_is_refused_by_name(
    name: str, level: str, tmp_path: Path
) -> None:
    with pytest.raises(LinkError) as caught:
        link(compiled(REFUSED[name], level, tmp_path), APP)
    assert re.search(REFUSED[name].refused, str(caught.value)), caught.value


RESOLVED = {*CODE, PREL64, PREL32}


def test_every_other_relocation_is_refused_by_its_name() -> None:
    """Those of AAELF64, and numbers that it does not have."""
    names = {number: name for name, number in ENUM_RELOC_TYPE_AARCH64.items()}
    for type_ in set(range(1200)) - RESOLVED:
        part, start = entry_of(words(0, BRK), (0, type_, "xap_entry", 0))
        with pytest.raises(LinkError) as caught:
            link(object_of([part], [start]), APP)
        said = "would need a relocation" if type_ in (ABS32, ABS64) else "cannot resolve"
        assert said in str(caught.value)
        assert names.get(type_, f"type {type_}") in str(caught.value)
