"""Arrays as type checkers see them; the length is a Literal, written `N[16]`."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar
from typing import Literal as N

from xap.blocks import Block
from xap.integers import AnyInteger

__all__ = ["Array", "N"]

T = TypeVar("T")
L = TypeVar("L", bound=int)

class Array(Block[T], Generic[T, L]):
    def __init__(self, items: Iterable[T | int] | Array[T, L] = ..., /) -> None: ...
    def __getitem__(self, index: AnyInteger, /) -> T: ...
    def __setitem__(self, index: AnyInteger, value: T | int, /) -> None: ...
    def __iter__(self) -> Iterator[T]: ...
    def __len__(self) -> int: ...
    def copy(self) -> Array[T, L]: ...
