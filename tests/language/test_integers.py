"""LANGUAGE.md section 3: integers."""

import pytest

M64 = (1 << 64) - 1


@pytest.mark.parametrize(
    ("type", "text", "x", "y", "expected"),
    [
        # + - * are exact or panic.
        ("u8", "x + y", 200, 55, 255),
        ("u8", "x + y", 200, 56, "OVERFLOW"),
        ("u8", "x - y", 5, 6, "OVERFLOW"),
        ("u8", "x * y", 16, 16, "OVERFLOW"),
        ("i8", "x + y", 100, 28, "OVERFLOW"),
        ("i8", "x - y", -100 & M64, 29, "OVERFLOW"),
        ("i8", "x * y", -128 & M64, -1 & M64, "OVERFLOW"),
        ("u64", "x * y", 1 << 32, 1 << 32, "OVERFLOW"),
        ("u64", "x * y", 1 << 32, (1 << 32) - 1, (1 << 64) - (1 << 32)),
        ("i64", "x * y", 1 << 62, 2, "OVERFLOW"),
        # // and % floor; MIN // -1 overflows, MIN % -1 is 0.
        ("i32", "x // y", -7 & M64, 2, -4 & M64),
        ("i32", "x % y", -7 & M64, 2, 1),
        ("i32", "x % y", 7, -2 & M64, -1 & M64),
        ("i32", "x // y", 7, 0, "DIVISION_BY_ZERO"),
        ("u16", "x % y", 7, 0, "DIVISION_BY_ZERO"),
        ("i32", "x // y", 1 << 31, -1 & M64, "OVERFLOW"),
        ("i32", "x % y", 1 << 31, -1 & M64, 0),
        ("i64", "x // y", 1 << 63, -1 & M64, "OVERFLOW"),
        # Shifts drop bits; >> is arithmetic on signed types; a bad count panics.
        ("u8", "x << y", 0x81, 1, 2),
        ("i8", "x >> y", -128 & M64, 7, -1 & M64),
        ("u8", "x << y", 1, 8, "SHIFT"),
        ("u64", "x << y", 1, 64, "SHIFT"),
        ("i8", "x >> y", 1, -1 & M64, "SHIFT"),
        # The width's own operators.
        ("u8", "~(x & y)", 0x0F, 0x3C, 0xF3),
        ("i8", "x ^ y", -1 & M64, 1, -2 & M64),
        # with_bits refuses what the field cannot hold.
        ("u32", "x.with_bits(7, 4, y)", 0xFFFF_FFFF, 0, 0xFFFF_FF0F),
        ("u32", "x.with_bits(7, 4, y)", 0, 16, "CONVERSION"),
        ("u16", "x.bits(11, 4) + y", 0xABCD, 0, 0xBC),
        ("u8", "x.rotate_left(y)", 0x81, 9, 3),
        ("u8", "x.rotate_right(y)", 0x81, 1, 0xC0),
        ("i8", "x.saturating_add(y)", 100, 100, 127),
        ("u8", "x.saturating_sub(y)", 1, 2, 0),
        ("i8", "x.wrapping_mul(y)", 100, 3, 44),
        ("u64", "x.mul_wide(y)[0]", M64, M64, M64 - 1),
        ("i64", "x.mul_wide(y)[0]", -1 & M64, 1, M64),
        ("u32", "min(x, y) + max(x, 3)", 1, 2, 4),
    ],
)
def test_operators_of_two(value, type, text, x, y, expected):
    assert value(text, type, (x, y), x=type, y=type) == expected


@pytest.mark.parametrize(
    ("source", "target", "text", "x", "expected"),
    [
        ("u8", "u8", "-x", 0, 0),
        ("u8", "u8", "-x", 1, "OVERFLOW"),
        ("i8", "i8", "-x", -128 & M64, "OVERFLOW"),
        ("i8", "i8", "abs(x)", -127 & M64, 127),
        ("i8", "i8", "abs(x)", -128 & M64, "OVERFLOW"),
        ("u64", "u8", "u8(x)", 255, 255),
        ("u64", "u8", "u8(x)", 256, "CONVERSION"),
        ("i64", "u64", "u64(x)", -1 & M64, "CONVERSION"),
        ("u64", "i64", "i64(x)", 1 << 63, "CONVERSION"),
        ("i32", "i8", "i8(x)", -128 & M64, -128 & M64),
        ("i32", "i8", "i8(x)", -129 & M64, "CONVERSION"),
        ("i32", "i8", "i8.wrap(x)", 200, -56 & M64),
        ("i32", "u8", "u8.saturate(x)", -5 & M64, 0),
        ("u32", "i8", "i8.saturate(x)", 500, 127),
        ("i16", "i8", "i8.saturate(x)", -500 & M64, -128 & M64),
        ("u16", "u16", "x.byteswap()", 0x1234, 0x3412),
        ("u8", "u32", "x.leading_zeros()", 0, 8),
        ("u8", "u32", "x.trailing_zeros()", 0, 8),
        ("i64", "u32", "x.count_ones()", -1 & M64, 64),
        ("u32", "u8", "u8(x.bit(31))", 1 << 31, 1),
        ("i8", "u8", "u8(0 < x <= 5 != x)", 4, 1),
        ("u64", "u64", "u64.MAX - x", 1, M64 - 1),
    ],
)
def test_operators_of_one(value, source, target, text, x, expected):
    assert value(text, target, (x,), x=source) == expected


def test_wrapping_is_lexical(run):
    """What is called from the block stays checked."""
    answer = run(
        """
        def callee(x: u8) -> u8:
            return x + 1

        def handler(x: u8) -> u8:
            with wrapping():
                y = x + 1
                y += 255
                y = -y
            with wrapping():
                return callee(x) + y
        """,
        (255,),
    )
    assert answer.fault is not None and answer.fault.reason == "OVERFLOW"


def test_wrapping_wraps_every_form(run):
    answer = run(
        """
        def handler(x: u8) -> tuple[u8, u8, u8, u8]:
            with wrapping():
                y = x + 1
                y -= 2
                return y, -y, x * x, x - 200
        """,
        (255,),
    )
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (254, 2, 1, 55)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("f(1) + f(2) * f(3)", "1 2 3"),
        ("two(f(1), f(2))", "1 2"),
        ("two(b=f(1), a=f(2))", "1 2"),
        ("f(1) if f(0) != 0 else f(2)", "0 2"),
        ("u64(f(0) != 0 and f(1) != 0 or f(2) != 0)", "0 2"),
        ("u64(f(1) < f(0) < f(2))", "1 0"),
        ("cells[f(1)]", "1"),
    ],
)
def test_everything_is_evaluated_once_and_from_left_to_right(run, text, order):
    answer = run(
        f"""
        cells = Array[u64, N[4]]()

        def f(x: u64) -> u64:
            log.info(f"{{x}}")
            return x

        def two(a: u64, b: u64) -> u64:
            return a

        def handler() -> u64:
            return {
            text.replace("f(0)", "f(u64(0))")
            .replace("f(1)", "f(u64(1))")
            .replace("f(2)", "f(u64(2))")
            .replace("f(3)", "f(u64(3))")
        }
        """
    )
    assert answer.log == order.split()


@pytest.mark.parametrize(
    ("statement", "order"),
    [
        ("cells[f(u64(1))] = f(u64(2))", "2 1"),
        ("cells[f(u64(1))] += f(u64(2))", "1 2"),
    ],
)
def test_the_order_of_assignments(run, statement, order):
    """The right side before the place in `a[i] = v`, `a[i]` before `v` in `a[i] += v`."""
    answer = run(
        f"""
        cells = Array[u64, N[4]]()

        def f(x: u64) -> u64:
            log.info(f"{{x}}")
            return x

        def handler() -> u64:
            {statement}
            return cells[1]
        """
    )
    assert answer.log == order.split()
    assert answer.x0 == 2


@pytest.mark.parametrize(("n", "expected"), [(0, 1), (7, 1), (8, "SHIFT"), (-1, "SHIFT"), (6, 0)])
def test_a_bit_may_be_chosen_at_run_time(value, n, expected):
    assert value("u8(x.bit(n))", "u8", (0x81, n), x="i8", n="i64") == expected
