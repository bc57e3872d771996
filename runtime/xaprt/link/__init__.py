"""The linker: a relocatable object and the runtime become an image (ABI.md section 1).

Every function and datum is a section of its own. What the entry stub reaches is placed, its
relocations are resolved, none are left; the deepest call path bounds the stack; the manifest is
completed and written as a note. The same object and manifest give the same bytes.
"""

from dataclasses import replace

from xaprt.link import notes, reader
from xaprt.link.errors import LimitError, LinkError
from xaprt.link.place import debug_sections, place
from xaprt.link.reach import reach
from xaprt.link.stack import bound
from xaprt.link.writer import write
from xaprt.manifest import Manifest, ManifestError

__all__ = ["LimitError", "LinkError", "link"]


def link(object: bytes, app: Manifest, *, debug: bool = True) -> bytes:
    """The ELF file. `app` lacks entry, stack bound and build id, which are filled in.

    `debug` keeps the DWARF sections; it changes nothing of what is loaded, nor the build id.
    LimitError where the app is too large, LinkError for whatever else cannot become an image.
    """
    parsed = reader.read(object)
    reached = reach(parsed)
    segments = place(reached)
    entry = segments[0][0].address
    manifest = replace(app, entry=entry, stack_bytes=bound(segments[0][0], entry).bytes_)
    try:
        manifest = replace(manifest, build_id=notes.build_id(segments, manifest))
        noted = notes.sections(manifest)
    except ManifestError as problem:
        raise LinkError(f"the manifest: {problem}") from problem
    dwarf = debug_sections(parsed.sections, reached) if debug else []
    return write(entry, segments, noted, dwarf)
