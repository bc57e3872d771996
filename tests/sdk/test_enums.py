"""Enumerations over a fixed width (LANGUAGE.md section 2)."""

import operator
from enum import Enum, Flag

import pytest
import xap
from hypothesis import given
from hypothesis import strategies as st
from xap import Panic, i8, u8, u16, u32, u64
from xaprt.abi import Reason


class Op(u32, Enum):
    READ = 0
    WRITE = 5
    ALSO_WRITE = 5  # noqa: PIE796  # an alias
    MAX = 0xFFFF_FFFF


class Typed(u8, Enum):
    ONE = u8(1)
    TWO = 2


class Signed(i8, xap.Enum):
    DOWN = -1
    UP = 1


class Bits(u8, Flag):
    R = 1
    W = 2
    X = u8(8)
    RW = 3


class Wide(u16, xap.Flag):
    LOW = 0x00F0
    HIGH = 0x8000


def reason_of(function):
    with pytest.raises(Panic) as caught:
        function()
    return caught.value.reason


def test_enum_and_flag_of_xap_are_python_s():
    assert xap.Enum is Enum
    assert xap.Flag is Flag


def test_members_compare_and_match():
    assert Op.READ == Op.READ
    assert Op.READ != Op.WRITE
    assert Op.WRITE is Op.ALSO_WRITE
    assert Typed(u8(1)) is Typed.ONE
    match Op.WRITE:
        case Op.READ:
            found = "read"
        case Op.WRITE | Op.MAX:
            found = "write"
    assert found == "write"


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (Op.READ, "Op.READ"),
        (Op.ALSO_WRITE, "Op.WRITE"),
        (Op.MAX, "Op.MAX"),
        (Typed.ONE, "Typed.ONE"),
        (Signed.DOWN, "Signed.DOWN"),
    ],
)
def test_a_member_is_printed_as_class_and_name(member, text):
    assert f"{member}" == text


def test_conversion_from_and_to_integers():
    assert Op(u32(5)) is Op.WRITE
    assert Op(5) is Op.WRITE
    made = u64(Op.MAX)
    assert type(made) is u64
    assert made == 0xFFFF_FFFF
    assert type(u8.wrap(Op.MAX)) is u8
    assert u8.wrap(Op.MAX) == 255
    assert i8.saturate(Op.MAX) == 127
    assert reason_of(lambda: u8(Op.MAX)) == Reason.CONVERSION


@given(st.integers(0, 0xFFFF_FFFF))
def test_op_of_no_member_panics(number):
    if number in (0, 5, 0xFFFF_FFFF):
        assert int(Op(u32(number)).value) == number
    else:
        assert reason_of(lambda: Op(u32(number))) == Reason.CONVERSION


def test_op_of_another_thing_is_refused():
    for value in ("READ", 1.5, None, True):
        with pytest.raises((TypeError, Panic)):
            Typed(value) if value is not True else Op(value)


@pytest.mark.parametrize("member", [Op.WRITE, Typed.ONE, Bits.R])
def test_members_have_no_arithmetic_and_no_order(member):
    for op in (operator.add, operator.mul, operator.floordiv, operator.lshift, operator.lt):
        with pytest.raises(TypeError):
            op(member, member)
        with pytest.raises(TypeError):
            op(member, 1)
        with pytest.raises(TypeError):
            op(1, member)
    for unary in (operator.neg, operator.pos, abs, bool):
        with pytest.raises(TypeError):
            unary(member)


@pytest.mark.parametrize("op", [operator.and_, operator.or_, operator.xor])
def test_only_flags_have_bit_operators(op):
    with pytest.raises(TypeError):
        op(Op.READ, Op.WRITE)
    with pytest.raises(TypeError):
        op(Bits.R, u8(1))
    with pytest.raises(TypeError):
        op(u8(1), Bits.R)
    with pytest.raises(TypeError):
        op(Bits.R, 1)
    with pytest.raises(TypeError):
        operator.invert(Op.READ)


def test_members_do_not_compare_with_integers():
    for compare in (operator.eq, operator.ne):
        for one, other in ((Op.READ, 0), (Op.READ, u32(0)), (u32(0), Op.READ), (Op.READ, Bits.R)):
            with pytest.raises(TypeError, match="do not mix"):
                compare(one, other)
    assert Op.READ != "READ"


@st.composite
def flags(draw, kind=Bits, mask=11):
    return kind(draw(st.integers(0, 255)) & mask)


@given(flags(), flags())
def test_flags_combine_to_the_same_class(a, b):
    for op in (operator.and_, operator.or_, operator.xor):
        made = op(a, b)
        assert type(made) is Bits
        assert made.value == op(a.value, b.value)
        assert made is Bits(made.value)
    assert (a in b) == (a.value & b.value == a.value)
    assert (a not in b) == (a.value & b.value != a.value)
    assert (a == b) == (a.value == b.value)


@given(flags())
def test_invert_gives_the_other_named_bits(a):
    assert type(~a) is Bits
    assert (~a).value == 11 & ~a.value
    assert ~~a is a


def test_a_member_of_several_bits_names_each():
    assert (~Wide.HIGH).value == 0x00F0
    assert Wide(u16(0x8010)).value == 0x8010
    assert Wide(u16(0x0010)) in Wide.LOW


@given(st.integers(0, 255))
def test_unnamed_bits_panic(number):
    if number & ~11:
        assert reason_of(lambda: Bits(u8(number))) == Reason.CONVERSION
    else:
        assert u8(Bits(u8(number))) == number


def test_no_flags_are_flags():
    assert Bits(0).value == 0
    assert Bits(0) == Bits.R & Bits.W


def test_members_fit_their_base():
    with pytest.raises((ValueError, TypeError, RuntimeError)):

        class Large(u8, Enum):
            TOO_LARGE = 256
