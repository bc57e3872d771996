"""Text and grammar (E01xx): what is not Python, and what the language leaves out of it."""

import ast
import re
from dataclasses import dataclass

from xapc.diagnostics import Error
from xapc.errors.edits import insert
from xapc.errors.mending import mended
from xapc.source import Span


@dataclass(frozen=True, kw_only=True)
class NotPython(Error):
    """An app is a legal Python file first: everything that Python refuses when it compiles a
    file (never when it runs one) is refused here too, in Python's words. Nothing else of the
    file is looked at until it is Python.

    Wrong:
        def f(x: u32) -> u32
            return x

    Right:
        def f(x: u32) -> u32:
            return x
    """

    code = "E0101"
    title = "this is not Python: {text}"
    help = "{hint}"

    text: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class NotHere(Error):
    """The construct belongs to the language, but not at this place: for instance a list is
    only the argument of `Array[...](...)` or the value of `needs=`.

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
    help = "{hint}"

    what: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class NotAtTopLevel(Error):
    """The top level holds imports, one `App`, `Final` constants, state variables, `@struct` and
    enum classes, functions and `static_assert`. The file is never executed, so nothing else
    would run.

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
    help = "{hint}"

    what: str
    hint: str = "put it into a function, a handler or @app.init"


@dataclass(frozen=True, kw_only=True)
class Unsupported(Error):
    """An app runs without a heap, without exceptions and in a stack whose size is known when it
    is built, and it means the same under CPython. Constructs of Python that cannot keep this are
    left out, each with its reason and with what to write instead.

    Wrong:
        def f(x: u32) -> u32:
            twice = lambda n: n * 2
            return twice(x)

    Right:
        def twice(n: u32) -> u32:
            return n * 2
        def f(x: u32) -> u32:
            return twice(x)
    """

    code = "E0104"
    title = "{what} is not part of the language"
    notes = ("{reason}",)
    help = "{instead}"

    what: str
    reason: str
    instead: str


@dataclass(frozen=True, kw_only=True)
class TooDeep(Error):
    """Expressions and blocks may be nested in each other to a fixed depth, far beyond what a
    reader follows. A sum of hundreds of operands counts one level for each.

    Wrong:
        a sum of five hundred operands: x + x + x + ... + x

    Right:
        def f(a: Array[u32, N[500]]) -> u32:
            total = u32(0)
            for x in a:
                total += x
            return total
    """

    code = "E0105"
    title = "nested more than {most} levels deep"
    help = "name a part of it, move a part into a function, or use a loop or a table"

    most: int


@dataclass(frozen=True, kw_only=True)
class TooManyArms(Error):
    """CPython's own compiler goes one level deeper for each `elif`, and gives up at about a
    thousand: such a file could not be run under CPython. `match` has no such limit.

    Wrong:
        an if with a thousand elif

    Right:
        def f(x: u32) -> u32:
            match x:
                case 0:
                    return u32(7)
                case 1:
                    return u32(9)
                case _:
                    return u32(0)
    """

    code = "E0109"
    title = "an if has at most {most} arms"
    help = "use match, or look the value up in an array"

    most: int


@dataclass(frozen=True, kw_only=True)
class NotText(Error):
    """A source file is text in UTF-8 (or in the encoding that its first lines declare) and holds
    no NUL characters.

    Wrong:
        # Saved as Latin-1: café
        LIMIT: Final = 1

    Right:
        # Saved as UTF-8: café
        LIMIT: Final = 1
    """

    code = "E0106"
    title = "this is not a Python file: {why}"

    why: str


@dataclass(frozen=True, kw_only=True)
class SourceEncoding(Error):
    """Sources are UTF-8. A declaration of UTF-8, ASCII or Latin-1 is honoured; other encodings can
    make a file look different from what is compiled.

    Wrong:
        # -*- coding: cp1252 -*-
        LIMIT: Final = 1

    Right:
        # -*- coding: utf-8 -*-
        LIMIT: Final = 1
    """

    code = "E0107"
    title = "the encoding '{name}' is not supported"
    help = "save the file as UTF-8, which needs no declaration"

    name: str


@dataclass(frozen=True, kw_only=True)
class TooLarge(Error):
    """A whole image has at most 1 MiB; a source file of many times that size is a mistake (another
    kind of file, or a generator that does not stop).

    Wrong:
        a file of 20 MB

    Right:
        TABLE: Final = Array[u32, N[256]](u32(i) * 3 for i in range(256))
    """

    code = "E0108"
    title = "a source file has at most {most} bytes"
    help = "compute tables at build time, or move parts into modules beside this one"

    most: int


_FOREIGN = (
    (r"^\s*[\w.\[\]]+\s*(\+\+|--)\s*;?\s*$", "write x += 1 or x -= 1"),
    (r"^\s*(//|/\*)", "a comment begins with #"),
    (r"&&", "write `and`"),
    (r"\|\|", "write `or`"),
    (r"\S+ \? .* : ", "write a if condition else b"),
    (r"^\s*else\s+if\b", "write `elif`"),
    (r"^\s*(default|else)\s*:", "in a match, the last case is `case _:`"),
    (r"(^|[^\w\s])\s*!\s*\w|\b(if|while|and|or|return)\s+!\s*\w", "write `not`"),
    (
        r"^\s*(public|private|static|const|let|var|function|void|unsigned|uint\d+_t)\b",
        "this is the grammar of another language",
    ),
)
"""What other languages write, and what Python writes instead."""


def not_python(span: Span, text: str) -> Error:
    line = span.source.line(span.line)
    found = (hint for form, hint in _FOREIGN if re.search(form, line))
    hint = next(found, "") if text == "invalid syntax" else ""
    return NotPython(span=span, text=text, hint=hint, edits=mended(span, text))


def not_at_top_level(span: Span, node: ast.stmt) -> Error:
    what = syntax_name(node)
    match node:
        case ast.Assert():
            hint = 'write static_assert(condition, "text")'
        case ast.Assign():
            hint = "declare one name a line"
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            hint = "leave it out: nothing runs the file, the hypervisor calls its handlers"
        case ast.Expr(value=ast.Call(func=ast.Name(id="App"))):
            edits = (insert(span.before(), "app = "),)
            hint = "handlers are declared on it"
            return NotAtTopLevel(span=span, what="App(...) without a name", hint=hint, edits=edits)
        case _:
            return NotAtTopLevel(span=span, what=what)
    return NotAtTopLevel(span=span, what=what, hint=hint)


def too_many_arms(span: Span, most: int) -> Error:
    """`span` is that of the `elif`, of which its keyword is marked."""
    end = span.column + len("elif")
    return TooManyArms(span=Span(span.source, span.line, span.column, span.line, end), most=most)


_NAMES: dict[type[ast.AST], str] = {
    ast.FunctionDef: "a function",
    ast.ClassDef: "a class",
    ast.List: "a list",
    ast.GeneratorExp: "a generator",
    ast.JoinedStr: "an f-string",
    ast.Import: "an import",
    ast.ImportFrom: "an import",
    ast.Starred: "a starred expression",
    ast.Assign: "this assignment",
    ast.AugAssign: "an augmented assignment",
    ast.AnnAssign: "this declaration",
    ast.Expr: "an expression",
    ast.Tuple: "a tuple",
}


def syntax_name(node: ast.AST) -> str:
    """What a reader calls a node."""
    name = type(node).__name__.lower()
    return _NAMES.get(type(node), f"'{name}'")
