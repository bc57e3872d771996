"""Bytes to manifest: every rule of ABI.md section 1, clauses 3 and 4, that needs no image."""

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from xaprt import abi
from xaprt.abi import NeedKind, Record
from xaprt.manifest.model import Manifest, ManifestError, Need, Route
from xaprt.manifest.values import FIELDS, SINGLE, BrokenRuleError, need, route

_RECORDS = {record.value: record for record in Record}


def decode(data: bytes) -> Manifest:
    """ManifestError for any bytes that are not a manifest within the limits."""
    if len(data) > abi.MAX_MANIFEST_BYTES:
        raise ManifestError(
            f"the manifest has {len(data)} bytes, the limit is {abi.MAX_MANIFEST_BYTES}"
        )
    single: dict[Record, Any] = {}
    routes: list[Route] = []
    needs: list[Need] = []
    unknown: list[int] = []
    for number, value in _records(data):
        record = _RECORDS.get(number)
        if record is None:
            if number & abi.RECORD_REQUIRED:
                unknown.append(number)
            continue
        if record in single:
            raise ManifestError(f"{record.name}: occurs twice")
        try:
            if record is Record.ROUTE:
                routes.append(route(value))
            elif record is Record.NEED:
                needs.append(need(value))
            else:
                single[record] = SINGLE[record](value)
        except BrokenRuleError as rule:
            raise ManifestError(f"{record.name}: {rule}") from None
    _require_whole(single, unknown)
    _require_route_limits(routes)
    _require_need_limits(needs)
    fields = {FIELDS[record]: value for record, value in single.items()}
    return Manifest(routes=tuple(routes), needs=tuple(needs), **fields)


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise ManifestError(f"the record at byte {at} is cut")
        number, length = struct.unpack_from("<II", data, at)
        end = at + 8 + length
        following = end + -length % 8
        if following > len(data):
            raise ManifestError(
                f"{_called(number)}: its {length} bytes reach beyond the manifest's {len(data)}"
            )
        if any(data[end:following]):
            raise ManifestError(f"{_called(number)}: padding that is not zero")
        yield number, data[at + 8 : end]
        at = following


def _called(number: int) -> str:
    return _RECORDS[number].name if number in _RECORDS else f"record {number:#x}"


def _require_whole(single: dict[Record, Any], unknown: list[int]) -> None:
    for record in SINGLE:
        if record not in single:
            raise ManifestError(f"{record.name}: is missing")
    if unknown:
        raise ManifestError(f"record {unknown[0]:#x}: is required, but unknown to this reader")


def _require_route_limits(routes: list[Route]) -> None:
    calls = sum(route.is_call for route in routes)
    if calls > abi.MAX_CALL_ROUTES:
        raise ManifestError(f"ROUTE: {calls} for calls, the limit is {abi.MAX_CALL_ROUTES}")
    regions = len(routes) - calls
    if regions > abi.MAX_MMIO_ROUTES:
        raise ManifestError(f"ROUTE: {regions} for MMIO, the limit is {abi.MAX_MMIO_ROUTES}")
    ordered = sorted(routes, key=lambda route: (route.kind, route.first))
    for one, other in pairwise(ordered):
        if one.kind is other.kind and other.first <= one.last:
            raise ManifestError(f"ROUTE: two of {one.kind.name} overlap at {other.first:#x}")


def _require_need_limits(needs: list[Need]) -> None:
    for kind in NeedKind:
        same = [need for need in needs if need.kind is kind]
        count = sum(len(need.operands) if kind is NeedKind.CALL_SMC else 1 for need in same)
        if count > abi.MAX_NEEDS_OF_A_KIND:
            limit = abi.MAX_NEEDS_OF_A_KIND
            raise ManifestError(f"NEED: {count} of {kind.name}, the limit is {limit}")
