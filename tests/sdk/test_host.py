"""What a host puts into an app's globals: counters are i64 (LANGUAGE.md section 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap import Array, N, Panic, host_globals, i64, u8, u16, u32, u64
from xaprt.abi import Reason

HOST = host_globals()
counters = st.integers(-20, 20)


def typed(values):
    values = list(values)
    assert all(type(each) is i64 for each in values)
    return [int(each) for each in values]


@given(st.lists(counters, min_size=1, max_size=2), st.integers(-5, 5).filter(bool))
def test_range(bounds, step):
    if len(bounds) == 2:
        bounds = [*bounds, step]
    made = HOST["range"](*bounds)
    assert typed(made) == list(range(*bounds))
    assert typed(reversed(made)) == list(reversed(range(*bounds)))
    assert typed(made) == list(range(*bounds)), "a range is no iterator"


@given(st.sampled_from([u8, u16, u32, u64, i64]), st.integers(0, 20))
def test_range_takes_bounds_of_any_type(kind, stop):
    assert typed(HOST["range"](kind(stop))) == list(range(stop))


def test_a_bound_beyond_i64_panics():
    for make in (lambda: HOST["range"](u64(1 << 63)), lambda: HOST["enumerate"]((), u64(1 << 63))):
        with pytest.raises(Panic) as caught:
            make()
        assert caught.value.reason == Reason.CONVERSION


@pytest.mark.parametrize("bound", [True, 1.0, "1", None])
def test_bounds_are_integers(bound):
    with pytest.raises(TypeError):
        HOST["range"](bound)


def test_a_step_is_not_zero():
    with pytest.raises(ValueError):
        HOST["range"](0, 1, 0)


@given(st.binary(min_size=1, max_size=8), counters)
def test_enumerate(content, start):
    array = Array[u8, N[len(content)]](content)
    pairs = list(HOST["enumerate"](array, start))
    assert typed(number for number, _ in pairs) == list(range(start, start + len(content)))
    assert bytes(item for _, item in pairs) == content
    assert next(iter(HOST["enumerate"](array, start=i64(start))))[0] == start


def test_enumerate_reads_when_the_turn_comes():
    array = Array[u8, N[3]](b"abc")
    seen = []
    for place, each in HOST["enumerate"](array):
        seen.append(int(each))
        if place < 2:
            array[place + 1] = 0
    assert seen == [ord("a"), 0, 0]


def test_len_of_arrays_and_tuples_is_untyped():
    for value in (Array[u8, N[3]](), (1, 2, 3)):
        assert type(HOST["len"](value)) is int
        assert HOST["len"](value) == 3


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 255)), min_size=2, max_size=4))
def test_min_and_max_keep_the_type(items):
    values = [u8(n) if is_typed else n for is_typed, n in items]
    kind = u8 if any(is_typed for is_typed, _ in items) else int
    for name, pick in (("min", min), ("max", max)):
        made = HOST[name](*values)
        assert type(made) is kind
        assert made == pick(n for _, n in items)


@pytest.mark.parametrize(
    "values", [(u8(1), u16(2)), (u8(1), True), (u8(1),), (True, False), (1.0, 2.0), ("a", "b")]
)
def test_min_and_max_are_of_one_integer_type(values):
    for name in ("min", "max"):
        with pytest.raises(TypeError):
            HOST[name](*values)


def test_min_and_max_give_constants_the_width():
    with pytest.raises(ValueError):
        HOST["min"](u8(1), 256)


def test_host_globals_are_fresh():
    host_globals().clear()
    assert {"range", "enumerate", "len", "min", "max"} <= host_globals().keys()
