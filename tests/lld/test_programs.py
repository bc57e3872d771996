"""The apps of the tree and generated ones: linked as ld.lld links them, read without complaint."""

import subprocess
import sys
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from xapc.pipeline import Build, check_file
from xaprt.image import read
from xaprt.link import link

from tests.image.support import APP, compiled, entry
from tests.lld import oracle
from tests.lld.compare import differences
from tests.lld.objects import CODE
from tests.lld.programs import ROOT, Built, apps, builds, generated, linked_by_lld
from tests.lld.readers import complaints, missing
from tests.lld.zig import needs_zig

GROUPS, EACH = 6, 4
needs_readers = pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}")


each_app = pytest.mark.parametrize("path", apps(), ids=lambda path: f"{path.parts[-3]}-{path.stem}")


@cache
def built(path: Path) -> tuple[Built, ...]:
    return tuple(builds(check_file(path)))


@needs_zig
@each_app
def test_every_app_is_linked_as_by_lld(path: Path) -> None:
    """At both levels, with debug information and all."""
    for each in built(path):
        linked_by_lld(each)


@needs_readers
@each_app
def test_tools_read_every_app_without_complaint(path: Path, tmp_path: Path) -> None:
    for each in built(path):
        assert complaints(each.image, tmp_path) == []


@needs_zig
@pytest.mark.parametrize("group", range(GROUPS))
def test_generated_modules_are_linked_as_by_lld_and_run_alike(group: int, tmp_path: Path) -> None:
    for seed in range(group * EACH, (group + 1) * EACH):
        for image in generated(seed, 4, tmp_path):
            assert missing() or complaints(image, tmp_path) == [], f"seed {seed}"


@needs_zig
def test_a_sample_passes_its_tests_on_the_image_of_lld() -> None:
    """`python -m tests.lld --tests` does it with all of them."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--xap-on=emulator", "-p", "tests.lld.plugin",
         "-p", "no:cacheprovider", ROOT / "tests/samples/test_hello.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 images linked twice, 0 different" in done.stdout


@needs_zig
def test_state_that_is_never_written_is_among_the_constants() -> None:
    """LLVM makes it one and leaves it its section's name; seed 394 had such."""
    text = '@d = internal constant [2 x i64] [i64 7, i64 8], section ".data.d", align 8\n'
    object = compiled(text + entry("%v = load volatile i64, ptr @d"))
    ours = link(object, APP)
    assert [segment.writable for segment in read(ours).segments] == [False, False]
    linked_by_lld(Built(object, ours))


# --- the oracle itself ------------------------------------------------------------------------


def test_the_compiler_makes_no_relocation_that_random_objects_lack() -> None:
    """tests/lld/objects.py; the absolute ones are those of debug sections."""
    found = set()
    for optimize in (True, False):
        file = ELFFile(BytesIO(Build(check_file(ROOT / "samples/pl011.py"), True, optimize).object))
        for section in file.iter_sections("SHT_RELA"):
            if section.name.startswith(".rela.text"):
                found |= {each["r_info_type"] for each in section.iter_relocations()}
    assert found
    assert found <= set(CODE)


@needs_zig
def test_a_difference_is_seen() -> None:
    """In a byte of text, of constants, and of debug information; and in a symbol."""
    text = '@d = internal constant i64 77, section ".rodata.d"\n' + entry(
        "%v = load volatile i64, ptr @d"
    )
    object = compiled(text)
    ours = link(object, APP)
    theirs = linked_by_lld(Built(object, ours))
    for name in (".text", ".rodata", ".symtab"):
        header = ELFFile(BytesIO(theirs)).get_section_by_name(name)
        wrong = bytearray(theirs)
        wrong[header["sh_offset"] + header["sh_size"] - 8] ^= 0x10
        assert differences(ours, bytes(wrong)), name
    other = oracle.link(compiled(text.replace("77", "78")), ours)
    assert differences(ours, other) == ["the segments differ", ".rodata+0x0: 4d000000 and 4e000000"]


@needs_readers
def test_complaints_are_seen(tmp_path: Path) -> None:
    image = bytearray(Build(check_file(ROOT / "samples/hello.py"), False, True).elf)
    assert complaints(bytes(image), tmp_path) == []
    word = bytearray(image)
    word[0x1004:0x1008] = b"\xff" * 4
    [line] = complaints(bytes(word), tmp_path)
    assert "<unknown>" in line
    image[60] += 40  # section headers
    said = complaints(bytes(image), tmp_path)
    assert any(line.startswith("readelf: ") for line in said)
    assert any("shnum" in line for line in said)
    assert any(line.startswith("llvm-objdump: ") for line in said)
