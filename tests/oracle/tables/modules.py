"""LANGUAGE.md section 1: a module."""

import ast

from tests.oracle import constructs as c
from tests.oracle import looks
from tests.oracle.constructs import rows
from tests.oracle.facts import word

ROWS = rows(
    1,
    (
        "`from xap import ...`",
        "modules.header",
        lambda f: any(n.module == "xap" for n in f.top(ast.ImportFrom)),
    ),
    ("`import xap`, also `as`", "modules.spelled", lambda f: any(f.top(ast.Import))),
    (
        "constant without a width",
        "declarations._untyped",
        lambda f: any(isinstance(v, ast.Constant) and type(v.value) is int for v in f.finals()),
    ),
    (
        "constant of constants, `**`, `<<`",
        "declarations._untyped",
        lambda f: any(
            isinstance(v, ast.BinOp) and isinstance(v.op, ast.Pow)
            for e in f.finals()
            for v in ast.walk(e)
        ),
    ),
    ("constant with a width, `Final[T]`", "declarations._typed", c.written("Final[u")),
    (
        "constant of text",
        "declarations._texts",
        lambda f: any(isinstance(v, ast.Constant) and isinstance(v.value, str) for v in f.finals()),
    ),
    (
        "constant of bytes",
        "declarations._texts",
        lambda f: any(
            isinstance(v, ast.Constant) and isinstance(v.value, bytes) for v in f.finals()
        ),
    ),
    (
        "constant computed by a function",
        "declarations._computed",
        lambda f: any(isinstance(v, ast.BinOp) and "pure" in ast.unparse(v) for v in f.finals()),
    ),
    ("table of a generator", "declarations._table", looks.generated(lambda n: True)),
    (
        "... by a function, which may be a sibling's",
        "declarations._table",
        looks.generated(lambda n: isinstance(n.elt, ast.Call) and ".wrap" not in word(n.elt)),
    ),
    ("... with `if`", "declarations._table", looks.generated(lambda n: bool(n.generators[0].ifs))),
    (
        "... over an array",
        "declarations._table",
        looks.generated(lambda n: isinstance(n.generators[0].iter, ast.Name)),
    ),
    (
        "table of a list",
        "declarations._table",
        lambda f: any(
            word(v) == "Array"
            and isinstance(v, ast.Call)
            and bool(v.args)
            and isinstance(v.args[0], ast.List)
            for v in f.finals()
        ),
    ),
    (
        "constant struct",
        "declarations._table",
        lambda f: any("Struct" in word(v) for v in f.finals()),
    ),
    ("state: scalars", "declarations.scalars", looks.scalar_state),
    (
        "state: arrays",
        "declarations._kept",
        lambda f: any(word(n.value) == "Array" for n in f.top(ast.Assign)),
    ),
    (
        "state: structs",
        "declarations._kept",
        lambda f: any("Struct" in word(n.value) for n in f.top(ast.Assign)),
    ),
    (
        "state with an annotation",
        "declarations._variable",
        lambda f: any("Final" not in ast.unparse(n.annotation) for n in f.top(ast.AnnAssign)),
    ),
    ("`static_assert`", "declarations._assertions", c.calling("static_assert")),
    ("a function above what it calls", "program._main", looks.below),
    ("sibling: functions", "modules.imports", looks.importing("fn")),
    ("sibling: structs", "modules.imports", looks.importing("Struct")),
    ("sibling: enumerations", "modules.imports", looks.importing("Kind")),
    ("sibling: flags", "modules.imports", looks.importing("Flags")),
    ("sibling: constants", "modules.imports", looks.importing("K")),
    ("sibling: tables", "modules.imports", looks.importing("TABLE")),
    ("sibling: text and bytes", "modules.imports", looks.importing("T")),
    ("sibling: state", "modules.imports", looks.importing("g")),
    (
        "sibling: `import ... as`",
        "modules._take",
        lambda f: any(a.asname for a in looks.sibling(f)),
    ),
    (
        "sibling of a sibling",
        "modules.sibling",
        lambda f: (
            len(f.trees) > 2
            and any(isinstance(n, ast.ImportFrom) and n.module == "low" for n in f.trees[1].body)
        ),
    ),
    (
        "docstring",
        "routines.function",
        lambda f: any(ast.get_docstring(n) is not None for n in f.functions()),
    ),
)
