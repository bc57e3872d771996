"""What is linked twice: the apps of the tree, and as many generated ones as wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from xap_harness.emulator import backend as emulator
from xapc.llvm import emit_object
from xapc.pipeline import Build, Checked
from xaprt.link import link
from xaprt.verify import verify

from tests.lld import oracle
from tests.lld.compare import differences
from tests.oracle.compare import Play, Seen, checked_in
from tests.oracle.program import Generated, generate

ROOT = Path(__file__).parents[2]
LEVELS = (0, 2)


def apps() -> list[Path]:
    """Every file of the tree that is an app and is meant to be a right one."""
    found = [*ROOT.glob("samples/*.py"), *ROOT.glob("tests/*/apps/*.py")]
    found += ROOT.glob("runtime/xap_harness/conformance/apps/*.py")
    return sorted(p for p in found if "\napp = App(" in p.read_text("utf-8") and p.stem != "bad")


@dataclass(frozen=True)
class Built:
    """An object, and the image that the project links of it."""

    object: bytes
    image: bytes


def builds(checked: Checked) -> Iterator[Built]:
    """At each level of optimisation."""
    llvm = Build(checked, debug=True, optimize=True).llvm
    for level in LEVELS:
        object = emit_object(llvm, level=level)
        yield Built(object, link(object, checked.manifest))


def linked_by_lld(built: Built) -> bytes:
    """The image of ld.lld. AssertionError where it differs, Refusal where a loader would not take
    it."""
    theirs = oracle.link(built.object, built.image)
    found = differences(built.image, theirs)
    assert not found, "\n".join(found)
    verify(theirs)
    return theirs


def generated(seed: int, size: int, folder: Path) -> list[bytes]:
    """The project's images of the program of that seed. AssertionError unless those of ld.lld are
    the same and do the same."""
    program = generate(Random(seed), size)
    checked = checked_in(program, folder)
    made = []
    for built in builds(checked):
        theirs = linked_by_lld(built)
        seen, other = (_seen(program, checked, image, folder) for image in (built.image, theirs))
        assert seen == other, f"behaves differently\n{program}\n{seen}\n{other}"
        made.append(built.image)
    return made


def _seen(program: Generated, checked: Checked, image: bytes, folder: Path) -> tuple[Seen, ...]:
    path = folder / "app.elf"
    path.write_bytes(image)
    play = Play(program)
    _, make_engine = emulator.prepare(path, play.hypervisor)
    return play.run(checked, make_engine)
