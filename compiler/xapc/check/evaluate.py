"""Build-time values: checked expressions and functions, run under CPython with the SDK.

The user's file is never executed: an expression that passed the check is compiled on its
own, and the functions and classes that it names are defined, from their checked source, in a
namespace that holds nothing else (LANGUAGE.md section 1).
"""

import __future__

import ast
import builtins
import copy
import dis
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from types import CodeType
from typing import Any

from xapc import errors, unsupported
from xapc.check.entities import (
    Broken,
    Constant,
    Entity,
    Length,
    ModuleNames,
    Namespace,
    Routine,
    Text,
    TheApp,
    TypeName,
    Variable,
    Word,
)
from xapc.check.program import is_recursive
from xapc.check.services import SERVICES
from xapc.check.unit import Unit
from xapc.diagnostics import InternalError
from xapc.source import Span
from xapc.tree import Const, Value
from xapc.types import UNTYPED, ArrayType, EnumType, StructType, Type

STEP_LIMIT = 1_000_000
"""Function calls, loop turns and elements copied that one build-time value may take."""


def sdk() -> Any:
    """The SDK, imported when something is computed: most apps have nothing to compute."""
    return import_module("xap")


class StepLimit(Exception):
    """A build-time computation took too long."""


class BrokenSource(Exception):
    """It names a declaration that already got its diagnostic."""


@dataclass(eq=False)
class Evaluator:
    """Runs the build-time expressions of one module."""

    unit: Unit
    module: ModuleNames
    objects: dict[str, object] = field(default_factory=dict)
    """Values of the module's constants, by name."""
    _steps: int = 0

    @classmethod
    def of(cls, unit: Unit, module: ModuleNames) -> "Evaluator":
        """The evaluator of that module; each has one."""
        made = unit.evaluators.get(id(module))
        if not isinstance(made, cls):
            made = cls(unit, module)
            unit.evaluators[id(module)] = made
        return made

    @cached_property
    def namespace(self) -> dict[str, object]:
        """What the code that runs can name."""
        return {
            **sdk().host_globals(),
            "__name__": "build",
            "_xap_step": self._step,
            "_xap_bulk": self._bulk,
        }

    def _step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > STEP_LIMIT:
            raise StepLimit

    def _bulk(self, held: Any) -> object:
        """Charge what a method that goes over all of an array takes."""
        count, part = 1, held
        while hasattr(part, "__getitem__") and len(part):  # flags have a length, too
            count, part = count * len(part), part[0]
        self._step(count)
        return held

    def evaluate(
        self, node: ast.expr, type: Type, order: int, *, bind: str | None = None
    ) -> Value | None:
        """The value of a checked expression of `type`; None where that fails (reported).

        `order`: the place among the module's declarations; it may use what stands above.
        `bind`: the name of the constant that it defines.
        """
        span = Span.of(self.module.source, node)
        try:
            if not self._install(_names(node), order, span, set()):
                return None
        except BrokenSource:
            return None
        plain = ast.fix_missing_locations(ast.Expression(_Ticks().visit(copy.deepcopy(node))))
        code = self._compiled(plain, "eval", __future__.annotations.compiler_flag)
        self._steps = 0
        outer, self.unit.evaluating = self.unit.evaluating, (self.module, order, span)
        try:
            made = eval(code, self.namespace)
            value = _value(made, type)
        except BrokenSource:
            return None
        except StepLimit:
            self.unit.diagnostics.add(errors.StepsExceeded(span=span, limit=STEP_LIMIT))
            return None
        except (sdk().Panic, AssertionError) as panic:
            self._panicked(panic, span)
            return None
        except (ValueError, TypeError, RecursionError) as problem:
            self.unit.diagnostics.add(errors.BuildTimeFailed(span=span, why=str(problem)))
            return None
        finally:
            self.unit.evaluating = outer
        if bind is not None:
            self.objects[bind] = made
        return value

    def _panicked(self, panic: BaseException, span: Span) -> None:
        _, line = sdk().panic_site(panic)
        reason = panic.reason.name if isinstance(panic, sdk().Panic) else "ASSERT"
        where = "" if line == span.line else f" at line {line}"
        self.unit.diagnostics.add(errors.BuildTimePanic(span=span, reason=reason, where=where))

    # --- defining what an expression names ---------------------------------------------------

    def _install(self, names: Iterable[str], order: int, span: Span, seen: set[str]) -> bool:
        """Define `names`, and what they name in turn, in the namespace."""
        for name in names:
            entity = self.unit.resolve(self.module, name)
            if name in seen or entity is None:
                continue
            seen.add(name)
            if self.module.order.get(name, -1) > order:
                self.unit.diagnostics.add(
                    errors.defined_below(span, name, self.module.places[name])
                )
                return False
            if not self._define(name, entity, order, span, seen):
                return False
        return True

    def _define(self, name: str, entity: Entity, order: int, span: Span, seen: set[str]) -> bool:
        match entity:
            case Broken():
                return False
            case Routine(module=module) if module is not self.module:
                other = Evaluator.of(self.unit, module)
                home = entity.node.name
                last = len(module.order)
                if not other._install([home], last, span, set()):
                    return False
                self.namespace[name] = other.namespace[home]
            case Routine():
                return self._define_function(name, entity, order, span, seen)
            case Variable(target) if not target.constant:
                self.unit.diagnostics.add(errors.state_at_build_time(span, name, target.span))
                return False
            case Word(word) if word in SERVICES:
                self.unit.diagnostics.add(
                    errors.ServiceAtBuildTime(span=span, name=name, place=str(span.line))
                )
                return False
            case _:
                self.namespace[name] = self._object(name, entity)
        return True

    def _define_function(
        self, name: str, routine: Routine, order: int, span: Span, seen: set[str]
    ) -> bool:
        self.unit.check_body(routine)
        if routine in self.unit.broken_bodies:
            return False
        if routine.service is not None:
            self.unit.diagnostics.add(
                errors.ServiceAtBuildTime(span=span, name=name, place=str(routine.service.line))
            )
            return False
        if not self._install(_names(routine.node), order, span, seen):
            return False
        if is_recursive(routine.function):
            return False  # which is reported for all functions together
        self.run([routine.node])
        return True

    def run(self, nodes: list[ast.FunctionDef | ast.ClassDef]) -> None:
        """Define checked functions or classes in the namespace."""
        body: list[ast.stmt] = []
        if any(isinstance(each, unsupported.Broken) for node in nodes for each in ast.walk(node)):
            raise BrokenSource
        for node in nodes:
            plain = copy.deepcopy(node)
            if isinstance(plain, ast.FunctionDef):
                plain.decorator_list = []
            body.append(_Ticks().visit(plain))
        module = ast.fix_missing_locations(ast.Module(body, []))
        flags = 0 if isinstance(nodes[0], ast.ClassDef) else _LAZY
        exec(self._compiled(module, "exec", flags), self.namespace)

    def _compiled(self, tree: ast.Module | ast.Expression, mode: str, flags: int) -> CodeType:
        with warnings.catch_warnings():
            # What Python warns of was checked, and was an error or is none of its business.
            warnings.simplefilter("ignore")
            path = self.module.source.path
            made: CodeType = compile(tree, path, mode, flags=flags, dont_inherit=True)
        return made

    def _object(self, name: str, entity: Entity) -> object:
        """The CPython object that an entity is."""
        if name in self.objects:
            return self.objects[name]
        match entity:
            case Word(word):
                known = getattr(sdk(), word, None) or self.namespace.get(word)
                return known or getattr(builtins, word, None)
            case Namespace(path):
                return getattr(sdk(), path.rpartition(".")[2], sdk())
            case Constant(constant):
                return self.scalar(constant)
            case Text(text):
                return text
            case Length(length):
                return sdk().N[length]
            case TheApp():
                return None  # named only where that is refused
            case TypeName(type):
                return self.python_type(type)
            case Variable(target):
                return Evaluator.home(self.unit, target.span).objects[target.name]
            case _:
                raise InternalError(f"no build-time object for {name}", None)

    @staticmethod
    def home(unit: Unit, span: Span) -> "Evaluator":
        """The evaluator of the module whose source that span is in."""
        module = unit.modules[span.source.path]
        return Evaluator.of(unit, module)

    def scalar(self, constant: Const) -> object:
        if constant.type is UNTYPED:
            return constant.value
        made = self.python_type(constant.type)
        assert callable(made)
        return made(constant.value)

    def python_type(self, type: Type) -> object:
        """The SDK's class for a type of the program."""
        if isinstance(type, ArrayType):
            return sdk().Array[self.python_type(type.element), sdk().N[type.length]]
        if isinstance(type, (StructType, EnumType)) and type.span is not None:
            owner = Evaluator.home(self.unit, type.span)
            return owner.class_of(type)
        return getattr(sdk(), str(type), bool)

    def class_of(self, type: StructType | EnumType) -> object:
        if type in self.unit.wrong_types:
            raise BrokenSource
        node = self.unit.class_nodes.get(type)
        if node is None:
            raise InternalError(f"{type} has no declaration", type.span)
        span = Span.of(self.module.source, node)
        if node.name not in self.objects:
            methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
            plain = copy.copy(node)
            plain.body = [each for each in node.body if not isinstance(each, ast.FunctionDef)]
            for inner in _names(plain):
                entity = self.unit.resolve(self.module, inner)
                if isinstance(entity, Broken):
                    raise BrokenSource
                if entity is not None and inner != node.name:
                    if isinstance(entity, Routine):
                        self._define_function(inner, entity, 1 << 30, span, set())
                    elif not (isinstance(entity, Variable) and not entity.target.constant):
                        self.namespace[inner] = self._object(inner, entity)
            self.run([plain])
            made = self.objects[node.name] = self.namespace[node.name]
            for name in methods:
                setattr(made, name, self._deferred(type, name))
        return self.objects[node.name]

    def _deferred(self, type: Type, name: str) -> Callable[..., object]:
        """A method that is defined when it is first called: one that is not may do what no
        build-time value may."""
        defined: list[Callable[..., object]] = []

        def method(*args: object, **named: object) -> object:
            if not defined:
                defined.append(self._method(type, name))
            return defined[0](*args, **named)

        return method

    def _method(self, type: Type, name: str) -> Any:
        """Raises BrokenSource where it is reported why there is none at build time."""
        routines = self.unit.routines
        routine = next(r for r in routines if r.owner is type and r.node.name == name)
        assert self.unit.evaluating is not None
        module, order, span = self.unit.evaluating
        if module is not self.module:
            order = len(self.module.order)
        # What the method uses may have its name.
        if not self._install(_names(routine.node), order, span, set()):
            raise BrokenSource
        namesake = self.namespace.get(name)
        if not self._define_function(name, routine, order, span, set()):
            raise BrokenSource
        made = self.namespace.pop(name)
        if namesake is not None:
            self.namespace[name] = namesake
        return made


_LAZY = __future__.annotations.compiler_flag


def _names(node: ast.expr | ast.FunctionDef | ast.ClassDef) -> list[str]:
    """Names of the module that a piece of source reads, in order, each once."""
    if any(isinstance(each, unsupported.Broken) for each in ast.walk(node)):
        raise BrokenSource
    plain = ast.fix_missing_locations(copy.deepcopy(node))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(plain, ast.expr):
            code = compile(ast.Expression(plain), "", "eval", _LAZY, dont_inherit=True)
        else:
            flags = 0 if isinstance(plain, ast.ClassDef) else _LAZY
            if isinstance(plain, ast.FunctionDef):
                plain.decorator_list = []
            code = compile(ast.Module([plain], []), "", "exec", flags, dont_inherit=True)
    return list(dict.fromkeys(_read_by(code)))


def _read_by(code: CodeType) -> Iterator[str]:
    """What Python looks up beyond the function, whatever else has the same name inside."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield instruction.argval
        elif isinstance(instruction.argval, CodeType):
            yield from _read_by(instruction.argval)


def _value(made: object, type: Type) -> Value:
    """A CPython object as the tree's build-time value."""
    if isinstance(type, ArrayType):
        assert isinstance(made, Iterable)
        items = tuple(_value(each, type.element) for each in made)
        if len(items) != type.length:
            raise ValueError(f"{len(items)} elements, {type.length} wanted")
        return items
    if isinstance(type, StructType):
        return tuple(_value(getattr(made, f.name), f.type) for f in type.fields.values())
    if isinstance(type, EnumType):
        return int(getattr(made, "value", 0))
    assert isinstance(made, int)
    return int(made)


class _Ticks(ast.NodeTransformer):
    """Puts a step counter into every function, loop turn and generated element."""

    def _tick(self) -> ast.Call:
        return ast.Call(ast.Name("_xap_step", ast.Load()), [], [])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # ast's name
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(self._tick()))
        return node

    def visit_While(self, node: ast.While) -> ast.AST:  # ast's name
        return self._loop(node)

    def visit_For(self, node: ast.For) -> ast.AST:  # ast's name
        return self._loop(node)

    def _loop(self, node: ast.While | ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(self._tick()))
        return node

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:  # ast's name
        self.generic_visit(node)
        pair = ast.Tuple([self._tick(), node.elt], ast.Load())
        node.elt = ast.Subscript(pair, ast.Constant(1), ast.Load())
        for clause in node.generators:
            # A turn that the filter drops is a turn; the counter gives None.
            clause.ifs = [ast.BoolOp(ast.Or(), [self._tick(), test]) for test in clause.ifs]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # ast's name
        self.generic_visit(node)
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in _BULK:
            func.value = ast.copy_location(_counted(func.value), func.value)
        elif isinstance(func, ast.Subscript):  # Array[...](...)
            return ast.copy_location(_counted(node), node)
        return node


_BULK = ("fill", "copy_from", "equals", "copy")


def _counted(held: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("_xap_bulk", ast.Load()), [held], [])
