"""LANGUAGE.md section 6: calling the hypervisor."""

import ast

from tests.oracle import constructs as c
from tests.oracle import looks
from tests.oracle.constructs import rows
from tests.oracle.facts import word

ROWS = rows(
    6,
    ("`log` at four levels", "statements.log", c.each_called(".error", ".warn", ".info", ".debug")),
    (
        "message without values",
        "statements.log",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) == ".info"
                and isinstance(n.args[0], ast.Constant)
            ),
        ),
    ),
    (
        "message that is a constant",
        "statements.log",
        c.node(
            ast.Call,
            lambda n: (
                isinstance(n, ast.Call)
                and word(n) in (".info", ".warn")
                and isinstance(n.args[0], ast.Name)
            ),
        ),
    ),
    ("`{x}`, `:d`", "statements._formatted", looks.formatting("d")),
    ("`{x:x}`, `:X`", "statements._formatted", looks.formatting("x", "X", "#x")),
    ("`{x:#010x}`", "statements._formatted", looks.formatting("#010x")),
    ("`{x:b}`, `:o`, widths", "statements._formatted", looks.formatting("#b", "o", "5", "08d")),
    ("a bool in a message", "statements._formatted", looks.formats("True")),
    ("a member in a message", "statements._formatted", looks.formats("Kind")),
    ("`log.hexdump`", "hypervisor._hexdump", c.calling(".hexdump")),
    ("`call_smc`", "services.call_smc", c.calling("call_smc")),
    ("`call_smc` by keyword", "services.call_smc", c.one_of("call_smc(x1=)", "call_smc(x2=)")),
    (
        "`call_smc` of any identifier",
        "services.call_smc",
        lambda f: f.any(
            ast.Call, lambda n: word(n) == "call_smc" and not isinstance(n.args[0], ast.Constant)
        ),
    ),
    (
        "`map_guest_page`, read-only",
        "hypervisor._map_page",
        lambda f: f.any(
            ast.Call, lambda n: word(n) == "map_guest_page" and len(n.args) == 1 and not n.keywords
        ),
    ),
    (
        "`map_guest_page`, writable",
        "hypervisor._map_page",
        lambda f: f.calls("map_guest_page(writable=)"),
    ),
    (
        "two pages at once",
        "hypervisor._map",
        lambda f: f.any(
            ast.With,
            lambda n: (
                sum(
                    word(i.context_expr) == "map_guest_page"
                    for w in ast.walk(n)
                    if isinstance(w, ast.With)
                    for i in w.items
                )
                > 1
            ),
        ),
    ),
    ("truth of a view", "hypervisor._with_page", looks.tests_view),
    (
        "`error` of a view",
        "hypervisor._without",
        c.node(
            ast.Attribute,
            lambda n: (
                isinstance(n, ast.Attribute)
                and n.attr == "error"
                and ast.unparse(n.value).startswith("page")
            ),
        ),
    ),
    (
        "item of a page read",
        "services.read",
        c.node(
            ast.Subscript,
            lambda n: (
                isinstance(n, ast.Subscript)
                and isinstance(n.ctx, ast.Load)
                and ast.unparse(n.value).startswith("page")
            ),
        ),
    ),
    (
        "item of a page written",
        "hypervisor._item",
        c.node(
            ast.Subscript,
            lambda n: (
                isinstance(n, ast.Subscript)
                and isinstance(n.ctx, ast.Store)
                and ast.unparse(n.value).startswith("page")
            ),
        ),
    ),
    (
        "struct loaded from a page",
        "services.read",
        lambda f: f.any(
            ast.Call,
            lambda n: (
                word(n) == ".load"
                and "Struct" in ast.unparse(n.args[0])
                and ast.unparse(n.func).startswith("page")
            ),
        ),
    ),
    (
        "struct stored in a page",
        "hypervisor._write_page",
        lambda f: f.any(
            ast.Call,
            lambda n: (
                word(n) == ".store"
                and isinstance(n.args[1], ast.Name)
                and ast.unparse(n.func).startswith("page")
            ),
        ),
    ),
    (
        "page filled",
        "hypervisor._write_page",
        lambda f: f.any(
            ast.Call, lambda n: word(n) == ".fill" and ast.unparse(n.func).startswith("page")
        ),
    ),
    (
        "page copied to and from",
        "hypervisor._copy",
        lambda f: f.any(
            ast.Call, lambda n: word(n) == ".copy_from" and ast.unparse(n.func).startswith("page")
        ),
    ),
    ("`return` out of a mapping", "hypervisor._without", lambda f: looks.early(f, ast.With)),
    ("`map_io`", "hypervisor._map_io", c.calling("map_io")),
    (
        "register read",
        "services.read",
        c.node(
            ast.Subscript,
            lambda n: (
                isinstance(n, ast.Subscript)
                and isinstance(n.ctx, ast.Load)
                and ast.unparse(n.value).startswith("regs")
            ),
        ),
    ),
    (
        "register written",
        "hypervisor._item",
        c.node(
            ast.Assign, lambda n: isinstance(n, ast.Assign) and ast.unparse(n).startswith("regs")
        ),
    ),
    (
        "register updated",
        "hypervisor._item",
        c.node(
            ast.AugAssign,
            lambda n: isinstance(n, ast.AugAssign) and ast.unparse(n).startswith("regs"),
        ),
    ),
    (
        "registers copied",
        "hypervisor._copy",
        lambda f: f.any(ast.Call, lambda n: word(n) == ".copy_from" and "regs" in ast.unparse(n)),
    ),
    ("`inject_irq`", "services.inject_irq", c.calling("inject_irq")),
    ("`set_timer`", "services.set_timer", c.calling("set_timer")),
    ("`now_ns`", "services.number", c.calling("now_ns")),
    ("`caller()`", "services.identity", c.calling("caller")),
    ("`panic`", "hypervisor._end", c.calling("panic")),
)
