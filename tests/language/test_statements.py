"""LANGUAGE.md section 4: statements."""

import pytest

from tests.language.conftest import FIRST_LINE


def test_loops_and_their_else(run):
    answer = run(
        """
        def handler() -> tuple[u64, u64, u64, u64]:
            a = u64(0)
            for i in range(2, 11, 3):
                a = a * 10 + u64(i)
            b = u64(0)
            for i in reversed(range(2, 11, 3)):
                b = b * 10 + u64(i)
            c = u64(0)
            for i in range(3, 0, -1):
                if i == 1:
                    break
                c = c * 10 + u64(i)
            else:
                c = u64(99)
            d = u64(0)
            while d < 5:
                d += 1
                if d == 2:
                    continue
            else:
                d += 100
            return a, b, c, d
        """
    )
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (258, 852, 32, 105)


def test_enumerate_binds_elements_by_reference(run):
    answer = run(
        """
        @struct
        class Cell:
            n: u32 = u32(0)

        cells = Array[Cell, N[3]]()

        def handler() -> tuple[u32, u32, u32]:
            for i, cell in enumerate(cells, 5):
                cell.n = u32(i64(i) * 2)
            return cells[0].n, cells[1].n, cells[-1].n
        """
    )
    assert (answer.x0, answer.x1, answer.x2) == (10, 12, 14)


def test_enumerate_counts_from_below_zero(run):
    """LANGUAGE.md section 4: the counter of `enumerate` is i64."""
    answer = run(
        """
        A: Final = Array[u32, N[3]]([7, 8, 9])
        T: Final = Array[u32, N[3]](x + u32(i + 2) for i, x in enumerate(A, start=-2))

        def handler() -> tuple[i64, i64, u32]:
            total = i64(0)
            last = i64(0)
            for i, x in enumerate(A, start=-2):
                total += i * i64(x)
                last = i64(i)
            return total, last, T[2]
        """
    )
    assert (answer.x0, answer.x1, answer.x2) == ((-2 * 7 - 8) % 2**64, 0, 11)


def test_match(run):
    source = """
        class Op(u8, Enum):
            GET = 0
            PUT = 1
            SWAP = 7

        def handler(x: u8, y: u64) -> u64:
            found = u64(0)
            match y:
                case 1 | 2:
                    found = u64(10)
                case other if other > 100:
                    found = other
                case _:
                    found = u64(30)
            match Op(x):
                case Op.GET:
                    return found
                case Op.PUT | Op.SWAP:
                    return found + 1
        """
    assert run(source, (0, 2)).x0 == 10
    assert run(source, (7, 101)).x0 == 102
    assert run(source, (1, 50)).x0 == 31
    assert run(source, (2, 50)).fault.reason == "CONVERSION"


@pytest.mark.parametrize(
    ("body", "reason", "line"),
    [
        ("x = x +\\\n        x", "OVERFLOW", 1),
        ("y = (x\n         + x)", "OVERFLOW", 1),
        ("y = u8(x\n       ).wrapping_add(0) + u8(1) + (\n        u8(x) + 200)", "OVERFLOW", 3),
        ("assert (\n        x == 0\n    )", "ASSERT", 1),
        ('assert x == 0, f"x is {x}"', "ASSERT", 1),
        ('panic(f"x is {x}")', "PANIC", 1),
        ("y = cells[x]", "INDEX", 1),
    ],
)
def test_the_line_of_a_panic_is_where_the_failing_expression_begins(run, body, reason, line):
    """Section 6, last paragraph: of an `assert`, the keyword."""
    answer = run(
        f"cells = Array[u8, N[4]]()\ndef handler(x: u8) -> u8:\n    {body}\n    return x\n",
        (200,),
    )
    assert answer.status == "fault"
    assert (answer.fault.reason, answer.fault.line) == (reason, FIRST_LINE + 2 + line)


def test_helpers_have_defaults_and_keywords(run):
    answer = run(
        """
        def f(a: u32, b: u32 = u32(7), c: u32 = u32(1)) -> u32:
            return a * 100 + b * 10 + c

        def handler() -> tuple[u32, u32, u32]:
            return f(u32(1)), f(u32(1), c=u32(2)), f(b=u32(3), a=u32(4))
        """
    )
    assert (answer.x0, answer.x1, answer.x2) == (171, 172, 431)


def test_globals_are_state(app):
    loaded = app(
        """
        count = u32(0)

        @app.smc(0xC600_0001)
        def handler(by: u32) -> u32:
            global count
            count += by
            return count
        """
    )
    assert [loaded.smc(0xC600_0001, n).x0 for n in (1, 2, 3)] == [1, 3, 6]


def test_the_counter_of_enumerate_is_an_i64(run):
    source = """
        cells = Array[u8, N[3]]()

        def handler(first: i64) -> i64:
            last = i64(0)
            for n, _ in enumerate(cells, first):
                last = i64(n)
            return last
        """
    assert run(source, ((1 << 63) - 3,)).x0 == (1 << 63) - 1
    assert run(source, ((1 << 63) - 2,)).fault.reason == "CONVERSION"
