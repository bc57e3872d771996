"""What the integrator lets each app have: a TOML file, a table for each app (ABI.md 4.1).

    [trng]
    serves = [1, 2]                 # domids of its guests
    call_smc = [0xC4000053]         # function identifiers
    guest_memory = "read"           # or "read-write"
    io = [{ base = 0x0904_0000, size = 0x1000 }]
    irqs = [40]
    timer = true
    required = true                 # no boot without it

What is not said is not granted; an app without a table serves nobody.
"""

import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xaprt import abi
from xaprt.abi import GuestMemory
from xaprt.manifest import Manifest
from xaprt.rights import IoRegion, Rights

LAST_DOMID = 0x7FEF
"""Xen's DOMID_FIRST_RESERVED comes after it."""

# Beyond any use; they keep a hostile file from taking long: the time that TOML's parser takes for a
# dotted key grows with the square of its parts.
MAX_FILE_BYTES = 1 << 18
MAX_DOTS = 16
"""In a line."""
_MAX_SHOWN = 80


class GrantError(ValueError):
    """One line: the table, the key, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """`serves`: domids, or None for every guest, which only the emulated hypervisor knows."""

    rights: Rights = field(default_factory=Rights)
    serves: frozenset[int] | None = frozenset()
    required: bool = False

    @classmethod
    def all_asked_by(cls, manifest: Manifest) -> "Grant":
        """For trying an app out: all that it asks for, for every guest."""
        return cls(Rights.asked_by(manifest), None)


def read_grants(data: bytes) -> dict[str, Grant]:
    """By the app's name. GrantError for what is no such file."""
    if len(data) > MAX_FILE_BYTES:
        raise GrantError(f"more than {MAX_FILE_BYTES} bytes")
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.count(b".") > MAX_DOTS:
            raise GrantError(f"line {number}: more than {MAX_DOTS} dots")
    try:
        tables = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as problem:
        raise GrantError(f"no TOML: {problem}") from None
    return {name: _grant(name, table) for name, table in tables.items()}


def require_apps(grants: Mapping[str, Grant], names: Iterable[str]) -> None:
    """There are no grants for apps that do not exist: a name is misspelt."""
    known = list(names)
    for name in grants:
        if name not in known:
            raise GrantError(f"[{_called(name)}]: no such app; there are: {', '.join(known)}")


def _grant(name: str, table: Any) -> Grant:
    if not isinstance(table, dict):
        raise GrantError(
            f"{_shown(name)} is no table; an app's grants begin with a line [{_called(name)}]"
        )
    given: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            raise GrantError(
                f"[{_called(name)}]: {_shown(key)} is unknown; there are: {', '.join(_KEYS)}"
            )
        try:
            given[key] = _KEYS[key](value)
        except _WrongError as problem:
            raise GrantError(f"[{_called(name)}] {key}: {problem}") from None
    serves = given.pop("serves", frozenset())
    required = given.pop("required", False)
    return Grant(Rights(**given), serves, required)


def _called(name: str) -> str:
    return name if name.isascii() and name.isprintable() else _shown(name)


def _shown(value: Any) -> str:
    """In one line that can be printed, whatever it is."""
    try:
        return _short(repr(value))
    except ValueError:  # sys.get_int_max_str_digits()
        return "a number of thousands of digits"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "..."


# --- values ----------------------------------------------------------------------------------


class _WrongError(ValueError):
    """What is wrong with a value."""


def _number(value: Any, first: int, last: int) -> int:
    if type(value) is not int:
        raise _WrongError(f"{_shown(value)} is no integer")
    if not first <= value <= last:
        raise _WrongError(f"{_short(hex(value))} is not in {first:#x}..{last:#x}")
    return value


def _numbers(first: int, last: int) -> Callable[[Any], frozenset[int]]:
    def read(value: Any) -> frozenset[int]:
        return frozenset(_number(each, first, last) for each in _list(value))

    return read


def _list(value: Any) -> Collection[Any]:
    if not isinstance(value, list):
        raise _WrongError(f"{_shown(value)} is no list")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongError(f"{_shown(value)} is neither true nor false")
    return value


_MEMORY = {"read": GuestMemory.READ, "read-write": GuestMemory.READ_WRITE}


def _memory(value: Any) -> GuestMemory:
    if not isinstance(value, str) or value not in _MEMORY:
        raise _WrongError(f'{_shown(value)} is neither "read" nor "read-write"')
    return _MEMORY[value]


def _io(value: Any) -> tuple[IoRegion, ...]:
    return tuple(_region(each) for each in _list(value))


def _region(value: Any) -> IoRegion:
    if not isinstance(value, dict) or set(value) != {"base", "size"}:
        raise _WrongError(f"{_shown(value)} is no region {{ base = ..., size = ... }}")
    base = _number(value["base"], 0, (1 << 64) - 1)
    size = _number(value["size"], 1, (1 << 64) - base)
    if base % abi.PAGE_SIZE or size % abi.PAGE_SIZE:
        raise _WrongError(f"{size:#x} bytes at {base:#x} are not whole pages")
    return IoRegion("granted", base, size)


_KEYS: dict[str, Callable[[Any], Any]] = {
    "serves": _numbers(0, LAST_DOMID),
    "call_smc": _numbers(0, (1 << 32) - 1),
    "guest_memory": _memory,
    "io": _io,
    "irqs": _numbers(abi.SPI_FIRST, abi.SPI_LAST),
    "timer": _flag,
    "required": _flag,
}
