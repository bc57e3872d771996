"""What an image is and asks for, and where its bytes go: the facts behind `xapc inspect`."""

from collections.abc import Iterator
from dataclasses import dataclass

from xaprt import abi, elf
from xaprt.image import Image, Segment, read
from xaprt.manifest import Manifest, Need, Route


@dataclass(frozen=True)
class Function:
    name: str
    address: int
    size: int


@dataclass(frozen=True)
class Note:
    owner: str
    type: int
    size: int
    """Of its descriptor, in bytes."""


@dataclass(frozen=True)
class Inspection:
    image: Image
    file_bytes: int
    functions: tuple[Function, ...]
    """By address; none where the image has no symbols."""
    notes: tuple[Note, ...]


def inspect(data: bytes) -> Inspection:
    """Raises `xaprt.image.ImageError` for what is no image."""
    image = read(data)
    functions = sorted(_functions(data), key=lambda each: (each.address, each.name))
    return Inspection(image, len(data), tuple(functions), tuple(_notes(data)))


def _functions(data: bytes) -> Iterator[Function]:
    """From the symbol table. The reader checked that the section headers lie in the file."""
    sections = _sections(data)
    for section in sections:
        if section[1] != elf.SHT_SYMTAB or section[6] >= len(sections):
            continue
        names = _content(data, sections[section[6]])
        table = _content(data, section)
        whole = len(table) - len(table) % elf.SYM.size
        for name, info, _, _, value, size in elf.SYM.iter_unpack(table[:whole]):
            if info & 0xF == elf.STT_FUNC and size:
                text = names[name : names.find(b"\0", name)]
                yield Function(text.decode(errors="replace"), value, size)


_Section = tuple[int, int, int, int, int, int, int, int, int, int]


def _sections(data: bytes) -> list[_Section]:
    header = elf.EHDR.unpack_from(data)
    at, count = header[6], header[12]
    table = data[at : at + count * elf.SHDR.size]
    return list(elf.SHDR.iter_unpack(table))


def _content(data: bytes, section: _Section) -> bytes:
    return data[section[4] : section[4] + section[5]]


def _notes(data: bytes) -> Iterator[Note]:
    """Those that a loader sees. The reader checked them."""
    header = elf.EHDR.unpack_from(data)
    for number in range(header[10]):
        kind, _, offset, _, _, size, _, align = elf.PHDR.unpack_from(
            data, header[5] + number * elf.PHDR.size
        )
        if kind == elf.PT_NOTE:
            yield from _notes_of(data[offset : offset + size], 8 if align == 8 else 4)


def _notes_of(content: bytes, align: int) -> Iterator[Note]:
    at = 0
    while len(content) - at >= elf.NHDR.size:
        owner_size, size, type_ = elf.NHDR.unpack_from(content, at)
        at += elf.NHDR.size
        owner = content[at : at + owner_size].rstrip(b"\0").decode(errors="replace")
        at += -(-owner_size // align) * align
        yield Note(owner, type_, size)
        at += -(-size // align) * align


# --- as JSON ---------------------------------------------------------------------------------


def as_object(found: Inspection) -> dict[str, object]:
    """Addresses are image-relative; identifiers, addresses and sizes are numbers."""
    return {
        **identity(found.image.manifest),
        "file_bytes": found.file_bytes,
        "loaded_bytes": loaded_bytes(found),
        "segments": [
            {
                "address": each.address,
                "permissions": _permissions(each.writable, each.executable),
                "bytes": len(each.bytes_),
                "mapped_bytes": each.size,
            }
            for each in found.image.segments
        ],
        "functions": [
            {"name": each.name, "address": each.address, "bytes": each.size}
            for each in found.functions
        ],
        "notes": [
            {"owner": each.owner, "type": each.type, "bytes": each.size} for each in found.notes
        ],
    }


def identity(manifest: Manifest) -> dict[str, object]:
    """What the manifest says."""
    return {
        "name": manifest.name,
        "version": version(manifest),
        "uuid": uuid(manifest),
        "build_id": manifest.build_id.hex(),
        "abi_version": abi_version(manifest),
        "entry": manifest.entry,
        "stack_bytes": manifest.stack_bytes,
        "instances": manifest.instances.name,
        "restart_limit": manifest.restart_limit,
        "budget_us": manifest.budget_us or abi.BUDGET_DEFAULT_US,
        "routes": [
            {
                "kind": each.kind.name.lower(),
                "first": each.first,
                "last": each.last,
                "posted": abi.RouteFlag.POSTED in each.flags,
            }
            for each in manifest.routes
        ],
        "needs": [
            {"kind": each.kind.name.lower(), "operands": list(each.operands)}
            for each in manifest.needs
        ],
    }


def loaded_bytes(found: Inspection) -> int:
    """What is copied into memory; zeroed state is not counted."""
    return sum(len(each.bytes_) for each in found.image.segments)


def version(manifest: Manifest) -> str:
    return ".".join(map(str, manifest.app_version))


def uuid(manifest: Manifest) -> str:
    import uuid

    return str(uuid.UUID(bytes=manifest.uuid))


def abi_version(manifest: Manifest) -> str:
    return f"{manifest.abi_version >> 16}.{manifest.abi_version & 0xFFFF}"


def _permissions(writable: bool, executable: bool) -> str:
    return f"R{'W' if writable else '-'}{'X' if executable else '-'}"


# --- as text ---------------------------------------------------------------------------------


def as_text(found: Inspection) -> str:
    manifest = found.image.manifest
    lines = [
        f"{manifest.name} {version(manifest)}",
        f"  uuid       {uuid(manifest)}",
        f"  build id   {manifest.build_id.hex()}",
        f"  ABI        {abi_version(manifest)}, entry at {manifest.entry:#x}",
        f"  stack      at most {manifest.stack_bytes} bytes",
        f"  instances  {_INSTANCES[manifest.instances]}",
        f"  restart    {_restart(manifest)}",
        f"  budget     {_budget(manifest)}",
        "",
        "handles" if manifest.routes else "handles nothing",
        *(f"  {_route(each)}" for each in manifest.routes),
        "",
        "needs" if manifest.needs else "needs nothing",
        *(f"  {_need(each)}" for each in manifest.needs),
        "",
        f"{found.file_bytes} bytes of file, {loaded_bytes(found)} loaded",
        *(f"  {_segment(each)}" for each in found.image.segments),
        "",
        "functions, by size" if found.functions else "no symbols",
    ]
    by_size = sorted(found.functions, key=lambda each: (-each.size, each.name))
    lines += [f"  {each.size:>6}  {each.name}" for each in by_size]
    lines += ["", "notes"]
    lines += [f"  {each.owner:<4} type {each.type}, {each.size} bytes" for each in found.notes]
    return "\n".join(lines) + "\n"


_INSTANCES = {
    abi.Instances.SHARED: "one for all guests that it serves",
    abi.Instances.PER_DOMAIN: "one for each guest that it serves",
}


def _restart(manifest: Manifest) -> str:
    if manifest.restart_limit == abi.RESTART_NEVER:
        return "never"
    return f"after a fault, at most {manifest.restart_limit} times in a row"


def _budget(manifest: Manifest) -> str:
    if manifest.budget_us:
        return f"{manifest.budget_us} us a call"
    return f"{abi.BUDGET_DEFAULT_US} us a call (the default)"


def _segment(segment: Segment) -> str:
    permissions = _permissions(segment.writable, segment.executable)
    pages = segment.size // abi.PAGE_SIZE
    count = f"{pages} page{'s' if pages > 1 else ''}"
    return f"{permissions}  {segment.address:#08x}  {len(segment.bytes_):>6} bytes on {count}"


def _route(route: Route) -> str:
    width = 8 if route.is_call else 12
    numbers = f"{route.first:#0{width + 2}x}"
    if route.last != route.first:
        numbers += f"..{route.last:#0{width + 2}x}"
    posted = " posted" if abi.RouteFlag.POSTED in route.flags else ""
    return f"{route.kind.name.lower():<10} {numbers}{posted}"


def _need(need: Need) -> str:
    match need.kind, need.operands:
        case abi.NeedKind.CALL_SMC, ids:
            return f"call_smc   {', '.join(f'{each:#010x}' for each in ids)}"
        case abi.NeedKind.GUEST_MEMORY, (mode,):
            return f"guest page {'read' if mode == abi.GuestMemory.READ else 'read and write'}"
        case abi.NeedKind.IO, (name, int(base), int(size)):
            return f"io         {name} at {base:#x}, {size:#x} bytes"
        case abi.NeedKind.IRQ, (virq,):
            return f"irq        {virq}"
        case _:
            return need.kind.name.lower()
