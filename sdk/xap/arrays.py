"""`Array[T, N[16]]`: 16 elements in place (LANGUAGE.md section 2).

Each element and length makes a class of its own, and the same one each time. Elements of
aggregate type are objects that stay: storing one copies its contents into the object there.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NoReturn, get_args, get_origin

from xap import layout
from xap.blocks import BYTES, Block, placed
from xap.integers import u8

N = Literal

_arrays_of_bool: dict[int, type["Array"]] = {}


class Array(Block[Any]):
    """An array; `Array[T, N[n]]` is the class of those with n elements of type T."""

    __slots__ = ("_items",)

    _element: Any
    _count: int
    _nested: bool
    """Whether the elements are aggregates."""

    def __class_getitem__(cls, parameters: object) -> type["Array"]:
        if not isinstance(parameters, tuple) or len(parameters) != 2:
            raise TypeError("Array takes a type and a length: Array[u8, N[16]]")
        element, count = parameters[0], _length_of(parameters[1])
        layout.require_storable(element, "Array")
        known = _arrays_of(element)
        if count not in known:
            known[count] = _make(element, count)
        return known[count]

    def __init__(self, items: Any = None) -> None:
        """Zeroed, or from a sequence of as many elements (for u8 also bytes)."""
        cls = type(self)
        if cls is Array:
            raise TypeError("an array has an element type and a length: Array[u8, N[16]]()")
        if items is None:
            self._items = _zeroes(cls)
        elif type(items) is cls:
            self._items = items.copy()._items
        else:
            self._items = _elements(cls, items)

    def _length(self) -> int:
        return self._count

    def _get(self, place: int) -> Any:
        return self._items[place]

    def _put(self, place: int, value: Any) -> None:
        if self._nested:
            self._items[place].__xap_assign__(value)
        else:
            self._items[place] = value

    def _bytes(self, place: int, count: int) -> bytes:
        return bytes(self._items[place : place + count])

    def _put_bytes(self, place: int, data: bytes) -> None:
        self._items[place : place + len(data)] = [BYTES[each] for each in data]

    def _take(self, other: Block[Any], to: int, begin: int, count: int) -> None:
        if not isinstance(other, Array):
            super()._take(other, to, begin, count)
            return
        taken = other._items[begin : begin + count]
        if not self._nested:
            self._items[to : to + count] = taken
            return
        for place, each in enumerate([item.copy() for item in taken], to):
            self._items[place].__xap_assign__(each)

    # --- the language ------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        return self._items[placed(index, self._count)]

    def __setitem__(self, index: Any, value: Any) -> None:
        if type(value) is not self._element:
            value = layout.fitted(self._element, value, constants=True)
        place = placed(index, self._count)
        if self._nested:
            self._items[place].__xap_assign__(value)
        else:
            self._items[place] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return self._count

    def copy(self) -> "Array":
        """A new array with the same contents."""
        made = object.__new__(type(self))
        made._items = [each.copy() for each in self._items] if self._nested else [*self._items]
        return made

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is no bool")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("compare arrays by a.equals(b)")

    __hash__ = None  # type: ignore[assignment]  # as Python does it for what has no value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"

    # --- in memory (see xap.layout) ----------------------------------------------------------

    def __xap_assign__(self, other: "Array") -> None:
        self._take(layout.fitted(type(self), other), 0, 0, self._count)

    def __xap_encode__(self) -> bytes:
        return b"".join(layout.encode(each) for each in self._items)

    @classmethod
    def __xap_decode__(cls, data: bytes) -> "Array":
        size = layout.size(cls._element)
        made = object.__new__(cls)
        parts = (data[n * size : (n + 1) * size] for n in range(cls._count))
        made._items = [layout.decode(cls._element, part) for part in parts]
        return made


def _length_of(length: object) -> int:
    values = get_args(length)
    if get_origin(length) is not Literal or len(values) != 1 or type(values[0]) is not int:
        raise TypeError(f"the length of an array is written N[16], not {length!r}")
    count: int = values[0]
    if count <= 0:
        raise TypeError(f"an array has at least one element, not {count}")
    return count


def _arrays_of(element: type) -> dict[int, type[Array]]:
    """The classes that exist, by length; kept with the element, to go when it goes."""
    if element is bool:
        return _arrays_of_bool
    if "_xap_arrays" not in vars(element):
        element._xap_arrays = {}  # type: ignore[attr-defined]  # any class takes it
    known: dict[int, type[Array]] = vars(element)["_xap_arrays"]
    return known


def _make(element: Any, count: int) -> type[Array]:
    return type(
        f"Array[{element.__name__}, N[{count}]]",
        (Array,),
        {
            "__slots__": (),
            "__module__": __name__,
            "_element": element,
            "_count": count,
            "_nested": layout.is_aggregate(element),
            "__xap_aggregate__": True,
            "__xap_size__": count * layout.size(element),
            "__xap_align__": layout.alignment(element),
            "__xap_plain__": layout.is_plain(element),
        },
    )


def _zeroes(cls: type[Array]) -> list[Any]:
    if cls._nested:
        return [layout.zero(cls._element) for _ in range(cls._count)]
    return [layout.zero(cls._element)] * cls._count


def _elements(cls: type[Array], items: Iterable[Any]) -> list[Any]:
    element = cls._element
    if isinstance(items, (bytes, bytearray)) and element is not u8:
        raise TypeError(f"bytes make an array of u8, not {cls.__name__}")
    made = [layout.fitted(element, each, constants=True) for each in items]
    if len(made) != cls._count:
        raise ValueError(f"{cls.__name__} takes {cls._count} elements, not {len(made)}")
    return [each.copy() for each in made] if cls._nested else made
