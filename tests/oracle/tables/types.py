"""LANGUAGE.md section 2: types."""

import ast

from tests.oracle import constructs as c
from tests.oracle import looks
from tests.oracle.constructs import rows
from tests.oracle.facts import word

ROWS = rows(
    2,
    ("all eight integer types", "model.World.int_type", c.each_called(*looks.INTEGERS)),
    ("`bool`", "values.boolean", c.written(": bool")),
    ("constant that takes a width of its operand", "integers.operand", looks.untyped_in),
    (
        "... of the other operand, on the left",
        "integers._reversed_operand",
        c.node(ast.BinOp, lambda n: isinstance(n, ast.BinOp) and isinstance(n.left, ast.Constant)),
    ),
    ("... of an element", "values._item", looks.made_from(ast.List)),
    (
        "... as argument of a call of `xap`",
        "services._argument",
        lambda f: f.any(
            ast.Call,
            lambda n: (
                word(n) == "call_smc" and any(isinstance(a, ast.Constant) for a in n.args[1:])
            ),
        ),
    ),
    (
        "array of zeros",
        "values.array",
        lambda f: f.any(ast.Call, lambda n: word(n) == "Array" and not n.args),
    ),
    ("array of a list", "values._items", looks.made_from(ast.List)),
    ("array of a tuple", "values._items", looks.made_from(ast.Tuple)),
    ("array of bytes", "values._bytes", looks.made_from(ast.Constant)),
    ("array of another array", "values.array", looks.made_from(ast.Name)),
    ("arrays of arrays", "aggregates._declare", looks.array_of("Array[")),
    ("arrays of structs", "declarations._kept", looks.array_of("Struct")),
    ("arrays of enumerations", "aggregates._declare", looks.array_of("Kind")),
    ("arrays of bool", "aggregates._declare", looks.array_of("bool")),
    (
        "alias of a length",
        "declarations._aliases",
        lambda f: any(
            isinstance(n.value, ast.Subscript) and ast.unparse(n.value.value).endswith("N")
            for n in f.top(ast.Assign)
        ),
    ),
    (
        "alias of an array",
        "declarations._aliases",
        c.node(ast.Call, lambda n: isinstance(n, ast.Call) and "Block" in word(n)),
    ),
    ("struct with methods", "routines.method", lambda f: any(f.methods())),
    (
        "struct: field without default",
        "declarations._structures",
        lambda f: any(n.value is None for n in f.fields()),
    ),
    (
        "struct in a struct",
        "declarations._field",
        lambda f: any("Struct" in ast.unparse(n.annotation) for n in f.fields()),
    ),
    (
        "array in a struct",
        "declarations._field",
        lambda f: any("Array[" in ast.unparse(n.annotation) for n in f.fields()),
    ),
    (
        "struct: all defaults",
        "values.structure",
        lambda f: looks.constructed(f, lambda n: not n.args and not n.keywords),
    ),
    ("struct: by place", "values._fields", lambda f: looks.constructed(f, lambda n: bool(n.args))),
    (
        "struct: by name",
        "values._fields",
        lambda f: looks.constructed(f, lambda n: bool(n.keywords)),
    ),
    ("`sizeof`", "values.measure", c.calling("sizeof")),
    ("`offsetof`", "values.measure", c.calling("offsetof")),
    (
        "method that is called",
        "expressions.call_of",
        lambda f: f.any(ast.Call, lambda n: word(n).startswith(".method")),
    ),
    ("enumeration", "declarations._enumerations", looks.enumeration("Enum")),
    ("enumeration: `is`, `is not`", "values._same_member", c.comparing(ast.Is, ast.IsNot)),
    (
        "enumeration of an integer",
        "values._to_member",
        lambda f: f.any(ast.Call, lambda n: "Kind" in word(n)),
    ),
    ("flags", "declarations._enumerations", looks.enumeration("Flag")),
    ("flags: `in`, `not in`", "values._other_boolean", c.comparing(ast.In, ast.NotIn)),
    ("flags: `~`", "values.enumeration", c.written("(~Flags")),
    (
        "flags of an integer",
        "values._to_member",
        lambda f: f.any(ast.Call, lambda n: "Flags" in word(n)),
    ),
    (
        "tuple as a result",
        "routines._result",
        lambda f: any(looks.returns(n).startswith("tuple[") for n in f.functions()),
    ),
    (
        "tuple as a parameter",
        "routines._parameters",
        lambda f: any(t.startswith("tuple[") for n in f.functions() for t in looks.parameters(n)),
    ),
    (
        "tuple in a name",
        "statements.declare",
        c.node(ast.AnnAssign, lambda n: ast.unparse(n).find(": tuple[") > 0),
    ),
    (
        "item of a tuple, from either end",
        "integers._from_tuple",
        (c.written(")[1]"), c.written(")[-1]")),
    ),
    (
        "view as a parameter",
        "routines._view",
        lambda f: any("View[" in t for n in f.functions() for t in looks.parameters(n)),
    ),
    ("second name of a part", "aggregates._alias", looks.alias),
    ("name of one of two objects", "aggregates._alias", looks.chosen_alias),
    ("contents stored into an element or field", "aggregates._store", looks.copied_in),
    ("`copy()`", "values.structure", c.calling(".copy")),
    ("`equals` of structs and arrays", "values._other_boolean", c.calling(".equals")),
    (
        "function that gives an aggregate",
        "routines._result",
        lambda f: any("Struct" in looks.returns(n) for n in f.functions()),
    ),
    (
        "parameter that is only read, given a constant",
        "routines._parameters",
        lambda f: f.any(
            ast.Call,
            lambda n: (
                "fn" in word(n) and any(isinstance(a, ast.Name) and "TABLE" in a.id for a in n.args)
            ),
        ),
    ),
)
