"""What arrays and views have in common: places, and the methods that move many elements."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from xaprt.abi import Reason

from xap import layout
from xap.integers import Integer, u8
from xap.operators import INTEGERS, plain_count
from xap.panics import Panic

if TYPE_CHECKING:
    from xap.integers import AnyInteger

T = TypeVar("T")
K = TypeVar("K")
W = TypeVar("W", bound=Integer)

BYTES = tuple(u8(n) for n in range(256))


class Block(Generic[T]):
    """A row of elements of one type.

    The methods with an underscore are the two kinds' own. `_length` panics MAPPING for a view
    that is not valid; the others are called after it, with places that are within.
    """

    __slots__ = ()

    _element: Any

    def _length(self) -> int:
        raise NotImplementedError

    def _get(self, place: int) -> Any:
        raise NotImplementedError

    def _put(self, place: int, value: Any) -> None:
        raise NotImplementedError

    def _bytes(self, place: int, count: int) -> bytes:
        """Of a block of u8, in one access."""
        raise NotImplementedError

    def _put_bytes(self, place: int, data: bytes) -> None:
        raise NotImplementedError

    # --- the language's methods --------------------------------------------------------------

    def fill(self, value: T | int) -> None:
        """Store `value` in every element."""
        held = layout.fitted(self._element, value, constants=True)
        for place in range(self._length()):
            self._put(place, held)

    def copy_from(
        self,
        other: "Block[T]",
        at: "AnyInteger" = 0,
        start: "AnyInteger" = 0,
        count: "AnyInteger | None" = None,
    ) -> None:
        """Copy `count` elements (None: all that follow) of `other` from `start` on to `at`.

        Panics INDEX unless both ranges lie within. The ranges may overlap.
        """
        _require_same_element(self, other)
        to, begin = plain_count(at), plain_count(start)
        wanted = None if count is None else plain_count(count)
        room, given = self._length(), other._length()
        if wanted is None:
            wanted = given - begin
        if not (0 <= begin <= given and 0 <= wanted <= given - begin and 0 <= to <= room - wanted):
            detail = f"{wanted} of {given} from {begin} to {to} of {room}"
            raise Panic(Reason.INDEX, detail=detail)
        self._take(other, to, begin, wanted)

    def _take(self, other: "Block[T]", to: int, begin: int, count: int) -> None:
        if self._element is u8:
            if count:
                self._put_bytes(to, other._bytes(begin, count))
            return
        # Registers: each is read and written in its turn.
        for number in range(count):
            self._put(to + number, other._get(begin + number))

    def equals(self, other: "Block[T]") -> bool:
        """Whether the elements are the same, in number too."""
        _require_same_element(self, other)
        length, same = self._length(), other._length()
        if length != same:
            return False
        if self._element is u8:
            return self._bytes(0, length) == other._bytes(0, length)
        return all(_same(self._get(n), other._get(n)) for n in range(length))

    @property
    def load(self) -> "Load":
        """`load(u32, offset)`: see `Load`."""
        return Load(self)

    @property
    def store(self) -> "Store":
        """`store(offset, value)`: see `Store`."""
        return Store(self)


def _same(one: Any, other: Any) -> bool:
    return bool(one.equals(other) if layout.is_aggregate(type(one)) else one == other)


def _require_same_element(one: Block[T], other: object) -> None:
    if not isinstance(other, Block) or other._element is not one._element:
        given = type(other).__name__
        raise TypeError(f"an array or view of {one._element.__name__} wanted, not {given}")


def contents(block: object) -> bytes:
    """All bytes of an array or view of u8."""
    if not isinstance(block, Block) or block._element is not u8:
        raise TypeError(f"an array or view of u8 wanted, not {type(block).__name__}")
    return block._bytes(0, block._length())


def placed(index: object, length: int) -> int:
    """An index, from the front; panics INDEX outside.

    A constant, which is a plain int, counts from the end when it is negative.
    """
    place = plain_count(index)
    if type(index) is int and place < 0:
        place += length
    if 0 <= place < length:
        return place
    raise Panic(Reason.INDEX, detail=f"{index} of {length}")


def _within(block: Block[Any], offset: object, size: int) -> int:
    """A byte offset at which `size` bytes are there; panics MAPPING, INDEX."""
    if block._element is not u8:
        raise TypeError(f"load and store are for bytes, not for {block._element.__name__}")
    place = plain_count(offset)
    length = block._length()
    if 0 <= place <= length - size:
        return place
    raise Panic(Reason.INDEX, detail=f"{size} bytes at {place} of {length}")


class Load:
    """`block.load(type, offset)`, `.le`: an integer or a struct of integers, little-endian;
    `.be`: an integer, big-endian. Any alignment; one access; panics INDEX, and MAPPING."""

    __slots__ = ("_block",)

    def __init__(self, block: Block[Any]) -> None:
        self._block = block

    def __call__(self, type: type[K], offset: "AnyInteger") -> K:
        if not layout.is_plain(type) or issubclass(type, Block):
            raise TypeError(f"load() makes integers and structs of integers, not {type!r}")
        size = layout.size(type)
        place = _within(self._block, offset, size)
        found: K = layout.decode(type, self._block._bytes(place, size))
        return found

    le = __call__

    def be(self, type: type[W], offset: "AnyInteger") -> W:
        if type not in INTEGERS:
            raise TypeError(f"load.be() makes integers, not {type!r}")
        size = layout.size(type)
        place = _within(self._block, offset, size)
        found: W = layout.decode(type, self._block._bytes(place, size)[::-1])
        return found


class Store:
    """`block.store(offset, value)`, `.le`, `.be`: the counterpart of `Load`."""

    __slots__ = ("_block",)

    def __init__(self, block: Block[Any]) -> None:
        self._block = block

    def __call__(self, offset: "AnyInteger", value: object) -> None:
        kind = type(value)
        if not layout.is_plain(kind) or issubclass(kind, Block):
            raise TypeError(f"store() takes integers of a width and structs of them, not {value!r}")
        place = _within(self._block, offset, layout.size(kind))
        self._block._put_bytes(place, layout.encode(value))

    le = __call__

    def be(self, offset: "AnyInteger", value: Integer) -> None:
        if type(value) not in INTEGERS:
            raise TypeError(f"store.be() takes integers of a width, not {value!r}")
        place = _within(self._block, offset, layout.size(type(value)))
        self._block._put_bytes(place, layout.encode(value)[::-1])
