"""LANGUAGE.md section 4: statements."""

import ast

from tests.oracle import constructs as c
from tests.oracle import looks
from tests.oracle.constructs import rows
from tests.oracle.facts import word

ROWS = rows(
    4,
    (
        "assignment with a type",
        "statements.declare",
        c.node(
            ast.AnnAssign, lambda n: n.col_offset > 0 if isinstance(n, ast.AnnAssign) else False
        ),
    ),
    (
        "type without a value",
        "statements._declare_later",
        c.node(
            ast.AnnAssign,
            lambda n: (
                isinstance(n, ast.AnnAssign)
                and n.value is None
                and ast.unparse(n.target).startswith("v")
            ),
        ),
    ),
    (
        "two targets, `a = b = x`",
        "statements._assign",
        c.node(ast.Assign, lambda n: isinstance(n, ast.Assign) and len(n.targets) == 2),
    ),
    ("`+=` `-=` `*=`", "statements.augmentation", c.augmentations(ast.Add, ast.Sub, ast.Mult)),
    ("`//=` `%=`", "statements.augmentation", c.augmentations(ast.FloorDiv, ast.Mod)),
    ("`<<=` `>>=`", "statements.augmentation", c.augmentations(ast.LShift, ast.RShift)),
    (
        "`&=` `|=` `^=`",
        "statements.augmentation",
        c.augmentations(ast.BitAnd, ast.BitOr, ast.BitXor),
    ),
    (
        "tuple unpacked into names and places",
        "statements._bind_items",
        c.node(
            ast.Assign,
            lambda n: (
                isinstance(n, ast.Assign)
                and isinstance(n.targets[0], ast.Tuple)
                and {type(e) for e in n.targets[0].elts} > {ast.Name}
            ),
        ),
    ),
    (
        "two places swapped",
        "statements._swap",
        c.node(
            ast.Assign,
            lambda n: (
                isinstance(n, ast.Assign)
                and isinstance(n.targets[0], ast.Tuple)
                and isinstance(n.value, ast.Tuple)
            ),
        ),
    ),
    (
        "`if`, `elif`, `else`",
        "compound._if",
        c.node(
            ast.If,
            lambda n: (
                isinstance(n, ast.If)
                and len(n.orelse) == 1
                and isinstance(n.orelse[0], ast.If)
                and bool(n.orelse[0].orelse)
            ),
        ),
    ),
    ("conditional expression", "integers._choose", c.node(ast.IfExp)),
    ("`while`", "compound._while", c.node(ast.While)),
    (
        "`while True`",
        "compound._while",
        c.node(ast.While, lambda n: isinstance(n, ast.While) and isinstance(n.test, ast.Constant)),
    ),
    (
        "`while ... else`",
        "compound._else",
        c.node(ast.While, lambda n: isinstance(n, ast.While) and bool(n.orelse)),
    ),
    (
        "`for ... else`",
        "compound._else",
        c.node(ast.For, lambda n: isinstance(n, ast.For) and bool(n.orelse)),
    ),
    (
        "`range(n)`",
        "compound._range",
        looks.looping("range", lambda n: len(looks.arguments(n)) == 1),
    ),
    (
        "`range(a, b)`",
        "compound._range",
        looks.looping("range", lambda n: len(looks.arguments(n)) == 2),
    ),
    (
        "`range(a, b, step)`",
        "compound._range",
        looks.looping("range", lambda n: len(looks.arguments(n)) == 3),
    ),
    (
        "`range` of a value",
        "compound._range",
        looks.looping("range", lambda n: isinstance(looks.arguments(n)[0], ast.BinOp)),
    ),
    (
        "`range` of a counter",
        "compound._range",
        looks.looping("range", lambda n: ast.unparse(looks.arguments(n)[0]).startswith("it")),
    ),
    ("`reversed(range)`", "compound._for_range", looks.looping("reversed")),
    (
        "`for` over an array",
        "compound._for_each",
        lambda f: f.any(ast.For, lambda n: not isinstance(n.iter, ast.Call)),
    ),
    ("`enumerate`", "compound._for_each", looks.looping("enumerate")),
    (
        "`enumerate` from a start",
        "compound._start",
        looks.looping(
            "enumerate",
            lambda n: len(looks.arguments(n)) == 2 or ast.unparse(n.iter).find("start=") > 0,
        ),
    ),
    ("`for` over a view", "compound.for_view", looks.over_view),
    (
        "`for _`",
        "compound._for_range",
        c.node(ast.For, lambda n: isinstance(n, ast.For) and ast.unparse(n.target) == "_"),
    ),
    ("arithmetic on a counter", "integers._counter", c.written("(it")),
    ("`break`, `continue`", "statements._leave", (c.node(ast.Break), c.node(ast.Continue))),
    (
        "`match` of integers",
        "matching._match_integer",
        looks.pattern(
            ast.MatchValue,
            lambda n: isinstance(n, ast.MatchValue) and isinstance(n.value, ast.Constant),
        ),
    ),
    (
        "`case` of a negative value",
        "matching._values",
        looks.pattern(
            ast.MatchValue,
            lambda n: isinstance(n, ast.MatchValue) and isinstance(n.value, ast.UnaryOp),
        ),
    ),
    (
        "`case` of members",
        "matching._match_enum",
        looks.pattern(
            ast.MatchValue,
            lambda n: isinstance(n, ast.MatchValue) and "Kind" in ast.unparse(n.value),
        ),
    ),
    (
        "`match` of flags",
        "matching._match_enum",
        looks.pattern(
            ast.MatchValue,
            lambda n: isinstance(n, ast.MatchValue) and "Flags" in ast.unparse(n.value),
        ),
    ),
    (
        "`case` of a constant of `smccc`, `psci`",
        "matching._values",
        looks.pattern(
            ast.MatchValue,
            lambda n: isinstance(n, ast.MatchValue) and "smccc." in ast.unparse(n.value),
        ),
    ),
    ("`case` of bool", "matching._match_bool", looks.pattern(ast.MatchSingleton)),
    ("or-pattern", "matching._values", looks.pattern(ast.MatchOr)),
    (
        "capture",
        "matching._match_last",
        looks.pattern(
            ast.MatchAs, lambda n: isinstance(n, ast.MatchAs) and bool(n.name) and n.pattern is None
        ),
    ),
    (
        "capture of a pattern, `as`",
        "matching._capture",
        looks.pattern(
            ast.MatchAs,
            lambda n: isinstance(n, ast.MatchAs) and bool(n.name) and n.pattern is not None,
        ),
    ),
    (
        "`case _`",
        "matching._match_integer",
        looks.pattern(ast.MatchAs, lambda n: isinstance(n, ast.MatchAs) and not n.name),
    ),
    (
        "guard",
        "matching._case",
        c.node(ast.match_case, lambda n: isinstance(n, ast.match_case) and n.guard is not None),
    ),
    ("`match` of all members", "matching._match_enum", looks.exhaustive),
    (
        "`with` of several",
        "hypervisor._map_page",
        c.node(ast.With, lambda n: isinstance(n, ast.With) and len(n.items) > 1),
    ),
    (
        "`assert`",
        "statements._assert",
        c.node(ast.Assert, lambda n: isinstance(n, ast.Assert) and n.msg is None),
    ),
    (
        "`assert` with a message",
        "statements._assert",
        c.node(
            ast.Assert, lambda n: isinstance(n, ast.Assert) and isinstance(n.msg, ast.JoinedStr)
        ),
    ),
    ("`return` in a loop", "statements.leaving", lambda f: looks.early(f, ast.For)),
    (
        "`return` without a value",
        "statements.leaving",
        c.node(ast.Return, lambda n: isinstance(n, ast.Return) and n.value is None),
    ),
    ("`pass`", "statements._leave", c.node(ast.Pass)),
    ("`global`", "routines.globals_of", c.node(ast.Global)),
    ("`len` of an array", "values.measure", c.calling("len")),
    ("`len` of a view", "services.read", c.written("len(page")),
    ("negative constant index", "expressions.index", looks.negative_index),
    (
        "index of any type",
        "expressions.index",
        c.node(
            ast.Subscript, lambda n: isinstance(n, ast.Subscript) and isinstance(n.slice, ast.BinOp)
        ),
    ),
    (
        "parameter with a default",
        "routines.head",
        lambda f: any(n.args.defaults for n in f.functions()),
    ),
    ("default that is used", "expressions._passed", looks.default_used),
    ("keyword arguments", "expressions._passed", lambda f: looks.keyword_call(f, disorder=False)),
    (
        "keyword arguments in another order",
        "expressions._passed",
        lambda f: looks.keyword_call(f, disorder=True),
    ),
    (
        "function that does not return",
        "routines._fails",
        lambda f: any(looks.returns(n) == "NoReturn" for n in f.functions()),
    ),
    (
        "procedure",
        "routines._result",
        lambda f: any(looks.returns(n) == "None" and not n.decorator_list for n in f.functions()),
    ),
    ("`fill`", "aggregates._block_method", c.calling(".fill")),
    ("`copy_from`", "aggregates._copy_from", c.calling(".copy_from")),
    (
        "`copy_from` by keyword",
        "aggregates.ranges",
        c.calling(".copy_from(at=)", ".copy_from(start=)", ".copy_from(count=)"),
    ),
    ("`load`, `.le`, `.be`", "integers._load", c.each_called(".load", ".load.le", ".load.be")),
    (
        "`load` of a struct",
        "integers._field_of_loaded",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) == ".load"
                and "Struct" in ast.unparse(n.args[0])
            ),
        ),
    ),
    (
        "`store`, `.le`, `.be`",
        "aggregates._store_bytes",
        c.each_called(".store", ".store.le", ".store.be"),
    ),
    (
        "`store` of a struct",
        "aggregates._store_bytes",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call) and word(n) == ".store" and isinstance(n.args[1], ast.Name)
            ),
        ),
    ),
    (
        "constants of `smccc`, `psci`",
        "values.architecture",
        (c.written("smccc."), c.written("psci.")),
    ),
)
