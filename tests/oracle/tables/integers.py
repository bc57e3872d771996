"""LANGUAGE.md section 3: integers."""

import ast

from tests.oracle import constructs as c
from tests.oracle import looks
from tests.oracle.constructs import rows
from tests.oracle.facts import word

ROWS = rows(
    3,
    ("`+` `-` `*`", "integers._arith", c.operators(ast.Add, ast.Sub, ast.Mult)),
    ("`//`", "integers._arith", c.operator(ast.FloorDiv)),
    ("`%`", "integers._arith", c.operator(ast.Mod)),
    ("unary `-` `+` `~`", "integers._unary", c.signs(ast.USub, ast.UAdd, ast.Invert)),
    ("`abs`", "integers._unary", c.calling("abs")),
    ("`&` `|` `^`", "integers._bits", c.operators(ast.BitAnd, ast.BitOr, ast.BitXor)),
    ("`<<` `>>`", "integers._shift", c.operators(ast.LShift, ast.RShift)),
    (
        "bits of bool",
        "values._other_boolean",
        c.node(ast.BinOp, lambda n: isinstance(n, ast.BinOp) and isinstance(n.left, ast.Compare)),
    ),
    (
        "conversion that checks",
        "integers._convert",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) in looks.INTEGERS
                and bool(n.args)
                and isinstance(n.args[0], ast.BinOp)
            ),
        ),
    ),
    ("`wrap`, `saturate`", "integers._convert", c.each_called(".wrap", ".saturate")),
    (
        "integer of a bool",
        "integers._convert",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) in looks.INTEGERS
                and bool(n.args)
                and isinstance(n.args[0], (ast.BoolOp, ast.Compare))
            ),
        ),
    ),
    (
        "integer of an enumeration",
        "integers._convert",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) in looks.INTEGERS
                and bool(n.args)
                and ast.unparse(n.args[0]).startswith(("Kind", "Flags"))
            ),
        ),
    ),
    ("`with wrapping()`", "compound._wrapping", c.calling("wrapping")),
    (
        "`wrapping_add`, `_sub`, `_mul`",
        "integers._method",
        c.each_called(".wrapping_add", ".wrapping_sub", ".wrapping_mul"),
    ),
    (
        "`saturating_add`, `_sub`",
        "integers._method",
        c.each_called(".saturating_add", ".saturating_sub"),
    ),
    (
        "`mul_wide`: high and low",
        "integers._low_half",
        (
            c.node(
                ast.Subscript,
                lambda n: (
                    isinstance(n, ast.Subscript)
                    and word(n.value) == ".mul_wide"
                    and ast.unparse(n.slice) == "0"
                ),
            ),
            c.node(
                ast.Subscript,
                lambda n: (
                    isinstance(n, ast.Subscript)
                    and word(n.value) == ".mul_wide"
                    and ast.unparse(n.slice) == "1"
                ),
            ),
        ),
    ),
    (
        "`mul_wide`, unpacked",
        "statements._unpack",
        c.node(ast.Assign, lambda n: isinstance(n, ast.Assign) and word(n.value) == ".mul_wide"),
    ),
    ("`rotate_left`, `_right`", "integers._method", c.each_called(".rotate_left", ".rotate_right")),
    ("`byteswap`", "integers._method", c.calling(".byteswap")),
    ("`count_ones`", "integers._count", c.calling(".count_ones")),
    (
        "`leading_zeros`, `trailing_zeros`",
        "integers._count",
        c.each_called(".leading_zeros", ".trailing_zeros"),
    ),
    (
        "`bit` of a constant",
        "values._other_boolean",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) == ".bit"
                and isinstance(n.args[0], ast.Constant)
            ),
        ),
    ),
    (
        "`bit` of any integer",
        "values._other_boolean",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) == ".bit"
                and not isinstance(n.args[0], ast.Constant)
            ),
        ),
    ),
    ("`bits`", "integers._method", c.calling(".bits")),
    ("`with_bits`", "integers._method", c.calling(".with_bits")),
    ("`min`, `max` of two", "integers._extreme", c.each_called("min", "max")),
    (
        "`min`, `max` of three",
        "integers._extreme",
        c.node(
            ast.Call,
            lambda n: isinstance(n, ast.Call) and word(n) in ("min", "max") and len(n.args) == 3,
        ),
    ),
    (
        "`MIN`, `MAX`, `BITS`",
        "expressions.leaf",
        (c.written("32.MIN"), c.written("32.MAX"), c.written("32.BITS")),
    ),
    (
        "all six comparisons",
        "values.boolean",
        c.comparing(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    ),
    (
        "chain of comparisons",
        "values.boolean",
        c.node(ast.Compare, lambda n: isinstance(n, ast.Compare) and len(n.ops) > 1),
    ),
    ("`and`, `or`", "values.boolean", (c.written(") and ("), c.written(") or ("))),
    (
        "`not`",
        "values.boolean",
        c.node(ast.UnaryOp, lambda n: isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not)),
    ),
)
