"""Where a panic is reported (LANGUAGE.md section 6): the same line on every Python.

In each case `#!` marks the line that has to be reported.
"""

import ast
import textwrap

import pytest
import xap
from xap import Panic, host_globals, panic_chain, panic_reason, panic_site
from xaprt.abi import Reason

HEADER = """\
import xap
from enum import Enum
from xap import *
from xap import u8, u16, u32, u64, i8, i64
class Op(u32, Enum):
    A = 0
@struct
class Job:
    id: u8 = u8(255)
    data: Array[u8, N[4]] = Array[u8, N[4]]()
    def grow(self, by: u8) -> u8:
        return self.id + by
job = Job()
data = Array[u8, N[4]]()
big, one, zero = u8(255), u8(1), u8(0)
"""

CASES = {
    "operator": """
        return (
            big  #!
            +
            one
        )
        """,
    "right operand": """
        return (
            one
            + (big  #!
               * big)
        )
        """,
    "augmented": """
        x = big
        x += (  #!
            one
        )
        """,
    "augmented element": """
        data[  #!
            0
        ] -= (
            one
        )
        """,
    "augmented field": """
        job.id += (  #!
            one
        )
        """,
    "unary": """
        return (
            -  #!
            big
        )
        """,
    "division": """
        return (one  #!
                //
                zero)
        """,
    "shift": """
        return (
            big << (  #!
                u8(8)
            )
        )
        """,
    "conversion": """
        return u8(  #!
            u16(
                256
            )
        )
        """,
    "conversion by module": """
        return (
            xap
            .u8(  #!
                256
            )
        )
        """,
    "member": """
        return Op(  #!
            u32(
                7
            )
        )
        """,
    "method": """
        return (
            big
            .with_bits(  #!
                1,
                0,
                big,
            )
        )
        """,
    "method with keywords": """
        return (
            big
            .with_bits(  #!
                hi=1,
                lo=0,
                v=big,
            )
        )
        """,
    "argument of a method": """
        return (
            one
            .wrapping_add(
                big  #!
                + one
            )
        )
        """,
    "builtin": """
        return abs(  #!
            i8(
                -128
            )
        )
        """,
    "index": """
        return (
            data  #!
            [
                u8(4)
            ]
        )
        """,
    "store": """
        data[  #!
            u8(4)
        ] = (
            one
        )
        """,
    "load": """
        return (
            data
            .load(  #!
                u32,
                1,
            )
        )
        """,
    "load.be": """
        return (
            data
            .load
            .be(  #!
                u32,
                1,
            )
        )
        """,
    "copy_from": """
        (
            data
            .copy_from(  #!
                data,
                1,
            )
        )
        """,
    "mapping": """
        with map_guest_page(
            u64(0)
        ) as page:
            return (
                page  #!
                [0]
            )
        """,
    "loop over a view": """
        with map_guest_page(u64(0)) as page:
            for each in (
                page  #!
            ):
                pass
        """,
    "enumerate of a view": """
        with map_guest_page(u64(0)) as page:
            for n, each in enumerate(  #!
                page
            ):
                pass
        """,
    "length of a view": """
        with map_guest_page(u64(0)) as page:
            return len(  #!
                page
            )
        """,
    "range": """
        for n in range(  #!
            u64.MAX
        ):
            pass
        """,
    "panic": """
        panic(  #!
            "over"
        )
        """,
    "assert": """
        assert (  #!
            big
            ==
            one
        )
        """,
    "assert with a message": """
        assert (  #!
            big
            ==
            one
        ), (
            f"{big}"
        )
        """,
    "assert on one line": """
        assert big == one, "text"  #!
        """,
    "assert after another": """
        assert (
            one == 1
        ); assert big == 1  #!
        """,
    "within assert": """
        assert (
            big  #!
            + one
            == one
        )
        """,
    "message of assert": """
        assert (
            big == one
        ), (
            f"{big + one}"  #!
        )
        """,
    "message of log": """
        log.info(
            f"{one} "
            f"{big + one}"  #!
        )
        """,
    "long message": '''
        log.info(f"""
            {one}
            {big + one} #!
        """)
        ''',
    "comparison": """
        return (
            one == 1
            and big  #!
            + one == zero
        )
        """,
    "condition": """
        if (
            one == zero
        ):
            return 1
        elif (
            big  #!
            + one == zero
        ):
            return 2
        """,
    "conditional expression": """
        return (
            one
            if one == zero
            else big  #!
            * big
        )
        """,
    "return of several": """
        return (
            one,
            big  #!
            + one,
        )
        """,
    "subject": """
        match (
            big  #!
            + one
        ):
            case _:
                pass
        """,
    "guard": """
        match one:
            case x if (
                x == 1 and
                big  #!
                + x == 1
            ):
                pass
        """,
    "wrapping": """
        with wrapping():
            return (
                big + one
                + Job(id=one).grow(one)
                + u8(  #!
                    256
                )
            )
        """,
    "array": """
        return Array[u8, N[2]]([
            u8(1),
            u8(  #!
                256
            ),
        ])
        """,
    "argument of a struct": """
        return Job(
            id=(
                big  #!
                + one
            )
        )
        """,
}


def load(folder, body, **options):
    """The function `case` of a module with that body, and the line marked `#!`."""
    text = HEADER + "def case():\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    path = folder / "app.py"
    path.write_text(text + "\n", encoding="utf-8")
    source = ast.parse(text) if options.get("from_tree") else text
    namespace = {**host_globals(), "__name__": "app"}
    exec(compile(source, str(path), "exec", dont_inherit=True), namespace)
    marked = [n for n, line in enumerate(text.splitlines(), 1) if "#!" in line]
    return namespace["case"], str(path), marked[0] if marked else None


def raised(function):
    with pytest.raises((Panic, AssertionError)) as caught:
        function()
    return caught.value


@pytest.mark.parametrize("from_tree", [False, True], ids=["source", "tree"])
@pytest.mark.parametrize("name", list(CASES))
def test_site(tmp_path, name, from_tree):
    function, path, line = load(tmp_path, CASES[name], from_tree=from_tree)
    error = raised(function)
    assert panic_site(error) == (path, line)
    assert panic_chain(error)[0] == ("case", path, line)


CHAIN = """
def leaf(x):
    return x + 1
@struct
class Deep:
    id: u8 = u8(255)
    def climb(self):
        return leaf(
            self.id
        )
def middle(deep):
    return (
        deep
        .climb()
    )
def case():
    return middle(Deep())
"""


def test_chain_is_innermost_first_and_names_calls_by_their_line(tmp_path):
    text = HEADER + CHAIN
    path = tmp_path / "app.py"
    path.write_text(text, encoding="utf-8")
    namespace = {"__name__": "app"}
    exec(compile(text, str(path), "exec"), namespace)
    chain = panic_chain(raised(namespace["case"]))
    first = len(HEADER.splitlines())
    assert chain[:4] == [
        ("leaf", str(path), first + 3),
        ("climb", str(path), first + 8),
        ("middle", str(path), first + 14),
        ("case", str(path), first + 17),
    ]
    assert chain[-1][0] == "raised", "the frames that called are there, too"


def test_without_a_readable_source_the_line_is_python_s():
    namespace = {}
    exec(compile("\n\ndef case():\n    assert 1 == 2\n", "<nowhere>", "exec"), namespace)
    assert panic_site(raised(namespace["case"])) == ("<nowhere>", 4)


def test_a_source_that_changed_is_read_again(tmp_path):
    for body in ("assert (\n  1 == 2  #!\n)", "x = 1\n\nassert (\n  1 == 2\n)"):
        function, _, _ = load(tmp_path, body)
        expected = len(HEADER.splitlines()) + 1 + body.splitlines().index("assert (") + 1
        assert panic_site(raised(function))[1] == expected


def test_tools_are_no_part_of_the_chain(tmp_path):
    namespace = {"__name__": "xap_harness.host.backend"}
    exec("def run(case):\n    case()\n", namespace)
    function, path, line = load(tmp_path, CASES["panic"])
    chain = panic_chain(raised(lambda: namespace["run"](function)))
    assert chain[0] == ("case", path, line)
    assert "run" not in [function for function, _, _ in chain]


def test_an_exception_of_the_sdk_alone_has_no_site():
    error = Panic(Reason.PANIC, "never raised")
    assert panic_chain(error) == []
    with pytest.raises(ValueError):
        panic_site(error)


def test_reasons():
    assert panic_reason(Panic(Reason.SHIFT, detail="by 9")) == (Reason.SHIFT, "")
    assert panic_reason(Panic(Reason.PANIC, "over")) == (Reason.PANIC, "over")
    assert panic_reason(AssertionError("text")) == (Reason.ASSERT, "text")
    assert panic_reason(AssertionError()) == (Reason.ASSERT, "")
    with pytest.raises(TypeError):
        panic_reason(xap.NotHandled())


def test_a_failed_check_has_a_detail_but_no_message():
    with pytest.raises(Panic) as caught:
        xap.u8(255) + 1
    assert caught.value.message == ""
    assert str(caught.value) == "OVERFLOW: 256 does not fit u8"
