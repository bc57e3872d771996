"""Objects that stress a linker: random ones, with every relocation that an image can have."""

import pytest
from xaprt import elf
from xaprt.link import LinkError

from tests.image.support import Label, Part, entry_of, object_of, words
from tests.lld.objects import random_object
from tests.lld.placed import placed, placed_differences, wrong_differences
from tests.lld.zig import needs_zig

GROUPS, EACH = 4, 12


@needs_zig
@pytest.mark.parametrize("group", range(GROUPS))
def test_random_objects_are_placed_and_resolved_as_by_lld(group: int) -> None:
    for seed in range(group * EACH, (group + 1) * EACH):
        assert placed_differences(random_object(seed)) == [], f"seed {seed}"


@needs_zig
@pytest.mark.parametrize("group", range(GROUPS))
def test_of_wrong_objects_none_is_linked_that_lld_refuses(group: int) -> None:
    """Nor one linked otherwise."""
    for seed in range(group * EACH, (group + 1) * EACH):
        assert wrong_differences(random_object(seed, wrong=True)) == [], f"seed {seed}"


def test_random_objects_are_wrong_where_they_are_meant_to_be() -> None:
    refused = 0
    for seed in range(24):
        try:
            placed(random_object(seed, wrong=True))
        except LinkError:
            refused += 1
    assert 6 <= refused <= 18


# --- found by it ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [".rodata.d", ".debug_d"])
@pytest.mark.parametrize("align", [3, 8192, 1 << 20])
def test_an_alignment_that_is_none_is_refused(name: str, align: int) -> None:
    """That of a debug section was taken for whatever it said: a file of any size."""
    code, start = entry_of(words(0x9000_0000), (0, 275, "d", 0))
    flags = elf.SHF_ALLOC if name == ".rodata.d" else 0
    label = Label("d", code.name if flags == 0 else name, type=elf.STT_OBJECT)
    with pytest.raises(LinkError, match=f"{name}: an alignment of {align}"):
        placed(object_of([code, Part(name, bytes(8), flags, align=align)], [start, label]))


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        (elf.SHT_CREL, "compact relocations"),
        (elf.SHT_SYMTAB_SHNDX, "more sections"),
        (0x6000_0001, "is of an unknown type, 0x60000001"),
    ],
)
def test_a_section_of_a_type_that_is_not_known_is_refused(type_: int, said: str) -> None:
    """They were skipped, relocations among them."""
    code, start = entry_of(words(0xD65F_03C0))
    with pytest.raises(LinkError, match=f"section .other: {said}"):
        placed(object_of([code, Part(".other", bytes(24), 0, type_)], [start]))


def test_data_without_a_byte_make_no_segment() -> None:
    """They made one that no loader takes."""
    code, start = entry_of(words(0x9000_0000), (0, 275, "d", 0))
    empty = Part(".data.d", b"", elf.SHF_ALLOC | elf.SHF_WRITE)
    label = Label("d", empty.name, size=0, type=elf.STT_OBJECT)
    image = placed(object_of([code, empty], [start, label]))
    loads = [elf.PHDR.unpack_from(image, 64 + 56 * n)[:2] for n in range(2)]
    assert loads == [(elf.PT_LOAD, elf.PF_R | elf.PF_X), (elf.PT_NOTE, elf.PF_R)]
