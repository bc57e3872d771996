"""`with wrapping():` is lexical (LANGUAGE.md section 3)."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap import Panic, i8, u8, u32, wrapping
from xaprt.abi import Reason

from tests.sdk.test_integers import fold, pairs

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@given(pairs(), st.sampled_from(sorted(OPERATORS)), st.sampled_from(["typed", "left", "right"]))
def test_arithmetic_wraps(pair, name, constant):
    kind, a, b = pair
    x, y = (a if constant == "left" else kind(a)), (b if constant == "right" else kind(b))
    with wrapping():
        made = x + y if name == "+" else x - y if name == "-" else x * y
        negated = -kind(a)
    assert (type(made), int(made)) == (kind, fold(OPERATORS[name](a, b), kind))
    assert (type(negated), int(negated)) == (kind, fold(-a, kind))


@given(pairs())
def test_augmented_forms_wrap(pair):
    kind, a, b = pair
    x, y, z = kind(a), kind(a), kind(a)
    with wrapping():
        x += kind(b)
        y -= kind(b)
        z *= kind(b)
    assert [int(n) for n in (x, y, z)] == [fold(n, kind) for n in (a + b, a - b, a * b)]


def reason_of(function, *args):
    with pytest.raises(Panic) as caught:
        function(*args)
    return caught.value.reason


def test_nothing_else_wraps():
    def divide():
        with wrapping():
            return i8(-128) // -1

    def absolute():
        with wrapping():
            return abs(i8(-128))

    def shift():
        with wrapping():
            return u8(1) << 8

    def convert():
        with wrapping():
            return u8(256)

    reasons = [reason_of(f) for f in (divide, absolute, shift, convert)]
    assert reasons == [Reason.OVERFLOW, Reason.OVERFLOW, Reason.SHIFT, Reason.CONVERSION]


def increment(x):
    return x + 1


def test_functions_called_from_the_block_are_checked():
    def call():
        with wrapping():
            return increment(u8(255))

    assert reason_of(call) == Reason.OVERFLOW


def test_a_function_with_a_block_of_its_own_leaves_the_caller_checked():
    def wraps():
        with wrapping():
            return u8(255) + 1

    def call():
        return wraps() + u8(255) + 1

    assert reason_of(call) == Reason.OVERFLOW


def test_nested_blocks_end_one_by_one():
    with wrapping():
        with wrapping():
            assert u8(255) + 1 == 0
        assert u8(255) + 1 == 0
    assert reason_of(increment, u8(255)) == Reason.OVERFLOW
    with pytest.raises(Panic):
        u8(255) + u8(1)


@pytest.mark.parametrize("leave", ["return", "break", "panic"])
def test_every_way_out_ends_the_block(leave):
    def run():
        for _ in range(1):
            with wrapping():
                if leave == "return":
                    return u32(0) - 1
                if leave == "break":
                    break
                u8(1) // u8(0)
        return u32(0) - 1

    if leave == "return":
        assert run() == u32.MAX
    else:
        expected = Reason.OVERFLOW if leave == "break" else Reason.DIVISION_BY_ZERO
        assert reason_of(run) == expected
    assert reason_of(increment, u8(255)) == Reason.OVERFLOW


def test_arguments_written_in_the_block_wrap():
    def identity(x):
        return x

    with wrapping():
        assert identity(u8(200) + u8(100)) == 44
