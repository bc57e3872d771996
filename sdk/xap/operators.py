"""The operators of the eight integer types (LANGUAGE.md section 3).

`install` gives a class its own functions, with its bounds in their closures: this is the hot
path of everything that runs under CPython. Names are Python's for the special methods.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from xaprt.abi import Reason

from xap.panics import Panic
from xap.wrapping import is_wrapping

Binary = Callable[[Any, Any], Any]
Compute = Callable[[int, int], int]

INTEGERS: set[type] = set()
"""The classes that `install` has seen: u8 to u64 and i8 to i64, and no enumeration."""

_ARITHMETIC: dict[str, Compute] = {
    "add": int.__add__,
    "sub": int.__sub__,
    "mul": int.__mul__,
}
_DIVISION: dict[str, Compute] = {"floordiv": int.__floordiv__, "mod": int.__mod__}
_BITS: dict[str, Compute] = {"and": int.__and__, "or": int.__or__, "xor": int.__xor__}
_ORDER: dict[str, Callable[[int, int], bool]] = {
    "lt": int.__lt__,
    "le": int.__le__,
    "gt": int.__gt__,
    "ge": int.__ge__,
}
_EQUALITY: dict[str, Callable[[int, int], bool]] = {"eq": int.__eq__, "ne": int.__ne__}
_REFUSED = {"truediv": "//", "pow": "*", "divmod": "// and %"}
"""What Python's integers have and the language does not, with what to write instead."""

SPECIAL_METHODS = (
    *(f"__{r}{name}__" for name in (*_ARITHMETIC, *_DIVISION, *_BITS) for r in ("", "r")),
    *(f"__{r}{name}__" for name in ("lshift", "rshift", *_REFUSED) for r in ("", "r")),
    *(f"__{name}__" for name in (*_ORDER, "neg", "pos", "abs", "invert")),
)
"""All operators but equality: an enumeration has none of them of its own."""

_new = int.__new__


def install(cls: type[int], low: int, high: int) -> None:
    """Give `cls`, the integers low..high, its operators."""
    INTEGERS.add(cls)
    bits = (high - low).bit_length()
    for name, compute in _ARITHMETIC.items():
        _set(cls, name, *_checked(cls, low, high, compute))
    for name, compute in _DIVISION.items():
        _set(cls, name, *_divided(cls, low, high, compute))
    for name, compute in _BITS.items():
        _set(cls, name, *_bitwise(cls, compute))
    for name, test in {**_ORDER, **_EQUALITY}.items():
        setattr(cls, f"__{name}__", _compared(cls, test, equality=name in _EQUALITY))
    _set(cls, "lshift", _left_shift(cls, low, bits), _refuse_shift)
    _set(cls, "rshift", _right_shift(cls, bits), _refuse_shift)
    for name, instead in _REFUSED.items():
        _set(cls, name, *(_refusal(cls, name, instead),) * 2)
    _unary(cls, low, high)
    # Defining __eq__ has taken the inherited one away.
    cls.__hash__ = int.__hash__  # type: ignore[method-assign]  # a class being made


def _set(cls: type[int], name: str, forward: object, backward: object) -> None:
    setattr(cls, f"__{name}__", forward)
    setattr(cls, f"__r{name}__", backward)


def operand(cls: type[int], other: object) -> int:
    """The other operand, where it is not of `cls`: a constant takes its width.

    ValueError: the constant does not fit. TypeError: it is no constant.
    """
    if type(other) is int:
        low, high = cls.__xap_bounds__  # type: ignore[attr-defined]  # every integer has them
        if low <= other <= high:
            return other
        raise ValueError(f"{other} does not fit {cls.__name__}")
    name, given = cls.__name__, type(other).__name__
    raise TypeError(f"{name} and {given} do not mix; convert one of them, as in {name}(...)")


def _beyond(cls: type[int], low: int, high: int, result: int) -> int:
    # The frame above the operator's, which called this.
    if is_wrapping(2):
        return _new(cls, ((result - low) & (high - low)) + low)
    raise Panic(Reason.OVERFLOW, detail=f"{result} does not fit {cls.__name__}")


def _checked(cls: type[int], low: int, high: int, compute: Compute) -> tuple[Binary, Binary]:
    def forward(self: int, other: int) -> int:
        if type(other) is not cls and (type(other) is not int or not low <= other <= high):
            operand(cls, other)
        result = compute(self, other)
        if low <= result <= high:
            return _new(cls, result)
        return _beyond(cls, low, high, result)

    def backward(self: int, other: int) -> int:
        result = compute(operand(cls, other), self)
        if low <= result <= high:
            return _new(cls, result)
        return _beyond(cls, low, high, result)

    return forward, backward


def _divided(cls: type[int], low: int, high: int, compute: Compute) -> tuple[Binary, Binary]:
    def divide(one: int, other: int) -> int:
        try:
            result = compute(one, other)
        except ZeroDivisionError:
            raise Panic(Reason.DIVISION_BY_ZERO, detail=f"{int(one)} by 0") from None
        if low <= result <= high:
            return _new(cls, result)
        raise Panic(Reason.OVERFLOW, detail=f"{result} does not fit {cls.__name__}")

    def forward(self: int, other: int) -> int:
        return divide(self, other if type(other) is cls else operand(cls, other))

    def backward(self: int, other: int) -> int:
        return divide(operand(cls, other), self)

    return forward, backward


def _bitwise(cls: type[int], compute: Compute) -> tuple[Binary, Binary]:
    def forward(self: int, other: int) -> int:
        return _new(cls, compute(self, other if type(other) is cls else operand(cls, other)))

    return forward, forward


def _compared(
    cls: type[int], test: Callable[[int, int], bool], *, equality: bool
) -> Callable[[Any, Any], bool]:
    def compare(self: int, other: int) -> bool:
        if type(other) is not cls:
            if equality and not isinstance(other, int):
                return NotImplemented
            other = operand(cls, other)
        return test(self, other)

    return compare


# --- shifts ----------------------------------------------------------------------------------


def plain_count(count: object) -> int:
    """A shift count, index or offset, of any integer type, as an int."""
    if type(count) is int:
        return count
    if type(count) in INTEGERS:
        return int(count)  # type: ignore[call-overload, no-any-return]  # an integer, see above
    raise TypeError(f"an integer wanted, not {type(count).__name__}")


def places(count: object, bits: int) -> int:
    """A shift count as a plain int; panics SHIFT where it is not one of that width."""
    number = count if type(count) is int else plain_count(count)
    if 0 <= number < bits:
        return number
    raise Panic(Reason.SHIFT, detail=f"by {number}, of {bits} bits")


def _left_shift(cls: type[int], low: int, bits: int) -> Binary:
    shift, mask = int.__lshift__, (1 << bits) - 1

    def forward(self: int, count: object) -> int:
        return _new(cls, ((shift(self, places(count, bits)) - low) & mask) + low)

    return forward


def _right_shift(cls: type[int], bits: int) -> Binary:
    shift = int.__rshift__

    def forward(self: int, count: object) -> int:
        return _new(cls, shift(self, places(count, bits)))

    return forward


def _refuse_shift(self: int, other: object) -> NoReturn:
    raise TypeError("a constant has no width to shift in; write u64(...)")


def _refusal(cls: type[int], name: str, instead: str) -> Callable[..., NoReturn]:
    def refuse(self: int, *others: object) -> NoReturn:
        raise TypeError(f"{cls.__name__} has no {name}; write {instead}")

    return refuse


# --- one operand -----------------------------------------------------------------------------


def _unary(cls: type[int], low: int, high: int) -> None:
    def negate(self: int) -> int:
        result = int.__neg__(self)
        return _new(cls, result) if low <= result <= high else _beyond(cls, low, high, result)

    def absolute(self: int) -> int:
        result = int.__abs__(self)
        if result <= high:
            return _new(cls, result)
        raise Panic(Reason.OVERFLOW, detail=f"{result} does not fit {cls.__name__}")

    def invert(self: int) -> int:
        return _new(cls, low + high - int(self))

    def truth(self: int) -> NoReturn:
        raise TypeError(f"{cls.__name__} is no bool; write x != 0")

    for name, function in (
        ("neg", negate),
        ("pos", lambda self: self),
        ("abs", absolute),
        ("invert", invert),
        ("bool", truth),
    ):
        setattr(cls, f"__{name}__", function)
