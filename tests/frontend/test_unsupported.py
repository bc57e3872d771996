"""Python's syntax is either part of the language or in the table of `xapc.unsupported`."""

import ast
import sys
from pathlib import Path

import pytest
from xapc.unsupported import LITERALS, NESTED, SYNTAX

from tests.frontend.apps import HEAD, app, errors_of

NEWER = {
    (3, 12): """
        TypeAlias: type X = u32
        TypeVar: def f[T](x: u32) -> None: pass
        ParamSpec: def f[**P](x: u32) -> None: pass
        TypeVarTuple: def f[*Ts](x: u32) -> None: pass
    """,
    (3, 14): """
        TemplateStr: panic(t"text")
        Interpolation: panic(t"{x}")
    """,
}

SNIPPETS = """
    AsyncFunctionDef: async def f() -> None: pass
    AsyncFor: async for i in x: pass
    AsyncWith: async with x: pass
    Await: await x
    Delete: del x
    Raise: raise x
    Try: try: pass; finally: pass
    TryStar: try: pass; except* E: pass
    Nonlocal: nonlocal x
    NamedExpr: (y := x)
    Lambda: f = lambda: x
    Dict: y = {x: x}
    Set: y = {x}
    ListComp: y = [i for i in x]
    SetComp: y = {i for i in x}
    DictComp: y = {i: i for i in x}
    Yield: yield x
    YieldFrom: yield from x
    Starred: f(*x)
    keyword: f(**x)
    Slice: y = x[1:2]
    MatMult: y = x @ x
"""

IN_USE = """
import xap

LIMIT: Final = 2**4 - 1

class Op(u32, Enum):
    READ = 0
    WRITE = 1

class Bits(u32, Flag):
    A = 1
    B = 2

@struct
class Job:
    id: u32 = u32(0)

TABLE: Final = Array[u32, N[4]](u32(i) for i in range(4) if i < 9)
static_assert(LIMIT == 15, "fifteen")

@app.smc(0xC600_0001)
def handle(x: u32, y: u32) -> tuple[u32, u32]:
    global count
    count += 1
    z: u32 = (x + y - x * y // 3 % 5) << 1 >> 1
    z, w = z & 1, y | z ^ x
    z = -(~z)
    z = +z if x == y and not x != y or x < y <= z > w >= x else w
    op = Op.READ
    while op is Op.READ and op is not Op.WRITE:
        op = Op(x)
        break
    for i in range(3):
        if i == 1:
            continue
    else:
        pass
    match z:
        case 1 | 2:
            return x, y
        case other if other > LIMIT:
            log.info(f"{other:#x} {z}")
        case (5 as five):
            log.info("five", )
        case _:
            pass
    match x == y:
        case True:
            pass
        case False:
            pass
    with wrapping():
        z += 1
    flags = Bits.A | Bits.B
    assert Bits.A in flags or Bits.A not in flags, "odd"
    a = Array[u32, N[2]]([z, 1])
    job = Job(id=a[0])
    return job.id, TABLE[x]
"""

CHECKED = {
    "MatchSequence": "match x:\n        case [y]:\n            pass",
    "MatchMapping": "match x:\n        case {1: y}:\n            pass",
    "MatchClass": "match x:\n        case u32(y):\n            pass",
    "MatchStar": "match x:\n        case [*y]:\n            pass",
    "Div": "x / x",
}
"""What `xapc.check` refuses with errors of its own."""

NOT_OF_A_FILE = {"mod", "expr", "stmt", "Interactive", "Expression", "FunctionType"}
"""Bases without nodes, and what `ast.parse` makes in other modes."""
DEPRECATED = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice"}
ABSTRACT_SINCE_3_9 = {"Suite", "AugLoad", "AugStore", "Param", "slice"}
TYPE_COMMENTS = {"type_ignore", "TypeIgnore"}
"""Which `ast.parse` leaves out unless it is asked for them."""
PARTS = {"ExceptHandler", "Del"}
"""Of statements that are in the table."""


def concrete(base: type = ast.AST) -> set[str]:
    """Names of the classes that nodes of a file have."""
    below: list[type] = base.__subclasses__()
    if not below and base.__module__ in ("ast", "_ast"):
        return {base.__name__}
    return {name for each in below for name in concrete(each)} | (
        # A class of its own that others derive from; only deprecated ones do.
        {base.__name__} if base is ast.Constant else set()
    )


def snippets() -> dict[str, str]:
    lines = SNIPPETS.splitlines()
    for version, more in NEWER.items():
        if sys.version_info >= version:
            lines += more.splitlines()
    pairs = (line.strip().partition(": ") for line in lines if line.strip())
    return {name: text for name, _, text in pairs}


def test_section_7_every_class_of_ast_is_known_or_in_the_table() -> None:
    tree = ast.parse(app(IN_USE))
    in_use = {type(node).__name__ for node in ast.walk(tree)}
    table = {kind.__name__ for kind in SYNTAX} - {"keyword"}
    known = in_use | set(CHECKED) | table
    ignored = NOT_OF_A_FILE | DEPRECATED | ABSTRACT_SINCE_3_9 | TYPE_COMMENTS | PARTS
    assert concrete() - ignored - known == set()
    assert not table & (in_use | set(CHECKED))


def test_what_is_in_use_compiles(tmp_path: Path) -> None:
    assert errors_of(tmp_path / "app.py", app(IN_USE)) == []


@pytest.mark.parametrize("name", sorted(snippets()))
def test_section_7_absent_syntax_has_reason_and_alternative(name: str, tmp_path: Path) -> None:
    body = "\n    ".join(snippets()[name].split("; "))
    inner = f"async def g(x: u32) -> None:\n    {body}\n"
    if name == "Nonlocal":
        inner = "def g(x: u32) -> None:\n    def h() -> None:\n        nonlocal x\n"
    elif name in ("AsyncFunctionDef", "TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"):
        inner = f"{body}\n"
    elif not name.startswith("A"):
        inner = inner.removeprefix("async ")
    (error,) = errors_of(tmp_path / "app.py", app(inner))
    assert error.code == "E0104"
    (note,) = error.note_texts
    assert len(note) > 20
    assert len(error.help_text) > 3
    assert error.span.line > HEAD.count("\n")


@pytest.mark.parametrize("name", sorted(CHECKED))
def test_syntax_with_errors_of_its_own(name: str, tmp_path: Path) -> None:
    body = f"def g(x: u32) -> None:\n    {CHECKED[name]}\n"
    (error,) = errors_of(tmp_path / "app.py", app(body))
    assert error.code != "E0104"
    assert error.span.line > HEAD.count("\n")


@pytest.mark.parametrize("kind", NESTED, ids=lambda kind: kind.__name__)
def test_what_belongs_to_the_top_level_says_so(kind: type[ast.AST], tmp_path: Path) -> None:
    inner = {
        ast.FunctionDef: "def h() -> None:\n        pass\n    h()",
        ast.ClassDef: "class H:\n        pass\n    H()",
        ast.Import: "import os\n    os.getpid()",
        ast.ImportFrom: "from os import getpid\n    getpid()",
    }[kind]
    (error,) = errors_of(tmp_path / "app.py", app(f"def g() -> None:\n    {inner}\n"))
    assert (error.code, error.span.column) == ("E0104", 5)
    assert "in a function" in error.message


@pytest.mark.parametrize("kind", LITERALS, ids=lambda kind: kind.__name__)
def test_constants_of_other_types(kind: type, tmp_path: Path) -> None:
    literal = {float: "1.5", complex: "1.5j"}[kind]
    body = f"def g(x: u32) -> u32:\n    y = x * {literal}\n    return y\n"
    (error,) = errors_of(tmp_path / "app.py", app(body))
    assert error.code == "E0104"
    assert error.message.startswith(LITERALS[kind].what)
