"""Manifest to bytes."""

import struct
from typing import Any

from xaprt.abi import NeedKind, Record
from xaprt.manifest.model import NAME, NAME_FIELD, NAME_RULE, Manifest, ManifestError, Need
from xaprt.manifest.reader import decode


def encode(manifest: Manifest) -> bytes:
    """The descriptor of the note. ManifestError if `decode` would refuse it."""
    made = without_build_id(manifest) + _record(Record.BUILD_ID, manifest.build_id)
    decode(made)
    return made


def without_build_id(manifest: Manifest) -> bytes:
    """All records but that one: what the build id is made from, not yet checked."""
    single: list[tuple[Record, str, tuple[Any, ...]]] = [
        (Record.ABI_VERSION, "<I", (manifest.abi_version,)),
        (Record.ENTRY, "<Q", (manifest.entry,)),
        (Record.UUID, f"<{len(manifest.uuid)}s", (manifest.uuid,)),
        (Record.NAME, f"<{NAME_FIELD}s", (_name_field(Record.NAME, manifest.name),)),
        (Record.APP_VERSION, "<III", manifest.app_version),
        (Record.STACK, "<I", (manifest.stack_bytes,)),
        (Record.INSTANCES, "<I", (manifest.instances,)),
        (Record.RESTART, "<I", (manifest.restart_limit,)),
        (Record.BUDGET, "<I", (manifest.budget_us,)),
    ]
    routes = [
        (Record.ROUTE, "<IIQQ", (route.kind, route.flags, route.first, route.last))
        for route in manifest.routes
    ]
    needs = [(Record.NEED, *_need_fields(need)) for need in manifest.needs]
    return b"".join(
        _record(record, _pack(record, layout, *fields))
        for record, layout, fields in (*single, *routes, *needs)
    )


def _record(record: Record, value: bytes) -> bytes:
    return struct.pack("<II", record, len(value)) + value + bytes(-len(value) % 8)


def _pack(record: Record, layout: str, *fields: Any) -> bytes:
    try:
        return struct.pack(layout, *fields)
    except struct.error as problem:
        raise ManifestError(f"{record.name}: a field does not fit: {problem}") from None


def _need_fields(need: Need) -> tuple[str, tuple[Any, ...]]:
    if need.kind is NeedKind.IO:
        name, *region = need.operands
        return f"<IIQQ{NAME_FIELD}s", (need.kind, 0, *region, _name_field(Record.NEED, str(name)))
    return f"<{1 + len(need.operands)}I", (need.kind, *need.operands)


def _name_field(record: Record, name: str) -> bytes:
    if not NAME.fullmatch(name):
        raise ManifestError(f"{record.name}: {name!r} is not {NAME_RULE}")
    return name.encode("ascii")
