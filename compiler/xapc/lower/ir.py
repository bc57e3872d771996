"""LLVM's spelling of the language's types and of build-time values.

Scalars, tuples and views are SSA values; arrays and structs are pointers to bytes with the
layout of AAPCS64. In memory `bool` is a byte, in a register `i1`.
"""

from collections.abc import Iterable

from xapc.tree import Value
from xapc.types import (
    BOOL,
    NEVER,
    NONE,
    ArrayType,
    EnumType,
    IntType,
    StructType,
    TupleType,
    Type,
    ViewType,
)

VIEW = "{ ptr, i64, i32 }"
"""Address, elements, and 0 or -errno."""


def ssa(type: Type) -> str:
    """The type of a value in a register."""
    if type in (NONE, NEVER):
        return "void"
    if type is BOOL:
        return "i1"
    if isinstance(type, TupleType):
        return "{ " + ", ".join(map(ssa, type.items)) + " }"
    if isinstance(type, ViewType):
        return VIEW
    if type.is_aggregate:
        return "ptr"
    return f"i{integer(type).bits}"


def memory(type: Type) -> str:
    """The type of a scalar in memory."""
    return "i8" if type is BOOL else ssa(type)


def integer(type: Type) -> IntType:
    """The integer type that holds a scalar: an enumeration's base."""
    if isinstance(type, EnumType):
        return type.base
    assert isinstance(type, IntType), type
    return type


def is_signed(type: Type) -> bool:
    return isinstance(type, (IntType, EnumType)) and integer(type).signed


def encode(type: Type, value: Value) -> bytes:
    """A build-time value in memory, padding zero."""
    if isinstance(type, ArrayType):
        assert isinstance(value, tuple)
        return b"".join(encode(type.element, each) for each in value)
    if isinstance(type, StructType):
        assert isinstance(value, tuple)
        image = bytearray(type.size)
        for field, each in zip(type.fields.values(), value, strict=True):
            part = encode(field.type, each)
            image[field.offset : field.offset + len(part)] = part
        return bytes(image)
    assert isinstance(value, int)
    return (value & (1 << 8 * type.size) - 1).to_bytes(type.size, "little")


def text(data: bytes) -> str:
    """Bytes as LLVM's `c"..."`."""
    plain = (chr(b) if 0x20 <= b < 0x7F and b not in (0x22, 0x5C) else f"\\{b:02X}" for b in data)
    return 'c"' + "".join(plain) + '"'


def quoted(name: str) -> str:
    """A name in quotes, for symbols and metadata."""
    return '"' + text(name.encode("utf-8", "replace"))[2:-1] + '"'


def arguments(parts: Iterable[tuple[str, str]]) -> str:
    """`i64 %a, ptr %b` of pairs of type and value."""
    return ", ".join(f"{type} {value}" for type, value in parts)
