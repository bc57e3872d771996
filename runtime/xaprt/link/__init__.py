"""The linker: a relocatable object and the runtime become an image (ABI.md section 1).

Every function and datum is a section of its own. What the entry stub reaches is placed, its
relocations are resolved, none are left; the verifier's proof bounds the stack; the manifest is
completed and written as a note. The same object and manifest give the same bytes.
"""

from dataclasses import replace

from xaprt import abi
from xaprt.link import notes, reader
from xaprt.link.errors import LimitError, LinkError, StackLimitError
from xaprt.link.place import Output, debug_sections, place
from xaprt.link.reach import reach
from xaprt.link.writer import write
from xaprt.manifest import Manifest, ManifestError
from xaprt.verify import Refusal, examine

__all__ = ["LimitError", "LinkError", "StackLimitError", "link"]


def link(object: bytes, app: Manifest, *, debug: bool = True) -> bytes:
    """The ELF file. `app` lacks entry, stack bound and build id, which are filled in.

    `debug` keeps the DWARF sections; it changes nothing of what is loaded, nor the build id.
    LimitError where the app is too large, LinkError for whatever else cannot become an image.
    """
    parsed = reader.read(object)
    reached = reach(parsed)
    segments = place(reached)
    manifest = replace(app, entry=segments[0][0].address)
    try:
        manifest = replace(manifest, stack_bytes=_stack_bytes(segments, manifest))
        manifest = replace(manifest, build_id=notes.build_id(segments, manifest))
        noted = notes.sections(manifest)
    except ManifestError as problem:
        raise LinkError(f"the manifest: {problem}") from problem
    dwarf = debug_sections(parsed.sections, reached) if debug else []
    return write(manifest.entry, segments, noted, dwarf)


def _stack_bytes(segments: list[list[Output]], manifest: Manifest) -> int:
    """The proven bound of what would be written with another; LinkError where there is none."""
    draft = replace(manifest, stack_bytes=0, build_id=bytes(notes.BUILD_ID_BYTES))
    try:
        report = examine(write(draft.entry, segments, notes.sections(draft), []))
    except Refusal as refusal:
        raise LinkError(str(refusal)) from refusal
    size = -(-report.stack_bytes // abi.STACK_ALIGN) * abi.STACK_ALIGN
    if size > abi.MAX_STACK_BYTES:
        raise StackLimitError(
            f"the stack needs {size} bytes, the limit is {abi.MAX_STACK_BYTES}: {report.deepest}"
        )
    return size
