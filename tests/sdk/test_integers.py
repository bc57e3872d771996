"""LANGUAGE.md section 3 against Python's own integers, for every type."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xap import Panic, i8, i16, i32, i64, u8, u16, u32, u64
from xaprt.abi import Reason

TYPES = (u8, u16, u32, u64, i8, i16, i32, i64)
WIDTHS = {u8: 8, u16: 16, u32: 32, u64: 64, i8: 8, i16: 16, i32: 32, i64: 64}
SIGNED = (i8, i16, i32, i64)

kinds = st.sampled_from(TYPES)


def low(kind):
    return -(1 << (WIDTHS[kind] - 1)) if kind in SIGNED else 0


def high(kind):
    return low(kind) + (1 << WIDTHS[kind]) - 1


def numbers(kind):
    """Plain ints that the type holds, its edges often."""
    edges = {low(kind), low(kind) + 1, -1, 0, 1, 2, WIDTHS[kind] - 1, high(kind) - 1, high(kind)}
    fitting = sorted(n for n in edges if low(kind) <= n <= high(kind))
    return st.one_of(st.sampled_from(fitting), st.integers(low(kind), high(kind)))


def fold(number, kind):
    """Two's complement, independently of the SDK: by bytes."""
    bits = WIDTHS[kind]
    data = (number % (1 << bits)).to_bytes(bits // 8, "little")
    return int.from_bytes(data, "little", signed=kind in SIGNED)


def digits(number, kind):
    return f"{number % (1 << WIDTHS[kind]):0{WIDTHS[kind]}b}"


@st.composite
def pairs(draw):
    kind = draw(kinds)
    return kind, draw(numbers(kind)), draw(numbers(kind))


def outcome(compute):
    """The result with its type, or the reason of the panic."""
    try:
        made = compute()
    except Panic as panic:
        return panic.reason
    if isinstance(made, tuple):
        return tuple((type(each), int(each)) for each in made)
    return type(made), made if isinstance(made, bool) else int(made)


def exact(kind, number, reason=Reason.OVERFLOW):
    return (kind, number) if low(kind) <= number <= high(kind) else reason


ARITHMETIC = (operator.add, operator.sub, operator.mul)
DIVISION = (operator.floordiv, operator.mod)
BITS = (operator.and_, operator.or_, operator.xor)
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
UNTYPED = (*ARITHMETIC, *DIVISION, *BITS, *COMPARISONS)


# --- operators -------------------------------------------------------------------------------


@given(pairs(), st.sampled_from(ARITHMETIC))
def test_arithmetic_is_exact_or_overflows(pair, op):
    kind, a, b = pair
    assert outcome(lambda: op(kind(a), kind(b))) == exact(kind, op(a, b))


@given(pairs(), st.sampled_from(DIVISION))
def test_division_floors_and_panics_on_zero(pair, op):
    kind, a, b = pair
    expected = Reason.DIVISION_BY_ZERO if b == 0 else exact(kind, op(a, b))
    assert outcome(lambda: op(kind(a), kind(b))) == expected


@pytest.mark.parametrize("kind", SIGNED)
def test_min_by_minus_one(kind):
    assert outcome(lambda: kind.MIN // kind(-1)) == Reason.OVERFLOW
    assert outcome(lambda: kind.MIN % kind(-1)) == (kind, 0)


@given(pairs(), st.sampled_from(BITS))
def test_bit_operators_act_on_the_width(pair, op):
    kind, a, b = pair
    assert outcome(lambda: op(kind(a), kind(b))) == (kind, op(a, b))


@given(pairs(), st.sampled_from(COMPARISONS))
def test_comparisons_give_bool(pair, op):
    kind, a, b = pair
    assert outcome(lambda: op(kind(a), kind(b))) == (bool, op(a, b))


@given(pairs(), st.sampled_from(UNTYPED))
def test_a_constant_takes_the_width_on_either_side(pair, op):
    kind, a, b = pair
    typed = outcome(lambda: op(kind(a), kind(b)))
    assert outcome(lambda: op(kind(a), b)) == typed
    assert outcome(lambda: op(a, kind(b))) == typed


@given(pairs())
def test_unary_operators(pair):
    kind, a, _ = pair
    x = kind(a)
    assert outcome(lambda: -x) == exact(kind, -a)
    assert outcome(lambda: abs(x)) == exact(kind, abs(a))
    assert outcome(lambda: +x) == (kind, a)
    assert outcome(lambda: ~x) == (kind, fold(~a, kind))


@given(pairs(), kinds, st.data())
def test_shifts_drop_bits_and_panic_beyond_the_width(pair, count_kind, data):
    kind, a, _ = pair
    n = data.draw(st.one_of(numbers(count_kind), st.integers(0, min(70, high(count_kind)))))
    fine = 0 <= n < WIDTHS[kind]
    for count in (count_kind(n), n):
        left = (kind, fold(a << n, kind)) if fine else Reason.SHIFT
        right = (kind, a >> n) if fine else Reason.SHIFT
        assert outcome(lambda count=count: kind(a) << count) == left
        assert outcome(lambda count=count: kind(a) >> count) == right


@given(pairs(), kinds, st.sampled_from(UNTYPED), st.data())
def test_widths_and_signs_do_not_mix(pair, other, op, data):
    kind, a, _ = pair
    if other is kind:
        return
    b = data.draw(numbers(other))
    with pytest.raises(TypeError, match="do not mix"):
        op(kind(a), other(b))


@pytest.mark.parametrize("op", UNTYPED)
@pytest.mark.parametrize("kind", TYPES)
def test_bools_and_floats_are_no_operands(kind, op):
    with pytest.raises(TypeError):
        op(kind(1), True)
    if op not in (operator.eq, operator.ne):
        with pytest.raises(TypeError):
            op(kind(1), 1.5)


@pytest.mark.parametrize("op", UNTYPED)
@pytest.mark.parametrize("kind", TYPES)
def test_a_constant_that_does_not_fit_is_no_operand(kind, op):
    for number in (low(kind) - 1, high(kind) + 1):
        with pytest.raises(ValueError, match="does not fit"):
            op(kind(1), number)
        with pytest.raises(ValueError, match="does not fit"):
            op(number, kind(1))


@pytest.mark.parametrize("kind", TYPES)
def test_what_the_language_does_not_have(kind):
    x = kind(4)
    for refused in (
        lambda: x / x,
        lambda: 8 / x,
        lambda: x**2,
        lambda: 2**x,
        lambda: divmod(x, x),
        lambda: 1 << x,
        lambda: 64 >> x,
        lambda: x << True,
        lambda: bool(x),
        lambda: not x,
    ):
        with pytest.raises(TypeError):
            refused()


def test_comparison_with_what_is_no_integer_is_python_s():
    assert u8(1) != "1"
    assert (u8(1) == None) is False  # noqa: E711  # the operator is what is tested


# --- conversions -----------------------------------------------------------------------------


@given(kinds, kinds, st.data())
def test_conversions(source, kind, data):
    a = data.draw(numbers(source))
    for value in (source(a), a):
        assert outcome(lambda value=value: kind(value)) == exact(kind, a, Reason.CONVERSION)
        assert outcome(lambda value=value: kind.wrap(value)) == (kind, fold(a, kind))
        clamped = min(max(a, low(kind)), high(kind))
        assert outcome(lambda value=value: kind.saturate(value)) == (kind, clamped)


@pytest.mark.parametrize("kind", TYPES)
def test_conversion_of_bools(kind):
    for make in (kind, kind.wrap, kind.saturate):
        assert [outcome(lambda b=b, make=make: make(b)) for b in (False, True)] == [
            (kind, 0),
            (kind, 1),
        ]


@pytest.mark.parametrize("kind", TYPES)
def test_conversion_of_anything_else_is_refused(kind):
    for make in (kind, kind.wrap, kind.saturate):
        for value in ("1", 1.0, None, b"1"):
            with pytest.raises(TypeError):
                make(value)


@pytest.mark.parametrize("kind", TYPES)
def test_the_argument_may_be_named(kind):
    for make in (kind, kind.wrap, kind.saturate):
        assert outcome(lambda make=make: make(value=5)) == (kind, 5)


@pytest.mark.parametrize("kind", TYPES)
def test_limits(kind):
    assert outcome(lambda: kind.MIN) == (kind, low(kind))
    assert outcome(lambda: kind.MAX) == (kind, high(kind))
    assert outcome(lambda: kind.BITS) == (kind, WIDTHS[kind])


@given(pairs(), st.sampled_from(["", "d", "x", "#x", "#010x", "08d", "5", "X", "#b", "o", "02x"]))
def test_format_is_python_s(pair, spec):
    kind, a, _ = pair
    assert format(kind(a), spec) == format(a, spec)
    assert f"{kind(a)}" == str(a)


@given(pairs())
def test_equal_values_have_one_hash(pair):
    kind, a, _ = pair
    assert hash(kind(a)) == hash(a)
    assert {a: 1}[kind(a)] == 1


# --- methods ---------------------------------------------------------------------------------


@given(pairs(), st.booleans())
def test_wrapping_and_saturating_methods(pair, typed):
    kind, a, b = pair
    x, y = kind(a), kind(b) if typed else b
    for name, op in (("add", operator.add), ("sub", operator.sub), ("mul", operator.mul)):
        made = getattr(x, f"wrapping_{name}")(y)
        assert (type(made), int(made)) == (kind, fold(op(a, b), kind))
    for name, op in (("add", operator.add), ("sub", operator.sub)):
        made = getattr(x, f"saturating_{name}")(y)
        assert (type(made), int(made)) == (kind, min(max(op(a, b), low(kind)), high(kind)))


@given(pairs())
def test_mul_wide_gives_all_bits(pair):
    kind, a, b = pair
    top, rest = kind(a).mul_wide(kind(b))
    unsigned = {8: u8, 16: u16, 32: u32, 64: u64}[WIDTHS[kind]]
    assert (type(top), type(rest)) == (kind, unsigned)
    assert (int(top) << WIDTHS[kind]) + int(rest) == a * b


@given(pairs(), kinds, st.data())
def test_rotations_are_modulo_the_width(pair, count_kind, data):
    kind, a, _ = pair
    n = data.draw(numbers(count_kind))
    text = digits(a, kind)
    places = n % WIDTHS[kind]
    left = fold(int(text[places:] + text[:places], 2), kind)
    cut = WIDTHS[kind] - places
    right = fold(int(text[cut:] + text[:cut], 2), kind)
    for count in (count_kind(n), n):
        assert outcome(lambda count=count: kind(a).rotate_left(count)) == (kind, left)
        assert outcome(lambda count=count: kind(a).rotate_right(count)) == (kind, right)


@given(pairs())
def test_counts_and_byteswap(pair):
    kind, a, _ = pair
    text, bits = digits(a, kind), WIDTHS[kind]
    x = kind(a)
    assert outcome(x.count_ones) == (u32, text.count("1"))
    assert outcome(x.leading_zeros) == (u32, text.index("1") if a else bits)
    assert outcome(x.trailing_zeros) == (u32, bits - 1 - text.rindex("1") if a else bits)
    swapped = "".join(text[n : n + 8] for n in range(bits - 8, -1, -8))
    assert outcome(x.byteswap) == (kind, fold(int(swapped, 2), kind))


@given(pairs(), st.data())
def test_bit_fields(pair, data):
    kind, a, b = pair
    bits, text = WIDTHS[kind], digits(a, kind)
    hi = data.draw(st.integers(0, bits - 1))
    lo = data.draw(st.integers(0, hi))
    x = kind(a)
    assert outcome(lambda: x.bit(hi)) == (bool, text[bits - 1 - hi] == "1")
    field = text[bits - 1 - hi : bits - lo]
    assert outcome(lambda: x.bits(hi, lo)) == (kind, fold(int(field, 2), kind))
    given_digits, size = digits(b, kind), hi - lo + 1
    expected = Reason.CONVERSION
    if "1" not in given_digits[: bits - size]:
        made = text[: bits - 1 - hi] + given_digits[bits - size :] + text[bits - lo :]
        expected = kind, fold(int(made, 2), kind)
    assert outcome(lambda: x.with_bits(hi, lo, kind(b))) == expected
    assert outcome(lambda: x.with_bits(hi, lo, b)) == expected


@pytest.mark.parametrize("kind", TYPES)
def test_positions_lie_in_the_width(kind):
    x, bits = kind(1), WIDTHS[kind]
    for refused in (
        lambda: x.bit(bits),
        lambda: x.bit(-1),
        lambda: x.bits(bits, 0),
        lambda: x.bits(0, 1),
        lambda: x.with_bits(0, 1, x),
    ):
        with pytest.raises(ValueError):
            refused()


@given(pairs(), kinds)
def test_arguments_of_methods_have_the_same_type(pair, other):
    kind, a, _ = pair
    if other is kind:
        return
    for name in ("wrapping_add", "saturating_sub", "mul_wide"):
        with pytest.raises(TypeError):
            getattr(kind(a), name)(other(1))
    with pytest.raises(TypeError):
        kind(a).with_bits(1, 0, other(1))


def test_only_enumerations_derive_from_integers():
    with pytest.raises(TypeError, match="only enumerations"):

        class Meters(u32):
            pass
