"""LANGUAGE.md section 2: arrays, structs, references and copies."""

import pytest
from xapc.pipeline import build

from tests.language.conftest import HEADER

STRUCTS = """
@struct
class Pair:
    a: u8 = u8(1)
    b: u32 = u32(2)

    def sum(self) -> u32:
        return u32(self.a) + self.b

    def grow(self, by: u32) -> None:
        self.b += by

@struct
class Outer:
    pair: Pair = Pair(b=u32(9))
    cells: Array[u16, N[3]] = Array[u16, N[3]]()
    done: bool = False

"""


def test_a_name_refers(run):
    answer = run(
        STRUCTS
        + """
pairs = Array[Pair, N[2]]()

def handler() -> tuple[u32, u32, u32]:
    one = pairs[1]
    one.b = u32(50)
    one.grow(u32(5))
    other = one
    other.a = u8(7)
    return pairs[1].sum(), pairs[0].sum(), u32(one.a)
"""
    )
    assert (answer.x0, answer.x1, answer.x2) == (62, 3, 7)


def test_storing_copies(run):
    answer = run(
        STRUCTS
        + """
outers = Array[Outer, N[2]]()

def handler() -> tuple[u32, u32, u32, u32]:
    fresh = Pair(u8(3), b=u32(4))
    outers[0].pair = fresh
    fresh.b = u32(100)
    inside = outers[0].pair
    outers[1] = outers[0]
    outers[0].pair.b = u32(5)
    return inside.b, outers[1].pair.b, fresh.b, outers[0].copy().pair.b
"""
    )
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (5, 4, 100, 5)


def test_a_parameter_is_the_callers_object(run):
    answer = run(
        STRUCTS
        + """
def change(outer: Outer, cells: Array[u16, N[3]]) -> Pair:
    outer.done = True
    cells[2] = u16(77)
    return outer.pair.copy()

def handler() -> tuple[u32, u32, u32]:
    outer = Outer()
    made = change(outer, outer.cells)
    made.b = u32(1)
    return u32(outer.done), u32(outer.cells[2]), outer.pair.b
"""
    )
    assert (answer.x0, answer.x1, answer.x2) == (1, 77, 9)


@pytest.mark.parametrize(
    ("index", "expected"),
    [("0", 10), ("-1", 12), ("x", 11), ("u8(3)", "INDEX"), ("y", "INDEX")],
)
def test_indexing(run, index, expected):
    """A negative constant counts from the end; any other outside panics."""
    answer = run(
        f"""
        def handler(x: u32, y: i32) -> u32:
            cells = Array[u32, N[3]]([10, 11, 12])
            return cells[{index}]
        """,
        (1, 0xFFFF_FFFF),
    )
    assert (answer.x0 if answer.fault is None else answer.fault.reason) == expected


def test_layout_is_that_of_aapcs64(run):
    answer = run(
        STRUCTS
        + """
static_assert(sizeof(Outer) == 16, "layout")

def handler() -> tuple[u32, u32, u32, u32]:
    return (
        u32(sizeof(Pair)), u32(offsetof(Pair, "b")), u32(sizeof(Outer)),
        u32(offsetof(Outer, "done")),
    )
"""
    )
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (8, 4, 16, 14)


def test_block_methods(run):
    answer = run(
        """
        def handler() -> tuple[u64, u64, u64, u64]:
            data = Array[u8, N[8]](b"\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08")
            other = Array[u8, N[4]]()
            other.copy_from(data, 1, 5)
            same = data.copy()
            equal = u64(same.equals(data))
            same.store.be(2, u32(0xAABBCCDD))
            data.fill(u8(9))
            return (
                u64(other.load(u32, 0)), u64(same.load.be(u64, 0)), equal,
                u64(data.load.le(u16, 6)),
            )
        """
    )
    assert answer.x0 == 0x0807_0600
    assert answer.x1 == 0x0102_AABB_CCDD_0708
    assert (answer.x2, answer.x3) == (1, 0x0909)


@pytest.mark.parametrize(
    "text",
    ["data.load(u32, x)", "data.load.be(u32, x)"],
)
def test_loads_outside_panic(run, text):
    source = f"""
        def handler(x: u64) -> u32:
            data = Array[u8, N[8]]()
            return {text}
        """
    assert run(source, (4,)).x0 == 0
    for offset in (5, 8, (1 << 64) - 1):
        assert run(source, (offset,)).fault.reason == "INDEX"


def test_enums_and_flags(run):
    answer = run(
        """
        class Mode(u8, Flag):
            READ = 1
            WRITE = 2
            RUN = 8

        class Op(i16, Enum):
            NONE = 0
            LOW = -5

        ops = Array[Op, N[2]]()

        def handler() -> tuple[u8, u8, i16, u8]:
            mode = Mode.READ | Mode.RUN
            ops[1] = Op(i16(-5))
            log.info(f"{ops[0]} {ops[1]} {Mode.RUN in mode}")
            return u8(~mode), u8(mode & Mode.RUN), i16(ops[1]), u8(Mode.WRITE in mode)
        """
    )
    assert answer.log == ["Op.NONE Op.LOW True"]
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (2, 8, (1 << 64) - 5, 0)


def test_at_build_time_inner_names_are_their_own(run):
    """A parameter, a local, a loop's and a generator's variable may be called as state, or as
    something below."""
    answer = run(
        """
        base = u32(3)
        i = u32(77)

        def scaled(base: u32) -> u32:
            later = u32(0)
            for i in range(2):
                later += base
            return later

        T: Final = Array[u32, N[4]](scaled(u32(i)) for i in range(4))
        later: Final = u32(9)

        def handler() -> tuple[u32, u32, u32, u32]:
            return T[3], base, i, later
        """
    )
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (6, 3, 77, 9)


def test_a_generator_counts(run):
    answer = run(
        """
        A: Final = Array[u32, N[4]]([5, 6, 7, 8])
        T: Final = Array[u32, N[4]](x * u32(i) for i, x in enumerate(A))
        U: Final = Array[u32, N[3]](x + u32(i) for i, x in enumerate(A, 10) if x != 6)

        R: Final = Array[u32, N[4]](x + u32(i) for i, x in enumerate(reversed(A)))

        def handler() -> tuple[u32, u32, u32, u32]:
            return T[1] + R[0], T[3] + R[3], U[0], U[1]
        """
    )
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (14, 32, 15, 19)


def test_state_may_be_called_as_a_local_of_what_makes_it(run):
    answer = run(
        """
        def make(table: u32) -> Array[u32, N[4]]:
            made = Array[u32, N[4]]()
            made.fill(table)
            return made

        def other() -> Array[u32, N[2]]:
            pair = Array[u32, N[2]]([3, 4])
            return pair

        table = make(u32(9))
        pair = other()

        def handler() -> tuple[u32, u32]:
            return table[3], pair[1]
        """
    )
    assert (answer.x0, answer.x1) == (9, 4)


def test_in_an_enumeration_members_come_before_the_modules_names(run):
    answer = run(
        """
        R: Final = 0x10
        W: Final = 0x20

        class F(u32, Flag):
            R = 1
            W = 2
            RW = R | W

        def handler() -> tuple[u32, u32]:
            return u32(F.RW), u32(R)
        """
    )
    assert (answer.x0, answer.x1) == (3, 0x10)


def test_a_local_called_as_the_module_is_the_local(run):
    answer = run(
        """
        import xap as x

        @struct
        class S:
            v: u64 = u64(7)
            panic: u32 = u32(9)

            def now_ns(self) -> u64:
                return self.v

            def u8(self, y: u32) -> u32:
                return u32(self.v) + y

        T = Array[S, N[1]]()

        def g(x: S) -> tuple[u64, u32]:
            return x.now_ns(), x.panic

        def handler() -> tuple[u64, u32, u32]:
            a = u32(5)
            for each in T:
                x = each
                a = u32(x.u8(a))
            one, two = g(S())
            return one, two, a
        """
    )
    assert (answer.x0, answer.x1, answer.x2) == (7, 9, 12)


def test_a_method_may_be_called_as_what_it_uses(run):
    answer = run(
        """
        def crc(x: u32) -> u32:
            return x + 1

        @struct
        class S:
            x: u32 = u32(4)

            def crc(self) -> u32:
                return crc(self.x)

        K: Final = S().crc()

        def handler() -> u32:
            return S(K).crc()
        """
    )
    assert answer.x0 == 6


def test_constant_keywords_come_in_any_order(run):
    answer = run(
        """
        t = Array[u32, N[4]]([10, 11, 12, 13])
        b = Array[u8, N[8]]()

        def handler(a: u32) -> tuple[u32, u32]:
            t.copy_from(t, count=1, start=u32(3), at=a)
            b.store(value=u32(7) + a, offset=2)
            return t[a], u32(b[2])
        """,
        (1,),
    )
    assert (answer.x0, answer.x1) == (13, 8)


def test_a_generator_does_not_see_the_names_of_a_class(run):
    answer = run(
        """
        import enum as e

        K: Final = 9

        def last(x: Array[u8, N[2]]) -> u8:
            return x[1]

        class E(u8, e.Enum):
            K = 2
            B = last(Array[u8, N[2]](K for _ in range(2)))
            C = K + 1

        def handler() -> tuple[u8, u8, u8]:
            return u8(E.K), u8(E.B), u8(E.C)
        """
    )
    assert (answer.x0, answer.x1, answer.x2) == (2, 9, 3)


def test_members_are_made_of_the_ones_above(run):
    """In the class a member is the number that it was given, as in Python."""
    answer = run(
        """
        class Mode(u8, Flag):
            READ = 1
            WRITE = 2
            BOTH = READ | WRITE
            ALL = BOTH | 1 << 3

        class Op(u16, Enum):
            FIRST = u16(5)
            NEXT = FIRST + 1
            SAME = FIRST

        def handler() -> tuple[u8, u8, u16, u16]:
            mode = Mode.READ | Mode.WRITE
            log.info(f"{mode == Mode.BOTH} {Mode.BOTH in Mode.ALL} {Op.SAME} {Op.NEXT}")
            return u8(Mode.BOTH), u8(Mode.ALL), u16(Op.NEXT), u16(Op.SAME)
        """
    )
    assert answer.log == ["True True Op.FIRST Op.NEXT"]
    assert (answer.x0, answer.x1, answer.x2, answer.x3) == (3, 11, 6, 5)


def test_final_tables_are_computed_at_build_time(run):
    answer = run(
        """
        def square(n: u32) -> u32:
            return n * n

        SQUARES: Final = Array[u32, N[16]](square(u32(i)) for i in range(16))
        TOTAL: Final[u32] = SQUARES[15] + square(u32(2))

        def handler(n: u32) -> tuple[u32, u32]:
            return SQUARES[n], TOTAL
        """,
        (7,),
    )
    assert (answer.x0, answer.x1) == (49, 229)


def test_a_load_wider_than_the_array_panics(run):
    answer = run(
        """
        def handler(x: u64) -> u64:
            data = Array[u8, N[4]]()
            return data.load(u64, x)
        """,
        ((1 << 64) - 4,),
    )
    assert answer.fault.reason == "INDEX"


@pytest.mark.parametrize("offset", [5, 8, (1 << 64) - 1])
@pytest.mark.parametrize("form", ["store", "store.be"])
def test_stores_outside_panic(run, form, offset):
    source = f"""
        def handler(x: u64) -> u8:
            data = Array[u8, N[8]]()
            data.{form}(x, u32(0x01020304))
            return data[4]
        """
    assert run(source, (4,)).x0 in (1, 4)
    assert run(source, (offset,)).fault.reason == "INDEX"


@pytest.mark.parametrize(
    ("at", "start", "count", "fits"),
    [
        (0, 0, 4, True),
        (4, 0, 4, True),
        (8, 4, 0, True),
        (5, 0, 4, False),
        (0, 1, 4, False),
        (0, 5, 0, False),
        (9, 4, 0, False),
        (0, 0, 5, False),
        (-1, 0, 1, False),
        (0, -1, 1, False),
        (0, 0, -1, False),
    ],
)
def test_copies_outside_panic(run, at, start, count, fits):
    answer = run(
        """
        def handler(at: i64, start: i64, count: i64) -> u8:
            data = Array[u8, N[8]]()
            source = Array[u8, N[4]]([1, 2, 3, 4])
            data.copy_from(source, at, start, count)
            return data[0]
        """,
        (at, start, count),
    )
    assert (answer.fault is None) is fits
    assert fits or answer.fault.reason == "INDEX"


@pytest.mark.parametrize(("at", "start", "fits"), [(4, 0, True), (5, 0, False), (5, 1, True),
                                                   (0, 5, False)])  # fmt: skip
def test_copies_of_the_rest(run, at, start, fits):
    answer = run(
        """
        def handler(at: u32, start: u32) -> u8:
            data = Array[u8, N[8]]()
            source = Array[u8, N[4]]([1, 2, 3, 4])
            data.copy_from(source, at, start)
            return data[7]
        """,
        (at, start),
    )
    assert (answer.fault is None) is fits
    assert answer.x0 == 4 if fits else answer.fault.reason == "INDEX"


@pytest.mark.parametrize("optimize", [False, True])
def test_an_image_is_sound_where_a_constant_offset_never_is(tmp_path, optimize):
    """Found by the oracle: code behind a check that always fails had an address outside the image,
    which the verifier refused."""
    path = tmp_path / "far.py"
    path.write_text(
        HEADER.replace("{needs}", "") + "TABLE: Final = Array[u8, N[4]]([1, 2, 3, 4])\n"
        "cells = Array[u32, N[4]]()\n"
        "@app.smc(0xC600_0001)\n"
        "def handler(x: u64) -> u64:\n"
        "    if x == 1:\n"
        "        return u64(TABLE.load(u16, u64(65536)))\n"
        "    if x == 2:\n"
        "        cells[u32(70000)] = u32(1)\n"
        "    return u64(cells[u8(2)])\n"
    )
    assert build(path, optimize=optimize).elf
