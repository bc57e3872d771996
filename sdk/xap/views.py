"""Views: bounds-checked windows on memory that the hypervisor mapped (LANGUAGE.md section 6)."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, NoReturn

from xaprt import abi
from xaprt.abi import Reason

from xap import runtime
from xap.blocks import BYTES, Block, placed
from xap.integers import i32, u8, u32, u64
from xap.layout import fitted
from xap.operators import plain_count
from xap.panics import Panic


class View(Block[Any]):
    """A window; falsy if the mapping failed, and then any use but `error` panics MAPPING."""

    __slots__ = ("_mapped", "error")

    def __class_getitem__(cls, element: object) -> type["View"]:
        """`View[u8]` in annotations: a guest's page. `View[u32]`: registers."""
        if element not in (u8, u32):
            raise TypeError(f"views are of u8 (guest pages) or u32 (registers), not {element!r}")
        return PageView if element is u8 else RegisterView

    def __init__(self, mapped: Any, error: int = 0) -> None:
        """`mapped`: what the services gave, or None with `error`, 0 or -errno."""
        self._mapped = mapped
        self.error = i32(error)

    def _require(self) -> Any:
        if self._mapped is None:
            raise Panic(Reason.MAPPING, detail=f"no mapping (error {self.error})")
        return self._mapped

    def _end(self) -> None:
        """The `with` is left."""
        self._mapped = None

    # --- the language ------------------------------------------------------------------------

    def __bool__(self) -> bool:
        return self._mapped is not None

    def __len__(self) -> int:
        return self._length()

    def __getitem__(self, index: Any) -> Any:
        return self._get(self._placed(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        value = fitted(self._element, value, constants=True)
        self._put(self._placed(index), value)

    def _placed(self, index: Any) -> int:
        """Panics MAPPING, then INDEX; there is no counting from the end of a view."""
        length = self._length()
        place = plain_count(index)
        if place < 0:
            raise Panic(Reason.INDEX, detail=f"{place} of {length}")
        return placed(place, length)

    def __iter__(self) -> Iterator[Any]:
        length = self._length()
        return (self._get(place) for place in range(length))

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("compare views by a.equals(b)")

    __hash__ = None  # type: ignore[assignment]  # as Python does it for what has no value


class PageView(View):
    """`View[u8]` on a guest's page. A load is one read of the page, a store one write."""

    __slots__ = ("_writable",)

    _element = u8

    def __init__(self, mapped: Any, error: int = 0, *, writable: bool = False) -> None:
        super().__init__(mapped, error)
        self._writable = writable

    def _length(self) -> int:
        self._require()
        return abi.PAGE_SIZE

    def _get(self, place: int) -> Any:
        return BYTES[self._bytes(place, 1)[0]]

    def _put(self, place: int, value: Any) -> None:
        self._put_bytes(place, bytes((value,)))

    def _bytes(self, place: int, count: int) -> bytes:
        return bytes(self._require().read(place, count))

    def _put_bytes(self, place: int, data: bytes) -> None:
        page = self._require()
        if not self._writable:
            raise Panic(Reason.MAPPING, detail="the page is mapped read-only")
        page.write(place, data)

    def fill(self, value: Any) -> None:
        byte = fitted(u8, value, constants=True)
        self._put_bytes(0, bytes((byte,)) * self._length())


class RegisterView(View):
    """`View[u32]` on a device's registers: each item is one access of 32 bits, in order."""

    __slots__ = ()

    _element = u32

    def _length(self) -> int:
        return int(self._require().size) // 4

    def _get(self, place: int) -> Any:
        return u32(self._require().read(4 * place))

    def _put(self, place: int, value: Any) -> None:
        self._require().write(4 * place, int(value))


class Mapping:
    """A context manager that maps when it is entered."""

    def __init__(self) -> None:
        self._view: View | None = None

    def _map(self) -> View:
        raise NotImplementedError

    def _unmap(self, mapped: Any) -> None:
        """Registers stay mapped (ABI.md section 3, clause 5)."""

    def __enter__(self) -> View:
        self._view = self._map()
        return self._view

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        view = self._view
        if view is not None and view:
            mapped = view._mapped
            view._end()
            self._unmap(mapped)


class _PageMapping(Mapping):
    def __init__(self, ipa: int, writable: bool) -> None:
        super().__init__()
        self._ipa = ipa
        self._writable = writable

    def _map(self) -> View:
        found = runtime.services().map_guest_page(self._ipa, self._writable)
        if isinstance(found, int):
            return PageView(None, found)
        return PageView(found, writable=self._writable)

    def _unmap(self, mapped: Any) -> None:
        runtime.services().unmap(mapped)


class _RegisterMapping(Mapping):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def _map(self) -> View:
        found = runtime.services().map_io(self._name)
        return RegisterView(None, found) if isinstance(found, int) else RegisterView(found)


def map_guest_page(ipa: Any, writable: bool = False) -> _PageMapping:
    """`with map_guest_page(ipa) as page:` maps a 4 KiB page of the requester (ABI.md 3.4)."""
    if type(writable) is not bool:
        raise TypeError(f"writable is True or False, not {writable!r}")
    return _PageMapping(int(fitted(u64, ipa, constants=True)), writable)


def map_io(name: str) -> _RegisterMapping:
    """`with map_io("uart1") as regs:` maps a region of `Needs.io` (ABI.md 3.5)."""
    if not isinstance(name, str):
        raise TypeError(f"map_io() takes the name of a region, not {name!r}")
    return _RegisterMapping(name)
