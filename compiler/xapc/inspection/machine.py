"""An inspection, or a proof, as JSON: names do not change, numbers are numbers.

Addresses are relative to the image.
"""

from xaprt import abi
from xaprt.manifest import Manifest
from xaprt.signature.trailer import Trailer
from xaprt.verify import Refusal, Report

from xapc.inspection.facts import Inspection, SystemCalls, system_call_name
from xapc.inspection.tables import pages, permissions

Json = dict[str, object]


def as_object(found: Inspection) -> Json:
    return {
        **identity(found.image.manifest),
        "file_bytes": found.file_bytes,
        "loaded_bytes": found.loaded_bytes,
        "zeroed_bytes": sum(found.zeroed.values()),
        "segments": [
            {
                "address": each.address,
                "permissions": permissions(writable=each.writable, executable=each.executable),
                "bytes": len(each.bytes_),
                "zeroed_bytes": found.zeroed[each.address],
                "pages": pages(each.size),
            }
            for each in found.image.segments
        ],
        "sections": [
            {"name": each.name, "address": each.address, "bytes": each.size, "zeroed": each.zeroed}
            for each in found.sections
        ],
        "functions": [
            {
                "name": each.name,
                "address": each.address,
                "bytes": each.size,
                "frame": each.frame,
                "stack": each.stack,
            }
            for each in found.functions
        ],
        "system_calls": [_system_calls(each) for each in found.system_calls],
        "signature": _signature(found.signature),
        "proof": as_proof(found.proof),
        "notes": [
            {"owner": each.owner, "type": each.type, "bytes": each.size} for each in found.notes
        ],
    }


def _signature(signature: Trailer | None) -> Json | None:
    if signature is None:
        return None
    return {"version": signature.version, "key_id": signature.key_id.hex(), "checked": False}


def _system_calls(calls: SystemCalls) -> Json:
    return {
        "number": calls.number,
        "name": calls.name,
        "addresses": list(calls.addresses),
        "functions": list(calls.functions),
        "places": [
            {"function": each.function, "file": each.file, "line": each.line}
            for each in calls.places
        ],
    }


def as_proof(proof: Report | Refusal) -> Json:
    """`accepted` tells which of the two it is."""
    if isinstance(proof, Refusal):
        return {
            "accepted": False,
            "rule": proof.rule.identifier,
            "clause": proof.rule.clause,
            "meaning": proof.rule.meaning,
            "detail": proof.detail,
            "address": proof.address,
            "word": proof.word,
            "mnemonic": proof.mnemonic,
            "function": proof.function,
            "line": proof.line,
        }
    return {
        "accepted": True,
        "words": proof.text_bytes // 4,
        "functions": len(proof.functions),
        "stack_bytes": proof.stack_bytes,
        "stack_limit": proof.stack_limit,
        "stack_path": [
            {"function": each.name, "address": each.address, "bytes": taken}
            for each, taken in proof.stack_taken
        ],
        "system_calls": [
            {"number": number, "name": system_call_name(number)}
            for number in sorted(proof.used, key=lambda number: (number is None, number))
        ],
    }


def identity(manifest: Manifest) -> Json:
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


def version(manifest: Manifest) -> str:
    return ".".join(map(str, manifest.app_version))


def uuid(manifest: Manifest) -> str:
    import uuid

    return str(uuid.UUID(bytes=manifest.uuid))


def abi_version(manifest: Manifest) -> str:
    return f"{manifest.abi_version >> 16}.{manifest.abi_version & 0xFFFF}"
