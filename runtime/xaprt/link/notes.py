"""The notes of an image (ABI.md section 1, clause 3), and what identifies a build."""

import hashlib
import struct
from dataclasses import replace

from xaprt import abi, elf
from xaprt import manifest as m
from xaprt.abi import XenNote
from xaprt.link.place import Output

BUILD_ID_BYTES = 20


def build_id(segments: list[list[Output]], manifest: m.Manifest) -> bytes:
    """SHA-256, cut, over all that is loaded and all that is asked for."""
    digest = hashlib.sha256(m.without_build_id(replace(manifest, build_id=b"")))
    for made in (made for segment in segments for made in segment):
        digest.update(struct.pack("<QQQ", made.address, made.size, made.flags))
        digest.update(made.data)
    return digest.digest()[:BUILD_ID_BYTES]


def sections(manifest: m.Manifest) -> list[Output]:
    """One for each owner. The manifest comes first: at a multiple of 8 bytes."""
    owners = [
        (".note.xap", abi.NOTE_OWNER, [(abi.NOTE_TYPE_MANIFEST, m.encode(manifest))]),
        (".note.Xen", abi.NOTE_OWNER_XEN, _xen(manifest)),
        (".note.gnu.build-id", "GNU", [(elf.NT_GNU_BUILD_ID, manifest.build_id)]),
    ]
    made = []
    for name, owner, notes in owners:
        data = b"".join(_note(owner, type_, descriptor) for type_, descriptor in notes)
        made.append(Output(name, elf.SHT_NOTE, 0, 0, len(data), 4, data, []))
    return made


def _note(owner: str, type_: int, descriptor: bytes) -> bytes:
    name = owner.encode("ascii") + b"\0"
    return elf.NHDR.pack(len(name), len(descriptor), type_) + _padded(name) + _padded(descriptor)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _xen(manifest: m.Manifest) -> list[tuple[int, bytes]]:
    """Those of the proof of concept, for a loader of guests that insists on them: an image that
    is entered where it says, at the addresses that it says, without a hypercall page."""
    values: dict[XenNote, int | str] = {
        XenNote.ENTRY: manifest.entry,
        XenNote.HYPERCALL_PAGE: 0,
        XenNote.VIRT_BASE: 0,
        XenNote.PADDR_OFFSET: 0,
        XenNote.XEN_VERSION: "xen-3.0",
        XenNote.GUEST_OS: "xap",
        XenNote.GUEST_VERSION: f"{abi.VERSION_MAJOR}.{abi.VERSION_MINOR}",
        XenNote.LOADER: "generic",
    }
    return [
        (
            number,
            struct.pack("<Q", value) if isinstance(value, int) else value.encode("ascii") + b"\0",
        )
        for number, value in values.items()
    ]
