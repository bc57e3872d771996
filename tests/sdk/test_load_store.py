"""`load` and `store` of arrays of bytes (LANGUAGE.md sections 4 and 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap import Array, N, Panic, i16, i64, sizeof, struct, u8, u16, u32, u64
from xaprt.abi import Reason

from tests.sdk.test_integers import SIGNED, WIDTHS, kinds, numbers

SIZE = 16


@struct
class Inner:
    a: u8 = u8(0)
    b: i16 = i16(0)


@struct
class Header:
    kind: u8
    length: u32
    inner: Inner
    tail: Array[u16, N[3]]


@struct
class Flagged:
    on: bool = False


def reason_of(function):
    with pytest.raises(Panic) as caught:
        function()
    return caught.value.reason


@given(kinds, st.binary(min_size=SIZE, max_size=SIZE), st.integers(-2, SIZE + 1), st.data())
def test_integers(kind, content, offset, data):
    array = Array[u8, N[SIZE]](content)
    width = WIDTHS[kind] // 8
    value = data.draw(numbers(kind))
    place = data.draw(st.sampled_from([offset, i64(offset)]))
    if not 0 <= offset <= SIZE - width:
        for form in (array.load, array.load.le, array.load.be):
            assert reason_of(lambda form=form: form(kind, place)) == Reason.INDEX
        for form in (array.store, array.store.le, array.store.be):
            assert reason_of(lambda form=form: form(place, kind(value))) == Reason.INDEX
        assert bytes(array) == content
        return
    part = content[offset : offset + width]
    for form, order in ((array.load, "little"), (array.load.le, "little"), (array.load.be, "big")):
        made = form(kind, place)
        assert type(made) is kind
        assert made == int.from_bytes(part, order, signed=kind in SIGNED)
    for form, order in (
        (array.store, "little"),
        (array.store.le, "little"),
        (array.store.be, "big"),
    ):
        form(place, kind(value))
        expected = bytearray(content)
        expected[offset : offset + width] = value.to_bytes(width, order, signed=kind in SIGNED)
        assert bytes(array) == expected


def test_structs_are_little_endian_and_packed_as_in_memory():
    array = Array[u8, N[24]](range(24))
    assert sizeof(Header) == 20
    made = array.load(Header, 1)
    assert made.kind == 1
    assert made.length == 0x08070605
    assert (made.inner.a, made.inner.b) == (9, 0x0C0B)
    assert [int(x) for x in made.tail] == [0x0E0D, 0x100F, 0x1211]
    made.kind = u8(200)
    assert array[1] == 1, "a struct that was loaded is fresh"


def test_a_struct_is_stored_with_its_padding_zero():
    array = Array[u8, N[24]](b"\xff" * 24)
    header = Header(u8(1), u32(2), Inner(u8(3), i16(-2)), Array[u16, N[3]]([4, 5, 6]))
    array.store(2, header)
    expected = (
        b"\xff\xff"
        + bytes([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0xFE, 0xFF])
        + bytes([4, 0, 5, 0, 6, 0, 0, 0])
    )
    assert bytes(array) == expected + b"\xff\xff"
    assert array.load(Header, 2).equals(header)
    assert reason_of(lambda: array.store(5, header)) == Reason.INDEX
    assert reason_of(lambda: array.load(Header, u64(5))) == Reason.INDEX


def test_only_integers_and_structs_of_integers():
    array = Array[u8, N[SIZE]]()
    for refused in (bool, Flagged, Array[u8, N[2]], int, "u32", None):
        with pytest.raises(TypeError):
            array.load(refused, 0)
    for refused in (True, 1, Flagged(), Array[u8, N[2]](), b"ab"):
        with pytest.raises(TypeError):
            array.store(0, refused)
    with pytest.raises(TypeError):
        array.load.be(Inner, 0)
    with pytest.raises(TypeError):
        array.store.be(0, Inner())


def test_only_bytes():
    array = Array[u16, N[SIZE]]()
    for use in (
        lambda: array.load(u32, 0),
        lambda: array.store(0, u32(1)),
        lambda: array.load.be(u16, 0),
    ):
        with pytest.raises(TypeError):
            use()


@pytest.mark.parametrize("offset", [True, 1.0, "0", None])
def test_offsets_are_integers(offset):
    with pytest.raises(TypeError):
        Array[u8, N[SIZE]]().load(u8, offset)
