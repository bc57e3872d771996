"""Python's syntax that the language leaves out: why, and what to write instead.

A class of `ast` is either known to `xapc.check` or stands in one of these tables; the tests walk
all of them.
"""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Absent:
    """What it is called, why it is left out, and what to write instead.

    `keyword` is the text to underline where the node itself would be a whole block.
    """

    what: str
    reason: str
    instead: str
    keyword: str = ""


class Broken(ast.expr):
    """Stands for an expression that already got its diagnostic; it has any type."""


class Lost(ast.Name):
    """A name that a removed statement would have bound."""


_NO_EXCEPTIONS = (
    "there are no exceptions: a failed check ends the whole call, and nothing catches it"
)
_NO_HEAP = "there is no heap: every object has a fixed size and a place that is known at build time"
_ONE_THREAD = "a handler runs from its call to its end; there is nothing that it could wait for"
_NOT_VALUES = "functions are not values: what calls what is known when the app is built"
_PLAIN_DEF = "write a plain `def`"
_FILL_ARRAY = (
    "make an Array[T, N[n]]() and fill it in a loop; a table that is computed at build time is "
    "Array[T, N[n]](... for i in range(n))"
)
_ONE_TYPE = "every function is compiled once, for the types that it names"
_BEFORE = "test before it fails, return an error code, or use .wrapping_add() and its like"

SYNTAX: dict[type[ast.AST], Absent] = {
    ast.AsyncFunctionDef: Absent("'async def'", _ONE_THREAD, _PLAIN_DEF, "async def"),
    ast.AsyncFor: Absent("'async for'", _ONE_THREAD, "write a plain `for`", "async for"),
    ast.AsyncWith: Absent("'async with'", _ONE_THREAD, "write a plain `with`", "async with"),
    ast.Await: Absent("'await'", _ONE_THREAD, "call the function", "await"),
    ast.Delete: Absent(
        "'del'",
        "names last until their function ends, and there is no memory to give back",
        "leave it out; x.fill(0) clears an array",
    ),
    ast.Raise: Absent("'raise'", _NO_EXCEPTIONS, 'return an error code, or panic("text")', "raise"),
    ast.Try: Absent("'try'", _NO_EXCEPTIONS, _BEFORE, "try"),
    ast.TryStar: Absent("'try'", _NO_EXCEPTIONS, _BEFORE, "try"),
    ast.Nonlocal: Absent(
        "'nonlocal'",
        "functions are not nested in functions",
        "pass the value as a parameter, or keep it in a state variable",
    ),
    ast.NamedExpr: Absent(
        "':='",
        "assignment is a statement, so that what is bound where can be read off the lines",
        "assign the name on a line before",
    ),
    ast.Lambda: Absent("'lambda'", _NOT_VALUES, "define a function with `def`", "lambda"),
    ast.Dict: Absent("a dict", _NO_HEAP, "use `match`, or an Array of structs that is searched"),
    ast.Set: Absent("a set", _NO_HEAP, "use a Flag, or Array[bool, N[n]]"),
    ast.ListComp: Absent("a list comprehension", _NO_HEAP, _FILL_ARRAY),
    ast.SetComp: Absent("a set comprehension", _NO_HEAP, "use a Flag, or Array[bool, N[n]]"),
    ast.DictComp: Absent("a dict comprehension", _NO_HEAP, _FILL_ARRAY),
    ast.Yield: Absent(
        "'yield'",
        "a function runs to its end: nothing of it is kept until the next call",
        "return the value, or keep the progress in state variables",
        "yield",
    ),
    ast.YieldFrom: Absent(
        "'yield from'",
        "a function runs to its end: nothing of it is kept until the next call",
        "return the value, or keep the progress in state variables",
        "yield from",
    ),
    ast.Starred: Absent(
        "'*' before an expression",
        "how many arguments, elements or targets there are is known when the app is built",
        "write them out",
    ),
    ast.keyword: Absent(
        "'**' in a call",
        "which arguments a call has is known when the app is built",
        "write them out: name=value",
    ),
    ast.Slice: Absent(
        "a slice",
        "a part of an array has no type of its own, and copies are not made unseen",
        "loop over range(a, b), or use x.copy_from(y, at=..., start=..., count=...)",
    ),
    ast.MatMult: Absent(
        "'@' as an operator", "there are no matrices", "write the loop, or call a function"
    ),
}
"""By class. `ast.keyword` stands for its form without a name."""

for _name, _absent in {
    "TypeAlias": Absent(
        "'type'", "an alias of a type is a plain name for it", "assign it: Block = Array[u8, N[64]]"
    ),
    "TypeVar": Absent("a type variable", _ONE_TYPE, "write the type out"),
    "ParamSpec": Absent("a type variable", _ONE_TYPE, "write the types out"),
    "TypeVarTuple": Absent("a type variable", _ONE_TYPE, "write the types out"),
    "TemplateStr": Absent(
        "a template string", _NO_HEAP, 'write a message as an f-string: log.info(f"...")'
    ),
    "Interpolation": Absent(
        "a template string", _NO_HEAP, 'write a message as an f-string: log.info(f"...")'
    ),
}.items():
    # These came with Python 3.12 and 3.14.
    if hasattr(ast, _name):
        SYNTAX[getattr(ast, _name)] = _absent

NESTED: dict[type[ast.AST], Absent] = {
    ast.FunctionDef: Absent(
        "a function in a function",
        "an inner function would keep the outer one's variables alive",
        "move it to the top level and pass what it needs as parameters",
        "def",
    ),
    ast.ClassDef: Absent(
        "a class in a function",
        "types are known before any function runs",
        "move it to the top level",
        "class",
    ),
    ast.Import: Absent(
        "an import in a function",
        "modules are known before any function runs",
        "move it to the top of the file",
    ),
    ast.ImportFrom: Absent(
        "an import in a function",
        "modules are known before any function runs",
        "move it to the top of the file",
    ),
}
"""What belongs to the top level, inside a function."""

LITERALS: dict[type, Absent] = {
    float: Absent(
        "a float",
        "floating-point registers are not available to apps, and every value has a fixed width",
        "use integers: count in a smaller unit, or scale by a power of two",
    ),
    complex: Absent("a complex number", "every value is an integer of a fixed width", "use two"),
}
"""Constants, by the type of their value."""
