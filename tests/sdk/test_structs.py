"""Structs: C layout, defaults, references and copies (LANGUAGE.md section 2)."""

import ctypes
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap import Array, N, i8, i16, i32, i64, offsetof, sizeof, struct, u8, u16, u32, u64


class Op(u16, Enum):
    A = 0
    B = 1


@struct
class Point:
    x: u32 = u32(1)
    y: u32 = u32(2)

    def move(self, by: u32) -> None:
        self.x += by

    def sum(self) -> u32:
        return self.x + self.y


@struct
class Shape:
    name: u8
    where: Point = Point(y=u32(7))
    data: Array[u8, N[3]] = Array[u8, N[3]](b"abc")
    op: Op = Op.B
    on: bool = True


def test_defaults_and_arguments():
    shape = Shape(u8(1), op=Op.A)
    assert (shape.name, shape.where.x, shape.where.y, shape.on) == (1, 1, 7, True)
    assert shape.op is Op.A
    assert bytes(shape.data) == b"abc"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Shape(),
        lambda: Shape(1),
        lambda: Shape(u16(1)),
        lambda: Shape(u8(1), name=u8(1)),
        lambda: Shape(u8(1), size=u8(1)),
        lambda: Shape(u8(1), op=u16(0)),
        lambda: Shape(u8(1), on=1),
        lambda: Shape(u8(1), where=None),
        lambda: Point(u32(1), u32(2), u32(3)),
    ],
)
def test_wrong_arguments(make):
    with pytest.raises(TypeError):
        make()


def test_a_default_is_fresh_for_each():
    one, other = Shape(u8(1)), Shape(u8(2))
    one.where.x = u32(50)
    one.data[0] = 0
    assert (other.where.x, other.data[0]) == (1, ord("a"))
    assert Shape(u8(3)).where.x == 1


def test_methods_change_the_object():
    point = Point()
    point.move(u32(4))
    assert point.sum() == 7


def test_fields_keep_their_types():
    shape = Shape(u8(1))
    for name, value in (("name", 1), ("name", u16(1)), ("on", 1), ("op", 1), ("where", None)):
        with pytest.raises(TypeError):
            setattr(shape, name, value)
    with pytest.raises(AttributeError):
        shape.size = u8(1)


def test_storing_an_aggregate_copies_into_the_field():
    shape, point = Shape(u8(1)), Point(x=u32(9))
    held = shape.where
    shape.where = point
    point.x = u32(10)
    assert shape.where is held
    assert held.x == 9


def test_the_constructor_copies():
    point = Point()
    shape = Shape(u8(1), where=point)
    point.x = u32(33)
    assert shape.where.x == 1


def test_copy_and_equals():
    shape = Shape(u8(1))
    made = shape.copy()
    assert made.equals(shape)
    made.where.y = u32(0)
    assert not made.equals(shape)
    assert shape.where.y == 7
    with pytest.raises(TypeError):
        shape.equals(Point())


def test_structs_are_no_bools_and_have_no_equality():
    point = Point()
    for refused in (lambda: bool(point), lambda: point == point, lambda: hash(point)):
        with pytest.raises(TypeError):
            refused()


def test_bad_declarations():
    with pytest.raises(TypeError, match="no integer"):

        @struct
        class A:
            x: int = 0

    with pytest.raises(TypeError, match="u64 wanted"):

        @struct
        class B:
            x: u64 = 0  # type: ignore[assignment]  # the mistake

    with pytest.raises(TypeError, match="without a default"):

        @struct
        class C:
            x: u8 = u8(0)
            y: u8

    with pytest.raises(TypeError, match="inherit"):

        @struct
        class D(Point):
            z: u8 = u8(0)

    with pytest.raises(TypeError, match="no fields"):

        @struct
        class E:
            pass

    with pytest.raises(TypeError, match="own"):

        @struct
        class F:
            copy: u8 = u8(0)


def test_annotations_in_quotes():
    @struct
    class Quoted:
        x: "u8" = u8(1)
        where: "Point" = Point()

    assert sizeof(Quoted) == 12


# --- layout ----------------------------------------------------------------------------------

C = {
    bool: ctypes.c_bool,
    u8: ctypes.c_uint8,
    u16: ctypes.c_uint16,
    u32: ctypes.c_uint32,
    u64: ctypes.c_uint64,
    i8: ctypes.c_int8,
    i16: ctypes.c_int16,
    i32: ctypes.c_int32,
    i64: ctypes.c_int64,
    Op: ctypes.c_uint16,
}


@st.composite
def layouts(draw, depth=2):
    """A type of the language and the same in C."""
    shape = draw(st.sampled_from(["scalar", "scalar", "array", "struct"])) if depth else "scalar"
    if shape == "scalar":
        kind = draw(st.sampled_from(list(C)))
        return kind, C[kind]
    if shape == "array":
        kind, c = draw(layouts(depth - 1))
        length = draw(st.integers(1, 4))
        return Array[kind, N[length]], c * length
    fields = draw(st.lists(layouts(depth - 1), min_size=1, max_size=5))
    names = [f"f{n}" for n in range(len(fields))]
    annotations = {name: kind for name, (kind, _) in zip(names, fields, strict=True)}
    made = struct(type("Made", (), {"__annotations__": annotations}))
    c_fields = [(name, c) for name, (_, c) in zip(names, fields, strict=True)]
    return made, type("MadeInC", (ctypes.Structure,), {"_fields_": c_fields})


@given(layouts())
def test_layout_is_c(pair):
    kind, c = pair
    assert sizeof(kind) == ctypes.sizeof(c)
    for name, *_ in getattr(c, "_fields_", ()):
        assert offsetof(kind, name) == getattr(c, name).offset


def test_sizeof_and_offsetof_refuse_what_has_none():
    for refused in (int, str, 5, Array, Point(), u8(1)):
        with pytest.raises(TypeError):
            sizeof(refused)
    with pytest.raises(TypeError):
        offsetof(u8, "x")
    with pytest.raises(TypeError):
        offsetof(Point, "z")
