"""Types in memory: sizes, alignment, bytes (AAPCS64, little-endian; LANGUAGE.md section 2).

Every type of a width has `__xap_size__` and `__xap_align__` (enumerations by their base).
Array and struct classes have `__xap_aggregate__`, `__xap_plain__` (made of integers only) and
`__xap_decode__`, their instances `__xap_encode__` and `__xap_assign__`.
"""

from enum import Flag
from typing import Any

from xap import enums
from xap.operators import INTEGERS, operand


def is_aggregate(kind: object) -> bool:
    return isinstance(kind, type) and getattr(kind, "__xap_aggregate__", False)


def is_storable(kind: object) -> bool:
    """Whether an element or field can be of this type."""
    if kind is bool or is_aggregate(kind) or enums.is_enumeration(kind):
        return True
    return isinstance(kind, type) and kind in INTEGERS


def require_storable(kind: object, what: str) -> None:
    if not is_storable(kind):
        raise TypeError(f"{what}: {kind!r} is no integer, bool, enum, Array or struct")


def size(kind: Any) -> int:
    return 1 if kind is bool else int(kind.__xap_size__)


def alignment(kind: Any) -> int:
    return 1 if kind is bool else int(kind.__xap_align__)


def sizeof(type: object) -> int:
    """Bytes that a value of the type takes in memory, padding included."""
    require_storable(type, "sizeof()")
    return size(type)


def offsetof(type: object, field: str) -> int:
    """Bytes before a field of a struct."""
    fields = getattr(type, "__xap_fields__", None)
    if fields is None:
        raise TypeError(f"offsetof(): {type!r} is no struct")
    if field not in fields:
        raise TypeError(f"{type!r} has no field {field!r}")
    return int(fields[field].offset)


def is_plain(kind: Any) -> bool:
    """An integer, or made of nothing else: what `load` can make of any bytes."""
    return kind in INTEGERS or bool(getattr(kind, "__xap_plain__", False))


def encode(value: Any) -> bytes:
    if is_aggregate(type(value)):
        return bytes(value.__xap_encode__())
    return int(value).to_bytes(size(type(value)), "little", signed=int(value) < 0)


def decode(kind: Any, data: bytes) -> Any:
    """A fresh value of a plain type."""
    if kind in INTEGERS:
        low, _ = kind.__xap_bounds__
        return kind(int.from_bytes(data, "little", signed=low < 0))
    return kind.__xap_decode__(data)


def zero(kind: Any) -> Any:
    """The value of `Array[kind, N[...]]()`; a new one where it is an aggregate."""
    if enums.is_enumeration(kind) and not issubclass(kind, Flag):
        if 0 not in kind._value2member_map_:
            raise TypeError(f"{kind.__name__} has no member of value 0")
        return kind(0)
    return kind() if kind is bool or is_aggregate(kind) else kind(0)


def fitted(kind: type, value: Any, *, constants: bool = False) -> Any:
    """`value` if it is of that very type; with `constants` also a constant that it can hold.

    Raises TypeError or, for a constant, ValueError.
    """
    if type(value) is kind:
        return value
    if constants and kind in INTEGERS and type(value) is int:
        return kind(operand(kind, value))
    raise TypeError(f"{kind.__name__} wanted, not {type(value).__name__} ({value!r})")
