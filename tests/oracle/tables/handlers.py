"""LANGUAGE.md section 5: handlers."""

import ast

from tests.oracle import constructs as c
from tests.oracle import looks
from tests.oracle.constructs import rows
from tests.oracle.facts import word

ROWS = rows(
    5,
    ("`@app.init`", "handlers._init", c.handling("init")),
    ("`@app.smc`", "handlers._decorators", c.handling("smc")),
    ("`@app.hvc`", "handlers._decorators", c.handling("hvc")),
    ("several identifiers", "handlers._decorators", c.handling("smc", looks.wide_decorator)),
    ("range of identifiers", "handlers._decorators", c.handling("smc", looks.ranged)),
    ("two decorators", "handlers._decorators", looks.both),
    ("no parameters", "handlers._call", c.handling("smc", lambda f, d: not f.args.args)),
    ("seven parameters", "handlers._call", looks.seven),
    (
        "`SmcCall`",
        "handlers._call",
        c.handling("smc", lambda f, d: "SmcCall" in " ".join(looks.parameters(f))),
    ),
    ("result: none", "handlers._result", looks.resulting("None")),
    (
        "result: an integer",
        "handlers._result",
        c.handling("smc", lambda f, d: looks.returns(f) in looks.INTEGERS),
    ),
    ("result: tuple", "handlers._result", looks.resulting("tuple[")),
    (
        "result: `SmcResult`",
        "handlers._result",
        c.handling("smc", lambda f, d: looks.returns(f) == "SmcResult"),
    ),
    ("result: `SmcResult8`", "handlers._result", looks.resulting("SmcResult8")),
    ("`@app.mmio_read`", "handlers._mmio", c.handling("mmio_read")),
    ("`@app.mmio_write`", "handlers._mmio", c.handling("mmio_write")),
    ("posted writes", "handlers._mmio", c.handling("mmio_write", looks.posted)),
    ("`@app.timer`", "handlers._timer", c.handling("timer")),
    (
        "`@app.event`, created",
        "handlers._events",
        c.handling("event", lambda f, d: "CREATED" in ast.unparse(d)),
    ),
    (
        "`@app.event`, destroyed",
        "handlers._events",
        c.handling("event", lambda f, d: "DESTROYED" in ast.unparse(d)),
    ),
    (
        "several handlers",
        "handlers.handlers",
        lambda f: sum(bool(n.decorator_list) for n in f.functions()) > 2,
    ),
    (
        "handler that is called by name",
        "handlers._call",
        lambda f: f.any(ast.Call, lambda n: word(n).startswith("handler")),
    ),
    (
        "`caller` of a request",
        "types.suffixes",
        c.node(ast.Attribute, lambda n: isinstance(n, ast.Attribute) and n.attr == "caller"),
    ),
    ("`not_handled()`", "hypervisor._end", c.calling("not_handled")),
    (
        "`Instances.PER_DOMAIN`, `SHARED`",
        "program._app",
        (c.declaring("Instances.PER_DOMAIN"), c.declaring("Instances.SHARED")),
    ),
    ("`Restart.ON_FAULT`", "program._app", c.declaring("Restart.ON_FAULT")),
    ("`Restart.NEVER`", "program._app", c.declaring("Restart.NEVER")),
    ("`budget_us`", "program._app", c.declaring("budget_us")),
    (
        "`Needs` of every kind",
        "program._app",
        tuple(
            c.declaring(f"Needs.{kind}")
            for kind in ("call_smc", "guest_memory", "io", "irq", "timer")
        ),
    ),
)
