"""The top level of a module: what each statement declares (LANGUAGE.md section 1).

Declarations are noted first and resolved when needed, so that a function may use what stands
below it. Build-time values use only what stands above them, as when Python runs the file.
"""

import ast
import types
from collections.abc import Callable
from dataclasses import dataclass, field

from xapc import errors
from xapc.check import annotations, appinfo, classes, expr, functions, imports
from xapc.check.coerce import coerce, describe, is_poison
from xapc.check.context import Context
from xapc.check.entities import (
    BROKEN,
    Broken,
    Constant,
    Entity,
    Length,
    ModuleNames,
    Routine,
    Text,
    TheApp,
    TypeName,
    Variable,
    Word,
)
from xapc.check.evaluate import Evaluator
from xapc.check.messages import Literal
from xapc.check.order import too_early
from xapc.check.unit import Unit
from xapc.check.values import check_value, require_own
from xapc.source import Span
from xapc.tree import Const, ConstBytes, Expr, Global, Value
from xapc.types import BOOL, POISON, UNTYPED, Type

_PYTHONS = {*vars(types.ModuleType("")), "__annotations__", "__builtins__", "__file__"}
"""What a module has under Python, whatever it says."""


@dataclass(eq=False)
class ModuleChecker:
    """One module while its names are declared and resolved."""

    unit: Unit
    names: ModuleNames
    load_sibling: Callable[[str, Span], "ModuleNames | None"]
    main: bool
    app_names: set[str] = field(default_factory=set)
    """What `App` was imported as."""
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What a name was imported as: module, and name there."""
    whole_modules: set[str] = field(default_factory=set)
    """Names of imported modules that are not of the app."""
    class_names: set[str] = field(default_factory=set)
    evaluator: Evaluator = field(init=False)
    tree: ast.Module = field(init=False)
    functions: list[str] = field(default_factory=list)
    methods: list[Routine] = field(default_factory=list)
    asserts: list[tuple[ast.Call, int]] = field(default_factory=list)
    """With their places among the statements."""

    def __post_init__(self) -> None:
        self.evaluator = Evaluator.of(self.unit, self.names)

    def context(self) -> Context:
        return Context(self.unit, self.names)

    def span(self, node: ast.stmt | ast.expr | ast.alias) -> Span:
        return Span.of(self.names.source, node)

    # --- declaring ---------------------------------------------------------------------------

    def declare_all(self, tree: ast.Module) -> None:
        self.tree = tree
        body = tree.body
        for number, node in enumerate(body):
            self.unit.at = node, self.names.source
            self._declare(node, number)
        self.unit.declares_app |= self.main and any(map(self._makes_app, body))
        self._forget(too_early(tree, self.names, self.unit.diagnostics.add))

    def _forget(self, early: set[ast.stmt]) -> None:
        """What cannot be computed where it stands, which is reported."""
        for node in early:
            match node:
                case (
                    ast.ClassDef(name=name)
                    | ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name))
                ):
                    self.unit.declare(self.names, name, lambda: BROKEN)
                case ast.Expr(value=call):
                    self.asserts = [each for each in self.asserts if each[0] is not call]

    def _declare(self, node: ast.stmt, number: int) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                imports.declare(self, node, number)
            case ast.FunctionDef(name=name):
                if self.declare(name, node, number, lambda: functions.declare(self, node)):
                    self.functions.append(name)
            case ast.ClassDef(name=name):
                self.class_names.add(name)
                self.declare(name, node, number, lambda: classes.declare(self, node))
            case ast.Assign(targets=[ast.Name(id=name)]):
                self.declare(name, node.targets[0], number, lambda: self._assigned(node, name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                self.declare(name, node.target, number, lambda: self._annotated(node, name))
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call) if (
                name.rpartition(".")[2] == "static_assert"
            ):
                self.asserts.append((call, number))
            case _:
                self.unit.diagnostics.add(errors.not_at_top_level(self.span(node), node))

    def declare(
        self,
        name: str,
        node: ast.stmt | ast.expr | ast.alias,
        number: int,
        resolver: Callable[[], Entity],
    ) -> bool:
        """Note a name; False where it is taken (which is reported)."""
        span = self.name_span(node, name)
        if name in self.names.places:
            first = self.names.places[name]
            self.unit.diagnostics.add(errors.defined_twice(span, name, first))
            return False
        reserved = self.unit.python_names.keys() | self.unit.sdk_names.keys()
        as_it_is = isinstance(node, ast.alias) and node.asname in (None, node.name)
        if (name in reserved and not as_it_is) or name in _PYTHONS:
            self.unit.diagnostics.add(errors.Reserved(span=span, name=name))
        self.names.places[name] = span
        self.names.order[name] = number
        self.unit.declare(self.names, name, resolver)
        return True

    def _makes_app(self, node: ast.stmt) -> bool:
        """`app = App(...)`, or `xap.App(...)`."""
        made = node.value if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) else None
        func = made.func if isinstance(made, ast.Call) else None
        if not isinstance(func, ast.Name):
            return False
        return func.id in self.app_names or func.id.rpartition(".")[2] == "App"

    def name_span(self, node: ast.stmt | ast.expr | ast.alias, name: str) -> Span:
        """Where the name itself stands in its declaration."""
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            return self.span(node)
        keyword = "def " if isinstance(node, ast.FunctionDef) else "class "
        source = self.names.source
        column = source.column(node.lineno, node.col_offset)
        at = source.line(node.lineno).find(name, column - 1 + len(keyword))
        begin = column + len(keyword) if at < 0 else at + 1
        return Span(source, node.lineno, begin, node.lineno, begin + len(name))

    # --- resolving ---------------------------------------------------------------------------

    def resolve_all(self) -> None:
        for name in self.names.places:
            self.unit.resolve(self.names, name)

    def check_bodies(self) -> None:
        """Once the names of all modules are known: what may be called is declared in the main one,
        which imports the others first."""
        for name in self.functions:
            found = self.names.names.get(name)
            if isinstance(found, Routine):
                self.unit.check_body(found)
        for method in self.methods:
            self.unit.check_body(method)
        for call, number in self.asserts:
            self._static_assert(call, number)

    def _annotated(self, node: ast.AnnAssign, name: str) -> Entity:
        """`NAME: Final = ...`, `NAME: Final[u32] = ...`, `state: u64 = ...`."""
        ctx = self.context()
        if isinstance(node.value, ast.Call) and self._makes_app(node):
            return self._app(node.value)
        if node.value is None:
            return self._refuse(errors.NoInitialValue(span=self.span(node), name=name))
        final, inner = self._final(node.annotation)
        wanted = None if inner is None else annotations.resolve(ctx, inner)
        if wanted is POISON:
            annotations.forget(ctx, node.value)
            return BROKEN
        value = expr.check(ctx, node.value)
        if wanted is not None:
            value = coerce(ctx, value, wanted)
        if is_poison(value):
            return BROKEN
        return self._named(name, node.value, value, constant=final)

    def _final(self, node: ast.expr) -> tuple[bool, ast.expr | None]:
        if self._is_final(node):
            return True, None
        if isinstance(node, ast.Subscript) and self._is_final(node.value):
            return True, node.slice
        return False, node

    def _is_final(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Name):
            return False
        found = self.unit.resolve(self.names, node.id)
        if isinstance(found, Broken):  # its import has an error
            return node.id == "Final"
        return isinstance(found, Word) and found.name == "Final"

    def _assigned(self, node: ast.Assign, name: str) -> Entity:
        """`app = App(...)`, `Block = N[64]`, an alias of a type, or a state variable."""
        ctx, value = self.context(), node.value
        if isinstance(value, ast.Call) and self._makes_app(node):
            return self._app(value)
        alias = self._alias(ctx, value)
        if alias is not None:
            return alias
        found = expr.check(ctx, value)
        if is_poison(found):
            return BROKEN
        if found.type is UNTYPED or isinstance(found, (Literal, ConstBytes)):
            at = self.span(node.targets[0])
            if isinstance(found, ConstBytes):
                return self._refuse(errors.bytes_as_state(at, name, found.span, len(found.value)))
            integer = found.span if found.type is UNTYPED else None
            return self._refuse(errors.state_without_width(at, name, integer))
        return self._named(name, value, found, constant=False)

    def _alias(self, ctx: Context, value: ast.expr) -> Entity | None:
        if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name):
            word = self.unit.resolve(self.names, value.value.id)
            if isinstance(word, Word) and word.name == "N":
                length = annotations.resolve_length(ctx, value)
                return BROKEN if length is None else Length(length)
            if isinstance(word, Word) and word.name == "Array":
                type = annotations.resolve(ctx, value)
                return BROKEN if type is POISON else TypeName(type)
        if isinstance(value, ast.Name):
            entity = self.unit.resolve(self.names, value.id)
            if isinstance(entity, (TypeName, Length)):
                return entity
        return None

    def _app(self, call: ast.Call) -> Entity:
        if isinstance(call.func, ast.Name):
            self.unit.resolve(self.names, call.func.id)
        if not self.main:
            return self._refuse(errors.AppInSibling(span=self.span(call)))
        if self.unit.app is not None:
            error = errors.second_app(self.span(call), self.unit.app.span)
            return self._refuse(error)
        self.unit.app = appinfo.read(self.context(), call)
        return TheApp()

    def _named(self, name: str, node: ast.expr, found: Expr, *, constant: bool) -> Entity:
        """A constant or a state variable with the value that the expression has."""
        span = self.names.places[name]
        if isinstance(found, Literal):
            return Text(found.text)
        if isinstance(found, ConstBytes):
            return Text(found.value)
        type = found.type
        if type is not UNTYPED and not (type.is_scalar or type.is_aggregate):
            return self._refuse(errors.NotStorable(span=found.span, type=describe(type)))
        check_value(self.unit, found)
        if type.is_aggregate and not constant and not require_own(self.unit, name, found):
            return BROKEN
        value = self._value(name, node, found, type)
        if value is None:
            return BROKEN
        if constant and isinstance(value, int):
            return Constant(Const(type, span, value))
        made = Global(name, type, value, constant, span)
        self.unit.globals.append(made)
        return Variable(made)

    def _value(self, name: str, node: ast.expr, found: Expr, type: Type) -> Value | None:
        if isinstance(found, Const):
            return found.value
        return self.evaluator.evaluate(node, type, self.names.order[name], bind=name)

    def _static_assert(self, call: ast.Call, number: int) -> None:
        ctx, span = self.context(), self.span(call)
        text = call.args[1] if len(call.args) == 2 else None
        if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
            self._refuse(errors.StaticAssertForm(span=span))
            return
        test = expr.value(ctx, call.args[0])
        if is_poison(test):
            return
        wanted = coerce(ctx, test, BOOL)
        if is_poison(wanted):
            return
        check_value(self.unit, wanted)
        held: Value | None = wanted.value if isinstance(wanted, Const) else None
        if held is None:
            held = self.evaluator.evaluate(call.args[0], BOOL, number)
        if held == 0:
            place = ctx.span(call.args[0])
            self._refuse(errors.StaticAssertFailed(span=place, text=text.value))

    def _refuse(self, error: errors.Error) -> Entity:
        self.unit.diagnostics.add(error)
        return BROKEN
