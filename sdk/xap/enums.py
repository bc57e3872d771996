"""Enumerations over a fixed width: `class Op(u32, Enum)`, `class Bits(u32, Flag)`.

They are Python's own. An integer class that is mixed in would lend its members its operators
and Python's errors; `adapt` takes the operators away and turns "no such member" into a panic.
Members carry a plain int as `_value_`, which is what the enum module computes with.
"""

import operator
from collections.abc import Callable
from enum import Enum, Flag
from typing import Any, NoReturn

from xaprt.abi import Reason

from xap.operators import INTEGERS, SPECIAL_METHODS
from xap.panics import Panic


def member(cls: type[int], number: int) -> int:
    """A new member of `cls` (the enum module asks for each once)."""
    made = int.__new__(cls, number)
    made._value_ = number  # type: ignore[attr-defined]  # an enum's member
    return made


def adapt(cls: type[Any]) -> None:
    """Make `cls` the language's enumeration; its members exist already."""
    for name in SPECIAL_METHODS:
        setattr(cls, name, _refusal(cls, name))
    for name, function in (("eq", _equal), ("ne", _differ), ("hash", int.__hash__)):
        setattr(cls, f"__{name}__", function)
    cls._missing_ = classmethod(_missing)
    if _is_flags(cls):
        for name, compute in _FLAG_OPERATORS.items():
            setattr(cls, f"__{name}__", _flag_operator(cls, compute))
        cls.__invert__ = _inverter(cls)


def _is_flags(cls: type) -> bool:
    return issubclass(cls, Flag)


_FLAG_OPERATORS = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}


def _flag_operator(cls: type[Any], compute: Callable[[int, int], int]) -> Callable[..., object]:
    def combine(self: Any, other: Any) -> object:
        if type(other) is not cls:
            raise TypeError(f"{cls.__name__} and {type(other).__name__} do not mix")
        return _of_bits(cls, compute(self._value_, other._value_))

    return combine


def _inverter(cls: type[Any]) -> Callable[[Any], object]:
    def invert(self: Any) -> object:
        """The other bits that some member names."""
        return _of_bits(cls, cls._flag_mask_ & ~self._value_)

    return invert


def _refusal(cls: type, name: str) -> Callable[..., NoReturn]:
    def refuse(self: object, *others: object) -> NoReturn:
        raise TypeError(f"{cls.__name__} has no {name.strip('_')}; convert it to an integer")

    return refuse


def _equal(self: Any, other: Any) -> Any:
    """A bool, or NotImplemented."""
    if type(other) is type(self):
        return self._value_ == other._value_
    if isinstance(other, int):
        raise TypeError(f"{type(self).__name__} and {type(other).__name__} do not mix")
    return NotImplemented


def _differ(self: Any, other: Any) -> Any:
    same = _equal(self, other)
    return same if same is NotImplemented else not same


def _missing(cls: type[Any], value: object) -> object:
    """What the enum module calls for a value that no member has (yet: flags combine)."""
    if type(value) is not int and type(value) not in INTEGERS:
        raise TypeError(f"{cls.__name__}() takes an integer, not {type(value).__name__}")
    number = int(value)  # type: ignore[call-overload]  # an integer, see above
    if _is_flags(cls) and number & ~cls._flag_mask_ == 0:
        return _of_bits(cls, number)
    raise Panic(Reason.CONVERSION, detail=f"{cls.__name__} has no member of value {number}")


def _of_bits(cls: type[Any], number: int) -> object:
    """The one object of a flag class with these bits, all of them named."""
    known = cls._value2member_map_
    if number not in known:
        made = member(cls, number)
        names = [n for n, m in cls.__members__.items() if m._value_ and not m._value_ & ~number]
        made._name_ = "|".join(names) or None  # type: ignore[attr-defined]  # an enum's member
        known[number] = made
    return known[number]


def is_enumeration(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum) and issubclass(kind, int)
