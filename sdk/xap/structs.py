"""`@struct class`: fields in C layout, contents copied when stored (LANGUAGE.md section 2)."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, dataclass_transform

from xap import layout

T = TypeVar("T")

RESERVED = ("copy", "equals")


@dataclass(frozen=True)
class Field:
    """A field: its type, its offset in bytes, and its default (a pattern, never handed out)."""

    name: str
    type: Any
    offset: int
    default: Any
    required: bool


@dataclass_transform()
def struct(cls: type[T]) -> type[T]:
    """Make a class with annotated fields a struct of the language.

    Raises TypeError for what is no field type, a default of another type, or inheritance.
    """
    return make(cls, sys._getframe(1).f_globals, constants=False)


def make(cls: type[T], scope: dict[str, Any], *, constants: bool) -> type[T]:
    """`constants`: the constructor takes integers without a width (the SDK's own structs)."""
    if cls.__bases__ != (object,):
        raise TypeError(f"{cls.__name__}: structs do not inherit")
    fields = _fields(cls, scope)
    if not fields:
        raise TypeError(f"struct {cls.__name__} has no fields")
    last = max(f.offset + layout.size(f.type) for f in fields.values())
    align = max(layout.alignment(f.type) for f in fields.values())
    members: dict[str, object] = {
        "__xap_aggregate__": True,
        "__xap_fields__": fields,
        "__xap_size__": -(-last // align) * align,
        "__xap_align__": align,
        "__xap_plain__": all(layout.is_plain(f.type) for f in fields.values()),
        "__xap_decode__": classmethod(_decode),
        "__xap_encode__": _encode,
        "__xap_assign__": _assign,
        "__init__": _constructor(cls, fields, constants=constants),
        "__setattr__": _setter(fields),
        "__delattr__": _refuse("fields are not deleted"),
        "__eq__": _refuse("compare structs by a.equals(b)"),
        "__hash__": None,
        "__bool__": _refuse(f"{cls.__name__} is no bool"),
        "__repr__": _show,
        "copy": _copy,
        "equals": _equals,
    }
    for name, member in members.items():
        setattr(cls, name, member)
    return cls


def _fields(cls: type, scope: dict[str, Any]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    end, defaults = 0, False
    for name, kind in inspect.get_annotations(cls).items():
        what = f"{cls.__name__}.{name}"
        if isinstance(kind, str):
            # `from __future__ import annotations`, or quotes.
            kind = eval(kind, scope, dict(vars(cls)))
        layout.require_storable(kind, what)
        required = name not in vars(cls)
        if required and defaults:
            raise TypeError(f"{what}: a field without a default follows one that has a default")
        default = None if required else layout.fitted(kind, vars(cls)[name])
        align = layout.alignment(kind)
        offset = -(-end // align) * align
        found[name] = Field(name, kind, offset, default, required)
        end, defaults = offset + layout.size(kind), defaults or not required
    for name in (*found, *vars(cls)):
        if name in RESERVED:
            raise TypeError(f"{cls.__name__}.{name}: the name is the language's own")
    for name in found:
        if not found[name].required:
            delattr(cls, name)
    return found


def _own(value: Any) -> Any:
    """A value to keep: an aggregate is copied."""
    return value.copy() if layout.is_aggregate(type(value)) else value


def _constructor(cls: type, fields: dict[str, Field], *, constants: bool) -> Callable[..., None]:
    names = tuple(fields)

    def construct(self: Any, *args: Any, **given: Any) -> None:
        if len(args) > len(names):
            raise TypeError(f"{cls.__name__}() takes {len(names)} values, not {len(args)}")
        for name, value in zip(names, args, strict=False):
            if name in given:
                raise TypeError(f"{cls.__name__}(): {name} is given twice")
            given[name] = value
        held = vars(self)
        for name, field in fields.items():
            if name in given:
                value = layout.fitted(field.type, given.pop(name), constants=constants)
            elif field.required:
                raise TypeError(f"{cls.__name__}() needs {name}")
            else:
                value = field.default
            held[name] = _own(value)
        if given:
            raise TypeError(f"{cls.__name__} has no field {', '.join(given)}")

    return construct


def _setter(fields: dict[str, Field]) -> Callable[[Any, str, Any], None]:
    nested = {name for name, field in fields.items() if layout.is_aggregate(field.type)}

    def store(self: Any, name: str, value: Any) -> None:
        field = fields.get(name)
        if field is None:
            raise AttributeError(f"{type(self).__name__} has no field {name}")
        if type(value) is not field.type:
            value = layout.fitted(field.type, value)
        if name in nested:
            vars(self)[name].__xap_assign__(value)
        else:
            vars(self)[name] = value

    return store


def _refuse(text: str) -> Callable[..., NoReturn]:
    def refuse(self: object, *others: object) -> NoReturn:
        raise TypeError(text)

    return refuse


def _copy(self: Any) -> Any:
    """A new struct with the same contents."""
    made = object.__new__(type(self))
    for name, value in vars(self).items():
        vars(made)[name] = _own(value)
    return made


def _equals(self: Any, other: Any) -> bool:
    """Whether all fields are the same."""
    layout.fitted(type(self), other)
    for name, value in vars(self).items():
        theirs = vars(other)[name]
        same = value.equals(theirs) if layout.is_aggregate(type(value)) else value == theirs
        if not same:
            return False
    return True


def _assign(self: Any, other: Any) -> None:
    layout.fitted(type(self), other)
    for name, value in vars(other).items():
        setattr(self, name, value)


def _encode(self: Any) -> bytes:
    data = bytearray(layout.size(type(self)))
    for name, field in type(self).__xap_fields__.items():
        part = layout.encode(vars(self)[name])
        data[field.offset : field.offset + len(part)] = part
    return bytes(data)


def _decode(cls: Any, data: bytes) -> Any:
    made = object.__new__(cls)
    for name, field in cls.__xap_fields__.items():
        part = data[field.offset : field.offset + layout.size(field.type)]
        vars(made)[name] = layout.decode(field.type, part)
    return made


def _show(self: Any) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
    return f"{type(self).__name__}({fields})"
