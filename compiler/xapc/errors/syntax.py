"""What the grammar of the language does not have here (E01xx; see `xapc.unsupported`)."""

import ast
from dataclasses import dataclass

from xapc.diagnostics import Error


@dataclass(frozen=True, kw_only=True)
class NotHere(Error):
    """The construct belongs to the language, but not at this place: for instance a list is only the
    argument of `Array[...](...)` or the value of `needs=`.

    Wrong:
        def f(x: u32) -> u32:
            y = [x]
            return x

    Right:
        def f(x: u32) -> u32:
            y = Array[u32, N[1]]([x])
            return y[0]
    """

    code = "E0102"
    title = "{what} cannot stand here"

    what: str


@dataclass(frozen=True, kw_only=True)
class NotAtTopLevel(Error):
    """The top level holds imports, one `App`, `Final` constants, state variables, `@struct` and enum
    classes, functions and `static_assert`. The file is never executed, so nothing else would run.

    Wrong:
        for i in range(3):
            pass

    Right:
        def f() -> None:
            for i in range(3):
                pass
    """

    code = "E0103"
    title = "{what} cannot stand at the top level"
    help = "put it into a function, a handler or @app.init"

    what: str


_NAMES: dict[type[ast.AST], str] = {
    ast.FunctionDef: "a function",
    ast.ClassDef: "a class",
    ast.List: "a list",
    ast.GeneratorExp: "a generator",
    ast.JoinedStr: "an f-string",
    ast.Import: "an import",
    ast.ImportFrom: "an import",
    ast.Starred: "a starred expression",
    ast.AugAssign: "an augmented assignment",
    ast.Expr: "an expression",
    ast.Tuple: "a tuple",
}


def syntax_name(node: ast.AST) -> str:
    """What a reader calls a node."""
    name = type(node).__name__.lower()
    return _NAMES.get(type(node), f"'{name}'")
