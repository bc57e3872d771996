"""What expressions refer to: variables, globals, and the values that are known at build time."""

from dataclasses import dataclass

from xapc.source import Span
from xapc.types import Type

Value = int | tuple["Value", ...]
"""A build-time value: an int for every scalar (bool 0 or 1), a tuple for the elements of an
array or the fields of a struct."""


@dataclass(eq=False)
class Var:
    """A parameter or local. A name rebound with one type is one variable."""

    name: str
    type: Type
    span: Span
    parameter: bool = False


@dataclass(eq=False)
class Global:
    """A state variable (`constant` false: RW memory) or a `Final` aggregate (R-- memory)."""

    name: str
    type: Type
    value: Value
    constant: bool
    span: Span
