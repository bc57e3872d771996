"""An inspection, or a proof, for people."""

from collections.abc import Iterator

from xaprt import abi
from xaprt.image import Segment
from xaprt.manifest import Manifest, Need, Route
from xaprt.signature.trailer import Trailer
from xaprt.verify import Refusal, Report

from xapc.inspection.facts import Function, Inspection, SystemCalls, system_call_name
from xapc.inspection.machine import abi_version, uuid, version
from xapc.inspection.tables import pages, permissions


def as_text(found: Inspection) -> str:
    """One page, the parts in the order in which a reviewer asks."""
    manifest = found.image.manifest
    parts = [
        _identity(manifest),
        [_verified(found.proof)],
        _signed(found.signature),
        [_heading("handles", manifest.routes), *map(_route, manifest.routes)],
        [_heading("needs", manifest.needs), *map(_need, manifest.needs)],
        _system_calls(found),
        _stack(manifest, found.proof),
        _sizes(found),
        _functions(found.functions),
        _notes(found),
    ]
    return "\n\n".join("\n  ".join(part) for part in parts if part) + "\n"


def as_proof(proof: Report, manifest: Manifest) -> str:
    """The short form, for `xapc verify`."""
    numbers = sorted(proof.used, key=lambda number: (number is None, number))
    lines = [
        f"build id      {manifest.build_id.hex()}",
        f"functions     {len(proof.functions)}, {proof.text_bytes // 4} words of text",
        f"stack         {_bound(proof)}",
        f"handles       {', '.join(_short_route(each) for each in manifest.routes) or 'nothing'}",
        f"needs         {', '.join(_short_need(each) for each in manifest.needs) or 'nothing'}",
        f"system calls  {', '.join(map(system_call_name, numbers))}",
    ]
    return "".join(f"  {line}\n" for line in lines)


def _bound(proof: Report) -> str:
    if proof.stack_bytes == proof.stack_limit:
        return f"at most {proof.stack_bytes} bytes, as the manifest says"
    return f"at most {proof.stack_bytes} bytes, the manifest says {proof.stack_limit}"


# --- who ------------------------------------------------------------------------------------


def _identity(manifest: Manifest) -> list[str]:
    return [
        f"{manifest.name} {version(manifest)}",
        f"uuid       {uuid(manifest)}",
        f"build id   {manifest.build_id.hex()}",
        f"ABI        {abi_version(manifest)}, entry at {manifest.entry:#x}",
        f"instances  {_INSTANCES[manifest.instances]}",
        f"restart    {_restart(manifest)}",
        f"budget     {_budget(manifest)}",
    ]


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


def _verified(proof: Report | Refusal) -> str:
    if isinstance(proof, Refusal):
        return f"NOT VERIFIED: {proof}"
    return "verified: all of ABI.md section 1 is proven from the bytes"


def _signed(signature: Trailer | None) -> list[str]:
    if signature is None:
        return []
    return [
        f"signed: security version {signature.version}, key {signature.key_id.hex()}; "
        "`xapc verify --key FILE` checks it"
    ]


# --- what it asks for -----------------------------------------------------------------------


def _heading(what: str, given: object) -> str:
    return what if given else f"{what} nothing"


def _route(route: Route) -> str:
    kind, _, rest = _short_route(route).partition(" ")
    return f"{kind:<10} {rest}"


def _short_route(route: Route) -> str:
    width = 8 if route.is_call else 12
    numbers = f"{route.first:#0{width + 2}x}"
    if route.last != route.first:
        numbers += f"..{route.last:#0{width + 2}x}"
    posted = " posted" if abi.RouteFlag.POSTED in route.flags else ""
    return f"{route.kind.name.lower()} {numbers}{posted}"


_NEED_WIDTH = 10


def _need(need: Need) -> str:
    name, operands = _need_parts(need)
    return f"{name:<{_NEED_WIDTH}} {operands}".rstrip()


def _short_need(need: Need) -> str:
    return " ".join(filter(None, _need_parts(need)))


def _need_parts(need: Need) -> tuple[str, str]:
    match need.kind, need.operands:
        case abi.NeedKind.CALL_SMC, ids:
            return "call_smc", ", ".join(f"{each:#010x}" for each in ids)
        case abi.NeedKind.GUEST_MEMORY, (mode,):
            return "guest page", "read" if mode == abi.GuestMemory.READ else "read and write"
        case abi.NeedKind.IO, (name, int(base), int(size)):
            return "io", f"{name} at {base:#x}, {size:#x} bytes"
        case abi.NeedKind.IRQ, (virq,):
            return "irq", str(virq)
        case _:
            return need.kind.name.lower(), ""


# --- what it does ---------------------------------------------------------------------------


def _system_calls(found: Inspection) -> list[str]:
    if not found.system_calls:
        return []
    return ["system calls", *(line for each in found.system_calls for line in _used(each))]


def _used(calls: SystemCalls) -> Iterator[str]:
    name = calls.name
    for place in calls.places or calls.functions:
        yield f"{name:<14} {place}"
        name = ""


def _stack(manifest: Manifest, proof: Report | Refusal) -> list[str]:
    if isinstance(proof, Refusal):
        return [f"stack: the manifest says at most {manifest.stack_bytes} bytes, nothing is proven"]
    return [
        f"stack: {_bound(proof)}; the deepest calls",
        *(f"{taken:>6}  {each.name or hex(each.address)}" for each, taken in proof.stack_taken),
    ]


# --- sizes ----------------------------------------------------------------------------------


def _sizes(found: Inspection) -> list[str]:
    zeroed = sum(found.zeroed.values())
    return [
        f"{found.file_bytes} bytes of file, {found.loaded_bytes} loaded, {zeroed} zeroed",
        *(_segment(each, found) for each in found.image.segments),
    ]


def _segment(segment: Segment, found: Inspection) -> str:
    rights = permissions(writable=segment.writable, executable=segment.executable)
    zeroed = found.zeroed[segment.address]
    count = pages(segment.size)
    size = len(segment.bytes_) + zeroed
    sections = ", ".join(
        f"{each.name} {each.size}"
        for each in found.sections
        if each.size and segment.address <= each.address < segment.address + segment.size
    )
    line = f"{rights}  {segment.address:#08x}  {size:>6} bytes on {count} page{'s'[: count > 1]}"
    return f"{line:<42}  {sections}".rstrip()


def _functions(functions: tuple[Function, ...]) -> list[str]:
    by_size = sorted(functions, key=lambda each: (-each.size, each.name))
    return [
        "functions: size, frame",
        *(
            f"{each.size:>6}  {'-' if each.frame is None else each.frame:>6}  {each.name}"
            for each in by_size
        ),
    ]


def _notes(found: Inspection) -> list[str]:
    """The eight of the proof of concept on one line."""
    owners: dict[str, list[str]] = {}
    for note in found.notes:
        owners.setdefault(note.owner, []).append(f"{note.type} ({note.size} bytes)")
    return [
        "notes, by type",
        *(f"{owner:<4} {', '.join(types)}" for owner, types in owners.items()),
    ]
