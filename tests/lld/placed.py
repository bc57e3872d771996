"""The project's linker up to the proof, which only a compiler's code passes."""

from dataclasses import replace

from xaprt.link import LinkError, notes, reader
from xaprt.link.place import debug_sections, place
from xaprt.link.reach import reach
from xaprt.link.writer import write

from tests.image.support import APP
from tests.lld import oracle
from tests.lld.compare import differences
from tests.lld.objects import random_object
from tests.lld.zig import ToolError


def placed(object: bytes) -> bytes:
    """As `xaprt.link.link`, but that nothing says how much stack it takes. Raises LinkError."""
    parsed = reader.read(object)
    reached = reach(parsed)
    segments = place(reached)
    manifest = replace(APP, entry=segments[0][0].address)
    manifest = replace(manifest, build_id=notes.build_id(segments, manifest))
    dwarf = debug_sections(parsed.sections, reached)
    return write(manifest.entry, segments, notes.sections(manifest), dwarf)


def placed_differences(object: bytes) -> list[str]:
    ours = placed(object)
    return differences(ours, oracle.link(object, ours))


STRICTER = (
    "is not a multiple of 4",  # a branch to within an instruction
    "the instruction is not aligned",  # an instruction among data
    "is out of range",  # a branch, for which lld makes a trampoline
    "would need a relocation by the loader",
)
"""What the project's linker refuses, and may, where ld.lld does not."""


def wrong_differences(object: bytes) -> list[str]:
    """As `placed_differences` of one that perhaps cannot be linked: both refuse it, or neither."""
    try:
        return placed_differences(object)
    except LinkError as problem:
        try:
            oracle.link(object, placed(random_object(0)))  # only for its notes
        except ToolError:
            return []
        if any(reason in str(problem) for reason in STRICTER):
            return []
        return [f"ld.lld links it, but: {problem}"]
    except ToolError as problem:
        return [f"only ld.lld refuses it: {problem}"]
