"""The integers of the language: two's complement, of fixed width (LANGUAGE.md section 3).

Type checkers read integers.pyi instead, where these classes do not derive from int.
"""

from enum import Enum
from typing import Any, Self

from xaprt.abi import Reason

from xap import enums
from xap.operators import install, operand, places, plain_count
from xap.panics import Panic

_new = int.__new__


class Integer(int):
    """What the eight types have in common; operators are in `xap.operators`."""

    __slots__ = ()

    __xap_bounds__: tuple[int, int]
    """MIN and MAX as plain ints."""
    __xap_bits__: int
    __xap_size__: int
    __xap_align__: int
    _integer: Any
    """The class itself; of an enumeration, its base."""
    MIN: "Integer"
    MAX: "Integer"
    BITS: "Integer"

    def __init_subclass__(cls, *, bits: int = 0, signed: bool = False) -> None:
        if issubclass(cls, Enum):
            enums.adapt(cls)
            return
        if bits == 0:
            raise TypeError(f"{cls.__name__}: only enumerations derive from an integer")
        low = -(1 << (bits - 1)) if signed else 0
        high = low + (1 << bits) - 1
        cls.__xap_bounds__ = low, high
        cls.__xap_bits__ = bits
        cls.__xap_size__ = cls.__xap_align__ = bits // 8
        cls._integer = cls
        install(cls, low, high)
        cls.MIN, cls.MAX, cls.BITS = (_new(cls, n) for n in (low, high, bits))

    def __new__(cls, value: int) -> Any:
        """`u32(x)`, from an integer, bool or enum; panics CONVERSION if it does not fit."""
        if not isinstance(value, int):
            raise _no_integer(cls, value)
        number = int(value)
        low, high = cls.__xap_bounds__
        if low <= number <= high:
            return _new(cls, number) if cls._integer is cls else enums.member(cls, number)
        if cls._integer is cls:
            raise Panic(Reason.CONVERSION, detail=f"{number} does not fit {cls.__name__}")
        raise ValueError(f"{number} does not fit the base of {cls.__name__}")

    @classmethod
    def wrap(cls, value: int) -> Any:
        """The low bits of `value`."""
        if isinstance(value, int):
            return cls._wrapped(int(value))
        raise _no_integer(cls, value)

    @classmethod
    def saturate(cls, value: int) -> Self:
        """`value`, or the bound that it lies beyond."""
        if isinstance(value, int):
            low, high = cls.__xap_bounds__
            return _new(cls, min(max(int(value), low), high))
        raise _no_integer(cls, value)

    @classmethod
    def _wrapped(cls, number: int) -> Any:
        low, high = cls.__xap_bounds__
        return _new(cls._integer, ((number - low) & (high - low)) + low)

    def _pattern(self) -> int:
        """The bits, as an unsigned number."""
        return int(self) & ((1 << self.__xap_bits__) - 1)

    def _other(self, other: int) -> int:
        """An argument of the same type, as an int; a constant takes the width."""
        return int(other) if type(other) is self._integer else operand(self._integer, other)

    # --- arithmetic that does not panic ------------------------------------------------------

    def wrapping_add(self, other: int) -> Any:
        return self._wrapped(int(self) + self._other(other))

    def wrapping_sub(self, other: int) -> Any:
        return self._wrapped(int(self) - self._other(other))

    def wrapping_mul(self, other: int) -> Any:
        return self._wrapped(int(self) * self._other(other))

    def saturating_add(self, other: int) -> Any:
        return self._integer.saturate(int(self) + self._other(other))

    def saturating_sub(self, other: int) -> Any:
        return self._integer.saturate(int(self) - self._other(other))

    def mul_wide(self, other: int) -> tuple[Any, Any]:
        """The product in twice the width: high half (of this type), low half (unsigned)."""
        product = int(self) * self._other(other)
        bits = self.__xap_bits__
        return _new(self._integer, product >> bits), _UNSIGNED[bits].wrap(product)

    # --- bits --------------------------------------------------------------------------------

    def rotate_left(self, n: int) -> Any:
        """By any integer, modulo the width."""
        bits, pattern = self.__xap_bits__, self._pattern()
        places = plain_count(n) % bits
        return self._wrapped(pattern << places | pattern >> (bits - places))

    def rotate_right(self, n: int) -> Any:
        return self.rotate_left(-plain_count(n))

    def byteswap(self) -> Any:
        data = self._pattern().to_bytes(self.__xap_size__, "little")
        return self._wrapped(int.from_bytes(data, "big"))

    def count_ones(self) -> "u32":
        return _new(u32, self._pattern().bit_count())

    def leading_zeros(self) -> "u32":
        """The width for zero."""
        return _new(u32, self.__xap_bits__ - self._pattern().bit_length())

    def trailing_zeros(self) -> "u32":
        """The width for zero."""
        pattern = self._pattern()
        lowest = pattern & -pattern
        return _new(u32, lowest.bit_length() - 1 if lowest else self.__xap_bits__)

    def bit(self, n: int) -> bool:
        """Whether bit `n` is set; SHIFT if there is no such bit."""
        place = self._position(n) if type(n) is int else places(n, self.__xap_bits__)
        return bool(self._pattern() >> place & 1)

    def bits(self, hi: int, lo: int) -> Any:
        """Bits `hi` down to `lo`, constants, both included, moved to bit 0."""
        low, mask = self._field(hi, lo)
        return self._wrapped(self._pattern() >> low & mask)

    def with_bits(self, hi: int, lo: int, v: int) -> Any:
        """This value with `v` in bits `hi` down to `lo`; CONVERSION if `v` needs more."""
        low, mask = self._field(hi, lo)
        given = self._wrapped(self._other(v))._pattern()
        if given > mask:
            raise Panic(Reason.CONVERSION, detail=f"{v} does not fit bits {hi} to {lo}")
        return self._wrapped(self._pattern() & ~(mask << low) | given << low)

    def _position(self, n: int) -> int:
        place = plain_count(n)
        if not 0 <= place < self.__xap_bits__:
            raise ValueError(f"{self._integer.__name__} has no bit {place}")
        return place

    def _field(self, hi: int, lo: int) -> tuple[int, int]:
        high, low = self._position(hi), self._position(lo)
        if high < low:
            raise ValueError(f"bits {high} to {low}: the high one comes first")
        return low, (1 << (high - low + 1)) - 1


def _no_integer(cls: type, value: object) -> TypeError:
    return TypeError(f"{cls.__name__} is made from an integer, not from {type(value).__name__}")


class u8(Integer, bits=8):
    """0 to 2**8 - 1."""

    __slots__ = ()


class u16(Integer, bits=16):
    """0 to 2**16 - 1."""

    __slots__ = ()


class u32(Integer, bits=32):
    """0 to 2**32 - 1."""

    __slots__ = ()


class u64(Integer, bits=64):
    """0 to 2**64 - 1."""

    __slots__ = ()


class i8(Integer, bits=8, signed=True):
    """-2**7 to 2**7 - 1."""

    __slots__ = ()


class i16(Integer, bits=16, signed=True):
    """-2**15 to 2**15 - 1."""

    __slots__ = ()


class i32(Integer, bits=32, signed=True):
    """-2**31 to 2**31 - 1."""

    __slots__ = ()


class i64(Integer, bits=64, signed=True):
    """-2**63 to 2**63 - 1."""

    __slots__ = ()


_UNSIGNED = {8: u8, 16: u16, 32: u32, 64: u64}
