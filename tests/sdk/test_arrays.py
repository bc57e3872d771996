"""Arrays: elements in place, contents copied when stored (LANGUAGE.md sections 2 and 4)."""

from enum import Enum, Flag

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap import Array, N, Panic, i8, i64, sizeof, struct, u8, u16, u32, u64
from xaprt.abi import Reason

Block = N[4]


class Kind(u8, Enum):
    NONE = 0
    SOME = 7


class NoZero(u8, Enum):
    ONE = 1


class Bits(u16, Flag):
    A = 1


@struct
class Job:
    id: u32 = u32(9)
    data: Array[u8, N[2]] = Array[u8, N[2]]([1, 2])


@struct
class Needy:
    id: u32


def reason_of(function):
    with pytest.raises(Panic) as caught:
        function()
    return caught.value.reason


def test_each_type_is_one_class():
    assert Array[u8, N[4]] is Array[u8, N[4]]
    assert Array[u8, Block] is Array[u8, N[4]]
    assert Array[u8, N[4]] is not Array[u8, N[5]]
    assert Array[u8, N[4]] is not Array[u16, N[4]]
    assert Array[Array[bool, N[2]], N[3]] is Array[Array[bool, N[2]], N[3]]
    assert Array[Job, N[2]].__name__ == "Array[Job, N[2]]"


@pytest.mark.parametrize("length", [0, -1, True, "4", 4.0])
def test_lengths_are_positive_literals(length):
    with pytest.raises(TypeError):
        Array[u8, N[length]]
    with pytest.raises(TypeError):
        Array[u8, length]


@pytest.mark.parametrize("element", [int, float, str, object, 5, "u8", list[u8], Array])
def test_elements_are_types_of_the_language(element):
    with pytest.raises(TypeError):
        Array[element, N[4]]


def test_zeroed():
    assert [int(x) for x in Array[u8, N[3]]()] == [0, 0, 0]
    assert list(Array[bool, N[2]]()) == [False, False]
    assert list(Array[Kind, N[2]]()) == [Kind.NONE, Kind.NONE]
    assert [x.value for x in Array[Bits, N[1]]()] == [0]
    assert [(int(j.id), int(j.data[1])) for j in Array[Job, N[2]]()] == [(9, 2), (9, 2)]
    assert type(Array[u8, N[3]]()[0]) is u8
    for element in (NoZero, Needy, Array[NoZero, N[1]]):
        with pytest.raises(TypeError):
            Array[element, N[1]]()


def test_from_sequences():
    made = [
        Array[u8, N[3]]([1, u8(2), 3]),
        Array[u8, N[3]]((1, 2, 3)),
        Array[u8, N[3]](b"\x01\x02\x03"),
        Array[u8, N[3]](u8(i) for i in range(1, 4)),
        Array[u8, N[3]](Array[u8, N[3]](b"\x01\x02\x03")),
    ]
    for each in made:
        assert [(type(x), int(x)) for x in each] == [(u8, 1), (u8, 2), (u8, 3)]


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([1, 2], ValueError),
        ([1, 2, 3, 4], ValueError),
        (b"\x01", ValueError),
        ([1, 2, 256], ValueError),
        ([1, 2, u16(3)], TypeError),
        ([1, 2, True], TypeError),
        ([1, 2, "3"], TypeError),
    ],
)
def test_wrong_sequences(items, error):
    with pytest.raises(error):
        Array[u8, N[3]](items)


def test_bytes_make_only_arrays_of_u8():
    with pytest.raises(TypeError):
        Array[u16, N[2]](b"ab")


def test_arrays_need_their_type():
    with pytest.raises(TypeError):
        Array()


@given(st.lists(st.integers(0, 255), min_size=1, max_size=8), st.data())
def test_reading_and_writing_is_a_list_of_fixed_length(model, data):
    array = Array[u8, N[len(model)]](model)
    for _ in range(4):
        place = data.draw(st.integers(-len(model), len(model) - 1))
        value = data.draw(st.integers(0, 255))
        array[place] = u8(value)
        model[place] = value
        assert [int(x) for x in array] == model
        assert array[place] == model[place]
    assert len(array) == len(model)


@given(st.integers(-(2**40), 2**40), st.sampled_from([i64, u64, int]))
def test_index_outside_panics(index, kind):
    array = Array[u8, N[4]](b"abcd")
    if kind is u64 and index < 0:
        return
    # Only a constant, a plain int, counts from the end.
    inside = 0 <= index < 4 or (kind is int and -4 <= index < 0)
    if inside:
        assert array[kind(index)] == b"abcd"[index]
    else:
        assert reason_of(lambda: array[kind(index)]) == Reason.INDEX
        assert reason_of(lambda: array.__setitem__(kind(index), u8(1))) == Reason.INDEX


def test_a_negative_run_time_index_panics():
    array = Array[u8, N[4]](b"abcd")
    assert array[-1] == ord("d")
    assert reason_of(lambda: array[i64(-1)]) == Reason.INDEX
    assert reason_of(lambda: array[i8(-1)]) == Reason.INDEX


@pytest.mark.parametrize("index", [True, 1.0, "1", None, Kind.NONE, slice(0, 2)])
def test_an_index_is_an_integer(index):
    with pytest.raises(TypeError):
        Array[u8, N[4]]()[index]


@pytest.mark.parametrize("value", [u16(1), True, Kind.SOME, "1", None])
def test_elements_keep_their_type(value):
    array = Array[u8, N[4]]()
    with pytest.raises(TypeError):
        array[0] = value
    with pytest.raises(TypeError):
        array.fill(value)
    with pytest.raises(ValueError):
        array[0] = 256


def test_bools_and_enums_take_nothing_else():
    with pytest.raises(TypeError):
        Array[bool, N[1]]()[0] = 1
    with pytest.raises(TypeError):
        Array[Kind, N[1]]()[0] = 7
    with pytest.raises(TypeError):
        Array[Kind, N[1]]()[0] = u8(7)


# --- references and copies -------------------------------------------------------------------


def test_an_element_of_aggregate_type_is_referred_to():
    jobs = Array[Job, N[2]]()
    job = jobs[1]
    job.id = u32(1)
    assert jobs[1].id == 1
    assert jobs[1] is job


def test_storing_an_aggregate_copies_into_the_place():
    jobs = Array[Job, N[2]]()
    first, other = jobs[0], Job(id=u32(5))
    jobs[0] = other
    assert jobs[0] is first
    assert first.id == 5
    other.id = u32(6)
    other.data[0] = 77
    assert first.id == 5
    assert first.data[0] == 1


def test_storing_an_element_of_itself():
    rows = Array[Array[u8, N[2]], N[2]]([Array[u8, N[2]](b"ab"), Array[u8, N[2]](b"cd")])
    row = rows[0]
    rows[0] = rows[1]
    rows[1] = rows[1]
    assert [bytes(r) for r in rows] == [b"cd", b"cd"]
    assert bytes(row) == b"cd"
    rows[1][0] = ord("x")
    assert bytes(rows[0]) == b"cd"


def test_making_copies_too():
    row = Array[u8, N[2]](b"ab")
    rows = Array[Array[u8, N[2]], N[1]]([row])
    again = Array[Array[u8, N[2]], N[1]](rows)
    row[0] = 0
    rows[0][1] = 0
    assert bytes(again[0]) == b"ab"


def test_copy_is_deep():
    jobs = Array[Job, N[1]]()
    made = jobs.copy()
    jobs[0].data[0] = 99
    assert made[0].data[0] == 1
    assert type(made) is type(jobs)


def test_another_array_type_is_not_stored():
    rows = Array[Array[u8, N[2]], N[1]]()
    with pytest.raises(TypeError):
        rows[0] = Array[u8, N[3]]()
    with pytest.raises(TypeError):
        rows[0] = b"ab"


def test_iteration_reads_when_the_turn_comes():
    array = Array[u8, N[3]](b"abc")
    seen = []
    for place, each in enumerate(array):
        seen.append(int(each))
        if place < 2:
            array[place + 1] = 0
    assert seen == [ord("a"), 0, 0]


# --- methods ---------------------------------------------------------------------------------


def test_fill():
    array = Array[u16, N[3]]()
    array.fill(7)
    assert [int(x) for x in array] == [7, 7, 7]
    jobs = Array[Job, N[2]]()
    held = jobs[0]
    jobs.fill(Job(id=u32(3)))
    assert [int(j.id) for j in jobs] == [3, 3]
    assert jobs[0] is held
    assert jobs[0] is not jobs[1]


@given(st.binary(min_size=1, max_size=9), st.binary(min_size=1, max_size=9), st.data())
def test_copy_from(mine, theirs, data):
    """`copy_from(other, at=0, start=0, count=the rest)` is a checked slice assignment."""
    array, other = Array[u8, N[len(mine)]](mine), Array[u8, N[len(theirs)]](theirs)
    at, start, count = (data.draw(st.integers(-1, 10)) for _ in range(3))
    whole = data.draw(st.booleans())
    wanted = len(theirs) - start if whole else count
    args = (other, at, u32(start) if start >= 0 else start, *(() if whole else (count,)))
    fits = at >= 0 and start >= 0 and wanted >= 0
    if fits and start + wanted <= len(theirs) and at + wanted <= len(mine):
        array.copy_from(*args)
        expected = bytearray(mine)
        expected[at : at + wanted] = theirs[start : start + wanted]
        assert bytes(array) == expected
    else:
        assert reason_of(lambda: array.copy_from(*args)) == Reason.INDEX
        assert bytes(array) == mine


@given(st.integers(0, 3), st.integers(0, 3))
def test_copy_from_itself_overlaps(at, start):
    count = min(4 - at, 4 - start)
    array = Array[u8, N[4]](b"abcd")
    array.copy_from(array, at, start, count)
    expected = bytearray(b"abcd")
    expected[at : at + count] = b"abcd"[start : start + count]
    assert bytes(array) == expected
    jobs = Array[Job, N[4]]([Job(id=u32(n)) for n in range(4)])
    jobs.copy_from(jobs, at, start, count)
    numbers = [0, 1, 2, 3]
    numbers[at : at + count] = [0, 1, 2, 3][start : start + count]
    assert [int(j.id) for j in jobs] == numbers
    assert len({id(j) for j in jobs}) == 4


def test_copy_from_keeps_types():
    with pytest.raises(TypeError):
        Array[u8, N[2]]().copy_from(Array[u16, N[2]]())
    with pytest.raises(TypeError):
        Array[u8, N[2]]().copy_from(b"ab")


def test_equals():
    assert Array[u8, N[2]](b"ab").equals(Array[u8, N[2]](b"ab"))
    assert not Array[u8, N[2]](b"ab").equals(Array[u8, N[2]](b"ac"))
    assert not Array[u8, N[2]](b"ab").equals(Array[u8, N[3]](b"abc"))
    jobs, others = Array[Job, N[2]](), Array[Job, N[2]]()
    assert jobs.equals(others)
    others[1].data[1] = 5
    assert not jobs.equals(others)
    with pytest.raises(TypeError):
        Array[u8, N[2]]().equals(Array[u16, N[2]]())


def test_aggregates_are_no_bools_and_have_no_equality():
    array = Array[u8, N[2]]()
    for refused in (lambda: bool(array), lambda: array == array, lambda: array != array):
        with pytest.raises(TypeError):
            refused()
    with pytest.raises(TypeError):
        hash(array)


def test_sizes():
    assert sizeof(Array[u16, N[3]]) == 6
    assert sizeof(Array[Array[u32, N[2]], N[3]]) == 24
    assert sizeof(Array[Job, N[2]]) == 16
