"""The value of each record: its layout and the rules that one record can break alone."""

import struct
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from xaprt import abi
from xaprt.abi import NeedKind, Record, RouteFlag, RouteKind
from xaprt.manifest.model import MAX_BUILD_ID, NAME, NAME_FIELD, NAME_RULE, Need, Route

_E = TypeVar("_E", bound=Enum)


class BrokenRuleError(Exception):
    """Becomes a ManifestError once the record's name is known."""


def _unpack(layout: str, value: bytes) -> tuple[Any, ...]:
    wanted = struct.calcsize(layout)
    if len(value) != wanted:
        raise BrokenRuleError(f"has {len(value)} bytes, must have {wanted}")
    return struct.unpack(layout, value)


def _u32(value: bytes) -> int:
    (number,) = _unpack("<I", value)
    return int(number)


def _at_most(limit: int, number: int, unit: str) -> int:
    if number > limit:
        raise BrokenRuleError(f"{number} {unit}, the limit is {limit}")
    return number


def _member(kind: type[_E], number: int, what: str) -> _E:
    try:
        return kind(number)
    except ValueError:
        raise BrokenRuleError(f"{what} {number} is unknown") from None


def _abi_version(value: bytes) -> int:
    version = _u32(value)
    major, minor = version >> 16, version & 0xFFFF
    if major != abi.VERSION_MAJOR or minor > abi.VERSION_MINOR:
        newest = f"{abi.VERSION_MAJOR}.{abi.VERSION_MINOR}"
        raise BrokenRuleError(f"is {major}.{minor}, supported is {abi.VERSION_MAJOR}.0 to {newest}")
    return version


def _entry(value: bytes) -> int:
    (entry,) = _unpack("<Q", value)
    return int(entry)


def _uuid(value: bytes) -> bytes:
    (uuid,) = _unpack("<16s", value)
    if not any(uuid):
        raise BrokenRuleError("is all zero")
    return bytes(uuid)


def _name(value: bytes) -> str:
    (field,) = _unpack(f"<{NAME_FIELD}s", value)
    name = str(field.rstrip(b"\0").decode("latin-1"))
    if not NAME.fullmatch(name):
        raise BrokenRuleError(f"{name!r} is not {NAME_RULE}")
    return name


def _app_version(value: bytes) -> tuple[int, ...]:
    return _unpack("<III", value)


def _stack(value: bytes) -> int:
    return _at_most(abi.MAX_STACK_BYTES, _u32(value), "bytes")


def _instances(value: bytes) -> abi.Instances:
    return _member(abi.Instances, _u32(value), "policy")


def _budget(value: bytes) -> int:
    return _at_most(abi.BUDGET_MAX_US, _u32(value), "microseconds")


def _build_id(value: bytes) -> bytes:
    if not 1 <= len(value) <= MAX_BUILD_ID:
        raise BrokenRuleError(f"has {len(value)} bytes, must have 1 to {MAX_BUILD_ID}")
    return value


SINGLE: dict[Record, Callable[[bytes], Any]] = {
    Record.ABI_VERSION: _abi_version,
    Record.ENTRY: _entry,
    Record.UUID: _uuid,
    Record.NAME: _name,
    Record.APP_VERSION: _app_version,
    Record.STACK: _stack,
    Record.INSTANCES: _instances,
    Record.RESTART: _u32,
    Record.BUDGET: _budget,
    Record.BUILD_ID: _build_id,
}
FIELDS = {record: record.name.lower() for record in SINGLE} | {
    Record.STACK: "stack_bytes",
    Record.RESTART: "restart_limit",
    Record.BUDGET: "budget_us",
}


# --- routes ----------------------------------------------------------------------------------


def route(value: bytes) -> Route:
    number, flags, first, last = _unpack("<IIQQ", value)
    kind = _member(RouteKind, number, "kind")
    made = Route(kind, first, last, RouteFlag(flags & RouteFlag.POSTED))
    where = f"{kind.name} {first:#x} to {last:#x}"
    if flags > RouteFlag.POSTED:
        raise BrokenRuleError(f"{where}: flags {flags:#x} are unknown")
    if first > last:
        raise BrokenRuleError(f"{where}: the last is below the first")
    if made.is_call and last >> 32:
        raise BrokenRuleError(f"{where}: a function identifier has 32 bits")
    if not made.is_call and (first % abi.PAGE_SIZE or (last + 1) % abi.PAGE_SIZE):
        raise BrokenRuleError(f"{where}: is not whole pages of {abi.PAGE_SIZE} bytes")
    if flags and kind is not RouteKind.MMIO_WRITE:
        raise BrokenRuleError(f"{where}: only MMIO_WRITE can be posted")
    return made


# --- needs -----------------------------------------------------------------------------------


def need(value: bytes) -> Need:
    if len(value) < 4:
        raise BrokenRuleError(f"has {len(value)} bytes, must have at least 4")
    kind = _member(NeedKind, _u32(value[:4]), "kind")
    try:
        return Need(kind, _OPERANDS[kind](value[4:]))
    except BrokenRuleError as rule:
        raise BrokenRuleError(f"{kind.name}: {rule}") from None


def _call_smc(value: bytes) -> tuple[int, ...]:
    if not value:
        raise BrokenRuleError("has no identifier")
    return _unpack(f"<{(len(value) + 3) // 4}I", value)


def _guest_memory(value: bytes) -> tuple[int, ...]:
    return (_member(abi.GuestMemory, _u32(value), "mode"),)


def _io(value: bytes) -> tuple[int | str, ...]:
    reserved, base, size, field = _unpack(f"<IQQ{NAME_FIELD}s", value)
    if reserved:
        raise BrokenRuleError(f"the reserved field is {reserved}, must be 0")
    if size == 0 or base % abi.PAGE_SIZE or size % abi.PAGE_SIZE or base + size > 1 << 64:
        raise BrokenRuleError(f"{size:#x} bytes at {base:#x} are not whole pages")
    return _name(field), base, size


def _irq(value: bytes) -> tuple[int, ...]:
    number = _u32(value)
    if not abi.SPI_FIRST <= number <= abi.SPI_LAST:
        raise BrokenRuleError(f"{number} is no SPI ({abi.SPI_FIRST} to {abi.SPI_LAST})")
    return (number,)


def _timer(value: bytes) -> tuple[int, ...]:
    return _unpack("<", value)


_OPERANDS: dict[NeedKind, Callable[[bytes], tuple[int | str, ...]]] = {
    NeedKind.CALL_SMC: _call_smc,
    NeedKind.GUEST_MEMORY: _guest_memory,
    NeedKind.IO: _io,
    NeedKind.IRQ: _irq,
    NeedKind.TIMER: _timer,
}
