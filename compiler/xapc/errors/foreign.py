"""What other languages, and the rest of Python, call it: names that are missed, and what to do."""

import re

from xapc.types import INTS

_NO_OBJECTS = "types are known when the app is built"
_NO_NONE = "there is no None among values: use a number that means it, or a bool beside the value"
_LOG = "use log.info(...)"

ELSEWHERE = {
    "true": "True",
    "false": "False",
    "boolean": "bool",
    "byte": "u8",
    "uchar": "u8",
    "uint": "u32",
    "size_t": "u64",
    "usize": "u64",
    "isize": "i64",
    "uintptr_t": "u64",
    "logger": "log",
    "logging": "log",
    **{
        f"{long}{bits}{end}": f"{short}{bits}"
        for long, short in (("uint", "u"), ("int", "i"))
        for bits in (8, 16, 32, 64)
        for end in ("", "_t")
    },
}
"""What other languages call a name of this one."""

BUILTINS = {
    "print": _LOG,
    "int": "write the width that is meant: u8(x) ... i64(x)",
    "float": "use fixed-point arithmetic in an integer",
    "str": 'values are put into messages: log.info(f"{x}")',
    "repr": 'values are put into messages: log.info(f"{x}")',
    "format": 'values are put into messages: log.info(f"{x:#x}")',
    "hex": 'values are put into messages: log.info(f"{x:#x}")',
    "bytes": "use Array[u8, N[...]]",
    "bytearray": "use Array[u8, N[...]]",
    "list": "use Array[T, N[...]]",
    "dict": "use an Array of structs",
    "set": "use Array[bool, N[...]] or a Flag",
    "divmod": "write x // y and x % y",
    "pow": "** is for constants; multiply in a loop",
    "sum": "add in a loop",
    "any": "test in a loop",
    "all": "test in a loop",
    "zip": "index both in one loop over range(...)",
    "map": "write a loop",
    "filter": "write a loop",
    "sorted": "sort in a loop, in place",
    "round": "integers have nothing to round",
    "ord": 'write the number, or an item of an Array[u8, N[1]](b"x")',
    "chr": "messages are made by f-strings; there are no characters",
    "hash": "compute it from the fields",
    "type": _NO_OBJECTS,
    "isinstance": _NO_OBJECTS,
    "issubclass": _NO_OBJECTS,
    "open": "there are no files",
    "bin": 'values are put into messages: log.info(f"{x:#b}")',
    "oct": 'values are put into messages: log.info(f"{x:#o}")',
    "ascii": 'values are put into messages: log.info(f"{x}")',
    "exit": "return ends the function, panic(...) the call",
    "quit": "return ends the function, panic(...) the call",
    "sleep": "set_timer(ns) calls @app.timer later",
    "id": _NO_OBJECTS,
    "getattr": _NO_OBJECTS,
    "setattr": _NO_OBJECTS,
    "hasattr": _NO_OBJECTS,
    "callable": _NO_OBJECTS,
    "super": "there is no inheritance",
    "tuple": "write the values: (a, b)",
    "frozenset": "use Array[bool, N[...]] or a Flag",
    "memoryview": "use a View, or x.copy_from(y, at=..., start=..., count=...)",
    "iter": "write a loop",
    "next": "write a loop",
    "complex": "use two integers",
    "object": _NO_OBJECTS,
    "input": "there is no terminal; a guest passes arguments in registers",
    "eval": "what an app does is known when it is built",
    "exec": "what an app does is known when it is built",
    "vars": _NO_OBJECTS,
    "dir": _NO_OBJECTS,
    "globals": _NO_OBJECTS,
    "locals": _NO_OBJECTS,
    "slice": "loop over range(a, b)",
    "printf": _LOG,
    "println": _LOG,
    "memcpy": "use x.copy_from(y, at=..., start=..., count=...)",
    "memmove": "use x.copy_from(y, at=..., start=..., count=...)",
    "memset": "use x.fill(value)",
    "memcmp": "use x.equals(y)",
    "strlen": "use len(x)",
    "null": _NO_NONE,
    "nullptr": _NO_NONE,
    "NULL": _NO_NONE,
    "nil": _NO_NONE,
    "double": "use fixed-point arithmetic in an integer",
}
"""Builtins that the language does not have, and what to do instead."""

LIBRARY = "that is a module of Python's library, which runs on a heap"

_ARRAY = "use Array[T, N[n]]"

_ENUM = "write class Op(u32, Enum), each member with its value"

_NO_OPTION = "there is no None among values: return a flag beside the value, or an error code"

INSTEAD = {
    "abc": "functions are called by their names; there is no inheritance",
    "array": _ARRAY,
    "asyncio": "a handler runs from its call to its end",
    "collections": _ARRAY,
    "ctypes": "use @struct, which has C's layout, and xap's integers",
    "dataclasses": "write @struct above the class: from xap import struct",
    "enum.IntEnum": _ENUM,
    "enum.IntFlag": "write class Bits(u32, Flag), each member with its value",
    "enum.auto": "write the value of each member",
    "math": "integers divide by //, which rounds down; (x + y - 1) // y rounds up",
    "logging": "use xap's log: from xap import log",
    "random": "there is no source of randomness; ask the firmware (SMCCC TRNG) by call_smc",
    "struct": "take bytes apart by a.load(u32, offset), put them together by a.store(offset, x)",
    "threading": "a handler runs from its call to its end; calls come one after the other",
    "time": "use now_ns() and set_timer(ns): from xap import now_ns, set_timer",
    "typing.Dict": "use an Array of structs that is searched",
    "typing.List": _ARRAY,
    "typing.NamedTuple": "use @struct: from xap import struct",
    "typing.Optional": _NO_OPTION,
    "typing.Tuple": "write tuple[...]",
    "typing.TypeAlias": "leave it out: an alias of a type is assigned, Word = u32",
    "typing.Union": "a value has one type",
}
"""Modules and names of Python's library, and what is here instead of them."""

RENAMED = {
    "bit_count": "count_ones",
    "popcount": "count_ones",
    "popcnt": "count_ones",
    "clz": "leading_zeros",
    "ctz": "trailing_zeros",
    "bswap": "byteswap",
    "swap_bytes": "byteswap",
    "rol": "rotate_left",
    "rotl": "rotate_left",
    "ror": "rotate_right",
    "rotr": "rotate_right",
    "sat_add": "saturating_add",
    "sat_sub": "saturating_sub",
    "read": "load",
    "write": "store",
    "memset": "fill",
    "clone": "copy",
    "warning": "warn",
    "critical": "error",
    "fatal": "error",
    "exception": "error",
    "trace": "debug",
}
"""Methods that have another name here."""

_FIXED = "its length is fixed: count what is used in a variable beside it"
LENGTH = "write len(x)"

METHODS = {
    "append": _FIXED,
    "push": _FIXED,
    "add": _FIXED,
    "extend": _FIXED,
    "insert": _FIXED,
    "pop": _FIXED,
    "remove": _FIXED,
    "clear": "x.fill(0) clears it",
    "reverse": "swap its elements in a loop",
    "index": "search in a loop",
    "find": "search in a loop",
    "count": "count in a loop",
    "sort": "sort in a loop",
    "get": "search in a loop",
    **{
        f"{word}_u{bits}": f"write x.store(offset, u{bits}(value))"
        for word in ("store", "write")
        for bits in (8, 16, 32, 64)
    },
    "put": "write x.store(offset, value)",
    "items": "use enumerate(x)",
    "length": LENGTH,
    "size": LENGTH,
    "len": LENGTH,
    "__len__": LENGTH,
    "bit_length": "write u32(T.BITS) - x.leading_zeros()",
    "hex": 'a message formats it: f"{x:#x}"',
    "to_bytes": "store it into an array of bytes: a.store(offset, x)",
    "from_bytes": "load it from an array of bytes: a.load(u32, offset)",
}
"""Methods of Python's objects that are missed, and what to do instead."""


def is_builtin(name: str) -> bool:
    """Whether each use of that unknown name is a mistake of its own."""
    return name in BUILTINS


def is_foreign(name: str) -> bool:
    """Whether a method of that name takes what the language does not have."""
    return name in METHODS


def width_hint(name: str) -> str:
    """Of `u24` and `i128`."""
    found = re.fullmatch(r"([ui])(\d{1,3})", name)
    if found is None or name in INTS:
        return ""
    bits = int(found[2])
    wider = next((each for each in (8, 16, 32, 64) if each > bits), None)
    if wider is None:
        return "the widest integers have 64 bits; x.mul_wide(y) gives a product in two"
    return f"widths are 8, 16, 32 and 64 bits: take {found[1]}{wider}, and check what must fit"
